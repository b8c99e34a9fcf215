#include "engine/behaviours/catching.h"

#include <algorithm>

namespace baton::engine {

namespace {

using bpmn::EventType;

/// One step of the search: an element instance and its instance.
struct Level {
  const Instance* instance;
  const ElementInstanceRow* row;
  const bpmn::Element* element;
};

/// Calls `visit(level, catch event)` for the events of one level: event sub-processes first, as they are further
/// inside.
template <typename F>
void visit_events(const Level& level, EventType type, F&& visit) {
  const bpmn::ProcessModel& model = level.instance->model();
  const auto consider = [&](ElementIndex index) {
    const auto& event = model.element(index).event;
    if (event && event->type == type) visit(index, *event);
  };
  // A scope that was interrupted starts no further event sub-process. Its boundary events still catch: what goes wrong
  // while an error is handled must reach the outside.
  if (level.row->interrupted_at.value() == 0 && level.row->state == ElementState::kActivated) {
    for (const ElementIndex sub_process : level.element->event_sub_processes)
      consider(model.element(sub_process).start);
  }
  for (const ElementIndex boundary : level.element->boundary_events) consider(boundary);
}

/// The walk outwards. `visit(level, caller, child)` returns true to end it.
template <typename F>
void walk(const Execution& x, Key thrower, F&& visit) {
  const Instance* instance = &x.instance();
  Key at = thrower;
  Key caller;
  Key child;
  while (true) {
    while (at.value() != 0) {
      const ElementInstanceRow* row = instance->element(at);
      if (row == nullptr || row->state == ElementState::kTerminating) return;
      if (visit(Level{instance, row, &instance->model().element(row->element)}, caller, child)) return;
      const ElementInstanceRow* scope = row->scope.value() == 0 ? nullptr : instance->element(row->scope);
      if (scope != nullptr && at < scope->interrupted_at) return;  // it is about to be terminated
      at = row->scope;
    }
    caller = instance->row.parent;
    if (caller.value() == 0) return;
    child = instance->row.key;
    instance = x.view.instance_of(caller);
    if (instance == nullptr) return;
    const ElementInstanceRow* row = instance->element(caller);
    if (row == nullptr || row->called != child || !instance->is_live(caller)) return;
    at = caller;
  }
}

}  // namespace

std::optional<Catch> find_catch(const Execution& x, EventType type, std::string_view code, Key thrower) {
  std::optional<Catch> found;
  walk(x, thrower, [&](const Level& level, Key caller, Key child) {
    std::optional<ElementIndex> specific;
    std::optional<ElementIndex> any;
    visit_events(level, type, [&](ElementIndex index, const bpmn::Event& event) {
      if (event.catches_all) {
        if (!any) any = index;
      } else if (event.text.text == code && !specific) {
        specific = index;
      }
    });
    const auto& chosen = specific ? specific : any;
    if (!chosen) return false;
    found = Catch{level.row->key, *chosen, level.instance->model().element(*chosen).event->interrupting, caller, child};
    return true;
  });
  return found;
}

std::string uncaught_text(const Execution& x, std::string_view code, std::string_view message, Key thrower) {
  std::vector<std::string> codes;
  walk(x, thrower, [&](const Level& level, Key, Key) {
    visit_events(level, EventType::kError, [&](ElementIndex, const bpmn::Event& event) {
      if (std::find(codes.begin(), codes.end(), event.text.text) == codes.end()) codes.push_back(event.text.text);
    });
    return false;
  });
  std::string text = fmt::format("Expected to throw an error event with the code '{}'", code);
  if (!message.empty()) text += fmt::format(" with message '{}'", message);
  text += ", but it was not caught.";
  if (codes.empty()) return text + " No error events are available in the scope.";
  return text + fmt::format(" Available error events are [{}]", fmt::join(codes, ", "));
}

}  // namespace baton::engine
