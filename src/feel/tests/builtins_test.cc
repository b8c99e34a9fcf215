#include "feel/builtins.h"

#include "feel/tests/test_support.h"

namespace baton::feel::testing {
namespace {

TEST(Builtins, Strings) {
  EXPECT_EQ(eval("substring(\"a\xC3\xA9\xF0\x9F\x90\x8Ez\", -2, 1)"), "\"\xF0\x9F\x90\x8E\"");
  EXPECT_EQ(eval("string length(\"\xF0\x9F\x90\x8E\")"), "1");
  EXPECT_EQ(eval("upper case(\"stra\xC3\x9F"
                 "e\")"),
            "\"STRASSE\"");
  EXPECT_EQ(eval("substring before(\"a=b=c\", \"=\")"), "\"a\"");
  EXPECT_EQ(eval("substring after(\"a=b=c\", \"=\")"), "\"b=c\"");
  EXPECT_EQ(eval("contains(null, \"a\")"), "null");
  EXPECT_EQ(eval("split(\"a1b22c\", \"[0-9]+\")"), "[\"a\", \"b\", \"c\"]");
  EXPECT_EQ(eval("string join([\"a\", null, \"b\"], \", \", \"<\", \">\")"), "\"<a, b>\"");
  EXPECT_EQ(eval("string join([\"a\"], \",\", \"<\", \">\")", "{}", Dialect::kDmn), "null");
  EXPECT_EQ(eval("to base64(\"FEEL\")"), "\"RkVFTA==\"");
  EXPECT_EQ(eval("trim(\"  a \")"), "\"a\"");
  EXPECT_EQ(eval("extract(\"a1b2\", \"[0-9]\")"), "[\"1\", \"2\"]");
}

TEST(Builtins, RegularExpressionsOfXPath) {
  EXPECT_EQ(eval("matches(\"foobar\", \"^fo*b\")"), "true");
  EXPECT_EQ(eval("matches(\"b\", \"[a-z-[aeiou]]\")"), "true");
  EXPECT_EQ(eval("matches(\"e\", \"[a-z-[aeiou]]\")"), "false");
  EXPECT_EQ(eval("matches(\"abab\", \"^(ab)\\1$\")"), "true");
  EXPECT_EQ(eval("matches(\"ABC\", \"b\", \"i\")"), "true");
  EXPECT_EQ(eval("matches(\"a.c\", \"a.c\", \"q\")"), "true");
  EXPECT_EQ(eval("matches(\"abc\", \"a b c\", \"x\")"), "true");
  EXPECT_EQ(eval("matches(\"\xC3\xA9\", \"\\p{L}\")"), "true");
  EXPECT_EQ(eval("matches(\"a&&b\", \"[&]{2}\")"), "true");
  EXPECT_EQ(eval("replace(\"abc\", \"(b)\", \"[$1]\\$\")"), "\"a[b]$c\"");
  for (const char* pattern : {"(", "[a", "a**", "\\q", "(?=a)", "[]", "a{2,1}", "\\p{Nonsense}"}) {
    EXPECT_EQ(eval(std::string("matches(\"a\", \"") + pattern + "\")"), "null") << pattern;
  }
  EXPECT_EQ(eval("replace(\"abc\", \"x*\", \"-\")"), "null");
}

TEST(Builtins, CatastrophicPatternsEnd) {
  EXPECT_EQ(
      eval("matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\")").substr(0, 6),
      "error:");
}

TEST(Builtins, Numbers) {
  EXPECT_EQ(eval("decimal(2.5, 0)"), "2");
  EXPECT_EQ(eval("round half up(-1.5, 0)"), "-2");
  EXPECT_EQ(eval("floor(-1.5)"), "-2");
  EXPECT_EQ(eval("modulo(-12, 5)"), "3");
  EXPECT_EQ(eval("sqrt(16)"), "4");
  EXPECT_EQ(eval("odd(5) and even(-2)"), "true");
  EXPECT_EQ(eval("abs(@\"-PT5H\")"), "PT5H");
  EXPECT_EQ(eval("number(\"1 000,5\", \" \", \",\")"), "1000.5");
}

TEST(Builtins, Lists) {
  EXPECT_EQ(eval("min(3, 1, 2)"), "1");
  EXPECT_EQ(eval("max([\"a\", \"b\"])"), "\"b\"");
  EXPECT_EQ(eval("mean([1, 2, 3, 4])"), "2.5");
  EXPECT_EQ(eval("median([3, 1, 2])"), "2");
  EXPECT_EQ(eval("mode([6, 3, 9, 6, 3])"), "[3, 6]");
  EXPECT_EQ(eval("all([true, null])"), "null");
  EXPECT_EQ(eval("any([true, null])"), "true");
  EXPECT_EQ(eval("sublist([1, 2, 3], -2)"), "[2, 3]");
  EXPECT_EQ(eval("insert before([1, 3], 2, 2)"), "[1, 2, 3]");
  EXPECT_EQ(eval("remove([1, 2, 3], -1)"), "[1, 2]");
  EXPECT_EQ(eval("list replace([1, 2, 3], function(old, new) old > 1, 0)"), "[1, 0, 0]");
  EXPECT_EQ(eval("index of([1, 2, 1], 1)"), "[1, 3]");
  EXPECT_EQ(eval("union([1, 2], [2, 3])"), "[1, 2, 3]");
  EXPECT_EQ(eval("duplicate values([1, 2, 1, 2, 1])"), "[1, 2]");
  EXPECT_EQ(eval("flatten([1, [2, [3]]])"), "[1, 2, 3]");
  EXPECT_EQ(eval("partition([1, 2, 3], 2)"), "[[1, 2], [3]]");
  EXPECT_EQ(eval("sort([3, 1, 2])"), "[1, 2, 3]");
  EXPECT_EQ(eval("sort([3, 1, 2], function(a, b) true)").size(), 9U);
}

TEST(Builtins, Ranges) {
  EXPECT_EQ(eval("before([1..5), [5..6])"), "true");
  EXPECT_EQ(eval("overlaps before([1..5], [3..8])"), "true");
  EXPECT_EQ(eval("during(5, [1..10])"), "true");
  EXPECT_EQ(eval("starts(1, [1..5])"), "true");
  EXPECT_EQ(eval("finished by([1..5], 5)"), "true");
  EXPECT_EQ(eval("coincides([1..5], [1..5))"), "false");
  EXPECT_EQ(eval("range(\"[1..3)\")"), "[1..3)");
}

TEST(Builtins, NamesThatVariablesShare) {
  EXPECT_EQ(eval("count(items) > count", R"({"count":1,"items":[1,2]})"), "true");
  EXPECT_EQ(eval("date(\"2024-01-01\") > date", R"({"date":null})"), "null");
  EXPECT_EQ(eval("(for f in [min, max] return f(1, 2))"), "[1, 2]");
}

TEST(Builtins, CamundaOnlyFunctionsAreUnknownToDmn) {
  EXPECT_EQ(eval("is defined(1)", "{}", Dialect::kCamunda), "true");
  EXPECT_EQ(eval("is defined(1)", "{}", Dialect::kDmn), "null");
  EXPECT_EQ(eval("assert(5, 5 > 6, \"too small\")"), "null");
  EXPECT_EQ(eval("fromAi(x, \"the city\", \"string\")", R"({"x":"Rome"})"), "\"Rome\"");
}

TEST(Builtins, EveryNameIsCallableWithItsOwnSignature) {
  for (const Builtin& builtin : all_builtins()) {
    for (const Signature& signature : signatures_of(builtin)) {
      EXPECT_TRUE(accepts_count(builtin, signature.required)) << builtin.name;
      EXPECT_TRUE(match_names(builtin, signature.parameters).places.size() == signature.parameters.size() ||
                  signature.parameters.empty())
          << builtin.name;
    }
  }
}

class Doubler final : public NativeFunction {
 public:
  Value call(std::span<const Value> arguments, Evaluation&) const override {
    return arguments[0].is(Kind::kNumber) ? Value::number(arguments[0].as_number() + arguments[0].as_number())
                                          : Value();
  }
};

TEST(Functions, OfTheHostAndAsValues) {
  const Doubler doubler;
  static constexpr std::string_view kParameters[] = {"n"};
  Evaluation evaluation(kNow);
  const Value native = evaluation.native_function(&doubler, kParameters);
  struct One final : Variables {
    Value value;
    std::optional<Value> find(std::size_t, std::string_view, Evaluation&) const override { return value; }
  } variables;
  variables.value = native;
  const auto call = Expression::compile("double(n: 4) + double(5)", {});
  ASSERT_TRUE(call);
  EXPECT_EQ(call->evaluate(evaluation, variables)->as_number().to_string(), "18");
  // A closure outlives the expression that made it: the evaluation keeps the program.
  Value closure;
  {
    const auto maker = Expression::compile("function(x) x * 3", {});
    ASSERT_TRUE(maker);
    closure = *maker->evaluate(evaluation, variables);
  }
  const Value arguments[] = {Value::number(7)};
  EXPECT_EQ(invoke(closure, arguments, evaluation)->as_number().to_string(), "21");
}

TEST(Types, NamedTypesComeFromTheHost) {
  const NamedType types[] = {{"tItem", "context<name: string, price: number>"}, {"t Items", "list<tItem>"}};
  const auto check = [&](std::string_view source) {
    Evaluation evaluation(kNow);
    const auto expression = Expression::compile(source, {Dialect::kDmn, {}, types});
    EXPECT_TRUE(expression) << source;
    const JsonVariables none("{}", evaluation);
    return expression && expression->evaluate(evaluation, none)->is_true();
  };
  EXPECT_TRUE(check("{name: \"a\", price: 1} instance of tItem"));
  EXPECT_FALSE(check("{name: \"a\"} instance of tItem"));
  EXPECT_TRUE(check("[{name: \"a\", price: 1}] instance of t Items"));
  EXPECT_FALSE(check("1 instance of tUnknown"));
}

}  // namespace
}  // namespace baton::feel::testing
