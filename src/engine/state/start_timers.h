// Timers of start events.
#pragma once

#include "engine/state/collection.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

class StartTimers : public Collection<StartTimerRow> {
 public:
  [[nodiscard]] const DueIndex<Id>& due() const { return due_; }
  void index_add(const StartTimerRow& row) { due_.insert({row.due.value(), row.id()}); }
  void index_remove(const StartTimerRow& row) { due_.erase({row.due.value(), row.id()}); }

 private:
  DueIndex<Id> due_;
};

}  // namespace baton::engine
