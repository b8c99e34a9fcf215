#include "gateway/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/identity.h"

namespace baton::auth {

namespace {

constexpr std::size_t kMostKnown = 10'000;      // remembered passwords, and users with wrong attempts
constexpr std::size_t kMostHeaderBytes = 4096;  // of Authorization
constexpr std::size_t kMostPasswordBytes = 1024;

std::string digest(std::string_view text) {
  const Sha256 sum = sha256(text);
  return {reinterpret_cast<const char*>(sum.data()), sum.size()};
}

/// The value behind a scheme, compared without case; nullopt if it is another scheme.
std::optional<std::string_view> behind(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((authorization[i] | 0x20) != (scheme[i] | 0x20)) return std::nullopt;
  }
  std::string_view value = authorization.substr(scheme.size() + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

std::optional<std::string> base64_decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+' || c == '-' ? 62
                      : c == '/' || c == '_' ? 63
                                             : -1;
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> count) & 0xFF));
    }
  }
  return out;
}

Failure wrong() {
  return fail(Code::kUnauthenticated, "The credentials are missing or wrong");
}

}  // namespace

Authenticator::Authenticator(http2::EventLoop& loop, const AuthOptions& options)
    : loop_(loop), options_(options), memory_secret_(random_bytes(32)), worker_(std::make_unique<Worker>()) {
  // Whoever asks for an unknown user waits as long as for a known one.
  if (options_.required) dummy_hash_ = hash_password(random_token());
}

Authenticator::~Authenticator() {
  *alive_ = false;
}

void Authenticator::load(const engine::StateView& state) {
  for (const Key key : state.users()) apply(engine::identity_of(*state.user(key)));
  for (const Key key : state.tokens()) apply(engine::identity_of(*state.token(key)));
}

void Authenticator::apply(const engine::IdentityChanged& change) {
  if (change.kind == engine::IdentityChanged::Kind::kToken) {
    if (change.deleted) {
      tokens_.erase(change.secret);
    } else {
      tokens_[change.secret] = {change.id, change.tenant};
    }
    return;
  }
  attempts_.erase(change.id);
  if (change.deleted) {
    users_.erase(change.id);
  } else {
    users_[change.id] = {change.id, change.name, change.email, change.secret, change.tenant};
  }
}

const User* Authenticator::user(std::string_view username) const {
  const auto it = users_.find(std::string(username));
  return it == users_.end() ? nullptr : &it->second;
}

Caller Authenticator::caller_of(const User& user) {
  return {{engine::Principal::Kind::kUser, user.username}, user.tenant};
}

std::optional<Authenticator::Basic> Authenticator::read_basic(std::string_view value) {
  const auto decoded = base64_decode(value);
  if (!decoded || !is_utf8(*decoded)) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos || decoded->size() - colon > kMostPasswordBytes) return std::nullopt;
  return Basic{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::string Authenticator::memory_key(const Basic& basic) const {
  return digest(memory_secret_ + basic.username + '\0' + digest(basic.password + memory_secret_));
}

std::optional<Result<Caller>> Authenticator::authenticate(std::string_view authorization) {
  if (!options_.required) return Caller{};
  if (authorization.size() > kMostHeaderBytes) return wrong();
  if (const auto token = behind(authorization, "bearer")) {
    const auto it = tokens_.find(digest(*token));
    if (it == tokens_.end()) return wrong();
    return Caller{{engine::Principal::Kind::kClient, it->second.client}, it->second.tenant};
  }
  const auto value = behind(authorization, "basic");
  const auto basic = value ? read_basic(*value) : std::nullopt;
  if (!basic) return wrong();
  const auto known = known_.find(memory_key(*basic));
  if (known == known_.end()) return std::nullopt;
  const User* found = user(known->second.first);
  if (found != nullptr && found->password == known->second.second) return caller_of(*found);
  known_.erase(known);  // deleted, or the password was changed
  return std::nullopt;
}

/// After some wrong passwords the next attempt for that user has to wait. Remembered passwords do not come here, so
/// nobody is locked out by others.
Status Authenticator::may_try(const std::string& username) {
  const auto it = attempts_.find(username);
  if (it == attempts_.end() || it->second.not_before_ns <= loop_.now_ns()) return {};
  const std::int64_t seconds = (it->second.not_before_ns - loop_.now_ns()) / 1'000'000'000 + 1;
  return failf(Code::kUnauthenticated, "Too many wrong passwords; try again in {} s", seconds);
}

void Authenticator::failed(const std::string& username) {
  if (attempts_.size() >= kMostKnown && !attempts_.contains(username)) attempts_.clear();
  Attempts& attempts = attempts_[username];
  ++attempts.failed;
  const int beyond = attempts.failed - options_.free_attempts;
  if (beyond <= 0) return;
  const std::int64_t wait_s = std::min(options_.wait_s << std::min(beyond - 1, 20), options_.most_wait_s);
  attempts.not_before_ns = loop_.now_ns() + wait_s * 1'000'000'000;
  log::warn("authentication: {} wrong passwords for one user; the next attempt waits {} s", attempts.failed, wait_s);
}

void Authenticator::authenticate_later(std::string_view authorization, Done done) {
  const auto value = behind(authorization, "basic");
  auto basic = value ? read_basic(*value) : std::nullopt;
  if (!basic) return done(wrong());
  if (const Status allowed = may_try(basic->username); !allowed) return done(fail(allowed.error()));
  const User* found = user(basic->username);
  std::string encoded = found == nullptr ? dummy_hash_ : found->password;
  const bool exists = found != nullptr;
  auto shared = std::make_shared<Done>(std::move(done));
  const bool taken = worker_->submit([this, alive = alive_, basic = *basic, encoded, exists, shared] {
    const bool right = verify_password(encoded, basic.password) && exists;
    loop_.post([this, alive, basic, encoded, right, shared] {
      if (!*alive) return;
      const User* now = user(basic.username);
      if (!right || now == nullptr || now->password != encoded) {
        failed(basic.username);
        return (*shared)(wrong());
      }
      attempts_.erase(basic.username);
      if (known_.size() >= kMostKnown) known_.clear();
      known_[memory_key(basic)] = {basic.username, encoded};
      (*shared)(caller_of(*now));
    });
  });
  if (!taken)
    (*shared)(fail(Code::kResourceExhausted, "Too many passwords wait to be checked; retry after a short wait"));
}

void Authenticator::hash(std::string password, std::function<void(Result<std::string>)> done) {
  auto shared = std::make_shared<std::function<void(Result<std::string>)>>(std::move(done));
  const bool taken = worker_->submit([this, alive = alive_, password = std::move(password), shared] {
    loop_.post([alive, hashed = hash_password(password), shared] {
      if (*alive) (*shared)(hashed);
    });
  });
  if (!taken)
    (*shared)(fail(Code::kResourceExhausted, "Too many passwords wait to be hashed; retry after a short wait"));
}

}  // namespace baton::auth
