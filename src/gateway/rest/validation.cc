#include "gateway/rest/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace baton::rest {

namespace {

using openapi::Format;
using openapi::Kind;
using openapi::Schema;
using openapi::SchemaIndex;

constexpr std::size_t kMostViolations = 20;
constexpr std::size_t kShownBytes = 100;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// True if every character is a letter, digit or in `more`; what is not ASCII counts as a letter.
bool made_of(std::string_view text, std::string_view more, bool non_ascii) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_letter(c) || more.find(c) != std::string_view::npos || (non_ascii && (c & 0x80) != 0);
  });
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool two_digits(std::string_view text, std::size_t at, int most) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return false;
  return (text[at] - '0') * 10 + (text[at + 1] - '0') <= most;
}

bool has_format(std::string_view text, Format format) {
  switch (format) {
    case Format::kNone:
    case Format::kBinary:
      return true;
    case Format::kKey:
      return all_digits(text.starts_with('-') ? text.substr(1) : text);
    case Format::kTag:
      return !text.empty() && is_letter(text[0]) && text.size() <= 100 && made_of(text, "_-:.", false);
    case Format::kTenant:
      return text == "<default>" || (!text.empty() && made_of(text, "_@.+-", false));
    case Format::kDefinitionId:
      return !text.empty() && !is_digit(text[0]) && text[0] != '-' && text[0] != '.' && made_of(text, "_-.", true);
    case Format::kEvaluationKey: {
      const std::size_t dash = text.find('-');
      return dash != std::string_view::npos && all_digits(text.substr(0, dash)) && all_digits(text.substr(dash + 1));
    }
    case Format::kDateTime:
      return is_date_time(text);
  }
  return false;
}

std::string_view rule_of(Format format) {
  switch (format) {
    case Format::kKey:
      return "a key: a string of digits";
    case Format::kTag:
      return "a letter followed by at most 99 letters, digits and _-:.";
    case Format::kTenant:
      return "<default>, or made of letters, digits and _@.+-";
    case Format::kDefinitionId:
      return "a letter or _, followed by letters, digits and _-.";
    case Format::kEvaluationKey:
      return "two numbers with a dash between them";
    default:
      return "well-formed";
  }
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "an object";
    case Kind::kArray:
      return "an array";
    case Kind::kString:
      return "a string";
    case Kind::kInteger:
      return "an integer";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    default:
      return "a value";
  }
}

bool equal_upper(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'a' && x <= 'z' ? x - 32 : x) == (y >= 'a' && y <= 'z' ? y - 32 : y);
         });
}

class Checker {
 public:
  void check(const JsonValue& value, SchemaIndex index, const std::string& path) {
    const Schema& schema = openapi::kSchemas[index];
    if (violations.size() >= kMostViolations || schema.kind == Kind::kAny) return;
    if (value.kind() == JsonValue::Kind::kNull) {
      if (!schema.nullable && schema.kind != Kind::kOneOf) return wrong_type(value, schema.kind, path);
      if (schema.nullable) return;
    }
    switch (schema.kind) {
      case Kind::kOneOf:
        return check_alternatives(value, schema, path);
      case Kind::kObject:
        return check_object(value, schema, path);
      case Kind::kArray:
        return check_array(value, schema, path);
      case Kind::kString:
        if (value.kind() != JsonValue::Kind::kString) return wrong_type(value, schema.kind, path);
        return check_string(value.string_or(), schema, path);
      case Kind::kInteger:
      case Kind::kNumber:
        if (value.kind() != JsonValue::Kind::kNumber) return wrong_type(value, schema.kind, path);
        return check_number(value.text(), schema, path);
      case Kind::kBoolean:
        if (value.kind() != JsonValue::Kind::kBoolean) return wrong_type(value, schema.kind, path);
        return;
      case Kind::kAny:
        return;
    }
  }

  void check_string(std::string_view text, const Schema& schema, const std::string& path) {
    if (schema.min_length == 1 && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return add(fmt::format("No {} provided", shown(path)));
    }
    const std::size_t length = characters(text);
    if (length < schema.min_length || length > schema.max_length) {
      return bad_value(text, path, fmt::format("between {} and {} characters", schema.min_length, schema.max_length));
    }
    if (schema.format == Format::kDateTime && !is_date_time(text)) {
      return add(fmt::format("The provided {} '{}' cannot be parsed as a date according to RFC 3339, section 5.6",
                             shown(path), cut(text)));
    }
    if (!has_format(text, schema.format)) return bad_value(text, path, rule_of(schema.format));
    if (schema.value_count == 0) return;
    const auto values = openapi::kValues.subspan(schema.first_value, schema.value_count);
    if (std::none_of(values.begin(), values.end(), [&](std::string_view v) { return equal_upper(v, text); })) {
      bad_value(text, path, fmt::format("one of [{}]", fmt::join(values, ", ")));
    }
  }

  void check_number(std::string_view text, const Schema& schema, const std::string& path) {
    if (schema.kind == Kind::kNumber) return;
    const auto number = json_integer(text);
    if (!number) return bad_value(text, path, "an integer");
    if (*number < schema.minimum) {
      return bad_value(text, path, schema.minimum == 1 ? "greater than 0" : fmt::format("at least {}", schema.minimum));
    }
    if (*number > schema.maximum) bad_value(text, path, fmt::format("at most {}", schema.maximum));
  }

  std::vector<std::string> violations;

 private:
  void add(std::string text) {
    if (violations.size() < kMostViolations) violations.push_back(std::move(text));
  }
  static std::string_view shown(const std::string& path) {
    return path.empty() ? std::string_view("request body") : std::string_view(path);
  }
  static std::string cut(std::string_view text) {
    const std::string_view part = utf8_prefix(text, kShownBytes);
    return part.size() == text.size() ? std::string(text) : std::string(part) + "...";
  }
  void bad_value(std::string_view text, const std::string& path, std::string_view rule) {
    add(fmt::format("The value for {} is '{}' but must be {}", shown(path), cut(text), rule));
  }
  void wrong_type(const JsonValue& value, Kind wanted, const std::string& path) {
    add(fmt::format("Request property [{}] cannot be parsed: the value is {} but must be {}", shown(path),
                    cut(value.text()), kind_name(wanted)));
  }
  static std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  }

  void check_object(const JsonValue& value, const Schema& schema, const std::string& path) {
    if (value.kind() == JsonValue::Kind::kOpaque && value.text().starts_with('{')) {
      if (!schema.open) wrong_type(value, schema.kind, path);
      return;
    }
    if (value.kind() != JsonValue::Kind::kObject) return wrong_type(value, schema.kind, path);
    const auto properties = openapi::properties_of(schema);
    std::vector<bool> seen(properties.size(), false);
    value.for_each([&](const JsonValue& member) {
      const auto property = std::find_if(properties.begin(), properties.end(),
                                         [&](const openapi::Property& p) { return member.named(p.name); });
      if (property == properties.end()) {
        if (!schema.open) add(fmt::format("Request property [{}] is unknown", below(path, cut(member.name()))));
        return;
      }
      const auto place = static_cast<std::size_t>(property - properties.begin());
      if (seen[place]) return add(fmt::format("Request property [{}] is given twice", below(path, property->name)));
      seen[place] = true;
      // Clients send null for what they leave out.
      if (!property->required && member.kind() == JsonValue::Kind::kNull) return;
      check(member, property->schema, below(path, property->name));
    });
    for (std::size_t i = 0; i < properties.size(); ++i) {
      if (properties[i].required && !seen[i]) add(fmt::format("No {} provided", below(path, properties[i].name)));
    }
  }

  void check_array(const JsonValue& value, const Schema& schema, const std::string& path) {
    if (value.kind() != JsonValue::Kind::kArray) return wrong_type(value, schema.kind, path);
    if (value.size() > schema.max_items) {
      return add(fmt::format("The value for {} has {} items but must have at most {}", shown(path), value.size(),
                             schema.max_items));
    }
    std::size_t at = 0;
    value.for_each([&](const JsonValue& item) { check(item, schema.items, fmt::format("{}[{}]", path, at++)); });
  }

  void check_alternatives(const JsonValue& value, const Schema& schema, const std::string& path) {
    const auto alternatives = openapi::kAlternatives.subspan(schema.first_alternative, schema.alternative_count);
    std::vector<std::string> best;
    bool have_best = false;
    for (const SchemaIndex alternative : alternatives) {
      Checker attempt;
      attempt.check(value, alternative, path);
      if (attempt.violations.empty()) return;
      if (!have_best || attempt.violations.size() < best.size()) best = std::move(attempt.violations);
      have_best = true;
    }
    if (value.kind() == JsonValue::Kind::kObject && tell_apart(value, alternatives, best)) return;
    for (std::string& text : best) add(std::move(text));
  }

  /// Objects that differ in one required property each ("by id" or "by key"): says which of them is wanted.
  bool tell_apart(const JsonValue& value, std::span<const SchemaIndex> alternatives, std::vector<std::string>& best) {
    std::vector<std::string_view> marks;
    for (const SchemaIndex alternative : alternatives) {
      const Schema& schema = openapi::kSchemas[alternative];
      if (schema.kind != Kind::kObject) return false;
      for (const openapi::Property& property : openapi::properties_of(schema)) {
        const bool everywhere = std::all_of(alternatives.begin(), alternatives.end(), [&](SchemaIndex other) {
          const auto known = openapi::properties_of(openapi::kSchemas[other]);
          return std::any_of(known.begin(), known.end(),
                             [&](const openapi::Property& p) { return p.name == property.name; });
        });
        if (property.required && !everywhere) marks.push_back(property.name);
      }
    }
    if (marks.size() != alternatives.size()) return false;
    const auto given =
        std::count_if(marks.begin(), marks.end(), [&](std::string_view m) { return value[m].present(); });
    if (given == 0) {
      add(fmt::format("At least one of [{}] is required", fmt::join(marks, ", ")));
      return true;
    }
    if (given > 1) {
      add(fmt::format("Only one of [{}] is allowed", fmt::join(marks, ", ")));
      return true;
    }
    // Exactly one: its own violations, not those of the alternative that happens to have the fewest.
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (!value[marks[i]].present()) continue;
      Checker attempt;
      attempt.check(value, alternatives[i], {});
      best = std::move(attempt.violations);
    }
    return false;
  }
};

std::optional<std::string> joined(const std::vector<std::string>& violations) {
  if (violations.empty()) return std::nullopt;
  return fmt::format("{}.", fmt::join(violations, ". "));
}

}  // namespace

bool is_date_time(std::string_view text) {
  if (text.size() < 20 || !all_digits(text.substr(0, 4)) || text[4] != '-' || !two_digits(text, 5, 12) ||
      text[7] != '-' || !two_digits(text, 8, 31) || (text[10] != 'T' && text[10] != 't') || !two_digits(text, 11, 23) ||
      text[13] != ':' || !two_digits(text, 14, 59) || text[16] != ':' || !two_digits(text, 17, 60)) {
    return false;
  }
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.')) {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return false;
    rest.remove_prefix(end);
  }
  if (rest == "Z" || rest == "z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && two_digits(rest, 1, 23) && rest[3] == ':' &&
         two_digits(rest, 4, 59);
}

std::optional<std::string> violations_of(const JsonValue& value, openapi::SchemaIndex schema) {
  Checker checker;
  checker.check(value, schema, {});
  return joined(checker.violations);
}

std::optional<std::string> parameter_violation(std::string_view name, std::string_view text,
                                               openapi::SchemaIndex index) {
  const Schema& schema = openapi::kSchemas[index];
  Checker checker;
  const std::string path(name);
  if (schema.kind == Kind::kString) {
    checker.check_string(text, schema, path);
  } else if (schema.kind == Kind::kInteger) {
    checker.check_number(text, schema, path);
  } else if (schema.kind == Kind::kBoolean && text != "true" && text != "false") {
    checker.violations.push_back(
        fmt::format("The value for {} is '{}' but must be true or false", name, utf8_prefix(text, kShownBytes)));
  }
  return joined(checker.violations);
}

}  // namespace baton::rest
