#include "feel/evaluation.h"

#include "feel/tests/test_support.h"

namespace baton::feel::testing {
namespace {

TEST(Evaluation, BudgetsAreCountedAndNamed) {
  const auto error = [](std::string_view what) {
    return "error: the FEEL expression needs more than allowed: " + std::string(what);
  };
  EXPECT_EQ(eval("for i in 1..100000, j in 1..100000 return 1"), error("list items"));
  EXPECT_EQ(eval("some i in 1..100000, j in 1..100000 satisfies i < 0"), error("steps"));
  EXPECT_EQ(eval("{f: function(n) f(n + 1), r: f(1)}.r"), error("call depth"));
  EXPECT_EQ(eval("{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: string length(f(\"0123456789\", 40))}.r"),
            error("string length"));
  EXPECT_EQ(eval("count(for i in 1..3000 return for j in 1..1000 return \"a\" + \"b\")").substr(0, 6), "error:");
}

TEST(Evaluation, DeepNestingIsRefusedWhileParsing) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "1" + std::string(depth, ')'); };
  EXPECT_EQ(eval(nested(190)), "1");
  EXPECT_NE(eval(nested(10'000)).find("too deeply"), std::string::npos);
  EXPECT_NE(eval(std::string(10'000, '-') + "1").find("too deeply"), std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_NE(eval(sum).find("too deeply"), std::string::npos);
  std::string chain = "true";
  for (int i = 0; i < 5000; ++i) chain += " and true";
  EXPECT_EQ(eval(chain), "true");
}

TEST(Evaluation, WorkInsideBuiltInsIsCounted) {
  constexpr std::string_view kBig =
      "{f: function(s, n) if n = 0 then s else f(s + s, n - 1), s: f(\"0123456789\", 16), ";
  EXPECT_EQ(eval(std::string(kBig) + "r: some i in 1..10000 satisfies string length(s) = 0}.r").substr(0, 6), "error:");
  EXPECT_EQ(eval(std::string(kBig) + "t: s + \"\", r: every i in 1..10000 satisfies s = t}.r").substr(0, 6), "error:");
  EXPECT_EQ(eval("{l: for i in 1..10000 return i, m: reverse(reverse(l)), r: every i in 1..1000 satisfies l = m}.r")
                .substr(0, 6),
            "error:");
}

TEST(Evaluation, ManyIteratorsAreDeep) {
  std::string loop = "for a in [1]";
  for (int i = 0; i < 1000; ++i) loop += ", a in [1]";
  EXPECT_NE(eval(loop + " return a").find("too deeply"), std::string::npos);
}

TEST(Evaluation, SharedStructureDoesNotBlowUp) {
  EXPECT_EQ(eval("{l: for i in 1..60 return [partial[-1], partial[-1]], r: l[60] = l[60]}.r").substr(0, 6), "error:");
  EXPECT_EQ(eval("string(for i in 1..60 return [partial[-1], partial[-1]])"), "null");
}

TEST(Evaluation, ResetKeepsNothing) {
  Evaluation evaluation(kNow);
  const auto expression = Expression::compile("for i in 1..1000 return \"x\" + string(i)", {});
  ASSERT_TRUE(expression);
  const JsonVariables none("{}", evaluation);
  for (int i = 0; i < 100; ++i) {
    evaluation.reset(kNow);
    const auto value = expression->evaluate(evaluation, none);
    ASSERT_TRUE(value);
    ASSERT_EQ(value->as_list().size(), 1000U);
    EXPECT_EQ(value->as_list()[999].as_string(), "x1000");
  }
}

}  // namespace
}  // namespace baton::feel::testing
