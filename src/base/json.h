// JSON at the border: variables are checked once, minified, split by top-level name and kept as bytes.
//
// Own code rather than a DOM library because the text of numbers must survive exactly (FEEL numbers are decimal128) and
// because checking, minifying and splitting is one pass without an intermediate tree (docs/decisions/0002-json.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

/// A JSON object split by its top-level names. Views point into `text`; names are unescaped, values are minified JSON.
/// The last of several equal names wins.
class JsonDocument {
 public:
  struct Entry {
    std::string_view name;
    std::string_view value;
  };

  JsonDocument() = default;
  JsonDocument(JsonDocument&&) noexcept = default;
  JsonDocument& operator=(JsonDocument&&) noexcept = default;
  JsonDocument(const JsonDocument& other) { *this = other; }
  JsonDocument& operator=(const JsonDocument& other);

  /// Parses an object; an empty text is the empty object. Errors name the byte offset. Limits: base/limits.h.
  static Result<JsonDocument> parse(std::string_view text);

  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] bool empty() const { return spans_.empty(); }
  [[nodiscard]] Entry operator[](std::size_t i) const;
  /// Adds an entry; `value` must be minified JSON already.
  void add(std::string_view name, std::string_view value);
  /// The object as minified JSON text.
  [[nodiscard]] std::string to_json() const;

 private:
  struct Span {
    std::uint32_t name_at, name_size, value_at, value_size;
  };
  std::string text_;
  std::vector<Span> spans_;
};

/// Checks any JSON value and appends its minified form to `out`. Number texts and string escapes are kept as written.
Status json_minify(std::string_view text, std::string& out);

/// Appends `text` as a quoted JSON string, escaping what must be escaped.
void json_append_string(std::string& out, std::string_view text);
/// `text` quoted.
std::string json_quote(std::string_view text);
/// Decodes the inside of a quoted JSON string (with its quotes) to UTF-8. The input must be valid.
std::string json_unquote(std::string_view quoted);
/// True if `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);
/// The beginning of `text`, at most `bytes` long, without a character that is cut in two.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

}  // namespace baton
