// The journal: an append-only sequence of batches of frames, the only truth of a partition (docs/formats/journal.md).
//
// Threads: append() and mark() from one thread at a time. They block until the bytes are durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace baton::storage {

/// A batch while it is read. Views are valid during the call only.
struct BatchView {
  Epoch epoch;
  Position first;
  std::uint32_t frame_count = 0;
  std::string_view frames;
  std::string_view file;  // where it stands
  std::uint64_t offset = 0;
};
using BatchVisitor = std::function<Status(const BatchView&)>;

class Journal {
 public:
  virtual ~Journal() = default;
  /// Appends `frame_count` frames whose first has position next_position(), and makes them durable. After an error the
  /// journal must not be used again: what is on the disk is unknown.
  virtual Status append(std::uint32_t frame_count, std::string_view frames) = 0;
  /// Writes a marker: everything before it is durable. No effect if the last batch is one.
  virtual Status mark() = 0;
  /// There is no space for much more: new work should be refused. Any thread.
  [[nodiscard]] virtual bool is_full() const { return false; }
  /// Looks for space again; called now and then while is_full(), on the appending thread.
  virtual void keep_reserve() {}
  /// Position of the next frame.
  [[nodiscard]] virtual Position next_position() const = 0;
  [[nodiscard]] virtual Epoch epoch() const = 0;
  /// Bytes appended since the journal was opened.
  [[nodiscard]] virtual std::uint64_t bytes_appended() const = 0;
};

}  // namespace baton::storage
