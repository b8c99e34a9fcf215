#include "gateway/grpc/health.h"

#include <optional>

namespace baton::grpc {
namespace {

/// HealthCheckRequest{1 service:string} in protobuf wire format; unknown fields are skipped.
std::optional<std::string_view> parse_service(std::string_view message) {
  std::string_view service;
  std::size_t at = 0;
  const auto varint = [&]() -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at < message.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message[at++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  };
  while (at < message.size()) {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    std::uint64_t size = 0;
    switch (*tag & 7) {
      case 0:
        if (!varint()) return std::nullopt;
        break;
      case 1:
        size = 8;
        break;
      case 5:
        size = 4;
        break;
      case 2: {
        const auto length = varint();
        if (!length) return std::nullopt;
        size = *length;
        break;
      }
      default:
        return std::nullopt;
    }
    if (size > message.size() - at) return std::nullopt;
    if (*tag == ((1U << 3) | 2)) service = message.substr(at, size);
    at += size;
  }
  return service;
}

/// HealthCheckResponse{1 status:enum}; 0 is left out as proto3 does.
std::string response(char status) {
  return status == 0 ? std::string() : std::string{'\x08', status};
}

}  // namespace

HealthService::HealthService(ServerCore& core) : core_(core) {
  core.add_method("/grpc.health.v1.Health/Check", MethodKind::kUnary,
                  {[this](CallId call, const CallInfo&, std::string_view message) { check(call, message); }, {}, {}});
  core.add_method("/grpc.health.v1.Health/Watch", MethodKind::kServerStreaming,
                  {[this](CallId call, const CallInfo&, std::string_view message) { watch(call, message); },
                   [this](CallId call, CloseReason, std::span<const std::uint64_t>) { watchers_.erase(call); },
                   {}});
}

void HealthService::set_serving(std::string_view service, bool serving) {
  const Serving status = serving ? Serving::kServing : Serving::kNotServing;
  auto it = statuses_.find(service);
  if (it == statuses_.end()) {
    it = statuses_.emplace(std::string(service), Serving::kUnknown).first;
  }
  if (it->second == status) return;
  it->second = status;
  for (const auto& [call, name] : watchers_) {
    if (name == service) core_.send(call, response(static_cast<char>(status)), 0);
  }
}

HealthService::Serving HealthService::status_of(std::string_view service) const {
  const auto it = statuses_.find(service);
  return it == statuses_.end() ? Serving::kServiceUnknown : it->second;
}

void HealthService::check(CallId call, std::string_view message) {
  const auto service = parse_service(message);
  if (!service) {
    core_.finish(call, fail(Code::kInternal, "Malformed HealthCheckRequest"));
    return;
  }
  const Serving status = status_of(*service);
  if (status == Serving::kServiceUnknown) {
    core_.finish(call, fail(Code::kNotFound, "Unknown service"));
    return;
  }
  core_.reply(call, response(static_cast<char>(status)));
}

void HealthService::watch(CallId call, std::string_view message) {
  const auto service = parse_service(message);
  if (!service) {
    core_.finish(call, fail(Code::kInternal, "Malformed HealthCheckRequest"));
    return;
  }
  if (watchers_.size() >= kMaxWatchers) {
    core_.finish(call, fail(Code::kResourceExhausted, "Too many health watchers"));
    return;
  }
  watchers_.emplace(call, std::string(*service));
  core_.send(call, response(static_cast<char>(status_of(*service))), 0);
}

}  // namespace baton::grpc
