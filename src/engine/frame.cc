#include "engine/frame.h"

namespace baton::engine {

namespace {

enum Flag : std::uint16_t {
  kHasInstance = 1,
  kHasRoot = 2,
  kHasDefinition = 4,
  kHasTenant = 8,
  kHasPrincipal = 16,
  kHasRequestId = 32,
  kHasOperationReference = 64,
  kHasTraceContext = 128,
  kAllFlags = 255,
};
constexpr std::size_t kTraceContextBytes = 26;

std::uint16_t flags_of(const FrameHeader& h) {
  return static_cast<std::uint16_t>(
      (h.instance.value() != 0 ? kHasInstance : 0) | (h.root.value() != 0 && h.root != h.instance ? kHasRoot : 0) |
      (h.definition.value() != 0 ? kHasDefinition : 0) | (!h.tenant.empty() ? kHasTenant : 0) |
      (!h.principal.empty() ? kHasPrincipal : 0) | (!h.request_id.empty() ? kHasRequestId : 0) |
      (h.operation_reference != 0 ? kHasOperationReference : 0) | (!h.trace_context.empty() ? kHasTraceContext : 0));
}

}  // namespace

void append_frame(std::string& out, const FrameView& frame) {
  const std::size_t start = out.size();
  ByteWriter w(out);
  const FrameHeader& h = frame.header;
  const std::uint16_t flags = flags_of(h);
  w.u32(0);
  w.u8(static_cast<std::uint8_t>(h.kind));
  w.u8(h.intent);
  w.u8(kFrameVersion);
  w.u16(flags);
  w.u64(h.position.value());
  w.i64(h.time.value());
  if ((flags & kHasInstance) != 0) w.u64(h.instance.value());
  if ((flags & kHasRoot) != 0) w.u64(h.root.value());
  if ((flags & kHasDefinition) != 0) w.u64(h.definition.value());
  if ((flags & kHasTenant) != 0) w.bytes(h.tenant);
  if ((flags & kHasPrincipal) != 0) w.bytes(h.principal);
  if ((flags & kHasRequestId) != 0) w.bytes(h.request_id);
  if ((flags & kHasOperationReference) != 0) w.varint(h.operation_reference);
  if ((flags & kHasTraceContext) != 0) w.raw(h.trace_context.data(), kTraceContextBytes);
  w.bytes(frame.command);
  if (h.kind == FrameKind::kRejection) {
    w.u8(static_cast<std::uint8_t>(frame.rejection_code));
    w.bytes(frame.rejection_reason);
  }
  w.varint(frame.event_count);
  w.bytes(frame.events);
  w.u64(frame.hash);
  const auto length = static_cast<std::uint32_t>(out.size() - start - sizeof(std::uint32_t));
  std::memcpy(out.data() + start, &length, sizeof length);
}

Result<FrameView> read_frame(std::string_view& in) {
  ByteReader prefix(in);
  const std::uint32_t length = prefix.u32();
  if (!prefix.ok() || length > kMaxFrameBytes || length > in.size() - sizeof length) {
    return fail(Code::kDataLoss, "a frame is longer than what is left of its batch");
  }
  ByteReader r(in.substr(sizeof length, length));
  FrameView frame;
  FrameHeader& h = frame.header;
  h.kind = static_cast<FrameKind>(r.u8());
  h.intent = r.u8();
  const std::uint8_t version = r.u8();
  const std::uint16_t flags = r.u16();
  if (version != kFrameVersion || (flags & ~kAllFlags) != 0 || h.kind < FrameKind::kCommand ||
      h.kind > FrameKind::kInternal) {
    return failf(Code::kDataLoss, "a frame has kind {}, version {}, flags {:#x}: written by a newer Baton or damaged",
                 static_cast<int>(h.kind), version, flags);
  }
  h.position = Position(r.u64());
  h.time = TimeMs(r.i64());
  if ((flags & kHasInstance) != 0) h.instance = Key(r.u64());
  h.root = (flags & kHasRoot) != 0 ? Key(r.u64()) : h.instance;
  if ((flags & kHasDefinition) != 0) h.definition = Key(r.u64());
  if ((flags & kHasTenant) != 0) h.tenant = r.bytes();
  if ((flags & kHasPrincipal) != 0) h.principal = r.bytes();
  if ((flags & kHasRequestId) != 0) h.request_id = r.bytes();
  if ((flags & kHasOperationReference) != 0) h.operation_reference = r.varint();
  if ((flags & kHasTraceContext) != 0) h.trace_context = r.raw(kTraceContextBytes);
  frame.command = r.bytes();
  if (h.kind == FrameKind::kRejection) {
    frame.rejection_code = r.u8();
    frame.rejection_reason = r.bytes();
  }
  frame.event_count = r.varint();
  frame.events = r.bytes();
  frame.hash = r.u64();
  if (!r.ok() || !r.at_end()) return fail(Code::kDataLoss, "a frame's fields do not fill its length");
  in.remove_prefix(sizeof length + length);
  return frame;
}

}  // namespace baton::engine
