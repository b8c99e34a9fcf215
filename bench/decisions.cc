#include "decisions.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "dmn/decision_model.h"
#include "feel/expression.h"

namespace baton::bench {
namespace {

using feel::Value;

/// Variables by slot, as an embedding program resolves them once.
class SlotVariables final : public feel::Variables {
 public:
  explicit SlotVariables(std::size_t slots) : values_(slots) {}
  void set(std::size_t slot, const Value& value) { values_[slot] = value; }
  std::optional<Value> find(std::size_t slot, std::string_view, feel::Evaluation&) const override {
    return values_[slot];
  }

 private:
  std::vector<Value> values_;
};

std::string definitions(const std::string& content) {
  return "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"bench\" name=\"bench\" "
         "namespace=\"bench\">" +
         content + "</definitions>";
}

std::string column(const std::string& name, const std::string& type) {
  return fmt::format(R"(<input><inputExpression typeRef="{}"><text>{}</text></inputExpression></input>)", type, name);
}

std::string rule(const std::vector<std::string>& inputs, const std::string& output) {
  std::string text = "<rule>";
  for (const auto& input : inputs) text += "<inputEntry><text><![CDATA[" + input + "]]></text></inputEntry>";
  return text + "<outputEntry><text>" + output + "</text></outputEntry></rule>";
}

std::string decision(const std::string& rules) {
  return definitions(R"(<decision id="d" name="d"><decisionTable hitPolicy="UNIQUE">)" + rules +
                     "</decisionTable></decision>");
}

/// Five rules over a number and a string.
std::string small_table() {
  return decision(column("amount", "number") + column("status", "string") + R"(<output name="discount"/>)" +
                  rule({"< 100", "\"gold\""}, "5") + rule({"[100..1000)", "\"gold\""}, "10") +
                  rule({">= 1000", "\"gold\""}, "15") + rule({"< 1000", "\"silver\""}, "2") +
                  rule({">= 1000", "\"silver\", \"bronze\""}, "7"));
}

/// 1,000 rules: 20 regions, each with 50 intervals of an amount.
std::string large_table() {
  std::string rules;
  for (int region = 0; region < 20; ++region) {
    for (int step = 0; step < 50; ++step) {
      rules += rule({fmt::format("\"R{}\"", region), fmt::format("[{}..{})", step * 100, step * 100 + 100)},
                    fmt::format("{}", region * 1000 + step));
    }
  }
  return decision(column("region", "string") + column("amount", "number") + R"(<output name="rate"/>)" + rules);
}

double per_second(double seconds, const std::function<bool(std::uint64_t)>& once) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t kBatch = 1000;
  std::uint64_t done = 0;
  const auto start = Clock::now();
  std::chrono::duration<double> taken{};
  do {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      if (!once(done + i)) return 0;
    }
    done += kBatch;
    taken = Clock::now() - start;
  } while (taken.count() < seconds);
  return static_cast<double>(done) / taken.count();
}

double table_rate(const std::string& xml, const std::array<const char*, 2>& names, double seconds,
                  const std::function<void(SlotVariables&, std::array<std::size_t, 2>, std::uint64_t)>& fill) {
  const auto model = dmn::DecisionModel::load(xml, {});
  if (!model || !(*model)->diagnostics().empty()) return 0;
  const std::size_t decision = *(*model)->find_decision("d");
  std::array<std::size_t, 2> slots{};
  for (std::size_t i = 0; i < (*model)->inputs().size(); ++i) {
    for (std::size_t n = 0; n < names.size(); ++n) {
      if ((*model)->inputs()[i].name == names[n]) slots[n] = i;
    }
  }
  SlotVariables variables((*model)->inputs().size());
  dmn::DecisionRun run(TimeMs(0));
  return per_second(seconds, [&](std::uint64_t i) {
    run.reset(TimeMs(0));
    fill(variables, slots, i);
    return (*model)->evaluate(decision, variables, run) && run.output().is(feel::Kind::kNumber);
  });
}

double expression_rate(double seconds) {
  const auto expression = feel::Expression::compile("amount > 1000 and status = \"open\"", {});
  if (!expression) return 0;
  SlotVariables variables(2);
  const bool amount_first = expression->free_names()[0] == "amount";
  variables.set(amount_first ? 1 : 0, Value::string("open"));
  feel::Evaluation evaluation(TimeMs(0));
  return per_second(seconds, [&](std::uint64_t i) {
    evaluation.reset(TimeMs(0));
    variables.set(amount_first ? 0 : 1, Value::number(static_cast<std::int64_t>(1001 + i % 5000)));
    const auto value = expression->evaluate(evaluation, variables);
    return value && value->is_true();
  });
}

}  // namespace

int run_decisions(double seconds, bool json) {
  const double small = table_rate(small_table(), {"amount", "status"}, seconds, [](auto& v, auto slots, auto i) {
    v.set(slots[0], Value::number(static_cast<std::int64_t>(i % 2000)));
    v.set(slots[1], Value::string(i % 3 == 0 ? "silver" : "gold"));
  });
  std::vector<std::string> regions;
  for (int i = 0; i < 20; ++i) regions.push_back(fmt::format("R{}", i));
  const double large = table_rate(large_table(), {"region", "amount"}, seconds, [&](auto& v, auto slots, auto i) {
    v.set(slots[0], Value::string(regions[i % 20]));
    v.set(slots[1], Value::number(static_cast<std::int64_t>(i * 7 % 5000)));
  });
  const double expression = expression_rate(seconds);
  if (json) {
    fmt::print(R"({{"table_5_rules_per_s":{:.0f},"table_1000_rules_per_s":{:.0f},"expression_per_s":{:.0f}}})"
               "\n",
               small, large, expression);
  } else {
    fmt::print("{:<48} {:>12.0f} /s\n", "decision table, 5 rules, number and string", small);
    fmt::print("{:<48} {:>12.0f} /s\n", "decision table, 1,000 rules, string and interval", large);
    fmt::print("{:<48} {:>12.0f} /s\n", "FEEL: amount > 1000 and status = \"open\"", expression);
  }
  return small > 0 && large > 0 && expression > 0 ? 0 : 1;
}

}  // namespace baton::bench
