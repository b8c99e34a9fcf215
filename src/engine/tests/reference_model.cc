#include "engine/tests/reference_model.h"

#include <algorithm>
#include <set>

namespace baton::engine::testing::reference {

namespace {

bool is_scope(const Node& node) {
  return node.kind == Kind::kProcess || node.kind == Kind::kSubProcess || node.kind == Kind::kEventSubProcess;
}

bool is_join(const Node& node) {
  return node.in.size() > 1 && (node.kind == Kind::kParallel || node.kind == Kind::kInclusive);
}

}  // namespace

Interpreter::Interpreter(const Graph& graph, std::vector<int> variables, std::int64_t now_ms)
    : graph_(graph), variables_(std::move(variables)), now_(now_ms) {
  root_ = std::make_unique<Active>();
  begin(root_.get());
  run();
}

void Interpreter::collect(const Active& active, std::vector<const Active*>& out) const {
  out.push_back(&active);
  for (const ActivePtr& child : active.children) collect(*child, out);
}

std::map<std::string, int> Interpreter::active() const {
  std::map<std::string, int> counts;
  std::vector<const Active*> all;
  if (root_ != nullptr) collect(*root_, all);
  for (const Active* one : all) ++counts[node(*one).id];
  return counts;
}

bool Interpreter::alive(const Active* active) const {
  std::vector<const Active*> all;
  if (root_ != nullptr) collect(*root_, all);
  return std::find(all.begin(), all.end(), active) != all.end();
}

std::vector<Interpreter::JobAction> Interpreter::jobs() const {
  std::vector<JobAction> actions;
  std::map<std::string, std::size_t> ordinals;
  std::vector<const Active*> all;
  if (root_ != nullptr) collect(*root_, all);
  for (const Active* one : all) {
    if (node(*one).kind != Kind::kJob || one->body) continue;
    JobAction action{node(*one).id, ordinals[node(*one).id]++, {}};
    for (const char* code : {"E1", "E2"}) {
      if (find_catch(const_cast<Active*>(one), Trigger::kError, code)) action.catchable_errors.emplace_back(code);
    }
    actions.push_back(std::move(action));
  }
  return actions;
}

std::vector<std::string> Interpreter::messages() const {
  std::set<std::string> names;
  for (const Wait& wait : waits_) {
    if (node(wait.event).trigger == Trigger::kMessage) names.insert(node(wait.event).id);
  }
  return {names.begin(), names.end()};
}

std::optional<std::int64_t> Interpreter::next_due() const {
  std::optional<std::int64_t> due;
  for (const Wait& wait : waits_) {
    if (node(wait.event).trigger == Trigger::kTimer && (!due || wait.due < *due)) due = wait.due;
  }
  return due;
}

/// Instances of one element stand in the order of their creation only within one scope; that is all that tests use.
Interpreter::Active* Interpreter::find(const std::string& element, std::size_t ordinal) const {
  std::vector<const Active*> all;
  collect(*root_, all);
  for (const Active* one : all) {
    if (node(*one).id == element && !one->body && ordinal-- == 0) return const_cast<Active*>(one);
  }
  return nullptr;
}

void Interpreter::complete_job(const std::string& element, std::size_t ordinal, std::int64_t now_ms) {
  now_ = now_ms;
  complete(find(element, ordinal));
  run();
}

void Interpreter::throw_error(const std::string& element, std::size_t ordinal, const std::string& code,
                              std::int64_t now_ms) {
  now_ = now_ms;
  raise_error(find(element, ordinal), code);
  run();
}

void Interpreter::publish(const std::string& message, std::int64_t now_ms) {
  now_ = now_ms;
  const auto found = std::find_if(waits_.begin(), waits_.end(), [&](const Wait& wait) {
    return node(wait.event).trigger == Trigger::kMessage && node(wait.event).id == message;
  });
  if (found != waits_.end()) trigger(Wait(*found));
  run();
}

void Interpreter::pass_time(std::int64_t now_ms) {
  now_ = now_ms;
  while (true) {
    auto due = waits_.end();
    for (auto it = waits_.begin(); it != waits_.end(); ++it) {
      if (node(it->event).trigger != Trigger::kTimer || it->due > now_ms) continue;
      if (due == waits_.end() || it->due < due->due) due = it;
    }
    if (due == waits_.end()) return;
    const Wait wait = *due;
    waits_.erase(due);  // a timer fires once
    trigger(wait);
    run();
  }
}

// --- tokens ---

Interpreter::Active* Interpreter::add(int index, Active* scope) {
  auto active = std::make_unique<Active>();
  active->id = ++last_id_;
  active->node = index;
  active->scope = scope;
  scope->children.push_back(std::move(active));
  return scope->children.back().get();
}

void Interpreter::activate(int index, Active* scope) {
  Active* active = add(index, scope);
  if (node(index).repeat != Repeat::kOnce) {
    begin_body(active);
  } else {
    begin(active);
  }
}

void Interpreter::begin_body(Active* body) {
  body->body = true;
  open_waits(body, node(*body).boundaries);
  if (node(*body).items == 0) {
    complete(body);
    return;
  }
  const int count = node(*body).repeat == Repeat::kParallel ? node(*body).items : 1;
  for (int i = 0; i < count; ++i) begin_item(body);
}

void Interpreter::begin_item(Active* body) {
  ++body->created;
  Active* inner = add(body->node, body);
  inner->inner = true;
  begin(inner);
}

void Interpreter::open_waits(Active* owner, const std::vector<int>& events) {
  for (const int event : events) {
    const Trigger kind = node(event).trigger;
    if (kind == Trigger::kMessage || kind == Trigger::kTimer)
      waits_.push_back({owner, event, now_ + node(event).wait_ms});
  }
}

void Interpreter::open_event_subs(Active* scope) {
  for (const int event_sub : node(*scope).event_subs) open_waits(scope, {node(event_sub).start});
}

void Interpreter::begin(Active* active) {
  const Node& what = node(*active);
  if (!active->inner) open_waits(active, what.boundaries);
  switch (what.kind) {
    case Kind::kProcess:
    case Kind::kSubProcess:
    case Kind::kEventSubProcess:
      activate(what.start, active);
      return;
    case Kind::kJob:
      return;
    case Kind::kReceive:
    case Kind::kCatch:
      open_waits(active, {active->node});
      return;
    case Kind::kEventGateway:
      for (const int flow : what.out) open_waits(active, {graph_.flows[static_cast<std::size_t>(flow)].to});
      return;
    case Kind::kErrorEnd:
      raise_error(active, what.code);  // not caught: it stays there with an incident
      return;
    case Kind::kEscalationEnd:
    case Kind::kEscalationThrow:
      if (raise_escalation(active, what.code)) complete(active);
      return;
    case Kind::kExclusive:
      choose(active, false);
      return;
    case Kind::kInclusive:
      choose(active, true);
      return;
    default:
      complete(active);
  }
}

bool Interpreter::holds(const Flow& flow) const {
  if (flow.variable < 0) return true;
  return (variables_[static_cast<std::size_t>(flow.variable)] < flow.limit) == flow.below;
}

/// An exclusive gateway takes the first flow that holds, an inclusive one all of them; else the default flow.
void Interpreter::choose(Active* gateway, bool all) {
  const Node& what = node(*gateway);
  if (what.out.size() == 1) {
    complete(gateway);
    return;
  }
  std::vector<int> chosen;
  for (const int flow : what.out) {
    if (flow == what.default_flow || !holds(graph_.flows[static_cast<std::size_t>(flow)])) continue;
    chosen.push_back(flow);
    if (!all) break;
  }
  if (chosen.empty()) chosen.push_back(what.default_flow);
  Active* scope = gateway->scope;
  leave(gateway);
  for (const int flow : chosen) take(flow, scope);
}

/// Takes the active element out of its scope, with its waits.
void Interpreter::leave(Active* active) {
  waits_.remove_if([active](const Wait& wait) { return wait.owner == active; });
  auto& siblings = active->scope->children;
  siblings.erase(
      std::find_if(siblings.begin(), siblings.end(), [active](const ActivePtr& p) { return p.get() == active; }));
}

void Interpreter::complete(Active* active) {
  if (active == root_.get()) {
    waits_.clear();
    root_.reset();
    return;
  }
  const int index = active->node;
  Active* scope = active->scope;
  if (active->inner) {
    leave(active);
    if (node(index).repeat == Repeat::kSequential && scope->created < node(index).items) {
      begin_item(scope);
    } else if (scope->children.empty()) {
      complete(scope);
    }
    return;
  }
  leave(active);
  if (node(index).kind == Kind::kTerminateEnd) {
    terminate_children(scope);
    finish_scope_if_done(scope);
    return;
  }
  if (node(index).kind == Kind::kStart && node(*scope).kind != Kind::kEventSubProcess) open_event_subs(scope);
  take_outgoing(index, scope);
  finish_scope_if_done(scope);
}

void Interpreter::take_outgoing(int index, Active* scope) {
  for (const int flow : node(index).out) take(flow, scope);
}

void Interpreter::take(int flow, Active* scope) {
  tokens_.push_back({flow, scope});
}

void Interpreter::arrive(const Token& token) {
  const int target = graph_.flows[static_cast<std::size_t>(token.flow)].to;
  const Node& what = node(target);
  if (!is_join(what)) {
    activate(target, token.scope);
    return;
  }
  ++token.scope->arrived[token.flow];
  if (what.kind == Kind::kInclusive) return;  // fire_inclusive_joins
  for (const int flow : what.in) {
    const auto waiting = token.scope->arrived.find(flow);
    if (waiting == token.scope->arrived.end() || waiting->second == 0) return;
  }
  for (const int flow : what.in) --token.scope->arrived[flow];
  activate(target, token.scope);
}

/// The incoming flows of the join that a path from the node ends with, without leading through the join before. A path
/// may leave an activity by an event on its boundary.
std::set<int> Interpreter::ways(int from, int join) const {
  std::set<int> found;
  std::set<int> seen;
  std::vector<int> open = {from};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    for (const int flow : node(at).out) {
      const int to = graph_.flows[static_cast<std::size_t>(flow)].to;
      if (to == join) {
        found.insert(flow);
      } else if (seen.insert(to).second) {
        open.push_back(to);
      }
    }
    for (const int boundary : node(at).boundaries) open.push_back(boundary);
  }
  return found;
}

bool Interpreter::may_still_arrive(const Active& scope, int join) const {
  for (const ActivePtr& child : scope.children) {
    if (!ways(child->node, join).empty()) return true;
  }
  for (const Token& token : tokens_) {
    const int to = graph_.flows[static_cast<std::size_t>(token.flow)].to;
    if (token.scope == &scope && (to == join || !ways(to, join).empty())) return true;
  }
  // BPMN 2.0, 13.4.3: a token that waits at another join counts for flows that have none, if it cannot come by one that
  // has: such a token would be of the next round.
  const auto has_token = [&](int flow) {
    const auto at = scope.arrived.find(flow);
    return at != scope.arrived.end() && at->second > 0;
  };
  for (const auto& [flow, count] : scope.arrived) {
    const int at = graph_.flows[static_cast<std::size_t>(flow)].to;
    if (count == 0 || at == join) continue;
    const std::set<int> by = ways(at, join);
    if (!by.empty() && std::none_of(by.begin(), by.end(), has_token)) return true;
  }
  return false;
}

void Interpreter::fire_inclusive_joins() {
  std::vector<const Active*> all;
  if (root_ != nullptr) collect(*root_, all);
  for (const Active* one : all) {
    if (!is_scope(node(*one)) || one->body) continue;
    auto* scope = const_cast<Active*>(one);
    std::set<int> joins;
    for (const auto& [flow, count] : scope->arrived) {
      const int at = graph_.flows[static_cast<std::size_t>(flow)].to;
      if (count > 0 && node(at).kind == Kind::kInclusive) joins.insert(at);
    }
    for (const int join : joins) {
      if (may_still_arrive(*scope, join)) continue;
      for (const int flow : node(join).in) {
        auto waiting = scope->arrived.find(flow);
        if (waiting != scope->arrived.end() && waiting->second > 0) --waiting->second;
      }
      activate(join, scope);
      return;
    }
  }
}

void Interpreter::run() {
  while (root_ != nullptr) {
    if (!tokens_.empty()) {
      const Token token = tokens_.front();
      tokens_.pop_front();
      if (alive(token.scope)) {
        arrive(token);
        if (root_ != nullptr && alive(token.scope)) finish_scope_if_done(token.scope);
      }
      continue;
    }
    const auto before = active();
    fire_inclusive_joins();
    if (tokens_.empty() && root_ != nullptr && active() == before) return;
  }
  tokens_.clear();
}

void Interpreter::finish_scope_if_done(Active* scope) {
  if (!scope->children.empty()) return;
  for (const Token& token : tokens_) {
    if (token.scope == scope) return;
  }
  for (const auto& [flow, count] : scope->arrived) {
    if (count > 0) return;
  }
  complete(scope);
}

// --- ending ---

void Interpreter::terminate(Active* active) {
  terminate_children(active);
  leave(active);
}

void Interpreter::terminate_children(Active* scope) {
  while (!scope->children.empty()) terminate(scope->children.back().get());
  std::erase_if(tokens_, [scope](const Token& token) { return token.scope == scope; });
  scope->arrived.clear();
}

// --- events ---

void Interpreter::trigger(const Wait& wait) {
  const Node& event = node(wait.event);
  Active* owner = wait.owner;
  if (event.kind == Kind::kStart) {
    trigger_event_sub(owner, event.scope);
  } else if (event.kind == Kind::kBoundary) {
    fire({owner, wait.event});
  } else if (node(*owner).kind == Kind::kEventGateway) {
    Active* scope = owner->scope;
    leave(owner);
    take_outgoing(wait.event, scope);
    finish_scope_if_done(scope);
  } else {
    complete(owner);
  }
}

void Interpreter::fire(const Catch& found) {
  const Node& event = node(found.event);
  if (event.kind == Kind::kEventSubProcess) {
    trigger_event_sub(found.owner, found.event);
    return;
  }
  Active* scope = found.owner->scope;
  if (event.interrupting) terminate(found.owner);
  take_outgoing(found.event, scope);
  finish_scope_if_done(scope);
}

void Interpreter::trigger_event_sub(Active* scope, int event_sub) {
  if (node(node(event_sub).start).interrupting) {
    terminate_children(scope);
    scope->closed = true;
    const auto& own = node(*scope).boundaries;
    waits_.remove_if([&](const Wait& wait) {
      return wait.owner == scope && std::find(own.begin(), own.end(), wait.event) == own.end();
    });
  }
  activate(event_sub, scope);
}

/// From the thrower upwards: at each activity or scope, the event sub-processes in it and the boundary events on it;
/// one with the right code before one that catches any.
std::optional<Interpreter::Catch> Interpreter::find_catch(Active* from, Trigger kind, const std::string& code) const {
  for (Active* at = from; at != nullptr; at = at->scope) {
    std::optional<Catch> any;
    std::vector<int> candidates;
    if (!at->body && !at->closed) candidates = node(*at).event_subs;
    if (!at->inner) candidates.insert(candidates.end(), node(*at).boundaries.begin(), node(*at).boundaries.end());
    for (const int candidate : candidates) {
      const Node& event =
          node(candidate).kind == Kind::kEventSubProcess ? node(node(candidate).start) : node(candidate);
      if (event.trigger != kind) continue;
      if (event.code == code) return Catch{at, candidate};
      if (event.code.empty() && !any) any = Catch{at, candidate};
    }
    if (any) return any;
  }
  return std::nullopt;
}

void Interpreter::raise_error(Active* thrower, const std::string& code) {
  if (const auto found = find_catch(thrower, Trigger::kError, code)) fire(*found);
}

bool Interpreter::raise_escalation(Active* thrower, const std::string& code) {
  const auto found = find_catch(thrower->scope, Trigger::kEscalation, code);
  if (!found) return true;
  const std::uint64_t id = thrower->id;
  fire(*found);
  return alive(thrower) && thrower->id == id;
}

}  // namespace baton::engine::testing::reference
