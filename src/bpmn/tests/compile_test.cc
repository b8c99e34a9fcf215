#include "bpmn/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "bpmn/tests/bpmn_text.h"
#include "bpmn/validation.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Definitions read(std::string_view text) {
  auto definitions = parse(text);
  EXPECT_TRUE(definitions) << definitions.error().message;
  return definitions ? std::move(*definitions) : Definitions{};
}

const std::string kOrder = file(process(
    extensions("<zeebe:versionTag value=\"v7\"/>") + start() + flow("f2", "g", "end", "=amount &gt; 10") +
        node("serviceTask", "id=\"check\" name=\"Check it\"",
             extensions(
                 "<zeebe:taskDefinition type=\"check\" retries=\"=tries\"/>"
                 "<zeebe:taskHeaders><zeebe:header key=\"a\" value=\"x &quot;y&quot;\"/><zeebe:header key=\"\" "
                 "value=\"z\"/>"
                 "<zeebe:header key=\"b\" value=\"2\"/></zeebe:taskHeaders>"
                 "<zeebe:ioMapping><zeebe:input source=\"=order.id\" target=\"ref.id\"/><zeebe:input target=\"none\"/>"
                 "<zeebe:input source=\"text\" target=\"kind\"/><zeebe:output source=\"=ok\" "
                 "target=\"credit\"/></zeebe:ioMapping>")) +
        node("exclusiveGateway", "id=\"g\" default=\"f3\"") + end() + flow("f1", "start", "check") +
        flow("f3", "g", "check") + flow("f0", "check", "g"),
    "id=\"order\" name=\"Order\" isExecutable=\"true\""));

std::uint32_t index_of(const std::vector<std::string>& ids, std::string_view id) {
  return static_cast<std::uint32_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
}

/// Ids of flows, for comparing models that are numbered differently.
std::vector<std::string> flow_ids(const ProcessModel& model, const std::vector<FlowIndex>& flows) {
  std::vector<std::string> ids;
  for (const FlowIndex flow : flows) ids.push_back(model.flow(flow).id);
  return ids;
}

TEST(Compile, NumbersInDocumentOrderAndResolvesFlows) {
  const auto models = compile(read(kOrder));
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->size(), 1U);
  const ProcessModel& model = models->front();
  EXPECT_EQ(model.process_id, "order");
  EXPECT_EQ(model.name, "Order");
  EXPECT_EQ(model.version_tag, "v7");
  EXPECT_THAT(model.table.elements, ElementsAre("order", "start", "check", "g", "end"));
  EXPECT_THAT(model.table.flows, ElementsAre("f2", "f1", "f3", "f0"));
  ASSERT_EQ(model.elements.size(), 5U);
  EXPECT_EQ(model.elements[0].type, ElementType::kProcess);
  EXPECT_EQ(model.elements[0].scope, kNoElement);
  EXPECT_EQ(model.elements[3].scope, ElementIndex(0));
  EXPECT_EQ(model.none_start, ElementIndex(1));
  EXPECT_THAT(flow_ids(model, model.elements[3].outgoing), ElementsAre("f2", "f3"));
  EXPECT_THAT(flow_ids(model, model.elements[2].incoming), ElementsAre("f1", "f3"));
  EXPECT_EQ(model.flow(model.elements[3].default_flow).id, "f3");
  EXPECT_EQ(model.elements[2].default_flow, kNoFlow);
  const SequenceFlow& conditional = model.flows[0];
  EXPECT_EQ(conditional.source, ElementIndex(3));
  EXPECT_EQ(conditional.target, ElementIndex(4));
  ASSERT_TRUE(conditional.condition);
  EXPECT_EQ(conditional.condition->source(), "amount > 10");
  EXPECT_FALSE(model.flows[1].condition);
}

TEST(Compile, GivesJobsAndMappings) {
  const auto models = compile(read(kOrder));
  ASSERT_TRUE(models);
  const Element& check = models->front().elements[2];
  EXPECT_EQ(check.name, "Check it");
  EXPECT_EQ(check.line, 6);
  ASSERT_TRUE(check.job);
  EXPECT_EQ(check.job->type.text, "check");
  EXPECT_FALSE(check.job->type.expression);
  ASSERT_TRUE(check.job->retries.expression);
  EXPECT_EQ(check.job->retries.expression->source(), "tries");
  EXPECT_EQ(check.job->headers_json, R"({"a":"x \"y\"","b":"2"})");
  ASSERT_EQ(check.inputs.size(), 3U);
  EXPECT_EQ(check.inputs[0].source->expression->source(), "order.id");
  EXPECT_THAT(check.inputs[0].target, ElementsAre("ref", "id"));
  EXPECT_FALSE(check.inputs[1].source);
  EXPECT_EQ(check.inputs[2].source->text, "text");
  EXPECT_FALSE(check.inputs[2].source->expression);
  ASSERT_EQ(check.outputs.size(), 1U);
  EXPECT_THAT(check.outputs[0].target, ElementsAre("credit"));
}

TEST(Compile, JobsHaveDefaults) {
  const auto models = compile(read(around(service("a"))));
  ASSERT_TRUE(models);
  const auto& job = models->front().elements[2].job;
  ASSERT_TRUE(job);
  EXPECT_EQ(job->retries.text, "3");
  EXPECT_EQ(job->headers_json, "{}");
  EXPECT_FALSE(models->front().elements[1].job);
}

TEST(Compile, GivesEveryExecutableProcess) {
  const auto models = compile(read(file(process(start("s1")) + process("", "id=\"draft\"") +
                                        process(start("s2"), "id=\"q\" isExecutable=\"true\""))));
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].process_id, "p");
  EXPECT_EQ((*models)[1].process_id, "q");
}

TEST(CompileWithTable, KeepsJournaledNumbersThroughEveryOrder) {
  const Definitions definitions = read(kOrder);
  const auto reference = compile(definitions);
  ASSERT_TRUE(reference);
  ElementTable table = reference->front().table;
  std::sort(table.elements.begin() + 1, table.elements.end());
  do {
    std::rotate(table.flows.begin(), table.flows.begin() + 1, table.flows.end());
    const auto model = compile(definitions, "order", table);
    ASSERT_TRUE(model) << model.error().message;
    ASSERT_EQ(model->table, table);
    for (std::size_t i = 0; i < table.elements.size(); ++i) {
      const Element& element = model->elements[i];
      const Element& same = reference->front().elements[index_of(reference->front().table.elements, element.id)];
      EXPECT_EQ(element.id, table.elements[i]);
      EXPECT_EQ(element.type, same.type);
      EXPECT_EQ(flow_ids(*model, element.incoming), flow_ids(reference->front(), same.incoming));
      EXPECT_EQ(flow_ids(*model, element.outgoing), flow_ids(reference->front(), same.outgoing));
    }
    EXPECT_EQ(model->elements[model->none_start.value()].id, "start");
  } while (std::next_permutation(table.elements.begin() + 1, table.elements.end()));
}

TEST(CompileWithTable, NumbersNewIdsAfterTheTable) {
  const auto model = compile(read(kOrder), "order", ElementTable{{"order", "g"}, {"f3"}});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_THAT(model->table.elements, ElementsAre("order", "g", "start", "check", "end"));
  EXPECT_THAT(model->table.flows, ElementsAre("f3", "f2", "f1", "f0"));
}

TEST(CompileWithTable, RefusesTablesOfOtherFiles) {
  const Definitions definitions = read(kOrder);
  const auto error = [&](const ElementTable& table) {
    const auto model = compile(definitions, "order", table);
    return model ? std::string("no error") : model.error().to_string();
  };
  EXPECT_THAT(error({{"order", "gone"}, {}}), HasSubstr("DATA_LOSS: the element table names 'gone'"));
  EXPECT_THAT(error({{"order"}, {"gone"}}), HasSubstr("DATA_LOSS: the element table names 'gone'"));
  EXPECT_THAT(error({{"order", "g", "g"}, {}}), HasSubstr("names 'g' twice"));
  EXPECT_THAT(error({{"g", "order"}, {}}), HasSubstr("does not begin with the process"));
  EXPECT_EQ(error({}), "no error");
  const auto missing = compile(definitions, "other", ElementTable{});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

// Compile may be called with what validation would have refused; it must refuse too and never crash.
TEST(Compile, RefusesWhatItCannotRepresent) {
  const std::string cases[] = {
      around(node("complexGateway", "id=\"a\"")),
      around(node("serviceTask", "id=\"a\"")),
      around(node("task", "id=\"a\"", "<bpmn:multiInstanceLoopCharacteristics/>")),
      around(service("a", definition("=(("))),
      around(service("a",
                     definition("x") + "<zeebe:ioMapping><zeebe:input source=\"=x\" target=\"1\"/></zeebe:ioMapping>")),
      around(service(
          "a", definition("x") + "<zeebe:ioMapping><zeebe:output source=\"=((\" target=\"y\"/></zeebe:ioMapping>")),
      file(process(start() + start("s2"))),
      file(process(start() + task("start"))),
      file(process(start() + task("p"))),
      file(process(start() + node("task", ""))),
      file(process(start() + node("sequenceFlow", "sourceRef=\"start\" targetRef=\"start\""))),
      file(process(start() + flow("f", "start", "gone"))),
      file(process(start() + flow("f", "p", "start"))),
      file(process(start() + end() + flow("f", "start", "end") + flow("f", "start", "end"))),
      file(process(start() + end() + flow("f", "start", "end", "=(("))),
      file(process(start() + node("exclusiveGateway", "id=\"g\" default=\"f\"") + flow("f", "start", "g"))),
      file(process(start() + node("exclusiveGateway", "id=\"g\" default=\"gone\"") + flow("f", "start", "g"))),
  };
  for (const std::string& text : cases) {
    const Definitions definitions = read(text);
    EXPECT_FALSE(validate(definitions).empty()) << text;
    const auto models = compile(definitions);
    ASSERT_FALSE(models) << text;
    EXPECT_EQ(models.error().code, Code::kInvalidArgument) << text;
    EXPECT_FALSE(compile(definitions, "p", ElementTable{})) << text;
  }
}

TEST(ParseDefinitions, RefusesOtherDocuments) {
  for (const char* text :
       {"<a/>", "<definitions/>", "<definitions xmlns='http://www.omg.org/spec/DMN/20151101/dmn.xsd'/>",
        "<process xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>"}) {
    const auto definitions = parse(text);
    ASSERT_FALSE(definitions) << text;
    EXPECT_THAT(definitions.error().message, HasSubstr("line 1, column 1: the root element is '")) << text;
  }
}

TEST(ElementTypeName, IsTheNameOfTheApi) {
  EXPECT_EQ(element_type_name(ElementType::kBusinessRuleTask), "BUSINESS_RULE_TASK");
  EXPECT_EQ(element_type_name(ElementType::kProcess), "PROCESS");
}

}  // namespace
}  // namespace baton::bpmn
