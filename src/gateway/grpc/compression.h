// Per-message compression of gRPC: gzip (RFC 1952) and deflate (zlib format, RFC 1950).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton::grpc {

enum class Encoding { kIdentity, kGzip, kDeflate, kUnknown };

/// The names to accept, as grpc-accept-encoding lists them.
inline constexpr std::string_view kAcceptedEncodings = "identity,deflate,gzip";

/// Meaning of a grpc-encoding value.
Encoding encoding_of(std::string_view name);

/// Inflates messages; keeps its state and buffer between messages. One thread.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The inflated bytes, valid until the next call. The format (gzip or zlib) is detected. Errors: kResourceExhausted
  /// above `max_bytes` of output (decided while inflating, so a bomb costs no more than that), kInternal for bad data.
  Result<std::string_view> inflate(std::string_view compressed, std::size_t max_bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Compresses one message, for clients. kIdentity and kUnknown return the bytes as they are.
std::string compress(Encoding encoding, std::string_view bytes);

}  // namespace baton::grpc
