// The compiled form against the tree walker, on every row of the third-party tables and on expressions made at random.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "conformance/feel_rows.h"
#include "feel/tests/differential.h"

namespace baton::feel::testing {
namespace {

TEST(Differential, EveryRowOfTheTables) {
  const char* root = std::getenv("BATON_CONFORMANCE");
  if (root == nullptr) GTEST_SKIP() << "BATON_CONFORMANCE is not set: skipping feel/*.jsonl";
  int rows = 0;
  for (const char* file : {"tck-feel.jsonl", "feelin.jsonl"}) {
    std::ifstream in(std::filesystem::path(root) / "feel" / file);
    for (std::string line; std::getline(in, line);) {
      conformance::visit_feel_row(line, [&](const conformance::FeelSource& row) {
        ++rows;
        const auto difference = compare_evaluators(row.source, row.unary, row.options, row.variables, {});
        EXPECT_FALSE(difference) << *difference;
      });
    }
  }
  EXPECT_GT(rows, 3000);
}

TEST(Differential, RandomExpressionsMostlyCompile) {
  int compiled = 0;
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const std::string source = RandomSource(random_bytes(seed)).expression(4);
    longest = std::max(longest, source.size());
    compiled += Expression::compile(source, {}) ? 1 : 0;
  }
  EXPECT_GT(compiled, 800);
  EXPECT_GT(longest, 100U);
}

TEST(Differential, RandomExpressions) {
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    const auto difference = compare_random_bytes(random_bytes(seed));
    ASSERT_FALSE(difference) << "seed " << seed << ": " << *difference;
  }
}

}  // namespace
}  // namespace baton::feel::testing
