// XPath/XQuery regular expressions (DMN 10.3.4.3 refers to XPath functions and operators, 7.6) run by ICU after a
// translation of what the two write differently. Matching is bounded by a count of steps, so the same input always
// gives the same answer.
#pragma once

#include <unicode/regex.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feel/evaluation.h"

namespace baton::feel {

class Regex {
 public:
  /// `flags`: any of i, m, s, x, q. INVALID_ARGUMENT with the reason for a pattern or flag that XPath does not know.
  static Result<Regex> compile(std::string_view pattern, std::string_view flags);

  /// True if the pattern occurs anywhere in the text.
  Result<bool> matches(std::string_view text, Evaluation& evaluation) const;
  /// Every match replaced; `$n` is a group, `\$` and `\\` stand for themselves. Refused for a pattern that matches
  /// nothing.
  Result<std::string> replace(std::string_view text, std::string_view replacement, Evaluation& evaluation) const;
  /// The parts between matches.
  Result<std::vector<std::string>> split(std::string_view text, Evaluation& evaluation) const;
  /// The matches themselves.
  Result<std::vector<std::string>> find_all(std::string_view text, Evaluation& evaluation) const;

 private:
  explicit Regex(std::shared_ptr<icu::RegexPattern> pattern, bool literal)
      : pattern_(std::move(pattern)), literal_(literal) {}
  Result<std::string> expand(const icu::RegexMatcher& matcher, std::string_view replacement) const;

  std::shared_ptr<icu::RegexPattern> pattern_;
  bool literal_;
};

}  // namespace baton::feel
