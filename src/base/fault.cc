#include "base/fault.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

#include "base/log.h"

namespace baton {

namespace internal {

bool faults_armed = false;

namespace {
struct Armed {
  std::string name;
  std::string action;
  std::atomic<long> remaining;
};
std::deque<Armed>& armed() {
  static std::deque<Armed> list;
  return list;
}
}  // namespace

Fault fault_hit(const char* name) {
  for (auto& fault : armed()) {
    if (fault.name != name || fault.remaining.fetch_sub(1) != 1) continue;
    if (fault.action == "error") return Fault::kError;
    ::kill(::getpid(), SIGKILL);
  }
  return Fault::kNone;
}

}  // namespace internal

void arm_faults_from_environment() {
  const char* text = std::getenv("BATON_FAULT");
  if (text == nullptr) return;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const std::string item(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    const auto first = item.find(':');
    const auto second = item.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) {
      log::error("BATON_FAULT: '{}' is not point:count:kill|error; ignored", item);
      continue;
    }
    auto& fault = internal::armed().emplace_back();
    fault.name = item.substr(0, first);
    fault.remaining = std::strtol(item.c_str() + first + 1, nullptr, 10);
    fault.action = item.substr(second + 1);
    internal::faults_armed = true;
  }
}

}  // namespace baton
