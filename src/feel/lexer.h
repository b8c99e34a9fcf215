// Tokens of FEEL source. Names are cut at every operator; the parser joins tokens to names with spaces or operators in
// them, because only it knows which names exist (DMN 10.3.1.2, rules 22 to 30).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::feel {

enum class TokenType : std::uint8_t {
  kEnd,
  kName,        // one run of name characters, keywords included
  kQuotedName,  // `...`, Camunda's dialect
  kNumber,
  kString,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kColon,
  kDot,
  kDotDot,
  kPlus,
  kMinus,
  kStar,
  kStarStar,
  kSlash,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kAt,
  kArrow,
  kApostrophe,  // only inside names
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Line and column (in characters, 1-based) of a byte offset.
LineColumn locate(std::string_view source, std::uint32_t offset);

/// All tokens, the last one kEnd. `camunda`: names in back-ticks, and strings over several lines. Errors: invalid UTF-8
/// or characters, unterminated strings and comments, too many tokens.
Result<std::vector<Token>> tokenize(std::string_view source, bool camunda);
/// Decodes the inside of a string literal (with its quotes). Unknown escapes are kept, as regular expressions need
/// them.
std::string unescape_string(std::string_view literal);
/// The error value for a place in the source, with line and column.
Failure syntax_error(std::string_view source, std::uint32_t offset, std::string_view message);

/// Decodes one code point at `at` and moves behind it; U+FFFD for malformed input (one byte consumed).
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t c);
bool is_name_start(char32_t c);
bool is_name_part(char32_t c);

}  // namespace baton::feel
