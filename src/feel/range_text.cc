#include "feel/range_text.h"

#include "feel/lexer.h"
#include "feel/temporal.h"

namespace baton::feel {
namespace {

class RangeParser {
 public:
  RangeParser(std::string_view text, Evaluation& evaluation) : text_(text), evaluation_(evaluation) {}

  std::optional<RangeData> run() {
    auto tokens = tokenize(text_, false);
    if (!tokens) return std::nullopt;
    tokens_ = std::move(*tokens);
    RangeData range;
    range.has_start = range.has_end = true;
    range.start_included = is(TokenType::kLeftBracket);
    if (!range.start_included && !is(TokenType::kLeftParen) && !is(TokenType::kRightBracket)) return std::nullopt;
    ++at_;
    range.start = end_point();
    if (!is(TokenType::kDotDot)) return std::nullopt;
    ++at_;
    range.end = end_point();
    range.end_included = is(TokenType::kRightBracket);
    if (!range.end_included && !is(TokenType::kRightParen) && !is(TokenType::kLeftBracket)) return std::nullopt;
    ++at_;
    const auto sequence = order(range.start, range.end);
    if (!is(TokenType::kEnd) || !sequence || *sequence > 0) return std::nullopt;
    return range;
  }

 private:
  [[nodiscard]] bool is(TokenType type) const { return at_ < tokens_.size() && tokens_[at_].type == type; }
  [[nodiscard]] std::string_view word() const { return text_.substr(tokens_[at_].offset, tokens_[at_].size); }

  /// A literal; null for anything else, which the comparison of the end points then refuses.
  Value end_point() {
    if (is(TokenType::kMinus) || is(TokenType::kNumber)) {
      const bool negative = is(TokenType::kMinus);
      if (negative) ++at_;
      const auto number = is(TokenType::kNumber) ? Decimal::parse(word()) : std::nullopt;
      if (!number) return {};
      ++at_;
      return Value::number(negative ? -*number : *number);
    }
    if (is(TokenType::kString)) return evaluation_.string(unescape_string(word_and_next()));
    if (is(TokenType::kAt)) {
      ++at_;
      return is(TokenType::kString) ? parse_temporal(unescape_string(word_and_next())) : Value();
    }
    return constructor();
  }

  std::string_view word_and_next() {
    const std::string_view current = word();
    ++at_;
    return current;
  }

  /// date("..."), time("..."), date and time("..."), duration("...").
  Value constructor() {
    std::string name;
    while (is(TokenType::kName)) {
      if (!name.empty()) name += ' ';
      name += word_and_next();
    }
    if (!is(TokenType::kLeftParen)) return {};
    ++at_;
    if (!is(TokenType::kString)) return {};
    const std::string text = unescape_string(word_and_next());
    if (!is(TokenType::kRightParen)) return {};
    ++at_;
    if (name == "duration") return parse_duration(text);
    if (name == "date") {
      const auto date = parse_date(text);
      return date ? Value::date(*date) : Value();
    }
    if (name == "time") {
      const auto time = parse_time(text);
      return time ? Value::time(*time) : Value();
    }
    const auto value = name == "date and time" ? parse_date_time(text) : std::nullopt;
    return value ? Value::date_time(*value) : Value();
  }

  std::string_view text_;
  Evaluation& evaluation_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<RangeData> parse_range(std::string_view text, Evaluation& evaluation) {
  return RangeParser(text, evaluation).run();
}

}  // namespace baton::feel
