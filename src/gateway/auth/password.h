// Passwords as argon2id strings (RFC 9106), and random tokens.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace baton::auth {

/// 19 MiB, 2 passes, 1 lane: the least that OWASP recommends. Takes tens of milliseconds: never on an event loop.
std::string hash_password(std::string_view password);
/// True if `encoded` is the hash of `password`.
bool verify_password(const std::string& encoded, std::string_view password);

/// `bytes` random bytes from the system.
std::string random_bytes(std::size_t bytes);
/// 256 random bits in base64url without padding.
std::string random_token();
/// Compares without telling by its time where two texts differ.
bool equal_constant_time(std::string_view a, std::string_view b);

/// One thread for work that takes too long for an event loop. The queue is bounded: each hash takes 19 MiB.
class Worker {
 public:
  static constexpr std::size_t kMostQueued = 64;
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Runs `task` on the thread; false if too much waits already.
  bool submit(std::function<void()> task);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::thread thread_;
};

}  // namespace baton::auth
