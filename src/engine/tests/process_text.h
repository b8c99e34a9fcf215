// Builds the text of small BPMN processes:
//
//   ProcessText("p").start().service("a").exclusive("g", "f_no").end().sequence({"start", "a", "g"})
//       .flow("g", "end", "= ok", "f_yes").flow("g", "a", "", "f_no").file()
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::engine::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// What a task hands to its worker.
struct JobText {
  std::string type = "work";
  std::string retries = {};  // empty: the default
  Pairs headers = {};
  Pairs inputs = {};  // source, target
  Pairs outputs = {};
};

// Event definitions, to be put into an event.
std::string timer_duration(std::string_view text);
std::string timer_date(std::string_view text);
std::string timer_cycle(std::string_view text);
/// References to what ProcessText::message() and its like define.
std::string message_event(std::string_view id);
std::string signal_event(std::string_view id);
std::string error_event(std::string_view id = "");
std::string escalation_event(std::string_view id = "");
std::string terminate_event();
std::string link_event(std::string_view name);

/// zeebe:loopCharacteristics and what is around it.
struct LoopText {
  bool sequential = false;
  std::string input = "= items";
  std::string input_element = "item";
  std::string output = {};  // collection
  std::string output_element = {};
  std::string until = {};  // completionCondition
};
std::string multi_instance(const LoopText& loop = {});

class ProcessText {
 public:
  explicit ProcessText(std::string id = "p") : id_(std::move(id)) {}
  /// The inside of a sub-process: its flows are named after `prefix`.
  static ProcessText inside(std::string prefix) {
    ProcessText text;
    text.flow_prefix_ = std::move(prefix) + "_f";
    return text;
  }

  ProcessText& start(std::string_view id = "start") { return node("startEvent", id); }
  ProcessText& end(std::string_view id = "end") { return node("endEvent", id); }
  ProcessText& service(std::string_view id, const JobText& job = {}) { return job_task("serviceTask", id, job); }
  ProcessText& job_task(std::string_view kind, std::string_view id, const JobText& job = {});
  ProcessText& exclusive(std::string_view id, std::string_view default_flow = "");
  ProcessText& parallel(std::string_view id) { return node("parallelGateway", id); }
  /// Any element of the BPMN namespace; `inputs` and `outputs` become its zeebe:ioMapping.
  ProcessText& node(std::string_view kind, std::string_view id, const Pairs& inputs = {}, const Pairs& outputs = {});
  /// The same with attributes and anything inside.
  ProcessText& raw(std::string_view kind, std::string_view id, std::string_view attributes, std::string_view inside);
  /// An event with one definition.
  ProcessText& event(std::string_view kind, std::string_view id, std::string_view definition,
                     std::string_view attributes = "", const Pairs& inputs = {}, const Pairs& outputs = {});
  ProcessText& catch_event(std::string_view id, std::string_view definition, const Pairs& outputs = {}) {
    return event("intermediateCatchEvent", id, definition, "", {}, outputs);
  }
  ProcessText& throw_event(std::string_view id, std::string_view definition, const Pairs& inputs = {}) {
    return event("intermediateThrowEvent", id, definition, "", inputs);
  }
  ProcessText& end_event(std::string_view id, std::string_view definition, const Pairs& inputs = {}) {
    return event("endEvent", id, definition, "", inputs);
  }
  ProcessText& boundary(std::string_view id, std::string_view host, std::string_view definition,
                        bool interrupting = true, const Pairs& outputs = {});
  ProcessText& sub_process(std::string_view id, const ProcessText& inner, std::string_view more = "");
  ProcessText& event_sub_process(std::string_view id, const ProcessText& inner);
  /// The start event of an event sub-process.
  ProcessText& start_event(std::string_view id, std::string_view definition, bool interrupting = true,
                           const Pairs& outputs = {});
  /// A call activity; `called` are attributes of zeebe:calledElement.
  ProcessText& call(std::string_view id, std::string_view called, const Pairs& inputs = {}, const Pairs& outputs = {});
  /// A service task in a loop.
  ProcessText& loop_service(std::string_view id, const LoopText& loop, const JobText& job = {});
  /// Definitions of the file.
  ProcessText& message(std::string_view id, std::string_view name, std::string_view correlation_key = "");
  ProcessText& signal(std::string_view id, std::string_view name);
  ProcessText& error(std::string_view id, std::string_view code);
  ProcessText& escalation(std::string_view id, std::string_view code);
  /// A flow; without `id` it is named f1, f2, ... in document order.
  ProcessText& flow(std::string_view from, std::string_view to, std::string_view condition = "",
                    std::string_view id = "");
  /// Flows from each element to the next.
  ProcessText& sequence(std::initializer_list<std::string_view> ids);

  /// The bpmn:process alone, for files with several.
  [[nodiscard]] std::string process() const;
  [[nodiscard]] std::string file() const;

  [[nodiscard]] const std::string& roots() const { return roots_; }

 private:
  std::string id_;
  std::string body_;
  std::string roots_;
  std::string flow_prefix_ = "f";
  int flows_ = 0;
};

/// A file of several processes.
std::string file_of(const std::vector<ProcessText>& processes);

/// start -> service task "a" -> end.
inline ProcessText one_task(const JobText& job = {}, std::string id = "p") {
  ProcessText text(std::move(id));
  text.start().service("a", job).end().sequence({"start", "a", "end"});
  return text;
}

}  // namespace baton::engine::testing
