#include "feel/lexer.h"

#include <array>

#include "base/limits.h"

namespace baton::feel {
namespace {

constexpr char32_t kMalformed = 0xFFFD;

bool is_space(char32_t c) {
  if (c <= 0x20) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `digits` hexadecimal digits at `at`, or -1.
std::int32_t hex_number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  std::int32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int v = hex_value(text[at + i]);
    if (v < 0) return -1;
    value = value * 16 + v;
  }
  return value;
}

class Lexer {
 public:
  Lexer(std::string_view source, bool camunda) : source_(source), camunda_(camunda) {}

  Result<std::vector<Token>> run() {
    while (true) {
      BATON_TRY(skip_space());
      if (at_ >= source_.size()) break;
      if (tokens_.size() >= limits::kFeelTokens)
        return syntax_error(source_, offset(), "the expression has too many tokens");
      BATON_TRY(next());
    }
    add(TokenType::kEnd, 0);
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  void add(TokenType type, std::size_t size) {
    tokens_.push_back({type, offset(), static_cast<std::uint32_t>(size)});
    at_ += size;
  }

  Status skip_space() {
    while (at_ < source_.size()) {
      if (peek() == '/' && peek(1) == '/') {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        const auto end = source_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return syntax_error(source_, offset(), "the comment does not end");
        at_ = end + 2;
      } else {
        std::size_t next = at_;
        if (!is_space(next_code_point(source_, next))) break;
        at_ = next;
      }
    }
    return {};
  }

  Status next() {
    const char c = peek();
    if (c == '"') return string();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '`' && camunda_) return quoted_name();
    if (symbol(c)) return {};
    return name();
  }

  bool symbol(char c) {
    const char d = peek(1);
    switch (c) {
      case '(':
        add(TokenType::kLeftParen, 1);
        return true;
      case ')':
        add(TokenType::kRightParen, 1);
        return true;
      case '[':
        add(TokenType::kLeftBracket, 1);
        return true;
      case ']':
        add(TokenType::kRightBracket, 1);
        return true;
      case '{':
        add(TokenType::kLeftBrace, 1);
        return true;
      case '}':
        add(TokenType::kRightBrace, 1);
        return true;
      case ',':
        add(TokenType::kComma, 1);
        return true;
      case ':':
        add(TokenType::kColon, 1);
        return true;
      case '@':
        add(TokenType::kAt, 1);
        return true;
      case '+':
        add(TokenType::kPlus, 1);
        return true;
      case '/':
        add(TokenType::kSlash, 1);
        return true;
      case '^':
        add(TokenType::kStarStar, 1);
        return true;
      case '=':
        add(TokenType::kEqual, 1);
        return true;
      case '\'':
        add(TokenType::kApostrophe, 1);
        return true;
      case '-':
        d == '>' ? add(TokenType::kArrow, 2) : add(TokenType::kMinus, 1);
        return true;
      case '.':
        d == '.' ? add(TokenType::kDotDot, 2) : add(TokenType::kDot, 1);
        return true;
      case '*':
        d == '*' ? add(TokenType::kStarStar, 2) : add(TokenType::kStar, 1);
        return true;
      case '<':
        d == '=' ? add(TokenType::kLessEqual, 2) : add(TokenType::kLess, 1);
        return true;
      case '>':
        d == '=' ? add(TokenType::kGreaterEqual, 2) : add(TokenType::kGreater, 1);
        return true;
      case '!':
        if (d != '=') return false;
        add(TokenType::kNotEqual, 2);
        return true;
      default:
        return false;
    }
  }

  Status number() {
    std::size_t size = 0;
    while (is_digit(peek(size))) ++size;
    // "1..3" is a range, not "1." followed by ".3".
    if (peek(size) == '.' && is_digit(peek(size + 1))) {
      ++size;
      while (is_digit(peek(size))) ++size;
    }
    if (peek(size) == 'e' || peek(size) == 'E') {
      const std::size_t sign = peek(size + 1) == '+' || peek(size + 1) == '-' ? 1 : 0;
      if (is_digit(peek(size + 1 + sign))) {
        size += 1 + sign;
        while (is_digit(peek(size))) ++size;
      }
    }
    add(TokenType::kNumber, size);
    return {};
  }

  Status string() {
    std::size_t size = 1;
    while (at_ + size < source_.size() && source_[at_ + size] != '"') {
      // Grammar rule 35; Camunda's dialect lets a string go on in the next line.
      const bool ends_line = source_[at_ + size] == '\n' || source_[at_ + size] == '\r';
      if (ends_line && !camunda_) return syntax_error(source_, offset(), "the string does not end in its line");
      size += source_[at_ + size] == '\\' ? 2 : 1;
    }
    if (at_ + size >= source_.size()) return syntax_error(source_, offset(), "the string does not end");
    add(TokenType::kString, size + 1);
    return {};
  }

  Status quoted_name() {
    const auto end = source_.find('`', at_ + 1);
    if (end == std::string_view::npos || end == at_ + 1)
      return syntax_error(source_, offset(), "a name in back-ticks is empty or does not end");
    add(TokenType::kQuotedName, end + 1 - at_);
    return {};
  }

  Status name() {
    std::size_t end = at_;
    const char32_t first = next_code_point(source_, end);
    if (first == 0x2019) {
      add(TokenType::kApostrophe, end - at_);
      return {};
    }
    if (!is_name_start(first)) {
      return syntax_error(source_, offset(), fmt::format("unexpected character '{}'", source_.substr(at_, end - at_)));
    }
    for (std::size_t next = end; next < source_.size() && is_name_part(next_code_point(source_, next));) end = next;
    add(TokenType::kName, end - at_);
    return {};
  }

  std::string_view source_;
  bool camunda_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  const std::size_t size = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) {
    ++at;
    return kMalformed;
  }
  char32_t c = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) {
      ++at;
      return kMalformed;
    }
    c = (c << 6) | (byte & 0x3F);
  }
  at += size;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kMalformed;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool is_name_start(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?';
  struct Interval {
    char32_t first, last;
  };
  static constexpr std::array<Interval, 11> kIntervals = {{{0xC0, 0xD6},
                                                           {0xD8, 0xF6},
                                                           {0xF8, 0x2FF},
                                                           {0x370, 0x37D},
                                                           {0x37F, 0x1FFF},
                                                           {0x200C, 0x200D},
                                                           {0x2070, 0x218F},
                                                           {0x2C00, 0x2FEF},
                                                           {0x3001, 0xD7FF},
                                                           {0xF900, 0xFDCF},
                                                           {0xFDF0, 0xFFFC}}};
  for (const Interval& interval : kIntervals) {
    if (c >= interval.first && c <= interval.last) return true;
  }
  return c >= 0x10000 && c <= 0xEFFFF;
}

bool is_name_part(char32_t c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F ||
         c == 0x2040;
}

LineColumn locate(std::string_view source, std::uint32_t offset) {
  LineColumn at;
  for (std::size_t i = 0; i < offset && i < source.size();) {
    const bool newline = source[i] == '\n';
    next_code_point(source, i);
    at.line += newline ? 1 : 0;
    at.column = newline ? 1 : at.column + 1;
  }
  return at;
}

Failure syntax_error(std::string_view source, std::uint32_t offset, std::string_view message) {
  const LineColumn at = locate(source, offset);
  return failf(Code::kInvalidArgument, "FEEL syntax error at line {}, column {}: {}", at.line, at.column, message);
}

Result<std::vector<Token>> tokenize(std::string_view source, bool camunda) {
  constexpr std::size_t kMaxSource = 4U << 20;
  if (source.size() > kMaxSource) return fail(Code::kInvalidArgument, "the FEEL expression is longer than 4 MiB");
  return Lexer(source, camunda).run();
}

std::string unescape_string(std::string_view literal) {
  const std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i++];
      continue;
    }
    const char c = text[i + 1];
    const std::size_t digits = c == 'u' ? 4 : (c == 'U' ? 6 : 0);
    std::int32_t code = digits == 0 ? -1 : hex_number(text, i + 2, digits);
    std::size_t used = 2;
    if (c == 'n' || c == 'r' || c == 't') {
      out += c == 'n' ? '\n' : (c == 'r' ? '\r' : '\t');
    } else if (c == '"' || c == '\'' || c == '\\') {
      out += c;
    } else if (code >= 0) {
      used = 2 + digits;
      if (code >= 0xD800 && code < 0xDC00 && text.substr(i + used, 2) == "\\u") {
        const std::int32_t low = hex_number(text, i + used + 2, 4);
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          used += 6;
        }
      }
      append_utf8(out, static_cast<char32_t>(code));
    } else {
      out += '\\';
      out += c;
    }
    i += used;
  }
  return out;
}

}  // namespace baton::feel
