// A loop without a wait state would run for ever. Nodes that let tokens pass form a graph; a strongly connected part of
// it that has a cycle and holds a task without work or a call is refused. Loops of gateways alone are accepted: a
// condition may end them.
//
// A token enters a sub-process at its start event and goes on behind it where its inside ends. A call activity leads to
// the none start event of the process it calls, if that is in the same file and named by a fixed text; the way back is
// not looked at.
#include <algorithm>
#include <unordered_map>

#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

constexpr std::uint32_t kNone = ProcessView::kNone;

/// Nodes of all processes are numbered together; node + count_ is the exit of a sub-process.
class LoopFinder {
 public:
  explicit LoopFinder(std::span<const ProcessView> processes) : processes_(processes) {
    for (const ProcessView& process : processes_) {
      first_.push_back(count_);
      for (const RawNode& node : process.process().nodes) nodes_.push_back(&node);
      count_ = static_cast<std::uint32_t>(nodes_.size());
    }
    next_.resize(std::size_t{count_} * 2);
    find_called();
    for (std::size_t i = 0; i < processes_.size(); ++i) connect(processes_[i], first_[i]);
    index_.assign(next_.size(), kNone);
    low_.assign(next_.size(), 0);
    component_.assign(next_.size(), kNone);
  }

  void run(Report& report) {
    for (std::uint32_t node = 0; node < next_.size(); ++node) {
      if (index_[node] == kNone) find_components(node);
    }
    std::vector<bool> reported(components_, false);
    for (std::uint32_t node = 0; node < count_; ++node) {
      if (!never_waits(node) || reported[component_[node]]) continue;
      const std::string loop = shortest_loop(node);
      if (loop.empty()) continue;
      reported[component_[node]] = true;
      report.add(*nodes_[node], "straight-through-loop",
                 "Processes are not allowed to contain a straight-through processing loop: " + loop);
    }
  }

 private:
  /// A node on the way of the depth-first search, and the next node to look at.
  struct Step {
    std::uint32_t node;
    std::size_t next;
  };

  /// Call activities that lead to a process of this file.
  void find_called() {
    std::unordered_map<std::string_view, std::uint32_t> starts;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      for (const std::uint32_t node : processes_[i].inside(RawNode::kNoParent)) {
        const RawNode& start = processes_[i].process().nodes[node];
        if (start.spec == &kStartEventSpec && start.events.empty())
          starts.try_emplace(processes_[i].process().id, first_[i] + node);
      }
    }
    for (std::uint32_t node = 0; node < count_; ++node) {
      const auto& called = nodes_[node]->called_elements;
      if (called.size() != 1 || !called.front().process_id) continue;
      const auto start = starts.find(*called.front().process_id);
      if (start != starts.end()) called_.emplace(node, start->second);
    }
  }

  void connect(const ProcessView& process, std::uint32_t first) {
    const std::vector<RawNode>& nodes = process.process().nodes;
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      if (!passes(first + i)) continue;
      std::uint32_t from = first + i;
      if (const auto called = called_.find(from); called != called_.end()) {
        lead(from, called->second);
        continue;
      }
      if (nodes[i].spec == &kSubProcessSpec) {
        for (const std::uint32_t inside : process.inside(i)) {
          if (nodes[inside].spec == &kStartEventSpec) lead(from, first + inside);
        }
        from += count_;
      }
      for (const std::uint32_t flow : process.outgoing(i)) {
        if (process.target(flow) != kNone) lead(from, first + process.target(flow));
      }
      const bool is_link = !nodes[i].events.empty() && nodes[i].events.front().type == EventType::kLink;
      if (process.outgoing(i).empty() && nodes[i].parent != RawNode::kNoParent && !is_link)
        next_[from].push_back(first + nodes[i].parent + count_);
    }
  }

  void lead(std::uint32_t from, std::uint32_t to) {
    if (passes(to)) next_[from].push_back(to);
  }

  [[nodiscard]] bool passes(std::uint32_t node) const {
    const ElementSpec* spec = nodes_[node]->spec;
    const bool has_job = spec != nullptr && creates_job(*nodes_[node]);  // e.g. a message throw event
    return spec != nullptr && ((spec->token_flow != TokenFlow::kWaits && !has_job) || called_.contains(node));
  }
  [[nodiscard]] bool never_waits(std::uint32_t node) const {
    const ElementSpec* spec = nodes_[node]->spec;
    return spec != nullptr && (spec->token_flow == TokenFlow::kPasses || called_.contains(node));
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
      if (step.next < next_[step.node].size()) {
        const std::uint32_t target = next_[step.node][step.next++];
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
      const std::uint32_t node = queue[at];
      for (const std::uint32_t target : next_[node]) {
        if (target == start) return path_text(start, node, came_from);
        if (component_[target] == component_[start] && came_from.try_emplace(target, node).second)
          queue.push_back(target);
      }
    }
    return {};
  }

  [[nodiscard]] std::string path_text(std::uint32_t start, std::uint32_t last,
                                      const std::unordered_map<std::uint32_t, std::uint32_t>& came_from) const {
    std::vector<std::uint32_t> path{start};
    for (std::uint32_t at = last; at != start; at = came_from.at(at)) {
      if (at < count_) path.push_back(at);
    }
    path.push_back(start);
    constexpr std::size_t kShown = 20;
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path.size() > kShown && i == kShown - 2) {
        text += " > ...";
        i = path.size() - 1;
      }
      const RawNode& node = *nodes_[path[path.size() - 1 - i]];
      if (i > 0) text += " > ";
      text += clipped(described(node.id, node.kind, node.line));
    }
    return text;
  }

  std::span<const ProcessView> processes_;
  std::vector<std::uint32_t> first_;  // of each process
  std::vector<const RawNode*> nodes_;
  std::uint32_t count_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> called_;  // call activity -> start event
  std::vector<std::vector<std::uint32_t>> next_;
  std::vector<std::uint32_t> index_;
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> component_;
  std::vector<std::uint32_t> stack_;
  std::vector<Step> way_;
  std::uint32_t next_index_ = 0;
  std::uint32_t components_ = 0;
};

}  // namespace

void check_straight_through_loops(std::span<const ProcessView> processes, Report& report) {
  LoopFinder(processes).run(report);
}

}  // namespace baton::bpmn
