#include "feel/value.h"

#include <algorithm>

#include "feel/temporal.h"

namespace baton::feel {
namespace {

// Deeper values cannot be compared; JSON from outside is limited to 100 levels, only loops can build more.
constexpr int kMaxCompareDepth = 500;
// Values may share parts, so that a small one unfolds to an enormous tree: the number of compared pairs is bounded as
// well.
constexpr std::int64_t kMaxComparedPairs = 1'000'000;

constexpr std::size_t kBytesPerStep = 64;

struct Walk {
  int depth = 0;
  std::int64_t* left;
  [[nodiscard]] Walk deeper() const { return {depth + 1, left}; }
};

Ternary equals_at(const Value& a, const Value& b, Walk walk);

Ternary equal_lists(std::span<const Value> a, std::span<const Value> b, Walk walk) {
  if (a.size() != b.size()) return false;
  bool all = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Ternary same = equals_at(a[i], b[i], walk.deeper());
    if (!same) return std::nullopt;
    all = all && *same;
  }
  return all;
}

Ternary equal_contexts(const ContextData& a, const ContextData& b, Walk walk) {
  if (a.entries.size() != b.entries.size()) return false;
  bool all = true;
  for (const ContextEntry& entry : a.entries) {
    const Value* other = b.find(entry.key);
    if (other == nullptr) return false;
    const Ternary same = equals_at(entry.value, *other, walk.deeper());
    if (!same) return std::nullopt;
    all = all && *same;
  }
  return all;
}

Ternary equal_ranges(const RangeData& a, const RangeData& b, Walk walk) {
  if (a.start_included != b.start_included || a.end_included != b.end_included || a.has_start != b.has_start ||
      a.has_end != b.has_end || a.equality != b.equality) {
    return false;
  }
  const Ternary start = equals_at(a.start, b.start, walk.deeper());
  const Ternary end = equals_at(a.end, b.end, walk.deeper());
  if (!start || !end) return std::nullopt;
  return *start && *end;
}

Ternary equal_functions(const FunctionData& a, const FunctionData& b) {
  return a.builtin == b.builtin && a.closure == b.closure && a.native == b.native;
}

Ternary equals_at(const Value& a, const Value& b, Walk walk) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.kind() != b.kind() || walk.depth > kMaxCompareDepth || --*walk.left < 0) return std::nullopt;
  switch (a.kind()) {
    case Kind::kBoolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::kNumber:
      return compare(a.as_number(), b.as_number()) == 0;
    case Kind::kString:
      *walk.left -= static_cast<std::int64_t>(std::min(a.as_string().size(), b.as_string().size()) / kBytesPerStep);
      return a.as_string() == b.as_string();
    case Kind::kList:
      return equal_lists(a.as_list(), b.as_list(), walk);
    case Kind::kContext:
      return equal_contexts(a.as_context(), b.as_context(), walk);
    case Kind::kRange:
      return equal_ranges(a.as_range(), b.as_range(), walk);
    case Kind::kFunction:
      return equal_functions(a.as_function(), b.as_function());
    case Kind::kTime:
    case Kind::kDateTime: {
      const auto sequence = order(a, b);
      return sequence && *sequence == std::strong_ordering::equal;  // local and zoned are comparable, never equal
    }
    default:
      return *order(a, b) == std::strong_ordering::equal;
  }
}

std::strong_ordering order_strings(std::string_view a, std::string_view b) {
  const int c = a.compare(b);  // bytes of UTF-8 sort like code points
  return c < 0 ? std::strong_ordering::less : (c > 0 ? std::strong_ordering::greater : std::strong_ordering::equal);
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kDate:
      return "date";
    case Kind::kTime:
      return "time";
    case Kind::kDateTime:
      return "date and time";
    case Kind::kMonths:
      return "years and months duration";
    case Kind::kDuration:
      return "days and time duration";
    case Kind::kRange:
      return "range";
    case Kind::kList:
      return "list";
    case Kind::kContext:
      return "context";
    case Kind::kFunction:
      return "function";
  }
  return "unknown";
}

const Value* ContextData::find(std::string_view key) const {
  if (sorted != nullptr) {
    const std::span<const std::uint32_t> index(sorted, entries.size());
    const auto at = std::lower_bound(index.begin(), index.end(), key,
                                     [this](std::uint32_t i, std::string_view k) { return entries[i].key < k; });
    return at != index.end() && entries[*at].key == key ? &entries[*at].value : nullptr;
  }
  for (const ContextEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Ternary equals(const Value& a, const Value& b) {
  std::int64_t left = kMaxComparedPairs;
  return equals_at(a, b, Walk{0, &left});
}

Ternary equals(const Value& a, const Value& b, std::uint64_t& work) {
  std::int64_t left = kMaxComparedPairs;
  const Ternary result = equals_at(a, b, Walk{0, &left});
  work += static_cast<std::uint64_t>(kMaxComparedPairs - std::min(left, kMaxComparedPairs));
  return result;
}

std::optional<std::strong_ordering> order(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::kNumber:
      return compare(a.as_number(), b.as_number()) <=> 0;
    case Kind::kString:
      return order_strings(a.as_string(), b.as_string());
    case Kind::kDate:
      return a.as_date() <=> b.as_date();
    case Kind::kTime:
      return order_times(a.as_time(), b.as_time());
    case Kind::kDateTime:
      return order_date_times(a.as_date_time(), b.as_date_time());
    case Kind::kMonths:
      return a.as_months() <=> b.as_months();
    case Kind::kDuration:
      return a.as_duration() <=> b.as_duration();
    default:
      return std::nullopt;
  }
}

}  // namespace baton::feel
