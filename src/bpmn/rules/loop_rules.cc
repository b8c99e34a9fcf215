// A loop without a wait state would run for ever. Nodes that let tokens pass form a graph; a strongly connected part of
// it that has a cycle and holds a task without work is refused. Loops of gateways alone are accepted: a condition may
// end them.
#include <algorithm>
#include <unordered_set>

#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

constexpr std::uint32_t kNone = ProcessView::kNone;

class LoopFinder {
 public:
  explicit LoopFinder(const ProcessView& process)
      : process_(process), count_(static_cast<std::uint32_t>(process.process().nodes.size())) {
    index_.assign(count_, kNone);
    low_.assign(count_, 0);
    component_.assign(count_, kNone);
    find_passing();
  }

  void run(Report& report) {
    for (std::uint32_t node = 0; node < count_; ++node) {
      if (passes(node) && index_[node] == kNone) find_components(node);
    }
    std::vector<bool> reported(components_, false);
    for (std::uint32_t node = 0; node < count_; ++node) {
      if (!is_idle_task(node) || reported[component_[node]]) continue;
      const std::string loop = shortest_loop(node);
      if (loop.empty()) continue;
      reported[component_[node]] = true;
      report.add(process_.process().nodes[node], "straight-through-loop",
                 "Processes are not allowed to contain a straight-through processing loop: " + loop);
    }
  }

 private:
  /// A node on the way of the depth-first search, and the outgoing flow to follow next.
  struct Step {
    std::uint32_t node;
    std::size_t next;
  };

  // A sub-process lets a token pass if one can get through its inside. The nodes of its inside come behind it in the
  // file, so the way back through the file knows them already.
  void find_passing() {
    passes_.assign(count_, false);
    for (std::uint32_t node = count_; node-- > 0;) {
      const ElementSpec* spec = process_.process().nodes[node].spec;
      passes_[node] =
          spec != nullptr && spec->token_flow != TokenFlow::kWaits && (spec != &kSubProcessSpec || inside_passes(node));
    }
  }

  [[nodiscard]] bool inside_passes(std::uint32_t sub_process) const {
    std::vector<std::uint32_t> queue;
    std::unordered_set<std::uint32_t> seen;
    const auto visit = [&](std::uint32_t node) {
      if (node != kNone && passes_[node] && seen.insert(node).second) queue.push_back(node);
    };
    for (const std::uint32_t node : process_.inside(sub_process)) {
      if (process_.process().nodes[node].spec == &kStartEventSpec) visit(node);
    }
    for (std::size_t at = 0; at < queue.size(); ++at) {
      if (process_.outgoing(queue[at]).empty()) return true;
      for (const std::uint32_t flow : process_.outgoing(queue[at])) visit(process_.target(flow));
    }
    return false;
  }

  [[nodiscard]] bool passes(std::uint32_t node) const { return passes_[node]; }
  [[nodiscard]] bool is_idle_task(std::uint32_t node) const {
    const ElementSpec* spec = process_.process().nodes[node].spec;
    return spec != nullptr && spec->token_flow == TokenFlow::kPasses;
  }
  [[nodiscard]] std::uint32_t passing_target(std::uint32_t flow) const {
    const std::uint32_t target = process_.target(flow);
    return target != kNone && passes(target) ? target : kNone;
  }

  void enter(std::uint32_t node) {
    index_[node] = low_[node] = next_index_++;
    stack_.push_back(node);
    way_.push_back({node, 0});
  }

  // Tarjan's algorithm with an explicit stack: a chain of a hundred thousand tasks must not overflow ours.
  void find_components(std::uint32_t start) {
    enter(start);
    while (!way_.empty()) {
      Step& step = way_.back();
      const auto outgoing = process_.outgoing(step.node);
      if (step.next < outgoing.size()) {
        const std::uint32_t target = passing_target(outgoing[step.next++]);
        if (target == kNone) continue;
        if (index_[target] == kNone) {
          enter(target);
        } else if (component_[target] == kNone) {
          low_[step.node] = std::min(low_[step.node], index_[target]);
        }
        continue;
      }
      leave(step.node);
    }
  }

  void leave(std::uint32_t node) {
    way_.pop_back();
    if (!way_.empty()) low_[way_.back().node] = std::min(low_[way_.back().node], low_[node]);
    if (low_[node] != index_[node]) return;
    while (true) {
      const std::uint32_t member = stack_.back();
      stack_.pop_back();
      component_[member] = components_;
      if (member == node) break;
    }
    ++components_;
  }

  // Breadth-first within the component of `start`, back to `start`: "a > b > a", or empty if there is no way back.
  [[nodiscard]] std::string shortest_loop(std::uint32_t start) const {
    std::unordered_map<std::uint32_t, std::uint32_t> came_from;
    std::vector<std::uint32_t> queue{start};
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (const std::uint32_t flow : process_.outgoing(queue[at])) {
        const std::uint32_t target = passing_target(flow);
        if (target == start) return path_text(start, queue[at], came_from);
        if (target == kNone || component_[target] != component_[start] ||
            !came_from.try_emplace(target, queue[at]).second)
          continue;
        queue.push_back(target);
      }
    }
    return {};
  }

  [[nodiscard]] std::string path_text(std::uint32_t start, std::uint32_t last,
                                      const std::unordered_map<std::uint32_t, std::uint32_t>& came_from) const {
    std::vector<std::uint32_t> path{start};
    for (std::uint32_t at = last; at != start; at = came_from.at(at)) path.push_back(at);
    path.push_back(start);
    constexpr std::size_t kShown = 20;
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path.size() > kShown && i == kShown - 2) {
        text += " > ...";
        i = path.size() - 1;
      }
      const RawNode& node = process_.process().nodes[path[path.size() - 1 - i]];
      if (i > 0) text += " > ";
      text += clipped(described(node.id, node.kind, node.line));
    }
    return text;
  }

  const ProcessView& process_;
  std::uint32_t count_;
  std::vector<bool> passes_;
  std::vector<std::uint32_t> index_;
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> component_;
  std::vector<std::uint32_t> stack_;
  std::vector<Step> way_;
  std::uint32_t next_index_ = 0;
  std::uint32_t components_ = 0;
};

}  // namespace

void check_straight_through_loops(const ProcessView& process, Report& report) {
  LoopFinder(process).run(report);
}

}  // namespace baton::bpmn
