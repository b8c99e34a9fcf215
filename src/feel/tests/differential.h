// Comparing the compiled form with the tree walker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "feel/evaluation.h"
#include "feel/expression.h"

namespace baton::feel::testing {

/// Evaluates the source both ways; what differs, or nothing. Where either exhausts a budget nothing is compared, since
/// the two count differently.
std::optional<std::string> compare_evaluators(std::string_view source, bool unary, const CompileOptions& options,
                                              const Variables& variables, const Budgets& budgets);

/// A source made from the numbers of `next`: valid FEEL of every construct, mostly meaningful.
class RandomSource {
 public:
  /// `bytes` decides everything; when it is used up, the rest is as short as possible.
  explicit RandomSource(std::string_view bytes) : bytes_(bytes) {}
  std::string expression(int depth);
  std::string unary_tests(int depth);

 private:
  std::size_t choose(std::size_t count);
  std::string literal();
  std::string name();
  std::string list(int depth);
  std::string context(int depth);
  std::string loop(int depth);
  std::string call(int depth);
  std::string range(int depth);
  std::string compound(int depth);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Makes an expression (and a cell) from `bytes` and compares the evaluators in both dialects.
std::optional<std::string> compare_random_bytes(std::string_view bytes);
/// 64 bytes that a seed stands for.
std::string random_bytes(std::uint64_t seed);

}  // namespace baton::feel::testing
