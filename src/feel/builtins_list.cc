// List functions (DMN 10.3.4.4).
#include <algorithm>
#include <numeric>
#include <vector>

#include "feel/arguments.h"
#include "feel/operators.h"

namespace baton::feel {
namespace {

constexpr const char* kNeedsList = "the argument must be a list";

/// `=` as a list function uses it: what cannot be compared is different. Comparing is work.
bool same(Call& call, const Value& a, const Value& b) {
  call.evaluation().charge(1);
  const Ternary result = equals(a, b, call.evaluation());
  return result && *result;
}

bool holds(Call& call, std::span<const Value> items, const Value& wanted) {
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return same(call, item, wanted); });
}

Value list_contains(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  return items ? Value::boolean(holds(call, *items, args[1])) : call.fail(kNeedsList);
}

Value count(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  return items ? Value::number(static_cast<std::int64_t>(items->size())) : call.fail(kNeedsList);
}

Value extreme(Call& call, Arguments args, bool smallest) {
  const auto items = items_or_arguments(args);
  if (!items || items->empty()) return call.fail("the list is empty or missing");
  call.evaluation().charge(items->size());
  Value best = (*items)[0];
  if (!order(best, best)) return call.fail("the items have no order");
  for (const Value& item : items->subspan(1)) {
    const auto sequence = order(item, best);
    if (!sequence) return call.fail("the items cannot be compared");
    if (smallest ? *sequence < 0 : *sequence > 0) best = item;
  }
  return best;
}

Value min(Call& call, Arguments args) {
  return extreme(call, args, true);
}
Value max(Call& call, Arguments args) {
  return extreme(call, args, false);
}

/// All items as numbers, or nullopt.
std::optional<std::vector<Decimal>> numbers_of(Call& call, Arguments args) {
  const auto items = items_or_arguments(args);
  if (!items) return std::nullopt;
  call.evaluation().charge(items->size());
  std::vector<Decimal> numbers;
  numbers.reserve(items->size());
  for (const Value& item : *items) {
    if (!item.is(Kind::kNumber)) return std::nullopt;
    numbers.push_back(item.as_number());
  }
  return numbers;
}

constexpr const char* kNeedsNumbers = "the arguments must be numbers";

Value finite(Call& call, const Decimal& d) {
  return d.is_finite() ? Value::number(d) : call.fail("the result is out of range");
}

Decimal total(const std::vector<Decimal>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), Decimal());
}

/// Sum of numbers, or of durations of one kind.
Value sum(Call& call, Arguments args) {
  const auto items = items_or_arguments(args);
  if (!items || items->empty()) return call.fail("the list is empty or missing");
  call.evaluation().charge(items->size());
  Value result = (*items)[0];
  if (!is_number(result) && !result.is(Kind::kMonths) && !result.is(Kind::kDuration)) return call.fail(kNeedsNumbers);
  for (const Value& item : items->subspan(1)) {
    if (item.kind() != result.kind()) return call.fail(kNeedsNumbers);
    result = add(result, item, call.evaluation());
    if (result.is_null()) return call.fail("the sum is out of range");
  }
  return result;
}

Value mean(Call& call, Arguments args) {
  const auto items = items_or_arguments(args);
  const Value all = sum(call, args);
  if (all.is_null() || !items) return {};
  return divide(all, Value::number(static_cast<std::int64_t>(items->size())));
}

Value product(Call& call, Arguments args) {
  const auto numbers = numbers_of(call, args);
  if (!numbers || numbers->empty()) return call.fail(kNeedsNumbers);
  Decimal result = Decimal::from_int(1);
  for (const Decimal& n : *numbers) result = result * n;
  return finite(call, result);
}

bool less(const Decimal& a, const Decimal& b) {
  return compare(a, b) < 0;
}

Value median(Call& call, Arguments args) {
  auto numbers = numbers_of(call, args);
  if (!numbers || numbers->empty()) return call.fail(kNeedsNumbers);
  std::sort(numbers->begin(), numbers->end(), less);
  const std::size_t middle = numbers->size() / 2;
  if (numbers->size() % 2 == 1) return Value::number((*numbers)[middle]);
  return finite(call, ((*numbers)[middle - 1] + (*numbers)[middle]) / Decimal::from_int(2));
}

/// Standard deviation of a sample.
Value stddev(Call& call, Arguments args) {
  const auto numbers = numbers_of(call, args);
  if (!numbers || numbers->size() < 2) return call.fail("'stddev' needs at least two numbers");
  const Decimal n = Decimal::from_int(static_cast<std::int64_t>(numbers->size()));
  const Decimal average = total(*numbers) / n;
  Decimal squares;
  for (const Decimal& x : *numbers) squares = squares + (x - average) * (x - average);
  return finite(call, (squares / (n - Decimal::from_int(1))).sqrt());
}

/// The most frequent numbers, ascending.
Value mode(Call& call, Arguments args) {
  auto numbers = numbers_of(call, args);
  if (!numbers) return call.fail(kNeedsNumbers);
  std::sort(numbers->begin(), numbers->end(), less);
  std::size_t most = 0;
  std::vector<Value> modes;
  for (std::size_t i = 0; i < numbers->size();) {
    std::size_t end = i;
    while (end < numbers->size() && (*numbers)[end] == (*numbers)[i]) ++end;
    if (end - i > most) modes.clear();
    if (end - i >= most) modes.push_back(Value::number((*numbers)[i]));
    most = std::max(most, end - i);
    i = end;
  }
  return call.evaluation().list(modes);
}

/// all / any: three-valued conjunction and disjunction; items that are neither boolean nor null make the result null.
Value quantified(Call& call, Arguments args, bool deciding) {
  const auto items = items_or_arguments(args);
  if (!items) return call.fail(kNeedsList);
  call.evaluation().charge(items->size());
  bool unknown = false;
  bool decided = false;
  for (const Value& item : *items) {
    if (!item.is(Kind::kBoolean)) unknown = true;
    if (item.is(Kind::kBoolean) && item.as_boolean() == deciding) decided = true;
  }
  if (decided) return Value::boolean(deciding);
  return unknown ? call.fail("the items must be booleans") : Value::boolean(!deciding);
}

Value all(Call& call, Arguments args) {
  return quantified(call, args, false);
}
Value any(Call& call, Arguments args) {
  return quantified(call, args, true);
}

/// Index of a 1-based position, negative from the end; nullopt outside of [1, size].
std::optional<std::size_t> position_in(const Value& value, std::size_t size) {
  const auto position = integer_of(value);
  const auto n = static_cast<std::int64_t>(size);
  if (!position || *position == 0 || *position > n || *position < -n) return std::nullopt;
  return static_cast<std::size_t>(*position > 0 ? *position - 1 : n + *position);
}

/// Part of a list argument. Lists are immutable, so it is shared; a single value that counts as a list lives no longer
/// than the call and is copied.
Value part_of(Call& call, const Value& argument, std::span<const Value> part) {
  return argument.is(Kind::kList) ? Value::list(part) : call.evaluation().list(part);
}

Value sublist(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  const auto start = position_in(args[1], items->size());
  if (!start) return call.fail("the start position is outside of the list");
  std::size_t length = items->size() - *start;
  if (args.size() > 2 && !args[2].is_null()) {
    const auto wanted = integer_of(args[2]);
    if (!wanted || *wanted < 1 || static_cast<std::size_t>(*wanted) > length)
      return call.fail("the length is outside of the list");
    length = static_cast<std::size_t>(*wanted);
  }
  return part_of(call, args[0], items->subspan(*start, length));
}

Value append(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  ListBuilder result(call.evaluation(), items->size() + args.size());
  for (const Value& item : *items) result.push(item);
  for (const Value& item : args.subspan(1)) result.push(item);
  return result.list();
}

Value concatenate(Call& call, Arguments args) {
  ListBuilder result(call.evaluation());
  for (const Value& list : args) {
    const auto items = items_of(list);
    if (!items) return call.fail(kNeedsList);
    for (const Value& item : *items) {
      if (!result.push(item)) return {};
    }
  }
  return result.list();
}

Value insert_before(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  const auto at = position_in(args[1], items->size());
  if (!at) return call.fail("the position is outside of the list");
  ListBuilder result(call.evaluation(), items->size() + 1);
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (i == *at) result.push(args[2]);
    result.push((*items)[i]);
  }
  return result.list();
}

Value remove(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  const auto at = position_in(args[1], items->size());
  if (!at) return call.fail("the position is outside of the list");
  ListBuilder result(call.evaluation(), items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (i != *at) result.push((*items)[i]);
  }
  return result.list();
}

/// list replace(list, position | match, newItem): `match` is a function of the old and the new item.
Value list_replace(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  const bool by_function = args[1].is(Kind::kFunction);
  const auto at = position_in(args[1], items->size());
  if (!by_function && !at) return call.fail("'list replace' needs a position inside of the list or a function");
  ListBuilder result(call.evaluation(), items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    bool replaced = !by_function && i == *at;
    if (by_function) {
      const Value pair[] = {(*items)[i], args[2]};
      const Value matches = call.invoke(args[1], pair);
      if (!matches.is(Kind::kBoolean)) return call.fail("the match function must return a boolean");
      replaced = matches.as_boolean();
    }
    result.push(replaced ? args[2] : (*items)[i]);
  }
  return result.list();
}

Value reverse(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  ListBuilder result(call.evaluation(), items->size());
  for (std::size_t i = items->size(); i-- > 0;) result.push((*items)[i]);
  return result.list();
}

Value index_of(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  ListBuilder result(call.evaluation());
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (same(call, (*items)[i], args[1])) result.push(Value::number(static_cast<std::int64_t>(i + 1)));
  }
  return result.list();
}

bool push_new(Call& call, ListBuilder& result, const Value& item) {
  return holds(call, result.items(), item) || (result.push(item) && !call.evaluation().exhausted());
}

Value union_of(Call& call, Arguments args) {
  ListBuilder result(call.evaluation());
  for (const Value& list : args) {
    const auto items = items_of(list);
    if (!items) return call.fail(kNeedsList);
    for (const Value& item : *items) {
      if (!push_new(call, result, item)) return {};
    }
  }
  return result.list();
}

Value distinct_values(Call& call, Arguments args) {
  return union_of(call, args.first(1));
}

/// Camunda: values that occur more than once.
Value duplicate_values(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  ListBuilder result(call.evaluation());
  for (std::size_t i = 1; i < items->size(); ++i) {
    if (holds(call, items->first(i), (*items)[i]) && !push_new(call, result, (*items)[i])) return {};
  }
  return result.list();
}

constexpr int kMaxFlattenDepth = 200;

bool flatten_into(ListBuilder& result, std::span<const Value> items, int depth) {
  if (depth > kMaxFlattenDepth) return false;
  for (const Value& item : items) {
    if (item.is(Kind::kList) ? !flatten_into(result, item.as_list(), depth + 1) : !result.push(item)) return false;
  }
  return true;
}

Value flatten(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return call.fail(kNeedsList);
  ListBuilder result(call.evaluation(), items->size());
  return flatten_into(result, *items, 0) ? result.list() : call.fail("the list is nested too deeply");
}

/// Merge sort of `items`; any function is safe as an order. Stable.
void sort_items(Call& call, std::vector<Value>& items, const Value& precedes) {
  std::vector<Value> sorted(items.size());
  for (std::size_t width = 1; width < items.size(); width *= 2) {
    for (std::size_t start = 0; start < items.size(); start += 2 * width) {
      const std::size_t middle = std::min(start + width, items.size());
      const std::size_t end = std::min(start + 2 * width, items.size());
      std::size_t left = start;
      std::size_t right = middle;
      for (std::size_t out = start; out < end; ++out) {
        bool take_right = left == middle;
        if (left < middle && right < end) {
          const Value pair[] = {items[right], items[left]};
          const Value first = precedes.is_null() ? Value() : call.invoke(precedes, pair);
          const auto natural = precedes.is_null() ? order(pair[0], pair[1]) : std::nullopt;
          call.evaluation().charge(1);
          take_right = first.is_true() || (natural && *natural < 0);
        }
        sorted[out] = items[take_right ? right++ : left++];
      }
    }
    items.swap(sorted);
    if (call.evaluation().exhausted()) return;
  }
}

/// sort(list, precedes); without a function by the natural order (an extension that other engines have too).
Value sort(Call& call, Arguments args) {
  const auto list = items_of(args[0]);
  if (!list) return call.fail(kNeedsList);
  const Value precedes = args.size() > 1 ? args[1] : Value();
  if (args.size() > 1 && !precedes.is(Kind::kFunction)) return wrong_argument(call, precedes, "function");
  std::vector<Value> items(list->begin(), list->end());
  if (precedes.is_null()) {
    for (const Value& item : items) {
      if (!order(item, items[0])) return call.fail("the items cannot be compared");
    }
  }
  sort_items(call, items, precedes);
  return call.evaluation().exhausted() ? Value() : call.evaluation().list(items);
}

/// Camunda: pieces of `size` items.
Value partition(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  const auto size = integer_of(args[1]);
  if (!items || !size || *size < 1) return call.fail("'partition' needs a list and a size of at least 1");
  ListBuilder result(call.evaluation());
  const auto step = static_cast<std::size_t>(*size);
  for (std::size_t i = 0; i < items->size(); i += std::min(step, items->size() - i)) {
    const auto part = items->subspan(i, std::min(step, items->size() - i));
    if (!result.push(part_of(call, args[0], part))) return {};
  }
  return result.list();
}

Value is_empty(Call& call, Arguments args) {
  if (!args[0].is(Kind::kList)) return call.fail(kNeedsList);
  return Value::boolean(args[0].as_list().empty());
}

constexpr Builtin kBuiltins[] = {
    {"list contains", "list,element", list_contains},
    {"count", "list", count},
    {"min", "list|value*", min},
    {"max", "list|value*", max},
    {"sum", "list|number*", sum},
    {"mean", "list|number*", mean},
    {"product", "list|number*", product},
    {"median", "list|number*", median},
    {"stddev", "list|number*", stddev},
    {"mode", "list|number*", mode},
    {"all", "list|value*", all},
    {"any", "list|value*", any},
    {"sublist", "list,start position,length?", sublist},
    {"append", "list,item*", append},
    {"concatenate", "list*", concatenate},
    {"insert before", "list,position,newItem", insert_before},
    {"remove", "list,position", remove},
    {"list replace", "list,position,newItem|list,match,newItem", list_replace},
    {"reverse", "list", reverse},
    {"index of", "list,match", index_of},
    {"union", "list*", union_of},
    {"distinct values", "list", distinct_values},
    {"flatten", "list", flatten},
    {"sort", "list,precedes?", sort},
    {"duplicate values", "list", duplicate_values, true},
    {"partition", "list,size", partition, true},
    {"is empty", "list", is_empty, true},
};

}  // namespace

std::span<const Builtin> list_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
