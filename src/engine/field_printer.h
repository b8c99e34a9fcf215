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
  void print(const std::string& v) {
    if (is_utf8(v)) {
      out_ += " " + json_quote(v);
      return;
    }
    out_ += " 0x";
    for (const char c : v) out_ += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  void print(const Secret&) { out_ += " ***"; }
  void print(const Symbol& v) { print(std::string(v.text())); }
  void print(const Value& v) { out_ += " " + std::string(v.json()); }
  void print(const SharedBytes& v) { out_ += fmt::format(" <{} bytes>", v.view().size()); }
  void print(const NamedValue& v) { out_ += " " + std::string(v.name.text()) + "=" + std::string(v.value.json()); }
  void print(const bpmn::ElementTable& v) {
    out_ += fmt::format(" <{} elements, {} flows>", v.elements.size(), v.flows.size());
  }
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

  std::string& out_;
};

}  // namespace baton::engine
