// Request ids that are still remembered, by the time at which they may be forgotten.
#pragma once

#include "engine/state/collection.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

class Requests : public Collection<RequestRow> {
 public:
  [[nodiscard]] const DueIndex<Id>& expiries() const { return expiries_; }
  void index_add(const RequestRow& row) { expiries_.insert({row.expires.value(), row.request}); }
  void index_remove(const RequestRow& row) { expiries_.erase({row.expires.value(), row.request}); }

 private:
  DueIndex<Id> expiries_;
};

}  // namespace baton::engine
