// Request ids whose time is over.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const ForgetRequests&) {
  constexpr std::size_t kSlice = 100;
  Execution& x = context.x;
  const auto is_due = [&x](const auto& entry) { return std::get<TimeMs>(entry) <= x.now(); };
  const auto expired = x.view.index<RequestExpiries>().head({}, kSlice, is_due);
  if (expired.empty()) return fail(Code::kFailedPrecondition, "no request id is due");
  for (const auto& [time, high, low] : expired) x.events.append(RequestForgotten{high, low});
  return {};
}

}  // namespace baton::engine
