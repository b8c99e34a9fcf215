// Range functions (DMN 10.3.4.6): relations between points and intervals, table 78.
#include "feel/arguments.h"
#include "feel/range_text.h"

namespace baton::feel {
namespace {

/// An argument as an interval; a point is the interval from itself to itself.
std::optional<RangeData> interval_of(const Value& value) {
  if (value.is(Kind::kRange)) {
    const RangeData& range = value.as_range();
    return range.has_start && range.has_end ? std::optional(range) : std::nullopt;
  }
  if (!order(value, value)) return std::nullopt;
  RangeData point;
  point.start = point.end = value;
  point.start_included = point.end_included = point.has_start = point.has_end = true;
  return point;
}

/// Order of the ends of two intervals; all end points have been checked to be comparable.
std::strong_ordering at(const Value& a, const Value& b) {
  return *order(a, b);
}

using Relation = bool (*)(const RangeData& a, const RangeData& b);

bool before(const RangeData& a, const RangeData& b) {
  const auto o = at(a.end, b.start);
  return o < 0 || (o == 0 && (!a.end_included || !b.start_included));
}
bool after(const RangeData& a, const RangeData& b) {
  return before(b, a);
}
bool meets(const RangeData& a, const RangeData& b) {
  return at(a.end, b.start) == 0 && a.end_included && b.start_included;
}
bool met_by(const RangeData& a, const RangeData& b) {
  return meets(b, a);
}
bool overlaps(const RangeData& a, const RangeData& b) {
  return !before(a, b) && !after(a, b);
}
/// a starts no later than b.
bool starts_first(const RangeData& a, const RangeData& b) {
  const auto o = at(a.start, b.start);
  return o < 0 || (o == 0 && (a.start_included || !b.start_included));
}
/// a ends no earlier than b.
bool ends_last(const RangeData& a, const RangeData& b) {
  const auto o = at(a.end, b.end);
  return o > 0 || (o == 0 && (a.end_included || !b.end_included));
}
bool same_start(const RangeData& a, const RangeData& b) {
  return at(a.start, b.start) == 0 && a.start_included == b.start_included;
}
bool same_end(const RangeData& a, const RangeData& b) {
  return at(a.end, b.end) == 0 && a.end_included == b.end_included;
}
bool overlaps_before(const RangeData& a, const RangeData& b) {
  const auto start = at(a.start, b.start);
  const auto end = at(a.end, b.end);
  const bool starts_before = start < 0 || (start == 0 && a.start_included && !b.start_included);
  const bool ends_before = end < 0 || (end == 0 && (!a.end_included || b.end_included));
  return starts_before && overlaps(a, b) && ends_before;
}
bool overlaps_after(const RangeData& a, const RangeData& b) {
  const auto start = at(b.start, a.start);
  const auto end = at(b.end, a.end);
  const bool starts_after = start < 0 || (start == 0 && b.start_included && !a.start_included);
  const bool ends_after = end < 0 || (end == 0 && (!b.end_included || a.end_included));
  return starts_after && overlaps(a, b) && ends_after;
}
bool includes(const RangeData& a, const RangeData& b) {
  return starts_first(a, b) && ends_last(a, b);
}
bool during(const RangeData& a, const RangeData& b) {
  return includes(b, a);
}
bool starts(const RangeData& a, const RangeData& b) {
  return same_start(a, b) && ends_last(b, a);
}
bool started_by(const RangeData& a, const RangeData& b) {
  return starts(b, a);
}
bool finishes(const RangeData& a, const RangeData& b) {
  return same_end(a, b) && starts_first(b, a);
}
bool finished_by(const RangeData& a, const RangeData& b) {
  return finishes(b, a);
}
bool coincides(const RangeData& a, const RangeData& b) {
  return same_start(a, b) && same_end(a, b);
}

template <Relation kRelation>
Value related(Call& call, Arguments args) {
  const auto a = interval_of(single(args[0]));
  const auto b = interval_of(single(args[1]));
  if (!a || !b || !order(a->start, b->start) || !order(a->end, b->end) || !order(a->end, b->start)) {
    return call.fail("the arguments must be comparable points or ranges");
  }
  return Value::boolean(kRelation(*a, *b));
}

Value range_from_text(Call& call, Arguments args) {
  if (!is_string(args[0])) return wrong_argument(call, args[0], "string");
  const auto range = parse_range(args[0].as_string(), call.evaluation());
  return range ? call.evaluation().range(*range) : call.fail("not a range");
}

constexpr Builtin kBuiltins[] = {
    {"before", "point1,point2|range1,range2|point,range|range,point", related<before>},
    {"after", "point1,point2|range1,range2|point,range|range,point", related<after>},
    {"meets", "range1,range2", related<meets>},
    {"met by", "range1,range2", related<met_by>},
    {"overlaps", "range1,range2", related<overlaps>},
    {"overlaps before", "range1,range2", related<overlaps_before>},
    {"overlaps after", "range1,range2", related<overlaps_after>},
    {"finishes", "range1,range2|point,range", related<finishes>},
    {"finished by", "range1,range2|range,point", related<finished_by>},
    {"includes", "range1,range2|range,point", related<includes>},
    {"during", "range1,range2|point,range", related<during>},
    {"starts", "range1,range2|point,range", related<starts>},
    {"started by", "range1,range2|range,point", related<started_by>},
    {"coincides", "range1,range2|point1,point2", related<coincides>},
    {"range", "from", range_from_text},
};

}  // namespace

std::span<const Builtin> range_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
