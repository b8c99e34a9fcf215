#include "gateway/rest/json_tree.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "base/limits.h"

namespace baton::rest {

class JsonTreeParser {
 public:
  JsonTreeParser(std::string_view text, std::span<const std::string_view> opaque, JsonTree& tree)
      : text_(text), opaque_(opaque), tree_(tree) {}

  Status run() {
    skip_blanks();
    if (!value({}, 1)) return failure();
    skip_blanks();
    if (at_ != text_.size()) return fail_here("Expected the end");
    return {};
  }

 private:
  using Kind = JsonValue::Kind;

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool error(const char* what) {
    if (what_ == nullptr) what_ = what;
    return false;
  }
  Status failure() const { return failf(Code::kInvalidArgument, "{} at byte {}", what_, at_); }
  Status fail_here(const char* what) {
    error(what);
    return failure();
  }

  bool value(std::string_view name, int depth) {
    if (depth > limits::kJsonDepth) return error("JSON is nested too deeply");
    if (tree_.nodes_.size() >= JsonTree::kMostNodes) return error("The body has too many values");
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
    tree_.nodes_.push_back({Kind::kNull, 0, 0, name, {}});
    const std::size_t begin = at_;
    std::uint32_t count = 0;
    Kind kind = Kind::kNull;
    bool good = false;
    switch (peek()) {
      case '{':
      case '[':
        if (is_opaque(name)) {
          kind = Kind::kOpaque;
          good = skip_opaque();
        } else if (peek() == '{') {
          kind = Kind::kObject;
          good = object(depth, count);
        } else {
          kind = Kind::kArray;
          good = array(depth, count);
        }
        break;
      case '"':
        kind = Kind::kString;
        good = string();
        break;
      case 't':
        kind = Kind::kBoolean;
        good = word("true");
        break;
      case 'f':
        kind = Kind::kBoolean;
        good = word("false");
        break;
      case 'n':
        good = word("null");
        break;
      default:
        kind = Kind::kNumber;
        good = number();
    }
    if (!good) return false;
    JsonTree::Node& node = tree_.nodes_[index];
    node.kind = kind;
    node.count = count;
    node.next = static_cast<std::uint32_t>(tree_.nodes_.size());
    node.text = text_.substr(begin, at_ - begin);
    return true;
  }

  [[nodiscard]] bool is_opaque(std::string_view quoted) const {
    if (quoted.size() < 2) return false;
    const std::string_view name = quoted.substr(1, quoted.size() - 2);
    return std::find(opaque_.begin(), opaque_.end(), name) != opaque_.end();
  }

  bool object(int depth, std::uint32_t& count) {
    ++at_;
    skip_blanks();
    if (peek() == '}') {
      ++at_;
      return true;
    }
    while (true) {
      if (peek() != '"') return error("Expected a property's name");
      const std::size_t begin = at_;
      if (!string()) return false;
      const std::string_view name = text_.substr(begin, at_ - begin);
      skip_blanks();
      if (peek() != ':') return error("Expected ':'");
      ++at_;
      skip_blanks();
      if (!value(name, depth + 1)) return false;
      ++count;
      skip_blanks();
      const char c = peek();
      if (c != ',' && c != '}') return error("Expected ',' or '}'");
      ++at_;
      if (c == '}') return true;
      skip_blanks();
    }
  }

  bool array(int depth, std::uint32_t& count) {
    ++at_;
    skip_blanks();
    if (peek() == ']') {
      ++at_;
      return true;
    }
    while (true) {
      if (!value({}, depth + 1)) return false;
      ++count;
      skip_blanks();
      const char c = peek();
      if (c != ',' && c != ']') return error("Expected ',' or ']'");
      ++at_;
      if (c == ']') return true;
      skip_blanks();
    }
  }

  /// Steps over a balanced value; what is in it is checked by whoever uses it.
  bool skip_opaque() {
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') {
        if (++depth > limits::kJsonDepth) return error("JSON is nested too deeply");
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return true;
      }
    }
    return error("The body ends inside a value");
  }

  bool string() {
    ++at_;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return error("A string holds a control character");
      if (c != '\\') {
        ++at_;
        continue;
      }
      if (!escape()) return error("A string holds a malformed escape");
    }
    return error("A string has no end");
  }

  [[nodiscard]] std::optional<unsigned> hex4(std::size_t at) const {
    if (at + 4 > text_.size()) return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at, text_.data() + at + 4, value, 16);
    if (error != std::errc{} || end != text_.data() + at + 4) return std::nullopt;
    return value;
  }

  bool escape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c != 'u') {
      at_ += 2;
      return c != '\0' && std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    }
    const auto first = hex4(at_ + 2);
    if (!first) return false;
    at_ += 6;
    if (*first >= 0xDC00 && *first < 0xE000) return false;
    if (*first < 0xD800 || *first >= 0xDC00) return true;
    if (at_ + 1 >= text_.size() || text_[at_] != '\\' || text_[at_ + 1] != 'u') return false;
    const auto second = hex4(at_ + 2);
    if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
    at_ += 6;
    return true;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return error("Expected a value");
    at_ += expected.size();
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ != begin;
  }

  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return error("Expected a value");
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return error("A number is malformed");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return error("A number is malformed");
    }
    return true;
  }

  std::string_view text_;
  std::span<const std::string_view> opaque_;
  JsonTree& tree_;
  std::size_t at_ = 0;
  const char* what_ = nullptr;
};

Result<JsonTree> JsonTree::parse(std::string_view text, std::span<const std::string_view> opaque) {
  if (!is_utf8(text)) return fail(Code::kInvalidArgument, "The body is not UTF-8");
  JsonTree tree;
  BATON_TRY(JsonTreeParser(text, opaque, tree).run());
  return tree;
}

JsonValue::operator bool() const {
  return tree_ != nullptr && kind() != Kind::kNull;
}
JsonValue::Kind JsonValue::kind() const {
  return tree_ == nullptr ? Kind::kNull : tree_->nodes_[index_].kind;
}
std::string_view JsonValue::text() const {
  return tree_ == nullptr ? std::string_view{} : tree_->nodes_[index_].text;
}
std::string JsonValue::name() const {
  return tree_ == nullptr ? std::string{} : json_unquote(tree_->nodes_[index_].name);
}

bool JsonValue::named(std::string_view name) const {
  const std::string_view quoted = tree_->nodes_[index_].name;
  if (quoted.find('\\') != std::string_view::npos) return json_unquote(quoted) == name;
  return quoted.substr(1, quoted.size() - 2) == name;
}

JsonValue JsonValue::operator[](std::string_view name) const {
  if (kind() != Kind::kObject) return {};
  const JsonTree::Node& node = tree_->nodes_[index_];
  for (std::uint32_t at = index_ + 1; at < node.next; at = tree_->nodes_[at].next) {
    const JsonValue member(tree_, at);
    if (member.named(name)) return member;
  }
  return {};
}

std::size_t JsonValue::size() const {
  return tree_ == nullptr ? 0 : tree_->nodes_[index_].count;
}

std::string JsonValue::string_or(std::string_view otherwise) const {
  if (kind() != Kind::kString) return std::string(otherwise);
  const std::string_view quoted = text();
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
  return json_unquote(quoted);
}

std::int64_t JsonValue::integer_or(std::int64_t otherwise) const {
  return kind() == Kind::kNumber ? json_integer(text()).value_or(otherwise) : otherwise;
}

bool JsonValue::boolean_or(bool otherwise) const {
  return kind() == Kind::kBoolean ? text() == "true" : otherwise;
}

std::uint64_t JsonValue::key() const {
  const std::string digits = string_or();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size() ? value : 0;
}

std::vector<std::string> JsonValue::strings() const {
  std::vector<std::string> out;
  for_each([&out](JsonValue item) { out.push_back(item.string_or()); });
  return out;
}

std::optional<std::int64_t> json_integer(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    if (text.substr(dot + 1).find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    text = text.substr(0, dot);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace baton::rest
