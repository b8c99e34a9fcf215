// A read-only look into JSON text for the command line: members and items by need, nothing is built up front.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::cli {

class JsonView {
 public:
  /// Any JSON text; what is not valid behaves as missing.
  explicit JsonView(std::string_view text);
  JsonView() = default;

  [[nodiscard]] bool missing() const { return json_.empty(); }
  /// Member of an object; missing if there is none.
  JsonView operator[](std::string_view name) const;
  /// Items of an array.
  [[nodiscard]] std::vector<JsonView> items() const;
  /// Names and values of an object, in order.
  [[nodiscard]] std::vector<std::pair<std::string, JsonView>> members() const;
  /// A string without quotes and escapes; other values as they are written.
  [[nodiscard]] std::string text() const;
  /// Minified JSON.
  [[nodiscard]] std::string_view raw() const { return json_; }

 private:
  std::string json_;
};

}  // namespace baton::cli
