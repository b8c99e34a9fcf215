#include "base/json.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace baton {
namespace {

std::string minified(std::string_view text) {
  std::string out;
  auto status = json_minify(text, out);
  return status ? out : status.error().message;
}

TEST(Json, SplitsAnObjectByTopLevelName) {
  auto document = JsonDocument::parse(R"( { "a" : 1 , "b" : { "x" : [ 1 , 2.50 ] } , "c":"hi \" there" } )");
  ASSERT_TRUE(document) << document.error().message;
  ASSERT_EQ(document->size(), 3U);
  EXPECT_EQ((*document)[0].name, "a");
  EXPECT_EQ((*document)[1].value, R"({"x":[1,2.50]})");
  EXPECT_EQ(document->to_json(), R"({"a":1,"b":{"x":[1,2.50]},"c":"hi \" there"})");
}

TEST(Json, LastOfEqualNamesWinsAlsoWhenEscaped) {
  auto document = JsonDocument::parse(R"({"a":1,"b":2,"\u0061":3})");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->to_json(), R"({"a":3,"b":2})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += fmt::format("\"n{}\":{},", i % 50, i);
  many += "\"z\":0}";
  document = JsonDocument::parse(many);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->size(), 51U);
  EXPECT_EQ((*document)[0].value, "50");
}

TEST(Json, EmptyTextIsTheEmptyObject) {
  EXPECT_EQ(JsonDocument::parse("")->to_json(), "{}");
  EXPECT_EQ(JsonDocument::parse(" { } ")->to_json(), "{}");
}

TEST(Json, KeepsNumberTextExactly) {
  EXPECT_EQ(minified("[123456789012345678901234567890.10, -0, 1E+2]"), "[123456789012345678901234567890.10,-0,1E+2]");
}

TEST(Json, RefusesWhatIsNotAnObject) {
  for (const auto* text : {"1", "[]", "\"x\"", "null", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{} x",
                           "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}",
                           "{\"a\":tru}", "{\"a\":\"", "{\"\xff\":1}"}) {
    auto document = JsonDocument::parse(text);
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().code, Code::kInvalidArgument);
  }
}

TEST(Json, DepthLimitAtAndBeyond) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  EXPECT_TRUE(JsonDocument::parse(nested(limits::kJsonDepth - 1)));
  EXPECT_FALSE(JsonDocument::parse(nested(limits::kJsonDepth)));
  EXPECT_FALSE(JsonDocument::parse(std::string(100'000, '[')));
}

TEST(Json, SizeLimitAtAndBeyond) {
  std::string text = "{\"a\":\"" + std::string(limits::kJsonBytes - 8, 'x') + "\"}";
  ASSERT_EQ(text.size(), limits::kJsonBytes);
  EXPECT_TRUE(JsonDocument::parse(text));
  text.insert(6, "x");
  EXPECT_FALSE(JsonDocument::parse(text));
}

TEST(Json, QuoteAndUnquoteAreInverse) {
  const std::string text("a\"b\\c\n\t\x01 \xC3\xA4 \xF0\x9F\x98\x80", 17);
  EXPECT_EQ(json_unquote(json_quote(text)), text);
  EXPECT_EQ(json_unquote(R"("\uD83D\uDE00 \ud800 \/")"), "\xF0\x9F\x98\x80 \xEF\xBF\xBD /");
}

TEST(Json, Utf8) {
  EXPECT_TRUE(is_utf8("plain ascii text longer than eight"));
  EXPECT_TRUE(is_utf8("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const auto* bad :
       {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "abcdefgh\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Json, Utf8PrefixKeepsCharactersWhole) {
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(utf8_prefix("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(utf8_prefix("\xE2\x82\xAC", 2), "");
  EXPECT_EQ(utf8_prefix("", 0), "");
}

}  // namespace
}  // namespace baton
