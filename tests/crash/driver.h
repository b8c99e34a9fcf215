// The lives and deaths of the server under test, and the comparison of its journal with the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gateway/http2/event_loop.h"
#include "host.h"
#include "ledger.h"
#include "load.h"
#include "power_disk.h"

namespace baton::crash {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kReadyLimitNs = 60'000 * kMs;
inline constexpr std::int64_t kAnswersLimitNs = 20'000 * kMs;  // after a kill every open call must end
inline constexpr std::int64_t kDrainLimitNs =
    10'000 * kMs;  // without any progress; locked jobs come back after one second

struct Options {
  std::string baton;
  std::string data;
  int cycles = 5;
  std::uint64_t seed = 0;
  int in_flight = 400;
  bool keep = false;
  bool fault_points = false;
  bool power_cut = false;
  bool disk_errors = false;
  bool full_disk = false;
  bool truncation = false;  // only the points at which the journal loses its beginning
};

class Driver {
 public:
  explicit Driver(Options options)
      : options_(std::move(options)), random_(options_.seed), truncates_(options_.truncation) {}
  Status run();
  int report();

 private:
  int between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  Result<bench::ServerProcess> start();
  Status kill_in_recovery();
  Status cycle(int number);
  /// One life with a fault (BATON_FAULT): how it ends, or nothing if the fault did not end it within `limit_ns`.
  struct End {
    int exit_code = 0;  // or 128 + signal
    bool served = false;
  };
  Result<std::optional<End>> fault_life(const std::string& fault, std::int64_t limit_ns);
  Status run_fault_points(const std::vector<std::string>& points);
  Status run_disk_errors();
  Status run_full_disk();
  Status fill_and_free(bench::ServerProcess& server, http2::EventLoop& loop, const std::string& filler);
  using Kill = std::function<void(bench::ServerProcess&, http2::EventLoop&, std::function<void()>)>;
  Status run_once(int number, const Kill& kill);
  Status drain();
  bool wait_for_end(bench::ServerProcess& server);
  Status check_active(const std::string& when);
  Result<std::uint64_t> active();
  Status compare();

  Options options_;
  std::mt19937_64 random_;
  bool truncates_;  // the journal loses its beginning: only what was counted while running can be compared
  Ledger ledger_;
  std::uint16_t grpc_port_ = 0;
  std::uint16_t http_port_ = 0;
  int kills_ = 0;
  int cycles_ = 0;
  int recovery_kills_ = 0;
  std::int64_t longest_start_ns_ = 0;
  bool drained_ = false;
  bool ends_itself_ = false;  // the server may end at any time, by a fault point
  std::optional<End> end_;    // how it did
  std::vector<std::string> server_options_;
  std::optional<PowerDisk> power_disk_;
  std::string verified_;
};

}  // namespace baton::crash
