// The frame codec (docs/formats/journal.md section 5): header, command, events, hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace baton::engine {

enum class FrameKind : std::uint8_t { kCommand = 1, kRejection = 2, kInternal = 3 };

inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kMaxFrameBytes = 32U << 20;

struct FrameHeader {
  FrameKind kind = FrameKind::kCommand;
  std::uint8_t intent = 0;
  Position position;
  TimeMs time;
  Key instance;
  Key root;
  Key definition;
  std::string_view tenant;     // empty: default
  std::string_view principal;  // empty: anonymous
  std::string_view request_id;
  std::uint64_t operation_reference = 0;
  std::string_view trace_context;  // 26 bytes or empty
};

/// A decoded frame; views point into the bytes it was decoded from.
struct FrameView {
  FrameHeader header;
  std::string_view command;
  int rejection_code = 0;
  std::string_view rejection_reason;
  std::uint64_t event_count = 0;
  std::string_view events;
  std::uint64_t hash = 0;
};

/// Appends a frame to `out`.
void append_frame(std::string& out, const FrameView& frame);

/// Decodes the frame at the start of `in` and moves `in` behind it. Errors: kDataLoss, with what is wrong.
Result<FrameView> read_frame(std::string_view& in);

}  // namespace baton::engine
