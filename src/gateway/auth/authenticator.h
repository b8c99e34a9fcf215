// Credentials to callers: HTTP Basic with a user's password, Bearer with an API token. The same for gRPC metadata and
// the HTTP header Authorization.
//
// Users and tokens are rows of the engine's state; this is a copy of what is needed to check them, kept in step by the
// effects of the commands that change them. A password that was right once is remembered (as a keyed hash, in memory),
// so that argon2 is paid once and not with every call.
//
// Threads: everything on the event loop; argon2 runs on a thread of its own.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/effect.h"
#include "engine/state/view.h"
#include "gateway/auth/caller.h"
#include "gateway/auth/password.h"
#include "gateway/http2/event_loop.h"

namespace baton::auth {

using gateway::Caller;

struct AuthOptions {
  bool required = true;     // false: everybody is anonymous (--dev)
  int free_attempts = 5;    // wrong passwords of one user before waiting begins
  std::int64_t wait_s = 1;  // after the next one; doubles with each
  std::int64_t most_wait_s = 300;
};

struct User {
  std::string username;
  std::string name;
  std::string email;
  std::string password;  // argon2id string
  std::string tenant;
};

class Authenticator {
 public:
  using Done = std::function<void(Result<Caller>)>;

  Authenticator(http2::EventLoop& loop, const AuthOptions& options);
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  /// Takes over all users and tokens of a recovered state, before its partition runs.
  void load(const engine::StateView& state);
  /// Follows a durable change.
  void apply(const engine::IdentityChanged& change);

  /// The caller that `authorization` ("Basic ...", "Bearer ...") stands for; nullopt if a password must be checked
  /// first: then authenticate_later() tells. Errors: kUnauthenticated.
  std::optional<Result<Caller>> authenticate(std::string_view authorization);
  /// Checks a password; `done` runs on the loop, perhaps at once. Errors also: kResourceExhausted when too many wait.
  void authenticate_later(std::string_view authorization, Done done);
  /// Hashes a password on the thread; `done` runs on the loop.
  void hash(std::string password, std::function<void(Result<std::string>)> done);

  [[nodiscard]] bool required() const { return options_.required; }
  [[nodiscard]] std::size_t user_count() const { return users_.size(); }
  [[nodiscard]] const User* user(std::string_view username) const;

 private:
  struct Attempts {
    int failed = 0;
    std::int64_t not_before_ns = 0;
  };
  struct Token {
    std::string client;
    std::string tenant;
  };
  struct Basic {
    std::string username;
    std::string password;
  };
  [[nodiscard]] static std::optional<Basic> read_basic(std::string_view value);
  [[nodiscard]] std::string memory_key(const Basic& basic) const;
  [[nodiscard]] static Caller caller_of(const User& user);
  [[nodiscard]] Status may_try(const std::string& username);
  void failed(const std::string& username);

  http2::EventLoop& loop_;
  AuthOptions options_;
  std::string memory_secret_;
  std::string dummy_hash_;
  absl::flat_hash_map<std::string, User> users_;
  absl::flat_hash_map<std::string, Token> tokens_;                               // by digest
  absl::flat_hash_map<std::string, std::pair<std::string, std::string>> known_;  // memory key -> (user, argon2 string)
  absl::flat_hash_map<std::string, Attempts> attempts_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Worker> worker_;  // last: its thread ends first
};

}  // namespace baton::auth
