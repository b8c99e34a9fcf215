// Look-ups of messages, signals, timers and what else waits.
#include "engine/state/view.h"

namespace baton::engine {

namespace {

/// Rows are visited in slices: a queue may be longer than what an index keeps in memory.
constexpr std::size_t kSlice = 256;

template <typename Index, typename Visit>
void for_each_entry(const OrderedIndex<Index>& index, const typename Index::Group& group, Visit&& visit) {
  std::optional<typename Index::Order> last;
  while (true) {
    const auto entries = last ? index.after(group, *last, kSlice) : index.head(group, kSlice);
    for (const auto& entry : entries) {
      if (!visit(entry)) return;
    }
    if (entries.size() < kSlice) return;
    last = entries.back();
  }
}

}  // namespace

const StartTimerRow* StateView::start_timer(Key definition, ElementIndex element) const {
  return rows<StartTimerRow>().find({definition, element});
}

const StartSubscriptionRow* StateView::start_subscription(Key definition, ElementIndex element) const {
  return rows<StartSubscriptionRow>().find({definition, element});
}

const MessageRow* StateView::message(Key key) const {
  return rows<MessageRow>().find({key});
}

const MessageSubscriptionRow* StateView::message_subscription(Key key) const {
  return rows<MessageSubscriptionRow>().find({key});
}

const SentCommandRow* StateView::oldest_sent() const {
  const auto first = index<SentCommands>().first({});
  return first ? rows<SentCommandRow>().find(*first) : nullptr;
}

void StateView::for_each_version(std::string_view tenant, std::string_view process_id,
                                 const std::function<bool(const DefinitionRow&)>& visit) const {
  const std::tuple group(name(tenant), std::string(process_id));
  if (std::get<0>(group).empty()) return;
  const auto versions = index<DefinitionVersions>().all(group);
  for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
    if (!visit(*definition(std::get<Key>(*it)))) return;
  }
}

Key StateView::instance_with_business_id(std::string_view tenant, std::string_view process_id,
                                         const Symbol& business_id) const {
  const auto first = index<BusinessIds>().first({name(tenant), std::string(process_id), business_id});
  return first ? std::get<Key>(*first) : Key(0);
}

const StartLockRow* StateView::start_lock(std::string_view tenant, std::string_view process_id,
                                          std::string_view correlation_key) const {
  const std::tuple id(name(tenant), name(process_id), name(correlation_key));
  if (std::get<0>(id).empty() || std::get<1>(id).empty() || std::get<2>(id).empty()) return nullptr;
  return rows<StartLockRow>().find(id);
}

const MessageRow* StateView::message_with_id(std::string_view tenant, std::string_view message_name,
                                             std::string_view correlation_key, std::string_view id) const {
  const std::tuple group(name(tenant), name(message_name), name(correlation_key), name(id));
  if (std::get<1>(group).empty() || std::get<3>(group).empty()) return nullptr;
  if (std::get<2>(group).empty() && !correlation_key.empty()) return nullptr;
  const auto first = index<MessageIds>().first(group);
  return first ? message(std::get<Key>(*first)) : nullptr;
}

void StateView::for_each_message(std::string_view tenant, std::string_view message_name,
                                 std::string_view correlation_key,
                                 const std::function<bool(const MessageRow&)>& visit) const {
  const std::tuple group(name(tenant), name(message_name), name(correlation_key));
  if (std::get<1>(group).empty() || (std::get<2>(group).empty() && !correlation_key.empty())) return;
  for_each_entry(index<MessagesByName>(), group,
                 [&](const auto& entry) { return visit(*message(std::get<Key>(entry))); });
}

void StateView::for_each_message_subscription(std::string_view tenant, std::string_view message_name,
                                              std::string_view correlation_key,
                                              const std::function<bool(const MessageSubscriptionRow&)>& visit) const {
  const std::tuple group(name(tenant), name(message_name), name(correlation_key));
  if (std::get<1>(group).empty() || (std::get<2>(group).empty() && !correlation_key.empty())) return;
  for_each_entry(index<SubscriptionsByName>(), group,
                 [&](const auto& entry) { return visit(*message_subscription(std::get<Key>(entry))); });
}

void StateView::want_message_subscriptions(std::string_view tenant, std::string_view message_name,
                                           std::string_view correlation_key) const {
  const auto& subscriptions = index<SubscriptionsByName>();
  if (subscriptions.is_stored()) subscriptions.want({name(tenant), name(message_name), name(correlation_key)});
}

void StateView::want_messages(std::string_view tenant, std::string_view message_name,
                              std::string_view correlation_key) const {
  const auto& messages = index<MessagesByName>();
  if (messages.is_stored()) messages.want({name(tenant), name(message_name), name(correlation_key)});
}

void StateView::for_each_start_subscription(std::string_view tenant, bpmn::EventType type, std::string_view event_name,
                                            const std::function<void(const StartSubscriptionRow&)>& visit) const {
  const std::tuple group(name(tenant), static_cast<std::uint8_t>(type), name(event_name));
  if (std::get<2>(group).empty()) return;
  for_each_entry(index<StartSubscriptionsByName>(), group, [&](const auto& entry) {
    visit(*start_subscription(std::get<Key>(entry), std::get<ElementIndex>(entry)));
    return true;
  });
}

std::vector<SignalWaiters::Order> StateView::signal_waiters(std::string_view tenant, std::string_view signal_name,
                                                            const SignalWaiters::Order& after,
                                                            std::size_t limit) const {
  const std::tuple group(name(tenant), name(signal_name));
  if (std::get<1>(group).empty()) return {};
  return index<SignalWaiters>().after(group, after, limit);
}

void StateView::due_timers(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const {
  const auto is_due = [now](const auto& entry) { return std::get<TimeMs>(entry) <= now; };
  for (const auto& [due, key] : index<DueTimers>().head({}, limit, is_due)) visit(key);
}

void StateView::due_start_timers(TimeMs now, std::size_t limit,
                                 const std::function<void(Key, ElementIndex)>& visit) const {
  const auto is_due = [now](const auto& entry) { return std::get<TimeMs>(entry) <= now; };
  for (const auto& [due, definition, element] : index<DueStartTimers>().head({}, limit, is_due))
    visit(definition, element);
}

}  // namespace baton::engine
