#include "feel/expression.h"

#include "feel/tests/test_support.h"

namespace baton::feel::testing {
namespace {

TEST(Expression, Literals) {
  EXPECT_EQ(eval("null"), "null");
  EXPECT_EQ(eval("true"), "true");
  EXPECT_EQ(eval("1.50"), "1.50");
  EXPECT_EQ(eval(".5"), "0.5");
  EXPECT_EQ(eval("1E+2"), "100");
  EXPECT_EQ(eval("\"a\\nb\\u0041\\U01F40E\""), "\"a\nbA\xF0\x9F\x90\x8E\"");
  EXPECT_EQ(eval("[1, \"a\", null]"), "[1, \"a\", null]");
  EXPECT_EQ(eval("{a: 1, \"b c\": a + 1}"), "{a: 1, \"b c\": 2}");
  EXPECT_EQ(eval("[1..5)"), "[1..5)");
  EXPECT_EQ(eval("]1..5["), "(1..5)");
}

TEST(Expression, Arithmetic) {
  EXPECT_EQ(eval("1 + 2 * 3"), "7");
  EXPECT_EQ(eval("(1 + 2) * 3"), "9");
  EXPECT_EQ(eval("0.1 + 0.2"), "0.3");
  EXPECT_EQ(eval("2 ** 3 ** 2"), "64");
  EXPECT_EQ(eval("-2 ** 2"), "4");
  EXPECT_EQ(eval("10 / 4"), "2.5");
  EXPECT_EQ(eval("1 / 0"), "null");
  EXPECT_EQ(eval("1 / 3"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(eval("\"a\" + \"b\""), "\"ab\"");
  EXPECT_EQ(eval("\"a\" + 1"), "null");
  EXPECT_EQ(eval("-x", R"({"x":5})"), "-5");
}

TEST(Expression, ConditionOfAProcess) {
  constexpr std::string_view kCondition = "amount > 1000 and status = \"open\"";
  EXPECT_EQ(eval(kCondition, R"({"amount":1500,"status":"open"})"), "true");
  EXPECT_EQ(eval(kCondition, R"({"amount":1000,"status":"open"})"), "false");
  EXPECT_EQ(eval(kCondition, R"({"amount":1500,"status":"closed"})"), "false");
  EXPECT_EQ(eval(kCondition, R"({"amount":"many","status":"open"})"), "null");
  EXPECT_EQ(eval(kCondition, R"({"status":"closed"})"), "false");
}

TEST(Expression, ThreeValuedLogic) {
  EXPECT_EQ(eval("false and null"), "false");
  EXPECT_EQ(eval("null and true"), "null");
  EXPECT_EQ(eval("null or true"), "true");
  EXPECT_EQ(eval("null or false"), "null");
  EXPECT_EQ(eval("true and 1"), "null");
  EXPECT_EQ(eval("a and b and c", R"({"a":true,"b":true,"c":true})"), "true");
}

TEST(Expression, Comparison) {
  EXPECT_EQ(eval("null = null"), "true");
  EXPECT_EQ(eval("1 = null"), "false");
  EXPECT_EQ(eval("1 = \"1\""), "null");
  EXPECT_EQ(eval("1 < null"), "null");
  EXPECT_EQ(eval("1.0 = 1"), "true");
  EXPECT_EQ(eval("[1, {a: 2}] = [1, {a: 2}]"), "true");
  EXPECT_EQ(eval("5 between 1 and 5"), "true");
  EXPECT_EQ(eval("5 in (1..5)"), "false");
  EXPECT_EQ(eval("5 in [1..5]"), "true");
  EXPECT_EQ(eval("5 in (> 7, < 6)"), "true");
  EXPECT_EQ(eval("\"b\" in [\"a\", \"b\"]"), "true");
  EXPECT_EQ(eval("5 in != 5"), "false");
}

TEST(Expression, PathsAndFilters) {
  constexpr std::string_view kVariables =
      R"({"order":{"items":[{"name":"a","price":5},{"name":"b","price":15}]},"limit":10})";
  EXPECT_EQ(eval("order.items[1].name", kVariables), "\"a\"");
  EXPECT_EQ(eval("order.items[-1].name", kVariables), "\"b\"");
  EXPECT_EQ(eval("order.items.price", kVariables), "[5, 15]");
  EXPECT_EQ(eval("order.items[price > limit].name", kVariables), "[\"b\"]");
  EXPECT_EQ(eval("sum(order.items.price) > 15", kVariables), "true");
  EXPECT_EQ(eval("order.missing.deeper", kVariables), "null");
  EXPECT_EQ(eval("[1, 2, 3][item >= 2]"), "[2, 3]");
  EXPECT_EQ(eval("[1, 2, 3][4]"), "null");
}

TEST(Expression, Loops) {
  EXPECT_EQ(eval("for i in 1..3 return i * i"), "[1, 4, 9]");
  EXPECT_EQ(eval("for i in [1, 2], j in [10, 20] return i + j"), "[11, 21, 12, 22]");
  EXPECT_EQ(eval("for i in 0..4 return if i = 0 then 1 else i * partial[-1]"), "[1, 1, 2, 6, 24]");
  EXPECT_EQ(eval("some x in [1, 2] satisfies x > 1"), "true");
  EXPECT_EQ(eval("every x in [1, 2] satisfies x > 1"), "false");
  EXPECT_EQ(eval("for x in 3 return x"), "null");
}

TEST(Expression, Functions) {
  EXPECT_EQ(eval("{f: function(a, b) a + b, r: f(1, 2)}.r"), "3");
  EXPECT_EQ(eval("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(5)}.r"), "120");
  EXPECT_EQ(eval("{f: function(a, b) a - b, r: f(b: 1, a: 5)}.r"), "4");
  EXPECT_EQ(eval("{k: 3, f: function(x) function(y) x * y * k, r: f(2)(5)}.r"), "30");
  EXPECT_EQ(eval("(function(x) x + y)(1)", R"({"y":2})"), "3");
  EXPECT_EQ(eval("sort([3, 1, 2], function(x, y) x < y)"), "[1, 2, 3]");
  EXPECT_EQ(eval("missing(1)"), "null");
}

TEST(Expression, BuiltinsWithNamedArguments) {
  EXPECT_EQ(eval("substring(string: \"foobar\", start position: 3, length: 2)"), "\"ob\"");
  EXPECT_EQ(eval("get or else(x, 5)"), "5");
  EXPECT_EQ(eval("is defined(x)", R"({"x":1})"), "true");
  EXPECT_EQ(eval("string join([\"a\", \"b\"], \"-\")"), "\"a-b\"");
  EXPECT_EQ(eval("context put({a: {b: 1}}, [\"a\", \"c\"], 2)"), "{a: {b: 1, c: 2}}");
  EXPECT_EQ(eval("from json(\"{\\\"a\\\": [1.10]}\").a[1]"), "1.10");
  EXPECT_EQ(eval("to json({a: [1, null]})"), "\"{\\\"a\\\":[1,null]}\"");
}

TEST(Expression, NamesWithSpacesAndOperators) {
  EXPECT_EQ(eval("Monthly Salary * 12", R"({"Monthly Salary":10})"), "120");
  EXPECT_EQ(eval("a-b - 1", R"({"a-b":10})"), "9");
  EXPECT_EQ(eval("`odd - name`", R"({"odd - name":1})"), "1");
  EXPECT_EQ(eval("count", R"({"count":7})"), "7");
  EXPECT_EQ(eval("[{a+: 1}, {a+: 3}][a+ > 2].a+"), "[3]");
  EXPECT_EQ(eval("for a-b in [1, 2] return a-b - 1"), "[0, 1]");
  EXPECT_EQ(eval("Full Name", R"({})", Dialect::kDmn), "null");
}

TEST(Expression, ErrorsNameLineAndColumn) {
  const auto message = [](std::string_view source) { return eval(source); };
  EXPECT_EQ(message("1 +"),
            "error: FEEL syntax error at line 1, column 4: expected an expression, but the expression ends");
  EXPECT_EQ(message("a\n  )"),
            "error: FEEL syntax error at line 2, column 3: expected an operator or the end, found ')'");
  EXPECT_EQ(message("\"abc"), "error: FEEL syntax error at line 1, column 1: the string does not end");
  EXPECT_EQ(message("a b"), "error: FEEL syntax error at line 1, column 3: expected an operator or the end, found 'b'");
  EXPECT_EQ(message("1 # 2"), "error: FEEL syntax error at line 1, column 3: unexpected character '#'");
}

TEST(Expression, WarningsNameTheReasonOfANull) {
  Evaluation evaluation(kNow);
  const JsonVariables variables("{}", evaluation);
  const auto expression = Expression::compile("1 +\n missing", {});
  ASSERT_TRUE(expression);
  const auto value = expression->evaluate(evaluation, variables);
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->is_null());
  ASSERT_EQ(evaluation.warnings().size(), 2U);
  EXPECT_EQ(evaluation.warnings()[0].to_string(), "line 2, column 2: no variable 'missing'");
  EXPECT_EQ(evaluation.warnings()[1].to_string(), "line 1, column 3: '+' has no result for number and null");
}

TEST(Expression, FreeNamesAndConstants) {
  const auto expression = Expression::compile("a + b[c > a].d + sum([e])", {});
  ASSERT_TRUE(expression);
  const auto names = expression->free_names();
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.end()), (std::vector<std::string>{"a", "b", "c", "e"}));
  EXPECT_FALSE(expression->is_constant());
  EXPECT_TRUE(Expression::compile("1 + 1", {})->is_constant());
  EXPECT_FALSE(Expression::compile("now()", {})->is_constant());
}

TEST(Expression, UnaryTests) {
  const auto test = [](std::string_view source, std::string_view variables) {
    Evaluation evaluation(kNow);
    const JsonVariables json(variables, evaluation);
    const auto expression = Expression::compile_unary_tests(source, {Dialect::kDmn, {}});
    EXPECT_TRUE(expression) << source;
    const auto value = expression->evaluate(evaluation, json);
    return value && value->is_true();
  };
  EXPECT_TRUE(test("-", R"({"?":1})"));
  EXPECT_TRUE(test("< 5", R"({"?":1})"));
  EXPECT_TRUE(test("1, 2", R"({"?":2})"));
  EXPECT_FALSE(test("not(1, 2)", R"({"?":2})"));
  EXPECT_TRUE(test("[1..3]", R"({"?":2})"));
  EXPECT_TRUE(test("? > 1", R"({"?":2})"));
  EXPECT_TRUE(test("false", R"({"?":false})"));
  EXPECT_TRUE(test("x", R"({"?":2,"x":[1,2]})"));
}

}  // namespace
}  // namespace baton::feel::testing
