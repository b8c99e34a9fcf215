#include "base/json.h"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstring>

#include "base/limits.h"

namespace baton {

namespace {

/// One pass over a JSON text: checks the grammar of RFC 8259 and copies everything but white space to `out`.
class Minifier {
 public:
  Minifier(std::string_view text, std::string& out) : text_(text), out_(out) {}

  Status document() {
    skip_space();
    BATON_TRY(value(0));
    skip_space();
    if (at_ != text_.size()) return error("unexpected text after the value");
    return {};
  }

  /// Calls `entry(name_at, name_end, value_at, value_end)` with offsets into `out` for each top-level member.
  template <typename F>
  Status object(F&& entry) {
    skip_space();
    if (peek() != '{') return error("the root must be an object");
    out_.push_back(text_[at_++]);
    skip_space();
    if (peek() == '}') return close();
    while (true) {
      const std::size_t name_at = out_.size();
      BATON_TRY(string());
      const std::size_t name_end = out_.size();
      BATON_TRY(colon());
      const std::size_t value_at = out_.size();
      BATON_TRY(value(1));
      BATON_TRY(entry(name_at, name_end, value_at, out_.size()));
      skip_space();
      if (peek() == '}') return close();
      BATON_TRY(comma());
    }
  }

 private:
  Status close() {
    out_.push_back(text_[at_++]);
    skip_space();
    if (at_ != text_.size()) return error("unexpected text after the object");
    return {};
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  Failure error(std::string_view what) const {
    return failf(Code::kInvalidArgument, "invalid JSON at byte {}: {}", at_, what);
  }

  Status colon() {
    skip_space();
    if (peek() != ':') return error("expected ':' after a name");
    out_.push_back(text_[at_++]);
    skip_space();
    return {};
  }

  Status comma() {
    if (peek() != ',') return error("expected ',' or a closing bracket");
    out_.push_back(text_[at_++]);
    skip_space();
    return {};
  }

  Status value(int depth) {
    switch (peek()) {
      case '{':
        return container('}', depth + 1);
      case '[':
        return container(']', depth + 1);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  Status container(char closing, int depth) {
    if (depth > limits::kJsonDepth) return error(fmt::format("nested deeper than {} levels", limits::kJsonDepth));
    out_.push_back(text_[at_++]);
    skip_space();
    if (peek() == closing) {
      out_.push_back(text_[at_++]);
      return {};
    }
    while (true) {
      if (closing == '}') {
        BATON_TRY(string());
        BATON_TRY(colon());
      }
      BATON_TRY(value(depth));
      skip_space();
      if (peek() == closing) {
        out_.push_back(text_[at_++]);
        return {};
      }
      BATON_TRY(comma());
    }
  }

  Status word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return error("expected a value");
    out_.append(expected);
    at_ += expected.size();
    return {};
  }

  bool digits() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > start;
  }

  Status number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return error("expected a value");
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return error("expected digits after the decimal point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return error("expected digits in the exponent");
    }
    out_.append(text_.substr(start, at_ - start));
    return {};
  }

  Status escape() {
    ++at_;
    switch (peek()) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        ++at_;
        return {};
      case 'u':
        break;
      default:
        return error("unknown escape in a string");
    }
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!hex) return error("expected four hexadecimal digits after \\u");
    }
    return {};
  }

  Status string() {
    if (peek() != '"') return error("expected a string");
    const std::size_t start = at_++;
    while (true) {
      if (at_ >= text_.size()) return error("unterminated string");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') break;
      if (c < 0x20) return error("control character in a string");
      if (c == '\\') {
        BATON_TRY(escape());
      } else {
        ++at_;
      }
    }
    ++at_;
    out_.append(text_.substr(start, at_ - start));
    return {};
  }

  std::string_view text_;
  std::string& out_;
  std::size_t at_ = 0;
};

int hex_digit(char c) {
  if (c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

void append_utf8(std::string& out, std::uint32_t cp) {
  if (cp < 0x80) {
    out.push_back(static_cast<char>(cp));
  } else if (cp < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (cp >> 6)));
    out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
  } else if (cp < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (cp >> 12)));
    out.push_back(static_cast<char>(0x80 | ((cp >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (cp >> 18)));
    out.push_back(static_cast<char>(0x80 | ((cp >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((cp >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
  }
}

/// Reads \uXXXX at `at` (pointing behind the 'u'); joins surrogate pairs, replaces lone surrogates by U+FFFD.
std::uint32_t unicode_escape(std::string_view s, std::size_t& at) {
  const auto four = [&s](std::size_t i) {
    std::uint32_t v = 0;
    for (std::size_t k = 0; k < 4; ++k) v = v * 16 + static_cast<std::uint32_t>(hex_digit(s[i + k]));
    return v;
  };
  std::uint32_t cp = four(at);
  at += 4;
  if (cp < 0xD800 || cp > 0xDFFF) return cp;
  const bool pair = cp < 0xDC00 && at + 6 <= s.size() && s[at] == '\\' && s[at + 1] == 'u';
  if (!pair) return 0xFFFD;
  const std::uint32_t low = four(at + 2);
  if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
  at += 6;
  return 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
}

Status check_size_and_utf8(std::string_view text) {
  if (text.size() > limits::kJsonBytes) {
    return failf(Code::kInvalidArgument, "invalid JSON: {} bytes are more than the limit of {}", text.size(),
                 limits::kJsonBytes);
  }
  if (!is_utf8(text)) return fail(Code::kInvalidArgument, "invalid JSON: the text is not valid UTF-8");
  return {};
}

}  // namespace

JsonDocument& JsonDocument::operator=(const JsonDocument& other) {
  text_ = other.text_;
  spans_ = other.spans_;
  return *this;
}

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  JsonDocument document;
  if (text.empty()) return document;
  BATON_TRY(check_size_and_utf8(text));
  std::string& out = document.text_;
  out.reserve(text.size());
  absl::flat_hash_map<std::string, std::size_t> seen;  // only filled when there are many names or an escaped one
  Minifier minifier(text, out);
  const auto view = [&out](const Span& s) { return std::string_view(out).substr(s.name_at, s.name_size); };
  std::vector<std::pair<std::size_t, std::string>> escaped;
  BATON_TRY(minifier.object([&](std::size_t name_at, std::size_t name_end, std::size_t value_at,
                                std::size_t value_end) -> Status {
    const auto raw = std::string_view(out).substr(name_at, name_end - name_at);
    if (raw.find('\\') != std::string_view::npos) escaped.emplace_back(document.spans_.size(), json_unquote(raw));
    document.spans_.push_back({static_cast<std::uint32_t>(name_at + 1),
                               static_cast<std::uint32_t>(name_end - name_at - 2), static_cast<std::uint32_t>(value_at),
                               static_cast<std::uint32_t>(value_end - value_at)});
    return {};
  }));
  for (auto& [index, name] : escaped) {
    document.spans_[index].name_at = static_cast<std::uint32_t>(out.size());
    document.spans_[index].name_size = static_cast<std::uint32_t>(name.size());
    out.append(name);
  }
  // The last of equal names wins and keeps the place of the first.
  auto& spans = document.spans_;
  constexpr std::size_t kFew = 24;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    std::size_t found = kept;
    if (spans.size() <= kFew) {
      for (std::size_t k = 0; k < kept && found == kept; ++k) {
        if (view(spans[k]) == view(spans[i])) found = k;
      }
    } else {
      found = seen.try_emplace(std::string(view(spans[i])), kept).first->second;
    }
    spans[found] = spans[i];
    if (found == kept) ++kept;
  }
  spans.resize(kept);
  return document;
}

JsonDocument::Entry JsonDocument::operator[](std::size_t i) const {
  const Span& s = spans_[i];
  const std::string_view text = text_;
  return {text.substr(s.name_at, s.name_size), text.substr(s.value_at, s.value_size)};
}

void JsonDocument::add(std::string_view name, std::string_view value) {
  Span span{};
  span.name_at = static_cast<std::uint32_t>(text_.size());
  span.name_size = static_cast<std::uint32_t>(name.size());
  text_.append(name);
  span.value_at = static_cast<std::uint32_t>(text_.size());
  span.value_size = static_cast<std::uint32_t>(value.size());
  text_.append(value);
  spans_.push_back(span);
}

std::string JsonDocument::to_json() const {
  std::string out;
  out.reserve(text_.size() + 2);
  out.push_back('{');
  for (std::size_t i = 0; i < size(); ++i) {
    if (i > 0) out.push_back(',');
    json_append_string(out, (*this)[i].name);
    out.push_back(':');
    out.append((*this)[i].value);
  }
  out.push_back('}');
  return out;
}

Status json_minify(std::string_view text, std::string& out) {
  BATON_TRY(check_size_and_utf8(text));
  return Minifier(text, out).document();
}

void json_append_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
        out.push_back('"');
        break;
      case '\\':
        out.push_back('\\');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default:
        out.append("u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text.substr(plain));
  out.push_back('"');
}

std::string json_quote(std::string_view text) {
  std::string out;
  json_append_string(out, text);
  return out;
}

std::string json_unquote(std::string_view quoted) {
  const auto s = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(s.size());
  for (std::size_t at = 0; at < s.size();) {
    if (s[at] != '\\') {
      out.push_back(s[at++]);
      continue;
    }
    const char c = s[at + 1];
    at += 2;
    switch (c) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u':
        append_utf8(out, unicode_escape(s, at));
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    std::uint64_t word;
    if (end - p >= 8 && (std::memcpy(&word, p, 8), (word & 0x8080808080808080ULL) == 0)) {
      p += 8;
      continue;
    }
    const unsigned char c = *p;
    if (c < 0x80) {
      ++p;
      continue;
    }
    // RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
    const int extra = c >= 0xC2 && c <= 0xDF ? 1 : c >= 0xE0 && c <= 0xEF ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : 0;
    if (extra == 0 || end - p <= extra) return false;
    const unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) return false;
    for (int i = 2; i <= extra; ++i) {
      if ((p[i] & 0xC0) != 0x80) return false;
    }
    p += extra + 1;
  }
  return true;
}

}  // namespace baton
