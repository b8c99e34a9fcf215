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

class ProcessText {
 public:
  explicit ProcessText(std::string id = "p") : id_(std::move(id)) {}

  ProcessText& start(std::string_view id = "start") { return node("startEvent", id); }
  ProcessText& end(std::string_view id = "end") { return node("endEvent", id); }
  ProcessText& service(std::string_view id, const JobText& job = {}) { return job_task("serviceTask", id, job); }
  ProcessText& job_task(std::string_view kind, std::string_view id, const JobText& job = {});
  ProcessText& exclusive(std::string_view id, std::string_view default_flow = "");
  ProcessText& parallel(std::string_view id) { return node("parallelGateway", id); }
  /// Any element of the BPMN namespace; `inputs` and `outputs` become its zeebe:ioMapping.
  ProcessText& node(std::string_view kind, std::string_view id, const Pairs& inputs = {}, const Pairs& outputs = {});
  /// A flow; without `id` it is named f1, f2, ... in document order.
  ProcessText& flow(std::string_view from, std::string_view to, std::string_view condition = "",
                    std::string_view id = "");
  /// Flows from each element to the next.
  ProcessText& sequence(std::initializer_list<std::string_view> ids);

  /// The bpmn:process alone, for files with several.
  [[nodiscard]] std::string process() const;
  [[nodiscard]] std::string file() const;

 private:
  std::string id_;
  std::string body_;
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
