// The types of a set of DMN files: built-in types and item definitions (DMN 7.3.2, 10.3.1.3), conformance and the
// coercions of DMN 10.3.2.9.4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "dmn/definitions.h"
#include "feel/expression.h"

namespace baton::dmn {

using TypeId = std::uint32_t;
inline constexpr TypeId kAnyType = 0;

/// What is wrong with a file; it can be evaluated all the same, with null in that place.
struct Diagnostic {
  std::string element;  // id, or name where there is no id
  int line = 0;
  std::string message;
  [[nodiscard]] std::string to_string() const;
};
using Diagnostics = std::vector<Diagnostic>;

struct Type {
  enum class Shape : std::uint8_t { kAny, kKind, kList, kContext, kTest };
  Shape shape = Shape::kAny;
  feel::Kind kind = feel::Kind::kNull;             // kKind
  std::vector<TypeId> parts;                       // of a list or the fields of a context
  std::vector<std::string> names;                  // fields
  std::optional<feel::Expression> test;            // kTest: `? instance of ...`
  std::optional<feel::Expression> allowed_values;  // unary tests
  std::optional<TypeId> result;                    // of a function item
  std::string name;                                // as written, for messages
  std::string feel;                                // as FEEL writes it
};

class Types {
 public:
  struct Coerced {
    feel::Value value;  // null if it does not conform
    bool conforms = true;
  };

  Types();
  /// Adds the item definitions of all files; `imports[i]` maps names of imports of file i to files.
  void add(std::span<const Definitions> files, std::vector<std::map<std::string, std::size_t>> imports,
           feel::Dialect dialect, Diagnostics& diagnostics);
  /// The type that file number `file` calls `name`; an unknown one is a diagnostic and accepts any value.
  TypeId resolve(std::string_view name, std::size_t file, const std::string& element, int line,
                 Diagnostics& diagnostics);
  /// The same if it is known, else the type of all values.
  [[nodiscard]] TypeId find(std::string_view name, std::size_t file) const;
  /// What a file's expressions may name in `instance of`.
  [[nodiscard]] std::span<const feel::NamedType> known_types(std::size_t file) const { return known_[file]; }
  /// Names of all fields, for paths with spaces in them.
  [[nodiscard]] std::span<const std::string> field_names() const { return fields_; }
  /// What a function of that declared type gives; older files declare the result's type itself.
  [[nodiscard]] TypeId result_of(TypeId declared) const { return types_[declared].result.value_or(declared); }
  [[nodiscard]] const Type& operator[](TypeId id) const { return types_[id]; }

  /// The value as the type has it: as it is, the item of a list of one, a list of one, a date as midnight in UTC; or
  /// null. Null conforms to every type.
  [[nodiscard]] Coerced coerce(const feel::Value& value, TypeId type, feel::Evaluation& evaluation) const;
  /// Whether the value has the type and its allowed values.
  [[nodiscard]] bool conforms(const feel::Value& value, TypeId type, feel::Evaluation& evaluation) const;

 private:
  struct Building;
  [[nodiscard]] bool conforms_at(const feel::Value& value, TypeId type, feel::Evaluation& evaluation, int depth) const;
  [[nodiscard]] bool has_shape(const feel::Value& value, const Type& type, feel::Evaluation& evaluation,
                               int depth) const;
  [[nodiscard]] std::optional<TypeId> lookup(std::string_view name, std::size_t file) const;
  TypeId add_type(Type type);
  TypeId list_of(TypeId element);
  void fill(TypeId id, const RawItem& item, std::size_t file, Diagnostics& diagnostics);
  void constrain(Type& type, const std::optional<RawText>& values, const RawItem& item, Diagnostics& diagnostics) const;
  std::string feel_text(TypeId id, std::vector<TypeId>& open) const;
  void compile_function(TypeId id, const RawItem& item, std::size_t file, Diagnostics& diagnostics);

  std::vector<Type> types_;
  std::vector<std::unordered_map<std::string, TypeId>> items_;  // by file
  std::vector<std::map<std::string, std::size_t>> imports_;
  std::vector<std::vector<feel::NamedType>> known_;
  std::vector<std::string> fields_;
  feel::Dialect dialect_ = feel::Dialect::kDmn;
};

/// The one variable `?` of unary tests.
class TestedValue final : public feel::Variables {
 public:
  explicit TestedValue(const feel::Value& value) : value_(value) {}
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
    return name == "?" ? std::optional(value_) : std::nullopt;
  }

 private:
  feel::Value value_;
};

}  // namespace baton::dmn
