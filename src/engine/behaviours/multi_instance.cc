#include "engine/behaviours/multi_instance.h"

#include <algorithm>

#include "base/ensure.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/loop_items.h"
#include "engine/behaviours/variables.h"
#include "feel/json.h"

namespace baton::engine {

namespace {

/// A sequential loop reads its items ahead, so that a long list is not parsed once per item.
constexpr std::uint32_t kChunkItems = 256;
/// So does a parallel one, in memory alone: it can read its items again at any time. Each time the list is evaluated
/// whole, for which others wait.
constexpr std::uint32_t kItemsReadAhead = 65'536;
constexpr std::size_t kBytesReadAhead = 4U << 20;
/// The list of outputs is one variable, and must fit into a frame with all else.
constexpr std::size_t kMostOutputBytes = 16U << 20;

struct Items {
  std::uint32_t total = 0;
  std::vector<std::string> slice;  // items `from` to `from + slice.size() - 1` as JSON
};

tl::expected<Items, StepFailure> evaluate_items(Execution& x, Key body, const bpmn::LoopCharacteristics& loop,
                                                std::uint32_t from, std::uint32_t count,
                                                std::size_t most_bytes = SIZE_MAX) {
  auto list = evaluate(x, body, *loop.input_collection, IncidentKind::kExtractValueError);
  if (!list) return tl::unexpected(std::move(list.error()));
  if (!list->is(feel::Kind::kList)) {
    return step_failure(IncidentKind::kExtractValueError,
                        fmt::format("Expected result of the expression '{}' to be a list, but was {}.",
                                    loop.input_collection->source(), feel::kind_name(list->kind())));
  }
  const auto all = list->as_list();
  Items items;
  items.total = static_cast<std::uint32_t>(all.size());
  std::size_t bytes = 0;
  for (std::size_t i = from; i < std::min<std::size_t>(all.size(), std::size_t{from} + count); ++i) {
    if (bytes > most_bytes) break;
    std::string& json = items.slice.emplace_back();
    if (auto status = feel::to_json(all[i], json); !status) {
      return step_failure(IncidentKind::kExtractValueError,
                          fmt::format("Item {} of '{}' cannot be stored: {}", i + 1, loop.input_collection->source(),
                                      status.error().message));
    }
    bytes += json.size();
  }
  return items;
}

std::uint32_t slice_size(const Execution& x, const bpmn::LoopCharacteristics& loop) {
  return loop.sequential ? kChunkItems : std::max(x.steps_left(), 1U);
}

std::string list_of(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ","));
}

/// Item `index` (from 0) of a JSON list.
tl::expected<std::string, StepFailure> item_of(Execution& x, std::string_view list, std::uint32_t index) {
  x.evaluation.reset(x.now());
  const auto value = feel::from_json(list, x.evaluation);
  std::string json;
  if (!value || !value->is(feel::Kind::kList) || index >= value->as_list().size() ||
      !feel::to_json(value->as_list()[index], json))
    return step_failure(IncidentKind::kExtractValueError, "An item that was read ahead cannot be read any more.");
  return json;
}

void activate_item(Execution& x, Key body, std::uint32_t index, const std::string& json) {
  const bpmn::Element& element = x.definition_of(body);
  const bpmn::LoopCharacteristics& loop = *element.loop;
  const auto set = [&](Key item, std::string_view name, std::string_view value) {
    set_local(x, item, {x.symbols.intern(name), Value(value), -1});
  };
  const Key item = x.begin(element.inner, body);
  x.events.append(LoopItemStarted{item, index + 1});
  set(item, "loopCounter", std::to_string(index + 1));
  if (!loop.input_element.empty()) set(item, loop.input_element, json);
  // The output variable begins as null in the item, so that results of items do not meet outside.
  const std::string& output = loop.output_variable;
  if (!output.empty() && output != loop.input_element && output != "loopCounter") set(item, output, "null");
  x.go_on_activating(item);
}

void fail_body(Execution& x, Key body, const StepFailure& failure) {
  x.raise_incident(body, Key(0), failure.kind, failure.message);
}

StepFailure index_gone(const bpmn::LoopCharacteristics& loop, std::uint32_t index, std::uint32_t size) {
  return {IncidentKind::kExtractValueError,
          fmt::format("Expected to read item {} of the input collection '{}', but it has only {} items.", index + 1,
                      loop.input_collection->source(), size)};
}

void create_next(Execution& x, Key body, const bpmn::LoopCharacteristics& loop) {
  const LoopRow row = *x.instance().loop(body);
  const std::uint32_t index = row.created;
  std::string chunk(row.chunk.json());
  std::uint32_t begin = row.chunk_begin;
  if (chunk.empty() || index < begin || index >= begin + kChunkItems) {
    auto items = evaluate_items(x, body, loop, index, kChunkItems);
    if (items && items->slice.empty()) items = tl::unexpected(index_gone(loop, index, items->total));
    if (!items) return fail_body(x, body, items.error());
    begin = index;
    chunk = list_of(items->slice);
    x.events.append(LoopChunkRead{body, begin, Value(chunk)});
  }
  auto item = item_of(x, chunk, index - begin);
  if (!item) return fail_body(x, body, item.error());
  activate_item(x, body, index, *item);
}

/// `ready` holds the first items if they are known already.
void create_parallel(Execution& x, Key body, const bpmn::LoopCharacteristics& loop, std::vector<std::string> ready) {
  const LoopRow row = *x.instance().loop(body);
  std::uint32_t index = row.created;
  if (ready.empty()) {
    const std::uint32_t most = slice_size(x, loop);
    auto known = x.loop_items->find(body, index, most);
    if (known.empty()) {
      auto items = evaluate_items(x, body, loop, index, kItemsReadAhead, kBytesReadAhead);
      if (items && items->slice.empty()) items = tl::unexpected(index_gone(loop, index, items->total));
      if (!items) return fail_body(x, body, items.error());
      x.loop_items->keep(body, index, std::move(items->slice));
      known = x.loop_items->find(body, index, most);
    }
    ready.assign(known.begin(), known.end());
  }
  for (const std::string& json : ready) {
    // An item may end the loop (completion condition), or everything around it (error).
    if (x.instance_ended() || !x.instance().is_live(body)) return;
    const LoopRow* now = x.instance().loop(body);
    if (now == nullptr || now->satisfied) return;
    if (!x.step()) break;
    activate_item(x, body, index++, json);
  }
  if (x.instance_ended() || !x.instance().is_live(body)) return;
  const LoopRow* now = x.instance().loop(body);
  if (now != nullptr && now->created < now->total && !now->satisfied)
    x.defer(DeferredKind::kCreateItems, bpmn::kNoFlow, body);
}

/// The output collection, with `value` for item `index` (from 1) unless that is 0; nullopt if it takes more bytes than
/// `most`.
std::optional<std::string> output_list(const Instance& instance, Key body, std::size_t most, std::uint32_t index = 0,
                                       std::string_view value = {}) {
  const std::uint32_t total = instance.loop(body)->total;
  std::string list = "[";
  std::uint32_t next = 1;
  const auto fill_to = [&](std::uint32_t until) {
    for (; next < until; ++next) {
      if (next > 1) list += ',';
      list += next == index ? value : "null";
    }
  };
  bool fits = true;
  instance.items_of.for_each(body, [&](std::uint64_t key) {
    const LoopItemRow& item = instance.items.find(key)->second;
    fill_to(item.index);
    if (next > 1) list += ',';
    list += item.value.json();
    ++next;
    fits = list.size() <= most;
    return fits;
  });
  if (!fits) return std::nullopt;
  fill_to(total + 1);
  return list + ']';
}

/// `output` is that of the item, which has no row yet.
tl::expected<bool, StepFailure> is_satisfied(Execution& x, Key item, const bpmn::LoopCharacteristics& loop,
                                             std::string_view output) {
  if (!loop.completion_condition) return false;
  const Key body = x.element(item).scope;
  const LoopRow& row = *x.instance().loop(body);
  const std::uint32_t active = x.element(body).children - 1;
  const std::uint32_t completed = row.completed + 1;
  Overlay more = {{"numberOfInstances", std::to_string(row.total)},
                  {"numberOfActiveInstances", std::to_string(active)},
                  {"numberOfCompletedInstances", std::to_string(completed)},
                  {"numberOfTerminatedInstances", std::to_string(row.created - active - completed)}};
  const auto names = loop.completion_condition->free_names();
  if (loop.output_element && std::find(names.begin(), names.end(), loop.output_collection) != names.end())
    more.emplace_back(loop.output_collection,
                      *output_list(x.instance(), body, SIZE_MAX, x.element(item).loop_counter, output));
  auto value = evaluate(x, item, *loop.completion_condition, IncidentKind::kExtractValueError, &more);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is(feel::Kind::kBoolean)) {
    return step_failure(IncidentKind::kExtractValueError,
                        fmt::format("Expected result of the expression '{}' to be a boolean, but was {}.",
                                    loop.completion_condition->source(), feel::kind_name(value->kind())));
  }
  return value->as_boolean();
}

}  // namespace

StepResult read_items(Execution& x, Key body, const bpmn::LoopCharacteristics& loop) {
  auto items = evaluate_items(x, body, loop, 0, slice_size(x, loop));
  if (!items) return tl::unexpected(std::move(items.error()));
  x.pending_total = items->total;
  x.pending_items = std::move(items->slice);
  return {};
}

void create_items(Execution& x, Key body) {
  const bpmn::LoopCharacteristics& loop = *x.definition_of(body).loop;
  if (x.instance().loop(body) == nullptr) {
    x.events.append(LoopStarted{body, x.pending_total});
    if (loop.sequential && x.pending_total > 0)
      x.events.append(LoopChunkRead{body, 0, Value(list_of(x.pending_items))});
    std::vector<std::string> ready = std::move(x.pending_items);
    x.pending_items.clear();
    if (x.pending_total == 0) {
      x.complete(body);
    } else if (loop.sequential) {
      create_next(x, body, loop);
    } else {
      create_parallel(x, body, loop, std::move(ready));
    }
    return;
  }
  if (loop.sequential) {
    create_next(x, body, loop);
  } else {
    create_parallel(x, body, loop, {});
  }
}

StepResult complete_item(Execution& x, Key item, const bpmn::Element& activity) {
  const bpmn::LoopCharacteristics& loop = *x.model().element(activity.scope).loop;
  std::string output;
  if (loop.output_element) {
    auto json = evaluate_json(x, item, *loop.output_element, IncidentKind::kExtractValueError);
    if (!json) return tl::unexpected(std::move(json.error()));
    output = std::move(*json);
  }
  auto satisfied = is_satisfied(x, item, loop, output);
  if (!satisfied) return tl::unexpected(std::move(satisfied.error()));
  const Key body = x.element(item).scope;
  x.events.append(LoopItemCompleted{item, Value(output)});
  if (*satisfied && !x.instance().loop(body)->satisfied) x.events.append(LoopSatisfied{body});
  return {};
}

bool go_on_with_loop(Execution& x, Key body) {
  const LoopRow* row = x.instance().loop(body);
  if (row == nullptr) return false;
  if (row->satisfied || row->created == row->total) return true;
  if (x.definition_of(body).loop->sequential) x.go_on_with_items(body);
  return false;  // a parallel loop has a deferred step that creates the rest
}

StepResult assemble_output(Execution& x, Key body, const bpmn::Element& element) {
  const bpmn::LoopCharacteristics& loop = *element.loop;
  if (loop.output_collection.empty()) return {};
  const auto list = output_list(x.instance(), body, kMostOutputBytes);
  if (!list) {
    return step_failure(
        IncidentKind::kMessageSizeExceeded,
        fmt::format("The output collection '{}' takes more than {} bytes.", loop.output_collection, kMostOutputBytes));
  }
  const Key parent = x.element(body).scope;
  propagate(x, parent, {x.symbols.intern(loop.output_collection), Value(*list), -1});
  return {};
}

std::string_view output_name(const Instance& instance, Key scope) {
  if (instance.loop(scope) == nullptr) return {};
  return instance.model().element(instance.element(scope)->element).loop->output_collection;
}

std::string output_so_far(const Instance& instance, Key body) {
  return *output_list(instance, body, SIZE_MAX);
}

}  // namespace baton::engine
