// Context functions (DMN 10.3.4.9).
#include <algorithm>
#include <vector>

#include "feel/arguments.h"

namespace baton::feel {
namespace {

Value make_context(Call& call, const std::vector<ContextEntry>& entries) {
  auto* copy = call.evaluation().allocate_array<ContextEntry>(entries.size());
  if (copy == nullptr) return {};
  std::copy(entries.begin(), entries.end(), copy);
  call.evaluation().charge(entries.size());
  return call.evaluation().context({copy, entries.size()});
}

/// get value(context, key) and Camunda's get value(context, keys): null where a step is missing.
Value get_value(Call& call, Arguments args) {
  const Value context = single(args[0]);
  if (!context.is(Kind::kContext)) return wrong_argument(call, context, "context");
  const Value* found = nullptr;
  if (is_string(args[1])) {
    found = context.as_context().find(args[1].as_string());
  } else if (args[1].is(Kind::kList)) {
    Value current = context;
    for (const Value& key : args[1].as_list()) {
      found = is_string(key) && current.is(Kind::kContext) ? current.as_context().find(key.as_string()) : nullptr;
      if (found == nullptr) break;
      current = *found;
    }
  } else {
    return wrong_argument(call, args[1], "string");
  }
  return found != nullptr ? *found : call.fail("the context has no such entry");
}

Value get_entries(Call& call, Arguments args) {
  const Value context = single(args[0]);
  if (!context.is(Kind::kContext)) return wrong_argument(call, context, "context");
  ListBuilder result(call.evaluation(), context.as_context().entries.size());
  for (const ContextEntry& entry : context.as_context().entries) {
    if (!result.push(make_context(call, {{"key", Value::string(entry.key)}, {"value", entry.value}}))) return {};
  }
  return result.list();
}

/// context(entries): each entry is a context with a string `key` and a `value`; a key must not repeat.
Value context_from_entries(Call& call, Arguments args) {
  const auto items = items_of(args[0]);
  if (!items) return wrong_argument(call, args[0], "list");
  std::vector<ContextEntry> entries;
  for (const Value& item : *items) {
    const Value* key = item.is(Kind::kContext) ? item.as_context().find("key") : nullptr;
    const Value* value = item.is(Kind::kContext) ? item.as_context().find("value") : nullptr;
    if (key == nullptr || value == nullptr || !is_string(*key))
      return call.fail("every entry needs a string 'key' and a 'value'");
    entries.push_back({key->as_string(), *value});
  }
  const std::size_t count = entries.size();
  const Value result = make_context(call, entries);
  if (result.is(Kind::kContext) && result.as_context().entries.size() != count) return call.fail("a key occurs twice");
  return result;
}

Value put(Call& call, const Value& context, std::string_view key, const Value& value) {
  const auto old = context.as_context().entries;
  std::vector<ContextEntry> entries(old.begin(), old.end());
  entries.push_back({key, value});  // the last of equal keys wins, at the place of the first
  return make_context(call, entries);
}

constexpr int kMaxPutDepth = 100;

Value put_path(Call& call, const Value& context, std::span<const Value> keys, const Value& value, int depth) {
  if (keys.empty() || depth > kMaxPutDepth || !is_string(keys[0]))
    return call.fail("the keys must be a list of strings");
  const std::string_view key = keys[0].as_string();
  if (keys.size() == 1) return put(call, context, key, value);
  const Value* inner = context.as_context().find(key);
  Value base;
  if (inner != nullptr && inner->is(Kind::kContext)) {
    base = *inner;
  } else if (inner != nullptr && !inner->is_null()) {
    return call.fail("a key on the way does not lead to a context");
  } else {
    base = make_context(call, {});
  }
  const Value changed = put_path(call, base, keys.subspan(1), value, depth + 1);
  return changed.is_null() ? changed : put(call, context, key, changed);
}

Value context_put(Call& call, Arguments args) {
  const Value context = single(args[0]);
  if (!context.is(Kind::kContext)) return wrong_argument(call, context, "context");
  if (is_string(args[1])) return put(call, context, args[1].as_string(), args[2]);
  const bool named_key = call.named_alternative() == 1;
  if (!args[1].is(Kind::kList) || named_key)
    return wrong_argument(call, args[1], named_key ? "string" : "string or list");
  return put_path(call, context, args[1].as_list(), args[2], 0);
}

Value context_merge(Call& call, Arguments args) {
  const auto contexts = items_or_arguments(args);
  if (!contexts) return wrong_argument(call, args[0], "list");
  std::vector<ContextEntry> entries;
  for (const Value& context : *contexts) {
    if (!context.is(Kind::kContext)) return wrong_argument(call, context, "context");
    const auto more = context.as_context().entries;
    if (!call.evaluation().charge(more.size())) return {};
    entries.insert(entries.end(), more.begin(), more.end());
  }
  return make_context(call, entries);
}

constexpr Builtin kBuiltins[] = {
    {"get value", "m,key|context,key|m,keys|context,keys", get_value},
    {"get entries", "m|context", get_entries},
    {"context", "entries", context_from_entries},
    {"context put", "context,key,value|context,keys,value", context_put},
    {"context merge", "contexts|context*", context_merge},
};

}  // namespace

std::span<const Builtin> context_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
