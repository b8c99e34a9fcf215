#include "dmn/check.h"

#include <algorithm>

#include "dmn/column_atoms.h"
#include "dmn/model.h"
#include "feel/operators.h"

namespace baton::dmn {
namespace {

// Work per table: boxes visited while looking for what is not covered.
constexpr std::size_t kMaxSteps = 2'000'000;
constexpr std::size_t kMaxColumns = 64;

class TableCheck {
 public:
  TableCheck(const DecisionInfo& info, const Table& table, const Types& types, std::size_t limit)
      : info_(info), table_(table), limit_(limit), rules_(table.rules) {
    for (std::size_t i = 0; i < table.inputs.size() && i < kMaxColumns; ++i) columns_.emplace_back(table, i, types);
  }

  std::vector<Finding> run() {
    if (table_.inputs.size() > kMaxColumns) {
      add({Finding::Kind::kNotAnalysed, {}, {}, {}, info_.line,
           fmt::format("the table has more than {} input columns", kMaxColumns)});
      return std::move(findings_);
    }
    note_open_cells();
    find_empty_rules();
    find_pairs();
    find_masked();
    if (!table_.has_fallback) find_gaps();
    if (steps_ > kMaxSteps) {
      add({Finding::Kind::kNotAnalysed, {}, {}, {}, info_.line,
           "the table is too large to be searched completely for gaps and rules that never decide"});
    }
    return std::move(findings_);
  }

 private:
  using Box = std::vector<BitSet>;  // atoms per column

  bool add(Finding finding) {
    if (findings_.size() >= limit_) return false;
    finding.decision = info_.id;
    findings_.push_back(std::move(finding));
    return true;
  }
  [[nodiscard]] int line_of(std::size_t rule) const { return info_.rules[rule].line; }
  [[nodiscard]] static std::uint32_t number(std::size_t rule) { return static_cast<std::uint32_t>(rule + 1); }

  [[nodiscard]] std::vector<std::string> texts(const Box& box) const {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < box.size(); ++i) result.push_back(columns_[i].text(box[i]));
    return result;
  }

  /// The rule's box, or nothing if a cell cannot be judged.
  [[nodiscard]] std::optional<Box> box_of(std::size_t rule) const {
    Box box;
    for (const ColumnAtoms& column : columns_) {
      if (!column.cell(rule)) return std::nullopt;
      box.push_back(*column.cell(rule));
    }
    return box;
  }

  void note_open_cells() {
    for (std::size_t rule = 0; rule < rules_; ++rule) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].cell(rule)) continue;
        add({Finding::Kind::kNotAnalysed, {}, {number(rule)}, {}, line_of(rule),
             fmt::format("input {} of rule {} is no comparison with constants", i + 1, rule + 1)});
      }
    }
  }

  void find_empty_rules() {
    for (std::size_t rule = 0; rule < rules_; ++rule) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!columns_[i].cell(rule) || !columns_[i].cell(rule)->none()) continue;
        unreachable_.resize(rules_, false);
        unreachable_[rule] = true;
        add({Finding::Kind::kUnreachable, {}, {number(rule)}, {}, line_of(rule),
             fmt::format("rule {} never matches: input {} can have no such value", rule + 1, i + 1)});
        break;
      }
    }
    unreachable_.resize(rules_, false);
  }

  [[nodiscard]] bool same_outputs(std::size_t a, std::size_t b) const {
    for (std::size_t i = 0; i < table_.outputs.size(); ++i) {
      const Feel& x = table_.results[a * table_.outputs.size() + i];
      const Feel& y = table_.results[b * table_.outputs.size() + i];
      const bool texts = x.expression && y.expression && x.expression->source() == y.expression->source();
      if (texts || (!x.expression && !y.expression)) continue;
      if (!x.constant || !y.constant) return false;
      const feel::Ternary same = feel::equals(*x.constant, *y.constant);
      if (!same || !*same) return false;
    }
    return true;
  }

  /// Overlaps and duplicates: every pair of rules once.
  void find_pairs() {
    std::vector<std::optional<Box>> boxes;
    for (std::size_t rule = 0; rule < rules_; ++rule) boxes.push_back(box_of(rule));
    const HitPolicy policy = table_.hit_policy;
    for (std::size_t b = 0; b < rules_; ++b) {
      for (std::size_t a = 0; a < b && boxes[b] && !unreachable_[b]; ++a) {
        if (!boxes[a] || unreachable_[a]) continue;
        if (*boxes[a] == *boxes[b]) {
          add({Finding::Kind::kDuplicate, {}, {number(a), number(b)}, texts(*boxes[b]), line_of(b),
               fmt::format("rule {} has the same conditions as rule {}", b + 1, a + 1)});
          if (policy == HitPolicy::kFirst) unreachable_[b] = true;
          break;
        }
        const bool wanted = policy == HitPolicy::kUnique || (policy == HitPolicy::kAny && !same_outputs(a, b));
        if (!wanted || !intersects(*boxes[a], *boxes[b])) continue;
        Box common = *boxes[a];
        for (std::size_t i = 0; i < common.size(); ++i) common[i] &= (*boxes[b])[i];
        const std::string why = policy == HitPolicy::kAny ? " with different outputs" : "";
        if (!add({Finding::Kind::kOverlap, {}, {number(a), number(b)}, texts(common), line_of(b),
                  fmt::format("rules {} and {} overlap{}", a + 1, b + 1, why)}))
          return;
      }
    }
  }

  [[nodiscard]] static bool intersects(const Box& a, const Box& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!a[i].intersects(b[i])) return false;
    }
    return true;
  }

  /// Rules that other rules always win against: earlier ones with FIRST, those of higher priority with PRIORITY.
  void find_masked() {
    if (table_.hit_policy != HitPolicy::kFirst && table_.hit_policy != HitPolicy::kPriority) return;
    for (std::size_t rule = 0; rule < rules_ && steps_ <= kMaxSteps; ++rule) {
      const auto box = box_of(rule);
      if (!box || unreachable_[rule]) continue;
      std::vector<std::size_t> winners;
      for (std::size_t other = 0; other < rules_; ++other) {
        if (other != rule && wins(other, rule) && box_of(other)) winners.push_back(other);
      }
      if (winners.empty()) continue;
      Box path;
      std::vector<Box> rest;
      if (!uncovered(*box, 0, winners, path, rest, 1) || !rest.empty()) continue;
      add({Finding::Kind::kUnreachable, {}, {number(rule)}, texts(*box), line_of(rule),
           fmt::format("rule {} never decides: other rules win wherever it matches", rule + 1)});
    }
  }

  [[nodiscard]] bool wins(std::size_t other, std::size_t rule) const {
    if (table_.hit_policy == HitPolicy::kFirst) return other < rule;
    for (std::size_t i = 0; i < table_.outputs.size(); ++i) {
      const auto x = priority(other, i);
      const auto y = priority(rule, i);
      if (!x || !y) return false;
      if (*x != *y) return *x < *y;
    }
    return other < rule;
  }

  [[nodiscard]] std::optional<std::size_t> priority(std::size_t rule, std::size_t column) const {
    const Feel& cell = table_.results[rule * table_.outputs.size() + column];
    if (!cell.constant) return std::nullopt;
    const auto& priorities = table_.outputs[column].priorities;
    for (std::size_t i = 0; i < priorities.size(); ++i) {
      const feel::Ternary same = feel::equals(*cell.constant, priorities[i]);
      if (same && *same) return i;
    }
    return priorities.size();
  }

  void find_gaps() {
    if (columns_.empty()) return;
    Box everything;
    for (const ColumnAtoms& column : columns_) everything.emplace_back(column.size(), true);
    // A cell that cannot be judged may accept anything: no gap is reported where such a rule could match.
    std::vector<std::size_t> all;
    for (std::size_t rule = 0; rule < rules_; ++rule) all.push_back(rule);
    Box path;
    std::vector<Box> gaps;
    uncovered(everything, 0, all, path, gaps, limit_);
    for (const Box& gap : gaps) {
      const auto ranges = texts(gap);
      std::string where;
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (ranges[i] == "-") continue;
        where += fmt::format("{}{} {}", where.empty() ? "" : ", ", info_.inputs[i].name, ranges[i]);
      }
      add({Finding::Kind::kGap, {}, {}, ranges, info_.line,
           where.empty() ? "no rule matches anything" : "no rule matches for " + where});
    }
  }

  [[nodiscard]] bool accepts(std::size_t rule, std::size_t column, std::size_t atom) const {
    const auto& cell = columns_[column].cell(rule);
    return !cell || cell->test(atom);
  }

  /// Collects the parts of `box` that none of `rules` covers, column by column; values that meet the same rules are
  /// taken together. False if the search was given up.
  bool uncovered(const Box& box, std::size_t column, const std::vector<std::size_t>& rules, Box& path,
                 std::vector<Box>& found, std::size_t most) {
    if (++steps_ > kMaxSteps) return false;
    if (found.size() >= most) return true;
    if (rules.empty()) {
      Box rest = path;
      rest.insert(rest.end(), box.begin() + static_cast<std::ptrdiff_t>(column), box.end());
      if (std::none_of(rest.begin(), rest.end(), [](const BitSet& b) { return b.none(); })) found.push_back(rest);
      return true;
    }
    if (column == columns_.size()) return true;
    std::vector<std::pair<std::vector<std::size_t>, BitSet>> groups;
    for (std::size_t atom = 0; atom < columns_[column].size(); ++atom) {
      if (!box[column].test(atom)) continue;
      steps_ += rules.size() / 16;
      std::vector<std::size_t> alive;
      for (const std::size_t rule : rules) {
        if (accepts(rule, column, atom)) alive.push_back(rule);
      }
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == alive; });
      if (same != groups.end()) {
        same->second.set(atom);
      } else {
        groups.emplace_back(std::move(alive), BitSet(columns_[column].size())).second.set(atom);
      }
    }
    for (auto& [alive, atoms] : groups) {
      path.push_back(atoms);
      const bool complete = uncovered(box, column + 1, alive, path, found, most);
      path.pop_back();
      if (!complete) return false;
    }
    return true;
  }

  const DecisionInfo& info_;
  const Table& table_;
  std::size_t limit_;
  std::size_t rules_;
  std::vector<ColumnAtoms> columns_;
  std::vector<bool> unreachable_;
  std::vector<Finding> findings_;
  std::size_t steps_ = 0;
};

}  // namespace

std::string_view finding_kind_name(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kGap:
      return "gap";
    case Finding::Kind::kOverlap:
      return "overlap";
    case Finding::Kind::kUnreachable:
      return "unreachable";
    case Finding::Kind::kDuplicate:
      return "duplicate";
    case Finding::Kind::kNotAnalysed:
      return "not analysed";
  }
  return "";
}

std::vector<Finding> check_tables(const DecisionModel& decision_model, std::size_t limit) {
  const Model& model = decision_model.model();
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < model.decisions.size(); ++i) {
    const Node* logic = model.decisions[i].logic;
    if (logic == nullptr || logic->table == nullptr || !logic->broken.empty() || model.decision_infos[i].imported)
      continue;
    auto found = TableCheck(model.decision_infos[i], *logic->table, model.types, limit).run();
    findings.insert(findings.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return findings;
}

}  // namespace baton::dmn
