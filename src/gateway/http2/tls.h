// TLS between a Connection and a ByteSession: a session that wraps another one. The socket code below and the protocol
// above do not know of it; OpenSSL works on memory only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/http2/connection.h"

namespace baton::http2 {

struct TlsServerOptions {
  std::string certificate_file;  ///< PEM, the server's certificate first, then the chain
  std::string key_file;          ///< PEM
  std::string protocol;          ///< what ALPN agrees on: "h2" or "http/1.1"
};

struct TlsClientOptions {
  std::string host;      ///< whose certificate is expected
  std::string ca_file;   ///< PEM; empty: the system's authorities
  std::string protocol;  ///< offered with ALPN
};

class TlsContext {
 public:
  /// TLS 1.2 and later. Errors: kInvalidArgument naming the file and what OpenSSL says about it.
  static Result<std::shared_ptr<TlsContext>> server(const TlsServerOptions& options);
  static Result<std::shared_ptr<TlsContext>> client(const TlsClientOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// `inner` over TLS, as the server's or the client's side.
  [[nodiscard]] std::unique_ptr<ByteSession> accept(std::unique_ptr<ByteSession> inner) const;
  [[nodiscard]] std::unique_ptr<ByteSession> connect(std::unique_ptr<ByteSession> inner) const;

  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::http2
