#include "xml/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace baton::xml {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string error_of(std::string_view text) {
  const auto document = parse(text);
  return document ? "no error" : document.error().message;
}

TEST(Xml, GivesNamesNamespacesAttributesTextAndLines) {
  const auto document = parse(
      "<?xml version='1.0' encoding='UTF-8'?>\n"
      "<!-- a comment -->\n"
      "<b:definitions xmlns:b='http://www.omg.org/spec/BPMN/20100524/MODEL'\n"
      "    xmlns:z='http://camunda.org/schema/zeebe/1.0' xmlns='urn:other' id='d' z:x='1'>\n"
      "  <z:header key='a &lt; b &amp; &quot;c&quot; &#65;&#x42;'/>\n"
      "  <plain>one<![CDATA[ <two> ]]>&gt;\xC3\xA4</plain>\n"
      "</b:definitions>\n");
  ASSERT_TRUE(document) << document.error().message;
  const Element& root = document->root();
  EXPECT_TRUE(root.is(Namespace::kBpmn, "definitions"));
  EXPECT_EQ(root.line, 3);
  EXPECT_EQ(root.attribute("id"), "d");
  EXPECT_EQ(root.attribute("x"), std::nullopt);
  EXPECT_EQ(root.attributes[1].uri, kZeebeUri);
  EXPECT_EQ(root.text, "");
  auto child = root.children().begin();
  EXPECT_TRUE(child->is(Namespace::kZeebe, "header"));
  EXPECT_EQ(child->line, 5);
  EXPECT_EQ(child->attribute_or_empty("key"), "a < b & \"c\" AB");
  ++child;
  EXPECT_EQ(child->ns, Namespace::kOther);
  EXPECT_EQ(child->uri, "urn:other");
  EXPECT_EQ(child->text, "one <two> >\xC3\xA4");
  EXPECT_EQ(child->parent, &root);
  EXPECT_EQ(++child, root.children().end());
}

TEST(Xml, WalksInDocumentOrderWithoutRecursion) {
  const auto document = parse("<a><b><c/></b><d/></a>");
  ASSERT_TRUE(document);
  std::string names;
  for (const Element* at = &document->root(); at != nullptr; at = at->next_in_document(document->root()))
    names += at->name;
  EXPECT_EQ(names, "abcd");
  const Element& b = *document->root().children().begin();
  names.clear();
  for (const Element* at = &b; at != nullptr; at = at->next_in_document(b)) names += at->name;
  EXPECT_EQ(names, "bc");
}

TEST(Xml, StaysValidWhenMoved) {
  auto document = parse("<a x='1'>text</a>");
  ASSERT_TRUE(document);
  const Element& root = document->root();
  const Document moved = std::move(*document);
  EXPECT_EQ(&moved.root(), &root);
  EXPECT_EQ(root.text, "text");
}

struct Refused {
  const char* name;
  std::string text;
  const char* message;
};

std::string refused_name(const ::testing::TestParamInfo<Refused>& test) {
  return test.param.name;
}

class XmlRefused : public ::testing::TestWithParam<Refused> {};

TEST_P(XmlRefused, SaysWhereAndWhy) {
  const auto document = parse(GetParam().text);
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().message, StartsWith("line "));
  EXPECT_THAT(document.error().message, HasSubstr(GetParam().message));
}

const Refused kDoctypes[] = {
    {"Plain", "<!DOCTYPE a><a/>", "line 1, column 1: a document type declaration"},
    {"Subset", "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>",
     "line 2, column 1: a document type"},
    {"External", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<!DOCTYPE"},
    {"Public", "<!DOCTYPE a PUBLIC '-//x' 'http://x.invalid/x.dtd'><a/>", "<!DOCTYPE"},
    {"LowerCase", "<!doctype a><a/>", "<!DOCTYPE"},
    {"AfterComment", "<!-- > -->\n  <!DOCTYPE a><a/>", "line 2, column 3"},
    {"AfterInstruction", "<?x <!-- ?><!DOCTYPE a><a/>", "<!DOCTYPE"},
    {"WithinRoot", "<a><!DOCTYPE a></a>", "<!DOCTYPE"},
    {"AfterRoot", "<a/><!DOCTYPE a>", "<!DOCTYPE"},
    {"AfterMark", "\xEF\xBB\xBF<!DOCTYPE a><a/>", "<!DOCTYPE"},
    {"Many", repeated("<!DOCTYPE a>", 10'000) + "<a/>", "<!DOCTYPE"},
    {"OnlyEntity", "<!ENTITY x 'y'><a/>", "a markup declaration"},
    {"UndeclaredEntity", "<a>&x;</a>", "x"},
    {"ParameterEntity", "<a>%x;&y;</a>", "y"},
};
INSTANTIATE_TEST_SUITE_P(Doctype, XmlRefused, ::testing::ValuesIn(kDoctypes), refused_name);

const Refused kEncodings[] = {
    {"Utf16Little", std::string("\xFF\xFE<\0a\0/\0>\0", 10), "UTF-16"},
    {"Utf16Big", std::string("\xFE\xFF\0<\0a\0/\0>", 10), "UTF-16"},
    {"Utf16WithoutMark", std::string("<\0a\0/\0>\0", 8), "not UTF-8"},
    {"Utf32", std::string("\0\0\xFE\xFF\0\0\0<", 8), "not UTF-8"},
    {"DeclaredUtf16", "<?xml version='1.0' encoding='UTF-16'?><a/>", "encoding 'UTF-16'"},
    {"DeclaredUtf7", "<?xml version='1.0' encoding=\"utf-7\"?>+ADw-a/+AD4-<a/>", "encoding 'utf-7'"},
    {"DeclaredEbcdic", "<?xml version='1.0' encoding='cp037'?><a/>", "encoding 'cp037'"},
    {"LatinBytes", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>", "not UTF-8"},
    {"LatinDeclaredUtf8Bytes", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xC3\xA4</a>", "encoding 'ISO-8859-1'"},
    {"Overlong", "<a>\xC0\xBC</a>", "not UTF-8"},
    {"OverlongThree", "<a>\xE0\x80\xBC</a>", "not UTF-8"},
    {"Surrogate", "<a>\xED\xA0\x80</a>", "not UTF-8"},
    {"TooHigh", "<a>\xF4\x90\x80\x80</a>", "not UTF-8"},
    {"Cut", "<a>\xE2\x82", "not UTF-8"},
    {"NoCharacter", "<a>\xEF\xBF\xBF</a>", "not UTF-8"},
    {"Control", "<a>\n\x01</a>", "line 2, column 1"},
    {"Nul", std::string("<a>\0</a>", 8), "line 1, column 4"},
    {"Unquoted", "<?xml version='1.0' encoding=UTF-8?><a/>", "encoding"},
};
INSTANTIATE_TEST_SUITE_P(Encoding, XmlRefused, ::testing::ValuesIn(kEncodings), refused_name);

const Refused kGarbage[] = {
    {"Empty", "", "line 1, column 1: not an XML document"},
    {"OnlyComment", "<!-- x -->\n", "line 2, column 1: not an XML document"},
    {"Text", "hello", "line 1"},
    {"Json", "{\"a\": 1}", "line 1"},
    {"OpenTag", "<a", "does not end"},
    {"OpenElement", "<a>\n<b>\n", "line 3, column 1: the document ends with 2 elements open"},
    {"WrongEnd", "<a>\n</b>", "line 2"},
    {"SecondRoot", "<a/>\n<b/>", "line 2"},
    {"EndOnly", "</a>", "an end tag without"},
    {"NoName", "< a/>", "a name is expected"},
    {"BareAmpersand", "<a>a & b</a>", "line 1"},
    {"Unquoted", "<a b=c/>", "must be quoted"},
    {"NoValue", "<a b/>", "'=' is expected"},
    {"OpenValue", "<a b='c/>", "does not end"},
    {"LessInValue", "<a b='<'/>", "line 1"},
    {"TwiceTheAttribute", "<a b='1' b='2'/>", "b"},
    {"NoSpaceBetweenAttributes", "<a b='1'c='2'/>", "line 1"},
    {"OpenComment", "<a><!-- </a>", "a comment that does not end"},
    {"OpenCdata", "<a><![CDATA[ </a>", "a CDATA section that does not end"},
    {"OpenInstruction", "<a><?x </a>", "a processing instruction that does not end"},
    {"UnboundPrefix", "<b:a/>", "b"},
    {"DoubleHyphen", "<!-- a -- b --><a/>", "line 1"},
    {"CharacterReferenceToNothing", "<a>&#0;</a>", "line 1"},
    {"TextAfterRoot", "<a/>text", "line 1"},
    {"TwoColons", "<a:b:c xmlns:a='u'/>", "line 1"},
};
INSTANTIATE_TEST_SUITE_P(Garbage, XmlRefused, ::testing::ValuesIn(kGarbage), refused_name);

TEST(XmlEncoding, AcceptsUtf8InAnySpellingAndOneByteDeclarationsOfAsciiText) {
  for (const char* text : {"<a/>", "\xEF\xBB\xBF<a/>", "<?xml version='1.0'?><a/>",
                           "<?xml version='1.0' encoding='utf-8'?><a>\xC3\xA4</a>",
                           "<?xml version=\"1.0\" encoding=\"WINDOWS-1252\"?><a/>",
                           "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?><a/>"}) {
    EXPECT_EQ(error_of(text), "no error") << text;
  }
}

TEST(XmlInclude, IsAnElementLikeAnyOther) {
  const auto document =
      parse("<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='/etc/passwd' parse='text'/></a>");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().first_child->name, "include");
  EXPECT_EQ(document->root().first_child->first_child, nullptr);
}

TEST(XmlLimits, Bytes) {
  const std::string frame = "<a></a>";
  const std::string fits = "<a>" + std::string(limits::kXmlBytes - frame.size(), 'x') + "</a>";
  EXPECT_EQ(error_of(fits), "no error");
  const auto beyond = parse(fits + " ");
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Code::kResourceExhausted);
}

TEST(XmlLimits, Depth) {
  const auto nested = [](std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); };
  const std::size_t limit = static_cast<std::size_t>(limits::kXmlDepth);
  EXPECT_EQ(error_of(nested(limit)), "no error");
  EXPECT_THAT(error_of(nested(limit + 1)), HasSubstr("nested deeper than 256"));
  EXPECT_THAT(error_of(nested(100'000)), HasSubstr("nested deeper than 256"));
  EXPECT_THAT(error_of(repeated("<a>", 1'000'000)), HasSubstr("nested deeper than 256"));
}

TEST(XmlLimits, DepthWithAnOwnNamespaceForEachElement) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += fmt::format("<n{0}:a xmlns:n{0}='urn:{0}'>", i);
  for (int i = 249; i >= 0; --i) text += fmt::format("</n{}:a>", i);
  EXPECT_EQ(error_of(text), "no error");
}

TEST(XmlLimits, Attributes) {
  const auto with = [](std::size_t count) {
    std::string text = "<a";
    for (std::size_t i = 0; i < count; ++i) text += fmt::format(" a{}='1'", i);
    return text + "/>";
  };
  EXPECT_EQ(error_of(with(limits::kXmlAttributes)), "no error");
  EXPECT_THAT(error_of(with(limits::kXmlAttributes + 1)), HasSubstr("more than 256 attributes"));
  EXPECT_THAT(error_of(with(300'000)), HasSubstr("more than 256 attributes"));
}

TEST(XmlLimits, NamespacesInScope) {
  const auto declarations = [](int from, int count) {
    std::string text;
    for (int i = from; i < from + count; ++i) text += fmt::format(" xmlns:n{0}='urn:{0}'", i);
    return text;
  };
  EXPECT_EQ(error_of("<a" + declarations(0, 128) + "><b" + declarations(128, 128) + "/><c" + declarations(128, 128) +
                     "/></a>"),
            "no error");
  EXPECT_THAT(error_of("<a" + declarations(0, 128) + "><b" + declarations(128, 129) + "/></a>"),
              HasSubstr("more than 256 namespace"));
}

TEST(XmlLimits, Nodes) {
  const auto with = [](std::size_t count) { return "<r>" + repeated("<a/>", count - 1) + "</r>"; };
  EXPECT_EQ(error_of(with(limits::kXmlNodes)), "no error");
  EXPECT_THAT(error_of(with(limits::kXmlNodes + 1)), HasSubstr("more than 1000000 elements"));
}

TEST(XmlLimits, NameLength) {
  const std::string fits(limits::kXmlNameBytes, 'n');
  EXPECT_EQ(error_of("<" + fits + "/>"), "no error");
  EXPECT_EQ(error_of("<a " + fits + "='1'/>"), "no error");
  EXPECT_THAT(error_of("<" + fits + "n/>"), HasSubstr("a name longer than 4096"));
  EXPECT_THAT(error_of("<a " + fits + "n='1'/>"), HasSubstr("a name longer than 4096"));
}

// Bombs of one kind or another: all must end quickly, whichever way.
TEST(XmlLimits, LongTokensAreLinear) {
  const std::size_t size = limits::kXmlBytes - 100;
  for (const std::string& text :
       {"<a b='" + std::string(size, 'x') + "'/>", "<a b='" + repeated("&amp;", size / 5) + "'/>",
        "<a>" + repeated("&#65;", size / 5) + "</a>", "<!--" + std::string(size, ' ') + "--><a/>",
        "<a>" + repeated("]]", size / 2) + "</a>", "<a>" + repeated("<!---->", 500'000) + "</a>"}) {
    EXPECT_EQ(error_of(text), "no error") << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace baton::xml
