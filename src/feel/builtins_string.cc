// String functions (DMN 10.3.4.3), counted in characters.
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include "feel/arguments.h"
#include "feel/regex.h"
#include "feel/text.h"

namespace baton::feel {
namespace {

Value substring(Call& call, Arguments args) {
  const Value text = single(args[0]);
  const auto start = integer_of(single(args[1]));
  if (!is_string(text) || !start || *start == 0)
    return call.fail("'substring' needs a string and a position other than 0");
  const std::string_view s = text.as_string();
  const auto length = static_cast<std::int64_t>(character_count(s));
  std::int64_t first = *start > 0 ? *start - 1 : length + *start;
  if (first < 0 || first > length) return call.fail("the position is outside of the string");
  std::int64_t count = length - first;
  if (args.size() > 2 && !args[2].is_null()) {
    const auto wanted = integer_of(single(args[2]));
    if (!wanted || *wanted < 1) return call.fail("the length must be a positive number");
    count = std::min(count, *wanted);
  }
  const std::size_t from = character_offset(s, static_cast<std::size_t>(first));
  const std::size_t size = character_offset(s.substr(from), static_cast<std::size_t>(count));
  return Value::string(s.substr(from, size));
}

Value string_length(Call& call, Arguments args) {
  const Value text = single(args[0]);
  if (!is_string(text)) return wrong_argument(call, text, "string");
  return Value::number(static_cast<std::int64_t>(character_count(text.as_string())));
}

template <typename Change>
Value change_case(Call& call, const Value& argument, Change change) {
  const Value text = single(argument);
  if (!is_string(text)) return wrong_argument(call, text, "string");
  const std::string_view s = text.as_string();
  auto unicode = icu::UnicodeString::fromUTF8(icu::StringPiece(s.data(), static_cast<std::int32_t>(s.size())));
  change(unicode);
  std::string out;
  unicode.toUTF8String(out);
  return call.evaluation().string(out);
}

Value upper_case(Call& call, Arguments args) {
  return change_case(call, args[0], [](icu::UnicodeString& s) { s.toUpper(icu::Locale::getRoot()); });
}

Value lower_case(Call& call, Arguments args) {
  return change_case(call, args[0], [](icu::UnicodeString& s) { s.toLower(icu::Locale::getRoot()); });
}

/// Both arguments as strings.
std::optional<std::pair<std::string_view, std::string_view>> two_strings(Arguments args,
                                                                         std::pair<Value, Value>& held) {
  held = {single(args[0]), single(args[1])};
  if (!is_string(held.first) || !is_string(held.second)) return std::nullopt;
  return std::pair(held.first.as_string(), held.second.as_string());
}

constexpr const char* kTwoStrings = "the arguments must be two strings";

Value substring_before(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  if (!s) return call.fail(kTwoStrings);
  const auto at = s->first.find(s->second);
  return Value::string(at == std::string_view::npos ? std::string_view() : s->first.substr(0, at));
}

Value substring_after(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  if (!s) return call.fail(kTwoStrings);
  const auto at = s->first.find(s->second);
  return Value::string(at == std::string_view::npos ? std::string_view() : s->first.substr(at + s->second.size()));
}

Value contains(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  return s ? Value::boolean(s->first.find(s->second) != std::string_view::npos) : call.fail(kTwoStrings);
}

Value starts_with(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  return s ? Value::boolean(s->first.starts_with(s->second)) : call.fail(kTwoStrings);
}

Value ends_with(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  return s ? Value::boolean(s->first.ends_with(s->second)) : call.fail(kTwoStrings);
}

/// The flags argument at `index`: absent or null is none.
std::optional<std::string_view> flags_of(Arguments args, std::size_t index) {
  if (args.size() <= index || args[index].is_null()) return std::string_view();
  if (!is_string(args[index])) return std::nullopt;
  return args[index].as_string();
}

Value matches(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  const auto flags = flags_of(args, 2);
  if (!s || !flags) return call.fail("'matches' needs strings");
  const auto regex = Regex::compile(s->second, *flags);
  if (!regex) return call.fail(regex.error().message);
  const auto found = regex->matches(s->first, call.evaluation());
  return found ? Value::boolean(*found) : call.fail(found.error().message);
}

Value replace(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  const Value replacement = single(args[2]);
  const auto flags = flags_of(args, 3);
  if (!s || !is_string(replacement) || !flags) return call.fail("'replace' needs strings");
  const auto regex = Regex::compile(s->second, *flags);
  if (!regex) return call.fail(regex.error().message);
  const auto result = regex->replace(s->first, replacement.as_string(), call.evaluation());
  return result ? call.evaluation().string(*result) : call.fail(result.error().message);
}

Value split(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  if (!s) return call.fail(kTwoStrings);
  const auto regex = Regex::compile(s->second, "");
  if (!regex) return call.fail(regex.error().message);
  const auto parts = regex->split(s->first, call.evaluation());
  if (!parts) return call.fail(parts.error().message);
  ListBuilder list(call.evaluation(), parts->size());
  for (const std::string& part : *parts) {
    if (!list.push(call.evaluation().string(part))) return {};
  }
  return list.list();
}

/// Camunda: all matches of a pattern.
Value extract(Call& call, Arguments args) {
  std::pair<Value, Value> held;
  const auto s = two_strings(args, held);
  if (!s) return call.fail(kTwoStrings);
  const auto regex = Regex::compile(s->second, "");
  if (!regex) return call.fail(regex.error().message);
  const auto found = regex->find_all(s->first, call.evaluation());
  if (!found) return call.fail(found.error().message);
  ListBuilder list(call.evaluation(), found->size());
  for (const std::string& part : *found) {
    if (!list.push(call.evaluation().string(part))) return {};
  }
  return list.list();
}

/// string join(list, delimiter?, prefix?, suffix?); null items are left out. Prefix and suffix are Camunda's.
Value string_join(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return wrong_argument(call, args[0], "list");
  std::string_view parts[3];
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i].is_null()) continue;
    if (!is_string(args[i])) return wrong_argument(call, args[i], "string");
    parts[i - 1] = args[i].as_string();
  }
  Evaluation& evaluation = call.evaluation();
  std::string out(parts[1]);
  bool first = true;
  for (const Value& item : *items) {
    if (item.is_null()) continue;
    if (!is_string(item)) return wrong_argument(call, item, "string");
    if (!first) out += parts[0];
    first = false;
    out += item.as_string();
    if (out.size() > evaluation.budgets().string_bytes) break;  // the copy below reports it
  }
  out += parts[2];
  return evaluation.string(out);
}

bool is_blank_character(char c) {
  return c == ' ' || (c >= 9 && c <= 13);
}

Value trim(Call& call, Arguments args) {
  if (!is_string(args[0])) return wrong_argument(call, args[0], "string");
  std::string_view s = args[0].as_string();
  while (!s.empty() && is_blank_character(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank_character(s.back())) s.remove_suffix(1);
  return Value::string(s);
}

Value is_blank(Call& call, Arguments args) {
  const Value trimmed = trim(call, args);
  return trimmed.is_null() ? trimmed : Value::boolean(trimmed.as_string().empty());
}

Value to_base64(Call& call, Arguments args) {
  if (!is_string(args[0])) return wrong_argument(call, args[0], "string");
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string_view s = args[0].as_string();
  std::string out;
  for (std::size_t i = 0; i < s.size(); i += 3) {
    const auto byte = [&](std::size_t j) { return i + j < s.size() ? static_cast<unsigned char>(s[i + j]) : 0U; };
    const std::uint32_t v = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    out += kDigits[v >> 18];
    out += kDigits[(v >> 12) & 63];
    out += i + 1 < s.size() ? kDigits[(v >> 6) & 63] : '=';
    out += i + 2 < s.size() ? kDigits[v & 63] : '=';
  }
  return call.evaluation().string(out);
}

constexpr Builtin kBuiltins[] = {
    {"substring", "string,start position,length?", substring},
    {"string length", "string", string_length},
    {"upper case", "string", upper_case},
    {"lower case", "string", lower_case},
    {"substring before", "string,match", substring_before},
    {"substring after", "string,match", substring_after},
    {"contains", "string,match", contains},
    {"starts with", "string,match", starts_with},
    {"ends with", "string,match", ends_with},
    {"matches", "input,pattern,flags?", matches},
    {"replace", "input,pattern,replacement,flags?", replace},
    {"split", "string,delimiter", split},
    {"string join", "list,delimiter?", string_join},
    {"string join", "list,delimiter?,prefix?,suffix?", string_join, true},
    {"extract", "string,pattern", extract, true},
    {"trim", "string", trim, true},
    {"is blank", "string", is_blank, true},
    {"to base64", "value", to_base64, true},
};

}  // namespace

std::span<const Builtin> string_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
