#include "feel/json.h"

#include "feel/tests/test_support.h"

namespace baton::feel::testing {
namespace {

std::string round_trip(std::string_view json) {
  Evaluation evaluation(kNow);
  const auto value = from_json(json, evaluation);
  if (!value) return value.error().message;
  std::string out;
  const auto written = to_json(*value, out);
  return written ? out : written.error().message;
}

TEST(Json, RoundTrip) {
  for (const char* text : {"null", "true", "[]", "{}", "\"a\\\"b\\\\c\\n\"", "[1,2.50,-3]", "{\"a\":{\"b\":[null]}}",
                           "\"\xC3\xA9\"", "1234567890123456789012345678901234", "0.0000001", "-0.10"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip("1E+2"), "100");
  EXPECT_EQ(round_trip("1e-2"), "0.01");
  EXPECT_EQ(round_trip("1E400"), "1E+400");
  EXPECT_EQ(round_trip("\"\\u00e9\\ud83d\\udc0e\\/\""), "\"\xC3\xA9\xF0\x9F\x90\x8E/\"");
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
}

TEST(Json, LargeContextsKeepOrderAndLastValue) {
  std::string json = "{";
  for (int i = 0; i < 50; ++i) json += "\"k" + std::to_string(49 - i) + "\":" + std::to_string(i) + ",";
  json += "\"k49\":7}";
  Evaluation evaluation(kNow);
  const auto value = from_json(json, evaluation);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_context().entries.size(), 50U);
  EXPECT_EQ(value->as_context().entries[0].key, "k49");
  EXPECT_EQ(value->as_context().find("k49")->as_number().to_string(), "7");
  EXPECT_EQ(value->as_context().find("k0")->as_number().to_string(), "49");
  EXPECT_EQ(value->as_context().find("k50"), nullptr);
}

TEST(Json, MalformedInputIsRefused) {
  for (const char* text : {"", "[", "[1,", "{\"a\"}", "{a:1}", "tru", "1 2", "\"abc", "\"\\x\"", "\"\\u12\"", "+1",
                           ".5", "--1", "1e", "NaN", "[1}"}) {
    EXPECT_TRUE(round_trip(text).starts_with("invalid JSON at byte")) << text << ": " << round_trip(text);
  }
  EXPECT_NE(round_trip(std::string(200, '[')).find("too deeply"), std::string::npos);
}

TEST(Json, TemporalValuesAreText) {
  EXPECT_EQ(eval("to json([@\"2024-01-31\", @\"10:00:00Z\", @\"P1Y2M\", @\"PT36H\"])"),
            "\"[\\\"2024-01-31\\\",\\\"10:00:00Z\\\",\\\"P1Y2M\\\",\\\"P1DT12H\\\"]\"");
  std::string out;
  Evaluation evaluation(kNow);
  EXPECT_EQ(to_json(evaluation.range({}), out).error().message, "a range cannot be written as JSON");
}

}  // namespace
}  // namespace baton::feel::testing
