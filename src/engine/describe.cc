#include "engine/describe.h"

#include <fmt/format.h>

#include "base/json.h"
#include "engine/appliers/appliers.h"
#include "engine/behaviours/variables.h"
#include "engine/command_codec.h"

namespace baton::engine {

namespace {

std::string_view kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::kCommand:
      return "COMMAND";
    case FrameKind::kRejection:
      return "REJECTION";
    case FrameKind::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

}  // namespace

Result<std::string> describe(const FrameView& frame) {
  const FrameHeader& header = frame.header;
  BATON_ASSIGN(const CommandBody body, decode_command(header.intent, frame.command));
  SymbolTable symbols;
  CommandVariables variables;
  if (const JsonDocument* document = variables_of(body)) variables = intern_variables(*document, symbols);
  std::string out =
      fmt::format(R"({{"position":{},"time":{},"kind":"{}","command":"{}","instance":"{}")", header.position.value(),
                  header.time.value(), kind_name(header.kind), command_name(body), header.instance.value());
  if (header.kind == FrameKind::kRejection) {
    out += fmt::format(R"(,"code":"{}","reason":{})", code_name(static_cast<Code>(frame.rejection_code)),
                       json_quote(frame.rejection_reason));
  }
  out += R"(,"events":[)";
  ByteReader events(frame.events);
  for (std::uint64_t i = 0; i < frame.event_count; ++i) {
    std::string event;
    BATON_TRY(describe_next(events, header.instance, symbols, variables, event));
    if (i != 0) out.push_back(',');
    json_append_string(out, event);
  }
  return out + "]}";
}

}  // namespace baton::engine
