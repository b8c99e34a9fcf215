// grpc.health.v1.Health, Check and Watch, hand-wired: two tiny messages do not need generated code.
// Reference: the "GRPC Health Checking Protocol" of the gRPC project.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/grpc/server_core.h"

namespace baton::grpc {

/// Registers its methods at the core and answers them; dies before the core's sessions deliver anything more.
class HealthService {
 public:
  explicit HealthService(ServerCore& core);
  /// Sets a service's status and tells its watchers.
  void set_serving(std::string_view service, bool serving);

 private:
  enum class Serving : char { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };
  static constexpr std::size_t kMaxWatchers = 1000;

  [[nodiscard]] Serving status_of(std::string_view service) const;
  void check(CallId call, std::string_view message);
  void watch(CallId call, std::string_view message);

  ServerCore& core_;
  std::map<std::string, Serving, std::less<>> statuses_;
  std::unordered_map<CallId, std::string> watchers_;
};

}  // namespace baton::grpc
