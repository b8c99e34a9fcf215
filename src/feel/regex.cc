#include "feel/regex.h"

#include <unicode/unistr.h>

namespace baton::feel {
namespace {

constexpr std::uint64_t kStepsPerTick = 2000;
constexpr std::int32_t kBacktrackBytes = 4 << 20;
constexpr std::size_t kMaxPattern = 10'000;

// Characters of \i and \c of XML Schema: first and further characters of XML names.
constexpr std::string_view kNameStart =
    "_:A-Za-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-"
    "\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD";
constexpr std::string_view kNameExtra = "\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040";

Failure invalid(std::string_view why) {
  return failf(Code::kInvalidArgument, "invalid regular expression: {}", why);
}

/// Rewrites an XPath pattern for ICU.
class Translator {
 public:
  Translator(std::string_view pattern, bool dot_all) : in_(pattern), dot_all_(dot_all) {}

  Result<std::string> run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '\\') {
        BATON_TRY(escape());
      } else if (c == '[') {
        BATON_TRY(open_class());
      } else if (c == ']' && !negated_.empty()) {
        close_class();
      } else if (c == '-' && !negated_.empty() && peek(1) == '[') {
        out_ += "--";  // class subtraction
        ++at_;
      } else if (c == '(' && negated_.empty() && peek(1) == '?' && peek(2) != ':') {
        return invalid("only (?:...) groups are part of XPath");
      } else if (c == '.' && negated_.empty() && !dot_all_) {
        out_ += "[^\\n\\r]";
        ++at_;
      } else if (!negated_.empty() && (c == '&' || c == '~')) {
        out_ += '\\';  // set operators of ICU are plain characters here
        out_ += c;
        ++at_;
      } else {
        out_ += c;
        ++at_;
      }
    }
    if (!negated_.empty()) return invalid("a character class does not end");
    return std::move(out_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

  Status open_class() {
    constexpr std::size_t kMaxNesting = 50;
    if (negated_.size() >= kMaxNesting) return invalid("character classes are nested too deeply");
    out_ += '[';
    ++at_;
    negated_.push_back(peek(0) == '^' ? '^' : ' ');
    if (negated_.back() == '^') {
      out_ += '^';
      ++at_;
    }
    if (peek(0) == ']') return invalid("a character class is empty");
    return {};
  }

  void close_class() {
    out_ += ']';
    ++at_;
    negated_.pop_back();
  }

  Status escape() {
    const char c = peek(1);
    if (c == '\0') return invalid("it ends with a backslash");
    const bool in_class = !negated_.empty();
    if (c == 'i' || c == 'I' || c == 'c' || c == 'C') {
      const bool complement = c == 'I' || c == 'C';
      out_ += complement ? "[^" : "[";
      out_ += kNameStart;
      if (c == 'c' || c == 'C') out_ += kNameExtra;
      out_ += ']';
      at_ += 2;
      return {};
    }
    if (c == 'p' || c == 'P') return property(c);
    static constexpr std::string_view kKnown = "nrt\\|.?*+(){}-[]^$sSdDwW";
    if (c >= '0' && c <= '9') {
      if (in_class || c == '0') return invalid("a back-reference is not allowed here");
    } else if (kKnown.find(c) == std::string_view::npos) {
      return invalid(fmt::format("unknown escape \\{}", c));
    }
    if (c == '$' || c == '-') {
      out_ += '\\';
      out_ += c;
    } else {
      out_ += in_.substr(at_, 2);
    }
    at_ += 2;
    return {};
  }

  /// \p{IsBlock} is \p{InBlock} for ICU; other properties are the same.
  Status property(char p) {
    if (peek(2) != '{') return invalid("\\p needs a name in braces");
    const auto end = in_.find('}', at_);
    if (end == std::string_view::npos) return invalid("\\p does not end");
    const std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    out_ += '\\';
    out_ += p;
    out_ += '{';
    if (name.starts_with("Is")) {
      out_ += "In";
      out_ += name.substr(2);
    } else {
      out_ += name;
    }
    out_ += '}';
    at_ = end + 1;
    return {};
  }

  std::string_view in_;
  bool dot_all_;
  std::size_t at_ = 0;
  std::string out_;
  std::string negated_;  // one character per open class
};

/// Flag x: white space outside of character classes is not part of the pattern.
std::string without_white_space(std::string_view pattern) {
  std::string out;
  int classes = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (classes == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out += c;
    const bool escaped =
        out.size() > 1 && out[out.size() - 2] == '\\' && (out.size() < 3 || out[out.size() - 3] != '\\');
    if (!escaped && c == '[') ++classes;
    if (!escaped && c == ']' && classes > 0) --classes;
  }
  return out;
}

icu::UnicodeString to_unicode(std::string_view s) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(s.data(), static_cast<std::int32_t>(s.size())));
}

std::string to_utf8(const icu::UnicodeString& s) {
  std::string out;
  s.toUTF8String(out);
  return out;
}

/// ICU calls this about every 10,000 steps of its engine: no clock is involved. False stops the match.
UBool U_CALLCONV count_steps(const void* context, std::int32_t) {
  return static_cast<Evaluation*>(const_cast<void*>(context))->charge(kStepsPerTick) ? 1 : 0;
}

Result<std::unique_ptr<icu::RegexMatcher>> make_matcher(const icu::RegexPattern& pattern,
                                                        const icu::UnicodeString& text, Evaluation& evaluation) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::RegexMatcher> matcher(pattern.matcher(text, status));
  if (U_SUCCESS(status)) matcher->setMatchCallback(count_steps, &evaluation, status);
  if (U_SUCCESS(status)) matcher->setStackLimit(kBacktrackBytes, status);
  if (U_FAILURE(status)) return failf(Code::kInternal, "regular expression: {}", u_errorName(status));
  return matcher;
}

/// The next match, or an error if matching takes too many steps.
Result<bool> find_next(icu::RegexMatcher& matcher, Evaluation& evaluation) {
  UErrorCode status = U_ZERO_ERROR;
  evaluation.charge(10);
  if (evaluation.exhausted()) return fail(evaluation.status().error());
  const bool found = matcher.find(status) != 0;
  if (U_FAILURE(status))
    return failf(Code::kResourceExhausted, "the regular expression takes too many steps ({})", u_errorName(status));
  return found;
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
  if (pattern.size() > kMaxPattern) return invalid("it is too long");
  std::uint32_t options = 0;
  bool literal = false;
  bool free_spacing = false;
  for (const char flag : flags) {
    switch (flag) {
      case 'i':
        options |= UREGEX_CASE_INSENSITIVE;
        break;
      case 'm':
        options |= UREGEX_MULTILINE;
        break;
      case 's':
        options |= UREGEX_DOTALL;
        break;
      case 'x':
        free_spacing = true;
        break;
      case 'q':
        literal = true;
        break;
      default:
        return invalid(fmt::format("unknown flag '{}'", flag));
    }
  }
  std::string translated(pattern);
  if (literal) {
    options |= UREGEX_LITERAL;
  } else {
    options |= UREGEX_UNIX_LINES;  // XPath knows only the newline as the end of a line
    const std::string dense = free_spacing ? without_white_space(pattern) : std::string();
    BATON_ASSIGN(translated, Translator(free_spacing ? dense : pattern, (options & UREGEX_DOTALL) != 0).run());
  }
  UErrorCode status = U_ZERO_ERROR;
  UParseError place;
  std::shared_ptr<icu::RegexPattern> compiled(
      icu::RegexPattern::compile(to_unicode(translated), options, place, status));
  if (U_FAILURE(status) || compiled == nullptr) return invalid(u_errorName(status));
  return Regex(std::move(compiled), literal);
}

Result<bool> Regex::matches(std::string_view text, Evaluation& evaluation) const {
  const icu::UnicodeString subject = to_unicode(text);
  BATON_ASSIGN(const auto matcher, make_matcher(*pattern_, subject, evaluation));
  return find_next(*matcher, evaluation);
}

Result<std::string> Regex::expand(const icu::RegexMatcher& matcher, std::string_view replacement) const {
  if (literal_) return std::string(replacement);
  std::string out;
  const std::int32_t groups = matcher.groupCount();
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (c == '\\') {
      if (next != '$' && next != '\\') return invalid("a backslash in the replacement must precede $ or \\");
      out += next;
      ++i;
    } else if (c == '$') {
      if (next < '0' || next > '9') return invalid("a $ in the replacement must precede a digit");
      // As many digits as still name a group; the rest is text.
      std::int32_t group = next - '0';
      ++i;
      while (i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9' &&
             group * 10 + (replacement[i + 1] - '0') <= groups) {
        group = group * 10 + (replacement[++i] - '0');
      }
      UErrorCode status = U_ZERO_ERROR;
      if (group <= groups) out += to_utf8(matcher.group(group, status));
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> Regex::replace(std::string_view text, std::string_view replacement, Evaluation& evaluation) const {
  BATON_ASSIGN(const bool matches_nothing, matches("", evaluation));
  if (matches_nothing) return invalid("it matches the empty string");
  const icu::UnicodeString subject = to_unicode(text);
  BATON_ASSIGN(const auto matcher, make_matcher(*pattern_, subject, evaluation));
  std::string out;
  std::int32_t copied = 0;
  UErrorCode status = U_ZERO_ERROR;
  while (true) {
    BATON_ASSIGN(const bool found, find_next(*matcher, evaluation));
    if (!found) break;
    const std::int32_t start = matcher->start(status);
    subject.tempSubStringBetween(copied, start).toUTF8String(out);
    BATON_ASSIGN(const std::string expanded, expand(*matcher, replacement));
    out += expanded;
    copied = matcher->end(status);
    if (out.size() > evaluation.budgets().string_bytes) break;  // reported when the value is made
  }
  subject.tempSubStringBetween(copied, subject.length()).toUTF8String(out);
  return out;
}

Result<std::vector<std::string>> Regex::split(std::string_view text, Evaluation& evaluation) const {
  const icu::UnicodeString subject = to_unicode(text);
  BATON_ASSIGN(const auto matcher, make_matcher(*pattern_, subject, evaluation));
  std::vector<std::string> parts;
  std::int32_t copied = 0;
  UErrorCode status = U_ZERO_ERROR;
  while (parts.size() < evaluation.budgets().list_items) {
    BATON_ASSIGN(const bool found, find_next(*matcher, evaluation));
    if (!found) break;
    const std::int32_t start = matcher->start(status);
    const std::int32_t end = matcher->end(status);
    if (start == end && (start == 0 || start == subject.length()))
      continue;  // an empty match at an edge separates nothing
    parts.push_back(to_utf8(subject.tempSubStringBetween(copied, start)));
    copied = end;
  }
  parts.push_back(to_utf8(subject.tempSubStringBetween(copied, subject.length())));
  return parts;
}

Result<std::vector<std::string>> Regex::find_all(std::string_view text, Evaluation& evaluation) const {
  const icu::UnicodeString subject = to_unicode(text);
  BATON_ASSIGN(const auto matcher, make_matcher(*pattern_, subject, evaluation));
  std::vector<std::string> parts;
  UErrorCode status = U_ZERO_ERROR;
  while (parts.size() < evaluation.budgets().list_items) {
    BATON_ASSIGN(const bool found, find_next(*matcher, evaluation));
    if (!found) break;
    parts.push_back(to_utf8(matcher->group(status)));
  }
  return parts;
}

}  // namespace baton::feel
