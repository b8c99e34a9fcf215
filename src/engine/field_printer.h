// Prints an event's fields for people (`baton journal dump`).
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/json.h"
#include "engine/state/fields.h"

namespace baton::engine {

class FieldPrinter {
 public:
  explicit FieldPrinter(std::string& out) : out_(out) {}
  template <typename... T>
  void operator()(const T&... values) {
    (print(values), ...);
  }

 private:
  void print(const std::string& v) { out_ += " " + json_quote(v.size() > kLongest ? v.substr(0, kLongest) : v); }
  void print(const Symbol& v) { print(std::string(v.text())); }
  void print(const Value& v) { out_ += " " + std::string(v.json().substr(0, kLongest)); }
  void print(const SharedBytes& v) { out_ += fmt::format(" <{} bytes>", v.view().size()); }
  void print(const NamedValue& v) {
    out_ += " " + std::string(v.name.text()) + "=" + std::string(v.value.json().substr(0, kLongest));
  }
  void print(const bpmn::ElementTable& v) { out_ += fmt::format(" <{} elements, {} flows>", v.elements.size(), v.flows.size()); }
  template <typename T>
  void print(const std::vector<T>& v) {
    out_ += fmt::format(" <{}>", v.size());
  }
  template <typename T>
  void print(const T& v) {
    if constexpr (internal::IsStrongId<T>::value) {
      out_ += fmt::format(" {}", v.value());
    } else {
      out_ += fmt::format(" {}", static_cast<std::int64_t>(v));
    }
  }

  static constexpr std::size_t kLongest = 200;
  std::string& out_;
};

}  // namespace baton::engine
