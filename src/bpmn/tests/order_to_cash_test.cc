// The example's orders take the way through the gateway that they claim to take: its expressions are evaluated with the
// data of examples/order-to-cash/instances.json. Running whole instances is the engine's business.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "bpmn/compile.h"
#include "feel/json.h"

namespace baton::bpmn {
namespace {

class Names final : public feel::Variables {
 public:
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
    const auto at = values_.find(name);
    return at == values_.end() ? std::nullopt : std::optional(at->second);
  }
  void set(std::string name, feel::Value value) { values_.insert_or_assign(std::move(name), value); }

 private:
  std::map<std::string, feel::Value, std::less<>> values_;
};

std::string example(std::string_view name) {
  std::ifstream file(std::string(BATON_SOURCE_DIR) + "/examples/order-to-cash/" + std::string(name), std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// The member of a context at a path of names, or null.
feel::Value at(feel::Value value, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    if (!value.is(feel::Kind::kContext)) return feel::Value::null();
    const feel::Value* member = value.as_context().find(name);
    if (member == nullptr) return feel::Value::null();
    value = *member;
  }
  return value;
}

std::string text(const feel::Value& value) {
  return value.is(feel::Kind::kString) ? std::string(value.as_string()) : std::string();
}

const Element& element(const ProcessModel& model, std::string_view id) {
  for (const Element& candidate : model.elements) {
    if (candidate.id == id) return candidate;
  }
  ADD_FAILURE() << "no element " << id;
  return model.elements[0];
}

/// Where the token goes from the gateway: the id of the next element, or "incident".
std::string decide(const ProcessModel& model, const Element& gateway, const Names& names,
                   feel::Evaluation& evaluation) {
  for (const FlowIndex index : gateway.outgoing) {
    const SequenceFlow& flow = model.flow(index);
    if (!flow.condition) continue;
    const auto value = flow.condition->evaluate(evaluation, names);
    if (!value || !value->is(feel::Kind::kBoolean)) return "incident";
    if (value->is_true()) return model.element(flow.target).id;
  }
  return model.element(model.flow(gateway.default_flow).target).id;
}

std::string expected_way(const feel::Value& instance) {
  const std::string incident = text(at(instance, {"expect", "incident", "elementId"}));
  if (incident == "Credit_Ok") return "incident";
  if (text(at(instance, {"expect", "endEvent"})) == "Rejected") return "Rejected";
  return at(instance, {"jobs", "io.camunda.zeebe:userTask"}).is_null() ? "Accepted" : "Manual_Review";
}

TEST(OrderToCash, OrdersTakeTheWayThatTheyClaim) {
  const auto definitions = parse(example("order-to-cash.bpmn"));
  ASSERT_TRUE(definitions) << definitions.error().message;
  const auto models = compile(*definitions);
  ASSERT_TRUE(models) << models.error().message;
  const ProcessModel& model = models->front();
  const Element& check = element(model, "Check_Credit");

  feel::Evaluation evaluation(TimeMs(0));
  const std::string json = example("instances.json");
  const auto data = feel::from_json(json, evaluation);
  ASSERT_TRUE(data) << data.error().message;
  const feel::Value instances = at(*data, {"instances"});
  ASSERT_TRUE(instances.is(feel::Kind::kList));
  EXPECT_EQ(instances.as_list().size(), 24U);
  for (const feel::Value& instance : instances.as_list()) {
    SCOPED_TRACE(text(at(instance, {"name"})));
    if (!at(instance, {"jobs", "check-credit", "error"}).is_null()) continue;  // leaves by a boundary event
    Names names;
    names.set("order", at(instance, {"variables", "order"}));
    const auto total = check.inputs[1].source->expression->evaluate(evaluation, names);
    ASSERT_TRUE(total) << total.error().message;
    names.set("orderTotal", *total);
    feel::Value credit = at(instance, {"jobs", "check-credit", "complete", "credit"});
    if (credit.is_null()) credit = at(*data, {"defaultJobs", "check-credit", "complete", "credit"});
    names.set("credit", credit);
    EXPECT_EQ(decide(model, element(model, "Credit_Ok"), names, evaluation), expected_way(instance));
  }
}

}  // namespace
}  // namespace baton::bpmn
