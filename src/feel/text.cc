#include "feel/text.h"

#include "feel/lexer.h"
#include "feel/temporal.h"

namespace baton::feel {
namespace {

constexpr int kMaxDepth = 200;

class TextWriter {
 public:
  TextWriter(std::string& out, std::size_t max_bytes) : out_(out), max_bytes_(max_bytes) {}

  bool write(const Value& value, int depth) {
    if (depth > kMaxDepth || out_.size() > max_bytes_) return false;
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        return true;
      case Kind::kBoolean:
        out_ += value.as_boolean() ? "true" : "false";
        return true;
      case Kind::kNumber:
        value.as_number().append_to(out_);
        return true;
      case Kind::kString:
        string(value.as_string(), depth);
        return true;
      case Kind::kDate:
        append_date(out_, value.as_date());
        return true;
      case Kind::kTime:
        append_time(out_, value.as_time());
        return true;
      case Kind::kDateTime:
        append_date_time(out_, value.as_date_time());
        return true;
      case Kind::kMonths:
        append_months(out_, value.as_months());
        return true;
      case Kind::kDuration:
        append_duration(out_, value.as_duration());
        return true;
      case Kind::kRange:
        return range(value.as_range(), depth);
      case Kind::kList:
        return list(value.as_list(), depth);
      case Kind::kContext:
        return context(value.as_context(), depth);
      case Kind::kFunction:
        out_ += "function";
        return true;
    }
    return false;
  }

 private:
  void string(std::string_view text, int depth) {
    if (depth == 0) {
      out_ += text;
      return;
    }
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  bool list(std::span<const Value> items, int depth) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!write(items[i], depth + 1)) return false;
    }
    out_ += ']';
    return true;
  }

  bool context(const ContextData& data, int depth) {
    out_ += '{';
    for (std::size_t i = 0; i < data.entries.size(); ++i) {
      if (i > 0) out_ += ", ";
      const std::string_view key = data.entries[i].key;
      key_text(key);
      out_ += ": ";
      if (!write(data.entries[i].value, depth + 1)) return false;
    }
    out_ += '}';
    return true;
  }

  /// Keys that are not a plain name are quoted.
  void key_text(std::string_view key) {
    const auto tokens = tokenize(key, false);
    const bool plain = tokens && tokens->size() == 2 && (*tokens)[0].type == TokenType::kName;
    string(key, plain ? 0 : 1);
  }

  bool range(const RangeData& data, int depth) {
    if (data.equality) {
      out_ += '=';
      return write(data.start, depth + 1);
    }
    if (!data.has_start) {
      out_ += data.end_included ? "<=" : "<";
      return write(data.end, depth + 1);
    }
    if (!data.has_end) {
      out_ += data.start_included ? ">=" : ">";
      return write(data.start, depth + 1);
    }
    out_ += data.start_included ? '[' : '(';
    if (!write(data.start, depth + 1)) return false;
    out_ += "..";
    if (!write(data.end, depth + 1)) return false;
    out_ += data.end_included ? ']' : ')';
    return true;
  }

  std::string& out_;
  std::size_t max_bytes_;
};

}  // namespace

Status append_text(const Value& value, std::string& out, std::size_t max_bytes) {
  if (TextWriter(out, max_bytes).write(value, 0) && out.size() <= max_bytes) return {};
  return fail(Code::kResourceExhausted, "the text of the value is too long or too deeply nested");
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

std::size_t character_offset(std::string_view text, std::size_t character) {
  std::size_t at = 0;
  for (; character > 0 && at < text.size(); --character) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

}  // namespace baton::feel
