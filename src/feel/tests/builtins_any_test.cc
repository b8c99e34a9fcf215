// Every built-in with every accepted number of arguments, of every kind: null or a value, never a crash.
#include <gtest/gtest.h>

#include "feel/builtins.h"
#include "feel/tests/test_support.h"

namespace baton::feel::testing {
namespace {

TEST(AnyArguments, NoBuiltinMindsThem) {
  static constexpr const char* kArguments[] = {"null",
                                               "true",
                                               "-3",
                                               "2.5",
                                               "\"\"",
                                               "\"a.b\"",
                                               "@\"2024-02-29\"",
                                               "@\"10:00:00@Europe/Paris\"",
                                               "@\"2024-02-29T10:00:00Z\"",
                                               "@\"P1Y2M\"",
                                               "@\"-P1DT2H\"",
                                               "[1..3]",
                                               "(< 5)",
                                               "[]",
                                               "[3, null, \"x\"]",
                                               "[[1], {a: 2}]",
                                               "{}",
                                               "{a: 1}",
                                               "function(x) x",
                                               "function() 1",
                                               "abs"};
  constexpr std::size_t kCount = std::size(kArguments);
  int calls = 0;
  for (const Builtin& builtin : all_builtins()) {
    for (std::size_t arguments = 0; arguments <= 4; ++arguments) {
      if (!accepts_count(builtin, arguments)) continue;
      // All combinations of up to two; beyond that each place runs through all kinds at a different pace.
      const std::size_t combinations = arguments <= 2 ? (arguments == 0   ? 1
                                                         : arguments == 1 ? kCount
                                                                          : kCount * kCount)
                                                      : kCount * 23;
      for (std::size_t i = 0; i < combinations; ++i) {
        std::string source = std::string(builtin.name) + "(";
        std::size_t rest = i;
        for (std::size_t place = 0; place < arguments; ++place) {
          source += std::string(place == 0 ? "" : ", ") + kArguments[rest % kCount];
          rest = arguments <= 2 ? rest / kCount : rest / 3 + i * (place + 5);
        }
        const auto expression = Expression::compile(source + ")", {Dialect::kCamunda, {}, {}});
        ASSERT_TRUE(expression) << source << ": " << expression.error().message;
        Evaluation evaluation(kNow);
        const JsonVariables none("{}", evaluation);
        (void)expression->evaluate(evaluation, none);
        ++calls;
      }
    }
  }
  EXPECT_GT(calls, 10'000);
}

}  // namespace
}  // namespace baton::feel::testing
