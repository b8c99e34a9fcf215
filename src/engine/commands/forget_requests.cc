// Request ids whose time is over.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const ForgetRequests&) {
  constexpr std::size_t kSlice = 100;
  Execution& x = context.x;
  std::vector<std::string> expired;
  for (const auto& [expires, request] : x.view.requests().expiries()) {
    if (expires > x.now().value() || expired.size() == kSlice) break;
    expired.push_back(request);
  }
  if (expired.empty()) return fail(Code::kFailedPrecondition, "no request id is due");
  for (std::string& request : expired) x.events.append(RequestForgotten{std::move(request)});
  return {};
}

}  // namespace baton::engine
