#include "feel/json.h"

#include <array>
#include <cstring>

#include "base/limits.h"
#include "feel/lexer.h"
#include "feel/temporal.h"

namespace baton::feel {
namespace {

class JsonReader {
 public:
  JsonReader(std::string_view text, Evaluation& evaluation) : text_(text), evaluation_(evaluation) {}

  Result<Value> run() {
    BATON_ASSIGN(const Value result, value(0));
    skip_space();
    if (at_ != text_.size()) return error("unexpected text after the value");
    BATON_TRY(evaluation_.status());
    return result;
  }

 private:
  [[nodiscard]] Failure error(std::string_view message) const {
    return failf(Code::kInvalidArgument, "invalid JSON at byte {}: {}", at_, message);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool accept_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<Value> value(int depth) {
    if (depth > limits::kJsonDepth) return error("nested too deeply");
    skip_space();
    if (at_ >= text_.size()) return error("the text ends");
    switch (text_[at_]) {
      case '"': {
        BATON_ASSIGN(const std::string_view s, string());
        return Value::string(s);
      }
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 't':
        if (accept_word("true")) return Value::boolean(true);
        break;
      case 'f':
        if (accept_word("false")) return Value::boolean(false);
        break;
      case 'n':
        if (accept_word("null")) return Value();
        break;
      default:
        return number();
    }
    return error("unexpected word");
  }

  Result<Value> number() {
    const std::size_t start = at_;
    while (at_ < text_.size() && std::strchr("+-.0123456789eE", text_[at_]) != nullptr && text_[at_] != '\0') ++at_;
    const auto d = Decimal::parse(text_.substr(start, at_ - start));
    if (!d || text_[start] == '+' || text_[start] == '.') {
      at_ = start;
      return error("not a number, or one outside of decimal128");
    }
    return Value::number(*d);
  }

  Result<std::string_view> string() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\') ++at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      const auto raw = text_.substr(start, at_ - start);
      ++at_;
      return raw;
    }
    return escaped_string(start);
  }

  Result<std::string_view> escaped_string(std::size_t start) {
    std::string out(text_.substr(start, at_ - start));
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out += text_[at_++];
        continue;
      }
      if (!escape(out)) return error("invalid escape");
    }
    if (at_ >= text_.size()) return error("the string does not end");
    ++at_;
    auto* copy = static_cast<char*>(evaluation_.allocate(out.size()));
    if (copy == nullptr) return fail(evaluation_.status().error());
    std::memcpy(copy, out.data(), out.size());
    return std::string_view(copy, out.size());
  }

  bool escape(std::string& out) {
    if (at_ + 1 >= text_.size()) return false;
    static constexpr std::string_view kFrom = "\"\\/bfnrt";
    static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const char c = text_[at_ + 1];
    if (const auto i = kFrom.find(c); i != std::string_view::npos) {
      out += kTo[i];
      at_ += 2;
      return true;
    }
    // \uXXXX is read like FEEL's own escape, surrogate pairs included.
    std::size_t size = 6;
    if (c != 'u' || at_ + size > text_.size()) return false;
    const auto is_high = [&](std::size_t i) {
      return (text_[i] == 'd' || text_[i] == 'D') && std::strchr("89abAB", text_[i + 1]) != nullptr;
    };
    if (is_high(at_ + 2) && text_.substr(at_ + 6, 2) == "\\u" && at_ + 12 <= text_.size()) size = 12;
    const std::string decoded = unescape_string("\"" + std::string(text_.substr(at_, size)) + "\"");
    if (decoded.empty() || decoded[0] == '\\') return false;
    out += decoded;
    at_ += size;
    return true;
  }

  Result<Value> array(int depth) {
    ++at_;
    ListBuilder items(evaluation_);
    if (accept(']')) return items.list();
    do {
      BATON_ASSIGN(const Value item, value(depth + 1));
      if (!items.push(item)) return fail(evaluation_.status().error());
    } while (accept(','));
    if (!accept(']')) return error("expected ',' or ']'");
    return items.list();
  }

  Result<Value> object(int depth) {
    ++at_;
    std::array<ContextEntry, 16> few;
    ContextEntry* entries = few.data();
    std::size_t count = 0;
    std::size_t capacity = few.size();
    if (!accept('}')) {
      do {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != '"') return error("expected a key");
        BATON_ASSIGN(const std::string_view key, string());
        if (!accept(':')) return error("expected ':'");
        BATON_ASSIGN(const Value item, value(depth + 1));
        if (count == capacity) {
          entries = copy_entries(entries, count, capacity * 2);
          if (entries == nullptr) return fail(evaluation_.status().error());
          capacity *= 2;
        }
        entries[count++] = {key, item};
      } while (accept(','));
      if (!accept('}')) return error("expected ',' or '}'");
    }
    if (entries == few.data()) entries = copy_entries(entries, count, count);
    if (entries == nullptr) return fail(evaluation_.status().error());
    return evaluation_.context({entries, count});
  }

  ContextEntry* copy_entries(const ContextEntry* entries, std::size_t count, std::size_t capacity) {
    auto* copy = evaluation_.allocate_array<ContextEntry>(capacity);
    if (copy != nullptr) std::copy(entries, entries + count, copy);
    return copy;
  }

  std::string_view text_;
  Evaluation& evaluation_;
  std::size_t at_ = 0;
};

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(clean, i - clean);
    clean = i + 1;
    static constexpr std::string_view kFrom = "\"\\\b\f\n\r\t";
    static constexpr std::string_view kTo = "\"\\bfnrt";
    if (const auto known = kFrom.find(static_cast<char>(c)); known != std::string_view::npos) {
      out += '\\';
      out += kTo[known];
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out += text.substr(clean);
  out += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out), limit_(out.size() + limits::kJsonBytes) {}

  Status write(const Value& value, int depth) {
    if (depth > limits::kJsonDepth)
      return baton::fail(Code::kResourceExhausted, "the value is nested too deeply for JSON");
    if (out_.size() > limit_) return baton::fail(Code::kResourceExhausted, "the value is too large for JSON");
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        break;
      case Kind::kBoolean:
        out_ += value.as_boolean() ? "true" : "false";
        break;
      case Kind::kNumber:
        value.as_number().append_to(out_);
        break;
      case Kind::kString:
        append_json_string(out_, value.as_string());
        break;
      case Kind::kList:
        return list(value.as_list(), depth);
      case Kind::kContext:
        return context(value.as_context(), depth);
      case Kind::kRange:
      case Kind::kFunction:
        return failf(Code::kInvalidArgument, "a {} cannot be written as JSON", kind_name(value.kind()));
      default:
        temporal(value);
        break;
    }
    return {};
  }

 private:
  void temporal(const Value& value) {
    out_ += '"';
    switch (value.kind()) {
      case Kind::kDate:
        append_date(out_, value.as_date());
        break;
      case Kind::kTime:
        append_time(out_, value.as_time());
        break;
      case Kind::kDateTime:
        append_date_time(out_, value.as_date_time());
        break;
      case Kind::kMonths:
        append_months(out_, value.as_months());
        break;
      default:
        append_duration(out_, value.as_duration());
        break;
    }
    out_ += '"';
  }

  Status list(std::span<const Value> items, int depth) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      BATON_TRY(write(items[i], depth + 1));
    }
    out_ += ']';
    return {};
  }

  Status context(const ContextData& data, int depth) {
    out_ += '{';
    for (std::size_t i = 0; i < data.entries.size(); ++i) {
      if (i > 0) out_ += ',';
      append_json_string(out_, data.entries[i].key);
      out_ += ':';
      BATON_TRY(write(data.entries[i].value, depth + 1));
    }
    out_ += '}';
    return {};
  }

  std::string& out_;
  std::size_t limit_;
};

}  // namespace

Result<Value> from_json(std::string_view json, Evaluation& evaluation) {
  return JsonReader(json, evaluation).run();
}

Status to_json(const Value& value, std::string& out) {
  return JsonWriter(out).write(value, 0);
}

}  // namespace baton::feel
