#include "gateway/http2/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <utility>

namespace baton::http2 {

namespace {

std::string last_error() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

/// ALPN's form: each name behind its length.
std::string alpn_list(std::string_view protocol) {
  std::string out(1, static_cast<char>(protocol.size()));
  return out.append(protocol);
}

class TlsSession final : public ByteSession {
 public:
  TlsSession(Ssl ssl, std::unique_ptr<ByteSession> inner) : ssl_(std::move(ssl)), inner_(std::move(inner)) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);  // owns both
  }

  bool feed(std::string_view bytes) override {
    if (failed_) return false;
    if (BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size())) return broken();
    if (!shake_hands()) return !failed_;
    thread_local std::array<char, 16U << 10> plain;
    while (true) {
      const int got = SSL_read(ssl_.get(), plain.data(), plain.size());
      if (got > 0) {
        if (!inner_->feed({plain.data(), static_cast<std::size_t>(got)})) inner_broken_ = true;
        if (inner_broken_) return false;
        continue;
      }
      const int error = SSL_get_error(ssl_.get(), got);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
      if (error == SSL_ERROR_ZERO_RETURN) {
        peer_done_ = true;
        return true;
      }
      return broken();
    }
  }

  bool produce(std::string& out, std::size_t limit) override {
    bool healthy = !failed_ && !inner_broken_;
    if (!failed_ && shake_hands()) {
      std::string plain;
      if (!inner_->produce(plain, limit)) healthy = false;
      if (!plain.empty() && SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())) <= 0)
        healthy = broken();
      if (inner_->finished() && plain.empty() && !std::exchange(told_end_, true)) SSL_shutdown(ssl_.get());
    }
    const std::size_t pending = BIO_ctrl_pending(out_);
    if (pending != 0) {
      const std::size_t at = out.size();
      out.resize(at + pending);
      BIO_read(out_, out.data() + at, static_cast<int>(pending));
    }
    return healthy;
  }

  [[nodiscard]] bool finished() const override {
    return (peer_done_ || inner_->finished()) && BIO_ctrl_pending(out_) == 0;
  }
  void deliver() override { inner_->deliver(); }
  void disconnected(std::string_view reason) override {
    inner_->disconnected(failure_.empty() ? reason : std::string_view(failure_));
  }

 private:
  /// True once the handshake is done.
  bool shake_hands() {
    if (SSL_is_init_finished(ssl_.get()) != 0) return true;
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      if (SSL_is_server(ssl_.get()) == 0 && SSL_get_verify_result(ssl_.get()) != X509_V_OK) return broken();
      return true;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) broken();
    return false;
  }

  bool broken() {
    failed_ = true;
    const long verified = SSL_get_verify_result(ssl_.get());
    failure_ = verified != X509_V_OK ? fmt::format("TLS: {}", X509_verify_cert_error_string(verified))
                                     : "TLS: " + last_error();
    return false;
  }

  Ssl ssl_;
  std::unique_ptr<ByteSession> inner_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string failure_;
  bool failed_ = false;
  bool inner_broken_ = false;
  bool peer_done_ = false;
  bool told_end_ = false;
};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void* wanted) {
  const std::string& list = *static_cast<const std::string*>(wanted);
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(list.data()),
                                           static_cast<unsigned int>(list.size()), in, in_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

struct TlsContext::Impl {
  Context context;
  std::string host;
  std::string alpn;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = impl->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return failf(Code::kInvalidArgument, "cannot use the certificate in '{}': {}", options.certificate_file,
                 last_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failf(Code::kInvalidArgument, "cannot use the private key in '{}': {}", options.key_file, last_error());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return failf(Code::kInvalidArgument, "the private key in '{}' does not belong to the certificate in '{}'",
                 options.key_file, options.certificate_file);
  }
  impl->alpn = alpn_list(options.protocol);
  SSL_CTX_set_alpn_select_cb(context, &select_protocol, &impl->alpn);
  return std::make_shared<TlsContext>(std::move(impl));
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = impl->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const int loaded = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                             : SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr);
  if (loaded != 1) {
    return failf(Code::kInvalidArgument, "cannot use the certificates in '{}': {}", options.ca_file, last_error());
  }
  impl->host = options.host;
  impl->alpn = alpn_list(options.protocol);
  return std::make_shared<TlsContext>(std::move(impl));
}

std::unique_ptr<ByteSession> TlsContext::accept(std::unique_ptr<ByteSession> inner) const {
  Ssl ssl(SSL_new(impl_->context.get()));
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsSession>(std::move(ssl), std::move(inner));
}

std::unique_ptr<ByteSession> TlsContext::connect(std::unique_ptr<ByteSession> inner) const {
  Ssl ssl(SSL_new(impl_->context.get()));
  SSL_set_connect_state(ssl.get());
  SSL_set_tlsext_host_name(ssl.get(), impl_->host.c_str());
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl.get());
  // An address is matched as an address, anything else as a name.
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, impl_->host.c_str()) != 1) {
    ERR_clear_error();
    SSL_set1_host(ssl.get(), impl_->host.c_str());
  }
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(impl_->alpn.data()),
                      static_cast<unsigned int>(impl_->alpn.size()));
  return std::make_unique<TlsSession>(std::move(ssl), std::move(inner));
}

}  // namespace baton::http2
