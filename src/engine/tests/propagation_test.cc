// Where variables end up (camunda-8-api.md 5.4): every source of variables inside a sub-process that has a variable x
// of its own, as the process has. All of them bring a new x, and n, which nobody has.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

constexpr const char* kNew = R"({"x":"new","n":1})";
constexpr const char* kSub = R"({"x":"sub"})";
constexpr const char* kSubNew = R"({"x":"new"})";
constexpr const char* kRoot = R"({"x":"root"})";
constexpr const char* kRootAndN = R"({"x":"root","n":1})";
constexpr const char* kRootAndY = R"({"x":"root","y":"new"})";

struct PropagationCase {
  const char* name;
  void (*build)(ProcessText& inner);            // between "s" and "hold", which keeps the sub-process open
  void (*happens)(World& world, Key instance);  // brings the variables
  const char* sub;                              // variables of the sub-process afterwards
  const char* root;                             // and of the process
};
class Propagation : public ::testing::TestWithParam<PropagationCase> {};

TEST_P(Propagation, EndsAtTheFirstScopeThatHasTheName) {
  const PropagationCase& test = GetParam();
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").service("hold");
  test.build(inner);
  ProcessText text;
  text.start().sub_process("sub", inner,
                           "<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source=\"sub\" target=\"x\"/>"
                           "</zeebe:ioMapping></bpmn:extensionElements>");
  text.flow("start", "sub").message("m", "paid", "= \"k\"").signal("sig", "alarm").error("err", "E");
  ProcessText child("child");
  child.start("cs").service("ct").end("ce").sequence({"cs", "ct", "ce"});
  World world;
  world.deploy(child, "child.bpmn");
  world.deploy(text);
  const Key instance = world.create("p", kRoot);
  ASSERT_EQ(world.incidents(instance), 0U) << world.incident(instance).message.json();
  test.happens(world, instance);
  EXPECT_EQ(world.variables(world.element(instance, "sub")), test.sub);
  EXPECT_EQ(world.variables(instance), test.root);
}

void one_job(ProcessText& inner) {
  inner.service("t").sequence({"s", "t", "hold"});
}
void local_job(ProcessText& inner) {
  inner.service("t", {.inputs = {{"= 0", "x"}}}).sequence({"s", "t", "hold"});
}
void mapped_job(ProcessText& inner) {
  inner.service("t", {.outputs = {{"= x", "x"}, {"= x", "y"}}}).sequence({"s", "t", "hold"});
}
void complete_t(World& world, Key instance) {
  ASSERT_TRUE(world.complete(world.job(instance, "t"), kNew));
}
void publish(World& world, Key) {
  EXPECT_NE(world.publish("paid", "k", kNew), Key(0));
}
void broadcast(World& world, Key) {
  ASSERT_TRUE(world.signal("alarm", kNew));
}
void throw_at_t(World& world, Key instance) {
  ASSERT_TRUE(world.throw_error(world.job(instance, "t"), "E", "", kNew));
}
/// "t" with a local x and a boundary event.
void with_boundary(ProcessText& inner, std::string_view definition, bool interrupting, const Pairs& outputs = {}) {
  inner.service("t", {.inputs = {{"= 0", "x"}}}).boundary("b", "t", definition, interrupting, outputs);
  inner.sequence({"s", "t"}).flow("b", "hold");
}
void with_handler(ProcessText& inner, std::string_view definition, bool interrupting, const Pairs& outputs = {}) {
  ProcessText handler = ProcessText::inside("handler");
  handler.start_event("hs", definition, interrupting, outputs).service("ht").sequence({"hs", "ht"});
  inner.service("t").sequence({"s", "t", "hold"}).event_sub_process("handler", handler);
}

const PropagationCase kSources[] = {
    {"JobResult", one_job, complete_t, kSubNew, kRootAndN},
    {"JobResultIntoALocal", local_job, complete_t, kSub, kRootAndN},
    {"JobOutputs", mapped_job, complete_t, kSubNew, kRootAndY},
    {"SetVariables", one_job,
     [](World& world, Key instance) { EXPECT_TRUE(world.set_variables(world.element(instance, "t"), kNew)); }, kSubNew,
     kRootAndN},
    {"SetVariablesLocally", one_job,
     [](World& world, Key instance) { EXPECT_TRUE(world.set_variables(world.element(instance, "t"), kNew, true)); },
     kSub, kRoot},
    {"FailedJob", one_job,
     [](World& world, Key instance) { EXPECT_TRUE(world.fail(world.job(instance, "t"), 1, "", 0, kNew)); }, kSub,
     kRoot},
    {"Script",
     [](ProcessText& inner) {
       inner.raw("scriptTask", "t", "",
                 "<bpmn:extensionElements><zeebe:script expression=\"=&quot;new&quot;\" resultVariable=\"x\"/>"
                 "</bpmn:extensionElements>");
       inner.service("before").sequence({"s", "before", "t", "hold"});
     },
     [](World& world, Key instance) { EXPECT_TRUE(world.complete(world.job(instance, "before"))); }, kSubNew, kRoot},
    {"Call", [](ProcessText& inner) { inner.call("c", "processId=\"child\"").sequence({"s", "c", "hold"}); },
     [](World& world, Key instance) {
       EXPECT_TRUE(world.complete(world.job(world.called(instance, "c"), "ct"), kNew));
     },
     kSubNew, kRootAndN},
    {"CallOutputs",
     [](ProcessText& inner) {
       inner.call("c", "processId=\"child\"", {}, {{"= x", "y"}}).sequence({"s", "c", "hold"});
     },
     [](World& world, Key instance) {
       EXPECT_TRUE(world.complete(world.job(world.called(instance, "c"), "ct"), kNew));
     },
     kSub, kRootAndY},
    {"MessageCatch",
     [](ProcessText& inner) { inner.catch_event("c", message_event("m")).sequence({"s", "c", "hold"}); }, publish,
     kSubNew, kRootAndN},
    {"MessageCatchOutputs",
     [](ProcessText& inner) {
       inner.catch_event("c", message_event("m"), {{"= x", "y"}}).sequence({"s", "c", "hold"});
     },
     publish, kSub, kRootAndY},
    {"ReceiveTask",
     [](ProcessText& inner) { inner.raw("receiveTask", "c", "messageRef=\"m\"", "").sequence({"s", "c", "hold"}); },
     publish, kSubNew, kRootAndN},
    {"SignalCatch",
     [](ProcessText& inner) { inner.catch_event("c", signal_event("sig")).sequence({"s", "c", "hold"}); }, broadcast,
     kSubNew, kRootAndN},
    {"EventBasedGateway",
     [](ProcessText& inner) {
       inner.node("eventBasedGateway", "g").catch_event("c", message_event("m")).catch_event("d", signal_event("sig"));
       inner.sequence({"s", "g", "c", "hold"}).sequence({"g", "d", "hold"});
     },
     publish, kSubNew, kRootAndN},
    {"EventBasedGatewayOutputs",
     [](ProcessText& inner) {
       inner.node("eventBasedGateway", "g").catch_event("c", message_event("m"), {{"= x", "y"}});
       inner.catch_event("d", signal_event("sig")).sequence({"s", "g", "c", "hold"}).sequence({"g", "d", "hold"});
     },
     publish, kSub, kRootAndY},
    {"Boundary", [](ProcessText& inner) { with_boundary(inner, message_event("m"), true); }, publish, kSubNew,
     kRootAndN},
    {"BoundaryNonInterrupting", [](ProcessText& inner) { with_boundary(inner, signal_event("sig"), false); }, broadcast,
     kSubNew, kRootAndN},
    {"BoundaryOutputs", [](ProcessText& inner) { with_boundary(inner, message_event("m"), true, {{"= x", "y"}}); },
     publish, kSub, kRootAndY},
    {"ErrorBoundary", [](ProcessText& inner) { with_boundary(inner, error_event("err"), true); }, throw_at_t, kSub,
     kRoot},
    {"ErrorBoundaryOutputs", [](ProcessText& inner) { with_boundary(inner, error_event("err"), true, {{"= x", "x"}}); },
     throw_at_t, kSubNew, kRoot},
    {"Handler", [](ProcessText& inner) { with_handler(inner, message_event("m"), true); }, publish, kSubNew, kRootAndN},
    {"HandlerNonInterrupting", [](ProcessText& inner) { with_handler(inner, signal_event("sig"), false); }, broadcast,
     kSubNew, kRootAndN},
    {"HandlerOutputs", [](ProcessText& inner) { with_handler(inner, signal_event("sig"), false, {{"= x", "y"}}); },
     broadcast, kSub, kRootAndY},
    {"ErrorHandler", [](ProcessText& inner) { with_handler(inner, error_event("err"), true); }, throw_at_t, kSubNew,
     kRootAndN},
    {"ErrorHandlerOutputs", [](ProcessText& inner) { with_handler(inner, error_event("err"), true, {{"= x", "y"}}); },
     throw_at_t, kSub, kRootAndY},
};
INSTANTIATE_TEST_SUITE_P(Sources, Propagation, ::testing::ValuesIn(kSources),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace baton::engine::testing
