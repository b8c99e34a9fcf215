// The search for who catches an error or an escalation (camunda-8-api.md 5.9), over all levels and across a call, as a
// table.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::HasSubstr;

/// A called process has a sub-process in which something is thrown. Each level lists the codes that it catches; "*"
/// catches all.
struct SearchCase {
  const char* name;
  std::vector<std::string> handlers;  // event sub-processes in the sub-process
  std::vector<std::string> sub;       // boundary events at the sub-process
  std::vector<std::string> outer;     // event sub-processes in the called process
  std::vector<std::string> call;      // boundary events at the call activity
  std::vector<std::string> caller;    // event sub-processes in the calling process
  const char* expected;               // element that catches; "" if none does
};

enum class Thrower { kError, kEscalationThrow, kEscalationEnd };

struct Mode {
  const char* name;
  Thrower thrower;
  bool interrupting;
};
constexpr Mode kModes[] = {
    {"error", Thrower::kError, true},
    {"escalation throw event", Thrower::kEscalationThrow, true},
    {"escalation throw event, non-interrupting", Thrower::kEscalationThrow, false},
    {"escalation end event", Thrower::kEscalationEnd, true},
    {"escalation end event, non-interrupting", Thrower::kEscalationEnd, false},
};

class Models {
 public:
  Models(const SearchCase& test, const Mode& mode) : test_(test), mode_(mode) {}

  [[nodiscard]] ProcessText called() const {
    ProcessText inner = ProcessText::inside("sub");
    inner.start("s").parallel("fork").service("keep").sequence({"s", "fork", "keep"}).flow("fork", "tell");
    if (mode_.thrower == Thrower::kEscalationThrow) {
      inner.throw_event("tell", definition("X")).service("after").flow("tell", "after");
    } else {
      inner.end_event("tell", definition("X"));
    }
    add_handlers(inner, "handler_", test_.handlers);
    ProcessText text("child");
    text.start("cs").sub_process("sub", inner).flow("cs", "sub");
    add_boundaries(text, "sub_", "sub", test_.sub);
    add_handlers(text, "outer_", test_.outer);
    return with_roots(std::move(text));
  }

  [[nodiscard]] ProcessText caller() const {
    ProcessText text;
    text.start().call("c", "processId=\"child\"").flow("start", "c");
    add_boundaries(text, "call_", "c", test_.call);
    add_handlers(text, "caller_", test_.caller);
    return with_roots(std::move(text));
  }

 private:
  [[nodiscard]] bool is_error() const { return mode_.thrower == Thrower::kError; }
  [[nodiscard]] std::string definition(const std::string& code) const {
    const std::string id = code == "*" ? "" : "root_" + code;
    return is_error() ? error_event(id) : escalation_event(id);
  }
  [[nodiscard]] ProcessText with_roots(ProcessText text) const {
    for (const char* code : {"X", "Y"}) {
      if (is_error()) {
        text.error(fmt::format("root_{}", code), code);
      } else {
        text.escalation(fmt::format("root_{}", code), code);
      }
    }
    return text;
  }
  void add_handlers(ProcessText& text, const std::string& prefix, const std::vector<std::string>& codes) const {
    for (const std::string& code : codes) {
      const std::string id = prefix + (code == "*" ? "any" : code);
      ProcessText handler = ProcessText::inside(id);
      handler.start_event(id + "_s", definition(code), mode_.interrupting).service(id + "_t");
      text.event_sub_process(id, handler.sequence({id + "_s", id + "_t"}));
    }
  }
  void add_boundaries(ProcessText& text, const std::string& prefix, const std::string& host,
                      const std::vector<std::string>& codes) const {
    for (const std::string& code : codes) {
      const std::string id = prefix + (code == "*" ? "any" : code);
      text.boundary(id, host, definition(code), mode_.interrupting).service(id + "_t").flow(id, id + "_t");
    }
  }

  const SearchCase& test_;
  const Mode& mode_;
};

class CatchSearch : public ::testing::TestWithParam<SearchCase> {};

TEST_P(CatchSearch, FindsTheNearestLevelAndTheSpecificCode) {
  const std::string expected = GetParam().expected;
  for (const Mode& mode : kModes) {
    SCOPED_TRACE(mode.name);
    const Models models(GetParam(), mode);
    World world;
    world.deploy(models.called(), "child.bpmn");
    world.deploy(models.caller());
    const Key instance = world.create();
    const auto called = world.instances("child");
    const Key child = called.empty() ? Key(0) : called[0];
    const bool is_error = mode.thrower == Thrower::kError;
    if (expected.empty() && is_error) {
      EXPECT_EQ(world.incident(child).incident, IncidentKind::kUnhandledErrorEvent);
      EXPECT_EQ(world.element_state(child, "keep"), "ACTIVATED");
      continue;
    }
    EXPECT_EQ(world.state().incident_count(), 0U);
    const bool interrupted = mode.interrupting && !expected.empty();
    const bool in_caller = expected.starts_with("call");
    if (!expected.empty()) {
      EXPECT_EQ(world.element_state(in_caller ? instance : child, expected + "_t"), "ACTIVATED")
          << ::testing::PrintToString(world.trace());
    }
    EXPECT_EQ(world.ended(child), interrupted && in_caller);
    if (world.ended(child)) continue;
    EXPECT_EQ(world.elements(child, "keep").size(), interrupted ? 0U : 1U);
    if (mode.thrower == Thrower::kEscalationThrow) {
      EXPECT_EQ(world.elements(child, "after").size(), interrupted ? 0U : 1U) << "whoever throws goes on";
    }
  }
}

const SearchCase kSearches[] = {
    {"Nothing", {}, {}, {}, {}, {}, ""},
    {"OtherCode", {"Y"}, {"Y"}, {"Y"}, {"Y"}, {"Y"}, ""},
    {"Handler", {"X"}, {"X"}, {"X"}, {"X"}, {"X"}, "handler_X"},
    {"HandlerSpecificBeforeAny", {"*", "X"}, {}, {}, {}, {}, "handler_X"},
    {"HandlerAnyBeforeOuterSpecific", {"*"}, {}, {"X"}, {"X"}, {"X"}, "handler_any"},
    {"SpecificBoundaryBeforeAnyHandlerOfOneLevel", {"*"}, {"X"}, {}, {}, {}, "sub_X"},
    {"AnyHandlerBeforeAnyBoundary", {"*"}, {"*"}, {}, {}, {}, "handler_any"},
    {"SubProcess", {"Y"}, {"*", "X"}, {"X"}, {"X"}, {"X"}, "sub_X"},
    {"SubProcessAny", {"Y"}, {"Y", "*"}, {"X"}, {"X"}, {"X"}, "sub_any"},
    {"Outer", {}, {"Y"}, {"*", "X"}, {"X"}, {"X"}, "outer_X"},
    {"OuterAny", {}, {}, {"Y", "*"}, {"X"}, {"X"}, "outer_any"},
    {"Call", {}, {}, {"Y"}, {"*", "X"}, {"X"}, "call_X"},
    {"CallAny", {}, {}, {}, {"Y", "*"}, {"X"}, "call_any"},
    {"Caller", {"Y"}, {"Y"}, {"Y"}, {"Y"}, {"*", "X"}, "caller_X"},
    {"CallerAny", {}, {}, {}, {}, {"Y", "*"}, "caller_any"},
};
INSTANTIATE_TEST_SUITE_P(Table, CatchSearch, ::testing::ValuesIn(kSearches),
                         [](const auto& test) { return test.param.name; });

TEST(Errors, TheIncidentSaysThatNothingCatches) {
  World world;
  world.deploy(one_task());
  const Key instance = world.create();
  ASSERT_TRUE(world.throw_error(world.job(instance, "a"), "E"));
  EXPECT_EQ(world.incident(instance).message.json(),
            "\"Expected to throw an error event with the code 'E', but it was not caught. No error events are "
            "available in the scope.\"");
}

TEST(Errors, InANonInterruptingHandlerReachItsSiblings) {
  ProcessText beside = ProcessText::inside("beside");
  beside.start_event("bs", signal_event("sig"), false).service("bt").sequence({"bs", "bt"});
  ProcessText handler = ProcessText::inside("handler");
  handler.start_event("hs", error_event("err")).service("ht").sequence({"hs", "ht"});
  ProcessText text;
  text.start().service("a").flow("start", "a").event_sub_process("beside", beside).event_sub_process("h", handler);
  text.signal("sig", "alarm").error("err", "E");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.signal("alarm"));
  ASSERT_TRUE(world.throw_error(world.job(instance, "bt"), "E"));
  EXPECT_EQ(world.element_state(instance, "ht"), "ACTIVATED");
  EXPECT_TRUE(world.elements(instance, "a").empty());
  EXPECT_TRUE(world.elements(instance, "beside").empty());
}

TEST(Errors, TheSpecificCodeIsCaseSensitive) {
  ProcessText text;
  text.start().service("a").boundary("b", "a", error_event("err")).service("c").flow("start", "a").flow("b", "c");
  text.error("err", "e");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.throw_error(world.job(instance, "a"), "E"));
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("Available error events are [e]"));
}

}  // namespace
}  // namespace baton::engine::testing
