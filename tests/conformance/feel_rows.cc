#include "conformance/feel_rows.h"

#include <algorithm>
#include <map>
#include <vector>

#include "feel/expression.h"
#include "feel/json.h"
#include "feel/operators.h"
#include "feel/temporal.h"
#include "feel/text.h"

namespace baton::conformance {

using namespace feel;

namespace {

constexpr TimeMs kNow{1'700'000'000'000};  // 2023-11-14T22:13:20Z

/// A row's members by name; null if absent.
Value member(const Value& row, std::string_view name) {
  const Value* found = row.is(Kind::kContext) ? row.as_context().find(name) : nullptr;
  return found != nullptr ? *found : Value();
}

std::string_view text_of(const Value& v) {
  return v.is(Kind::kString) ? v.as_string() : std::string_view();
}

Value parse_as(std::string_view type, std::string_view text, Evaluation& evaluation) {
  if (type == "string") return evaluation.string(text);
  if (type == "boolean") return Value::boolean(text == "true");
  if (type == "number") {
    const auto d = Decimal::parse(text);
    return d ? Value::number(*d) : Value();
  }
  if (type == "date") return parse_date(text) ? Value::date(*parse_date(text)) : Value();
  if (type == "time") return parse_time(text) ? Value::time(*parse_time(text)) : Value();
  if (type == "date and time") return parse_date_time(text) ? Value::date_time(*parse_date_time(text)) : Value();
  return parse_duration(text);
}

/// A typed value as the kit writes it: {"type": ..., "value" | "items" | "entries": ...}.
Value typed(const Value& v, Evaluation& evaluation) {
  if (v.is_null()) return {};
  const auto type = text_of(member(v, "type"));
  if (type == "list") {
    ListBuilder items(evaluation);
    for (const Value& item : member(v, "items").as_list()) items.push(typed(item, evaluation));
    return items.list();
  }
  if (type == "context") {
    const Value fields = member(v, "entries");
    const auto entries = fields.as_context().entries;
    auto* copy = evaluation.allocate_array<ContextEntry>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) copy[i] = {entries[i].key, typed(entries[i].value, evaluation)};
    return evaluation.context({copy, entries.size()});
  }
  const Value value = member(v, "value");
  return value.is_null() ? Value() : parse_as(type, text_of(value), evaluation);
}

/// Plain JSON with {"@type": ..., "value": ...} and {"@number": ...}.
Value plain(const Value& v, Evaluation& evaluation) {
  if (const Value number = member(v, "@number"); number.is(Kind::kString))
    return parse_as("number", text_of(number), evaluation);
  if (const Value type = member(v, "@type"); type.is(Kind::kString))
    return parse_as(text_of(type), text_of(member(v, "value")), evaluation);
  if (v.is(Kind::kList)) {
    ListBuilder items(evaluation);
    for (const Value& item : v.as_list()) items.push(plain(item, evaluation));
    return items.list();
  }
  if (v.is(Kind::kContext)) {
    const auto entries = v.as_context().entries;
    auto* copy = evaluation.allocate_array<ContextEntry>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) copy[i] = {entries[i].key, plain(entries[i].value, evaluation)};
    return evaluation.context({copy, entries.size()});
  }
  return v;
}

/// Equality of the kit: numbers within 1e-8.
bool matches(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::kNumber)) return compare((a.as_number() - b.as_number()).abs(), Decimal::from_scaled(1, -8)) < 0;
  if (a.is(Kind::kList)) {
    const auto x = a.as_list();
    const auto y = b.as_list();
    return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), matches);
  }
  if (a.is(Kind::kContext)) {
    const auto& x = a.as_context();
    const auto& y = b.as_context();
    return x.entries.size() == y.entries.size() &&
           std::all_of(x.entries.begin(), x.entries.end(), [&](const ContextEntry& e) {
             const Value* other = y.find(e.key);
             return other != nullptr && matches(e.value, *other);
           });
  }
  const Ternary same = equals(a, b);
  return same && *same;
}

/// What a decision does with its value for a declared built-in type (DMN 10.3.2.9.4): a list of one becomes its item,
/// what does not conform becomes null. Other type names are left to the DMN module.
Value coerce(const Value& value, std::string_view type) {
  static const std::map<std::string_view, Kind> kTypes = {{"string", Kind::kString},
                                                          {"number", Kind::kNumber},
                                                          {"boolean", Kind::kBoolean},
                                                          {"date", Kind::kDate},
                                                          {"time", Kind::kTime},
                                                          {"dateTime", Kind::kDateTime},
                                                          {"dayTimeDuration", Kind::kDuration},
                                                          {"yearMonthDuration", Kind::kMonths}};
  const auto wanted = kTypes.find(type);
  if (wanted == kTypes.end()) return value;
  const Value one = value.is(Kind::kList) && value.as_list().size() == 1 ? value.as_list()[0] : value;
  return one.is(wanted->second) ? one : Value();
}

class RowVariables final : public Variables {
 public:
  explicit RowVariables(const Value& context) : context_(context) {}
  std::optional<Value> find(std::size_t, std::string_view name, Evaluation&) const override {
    const Value* found = context_.is(Kind::kContext) ? context_.as_context().find(name) : nullptr;
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }

 private:
  Value context_;
};

void collect_names(const Value& v, std::vector<std::string>& names) {
  if (v.is(Kind::kList)) {
    for (const Value& item : v.as_list()) collect_names(item, names);
  } else if (v.is(Kind::kContext)) {
    for (const ContextEntry& entry : v.as_context().entries) {
      names.emplace_back(entry.key);
      collect_names(entry.value, names);
    }
  }
}

std::string show(const Value& v) {
  std::string out;
  return append_text(v, out, 1U << 16) ? out.substr(0, 200) : "(too large)";
}

struct Outcome {
  Value value;
  std::string error;
};

/// What a row asks for.
struct Row {
  std::string_view source;
  Value context;
  bool unary = false;
  Dialect dialect = Dialect::kDmn;
  bool is_feelin = false;
};

Outcome run(const Row& row, Evaluation& evaluation, std::vector<Expression>& keep) {
  std::vector<std::string> names;
  collect_names(row.context, names);
  const CompileOptions options{row.dialect, names};
  const auto expression =
      row.unary ? Expression::compile_unary_tests(row.source, options) : Expression::compile(row.source, options);
  if (!expression) return {{}, expression.error().message};
  keep.push_back(*expression);
  const auto value = expression->evaluate(evaluation, RowVariables(row.context));
  return value ? Outcome{*value, {}} : Outcome{{}, value.error().message};
}

Row read_tck_row(const Value& row, Evaluation& evaluation) {
  const Value inputs = member(row, "inputs");
  Value context;
  if (inputs.is(Kind::kContext)) {
    const auto entries = inputs.as_context().entries;
    auto* copy = evaluation.allocate_array<ContextEntry>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) copy[i] = {entries[i].key, typed(entries[i].value, evaluation)};
    context = evaluation.context({copy, entries.size()});
  }
  return {text_of(member(row, "expression")), context};
}

Row read_feelin_row(const Value& row, Evaluation& evaluation) {
  const bool unary = text_of(member(row, "kind")) == "unary";
  Value context = plain(member(row, unary ? "input" : "context"), evaluation);
  if (unary &&
      (!context.is(Kind::kContext) || (member(context, "?").is_null() && !context.as_context().entries.empty()))) {
    auto* entry = evaluation.allocate_array<ContextEntry>(1);
    *entry = {"?", context};
    context = evaluation.context({entry, 1});
  }
  const Dialect dialect = text_of(member(row, "dialect")) == "camunda" ? Dialect::kCamunda : Dialect::kDmn;
  return {text_of(member(row, unary ? "test" : "expression")), context, unary, dialect, true};
}

Row read_row(const Value& row, Evaluation& evaluation) {
  const bool is_feelin = row.as_context().find("clean") != nullptr || row.as_context().find("kind") != nullptr;
  return is_feelin ? read_feelin_row(row, evaluation) : read_tck_row(row, evaluation);
}

RowOutcome judge(const Value& json, const Row& row, Evaluation& evaluation) {
  std::vector<Expression> keep;
  const Outcome outcome = run(row, evaluation, keep);
  const Value expected =
      row.is_feelin ? plain(member(json, "expected"), evaluation) : typed(member(json, "expected"), evaluation);
  Value got = row.is_feelin ? outcome.value : coerce(outcome.value, text_of(member(json, "typeRef")));
  if (row.unary) got = Value::boolean(got.is_true());
  if (matches(got, expected)) return {RowResult::kPassed, {}};
  return {RowResult::kFailed,
          fmt::format("{} {} | {} | expected {} | got {} {}", text_of(member(json, "folder")),
                      text_of(member(json, "case")), row.source, show(expected), show(got), outcome.error)};
}

}  // namespace

RowOutcome run_feel_row(std::string_view line) {
  Evaluation evaluation(kNow);
  const auto json = from_json(line, evaluation);
  if (!json || !json->is(Kind::kContext))
    return {RowResult::kFailed, fmt::format("not a JSON object: {}", line.substr(0, 200))};
  const Row row = read_row(*json, evaluation);
  if (row.is_feelin && !member(*json, "clean").is_true()) return {RowResult::kSkipped, {}};
  return judge(*json, row, evaluation);
}

void visit_feel_row(std::string_view line, const std::function<void(const FeelSource&)>& visit) {
  Evaluation evaluation(kNow);
  const auto json = from_json(line, evaluation);
  if (!json || !json->is(Kind::kContext)) return;
  const Row row = read_row(*json, evaluation);
  std::vector<std::string> names;
  collect_names(row.context, names);
  const CompileOptions options{row.dialect, names};
  const RowVariables variables(row.context);
  visit({row.source, row.unary, options, variables});
}

}  // namespace baton::conformance
