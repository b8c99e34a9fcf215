#include "engine/behaviours/loop_items.h"

#include <algorithm>

namespace baton::engine {

std::span<const std::string> LoopItems::find(Key body, std::uint32_t from, std::uint32_t count) const {
  for (const Entry& entry : entries_) {
    if (entry.body != body || from < entry.from || from - entry.from >= entry.items.size()) continue;
    const std::size_t first = from - entry.from;
    return std::span(entry.items).subspan(first, std::min<std::size_t>(count, entry.items.size() - first));
  }
  return {};
}

void LoopItems::keep(Key body, std::uint32_t from, std::vector<std::string> items) {
  Entry* place = &entries_[next_];
  for (Entry& entry : entries_) {
    if (entry.body == body) place = &entry;
  }
  *place = {body, from, std::move(items)};
  if (place == &entries_[next_]) next_ = (next_ + 1) % entries_.size();
  ++kept_;
}

// Which ones does not matter: they can be read again.
void LoopItems::roll_back() {
  if (kept_ != 0) entries_.fill({});
  kept_ = 0;
}

}  // namespace baton::engine
