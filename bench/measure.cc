#include "measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_map>

namespace baton::bench {

namespace {

LoadOptions load_options(const OwnServer& server, const StateBenchOptions& options, double rate) {
  LoadOptions load;
  load.port = server.grpc_port;
  load.seconds = options.seconds;
  load.in_flight = options.in_flight;
  load.rate = rate;
  load.warmup_s = 1;
  return load;
}

/// The first numbers behind `name`, with anything but digits between them; nothing if it is not there.
template <std::size_t count>
std::optional<std::array<std::int64_t, count>> numbers_after(std::string_view line, std::string_view name) {
  std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  at += name.size();
  std::array<std::int64_t, count> numbers{};
  for (std::int64_t& number : numbers) {
    at = line.find_first_of("0123456789", at);
    if (at == std::string_view::npos) return std::nullopt;
    const char* end = std::from_chars(line.data() + at, line.data() + line.size(), number).ptr;
    at = static_cast<std::size_t>(end - line.data());
  }
  return numbers;
}

/// The frames of the journal of a server that was stopped, as `baton journal dump` prints them.
Status for_each_frame(const std::string& directory, const std::function<void(std::string_view)>& visit) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path().string() + "/baton";
  FILE* pipe = ::popen(fmt::format("'{}' journal dump --data '{}/data'", program, directory).c_str(), "r");
  if (pipe == nullptr) return fail(Code::kInternal, "cannot read the journal");
  char* text = nullptr;
  std::size_t capacity = 0;
  while (::getline(&text, &capacity, pipe) > 0) visit(text);
  std::free(text);
  if (::pclose(pipe) != 0) return fail(Code::kInternal, "journal dump failed");
  return {};
}

}  // namespace

Result<LoadResult> one_task(http2::EventLoop& loop, const OwnServer& server, const StateBenchOptions& options,
                            double rate) {
  LoadDriver driver(loop, load_options(server, options, rate));
  BATON_TRY(driver.wait_ready());
  return driver.run();
}

Status wait_ready(http2::EventLoop& loop, const OwnServer& server) {
  return LoadDriver(loop, load_options(server, {}, 0)).wait_ready();
}

Result<std::vector<std::int64_t>> frame_times(const std::string& directory, const std::string& command) {
  std::vector<std::int64_t> times;
  BATON_TRY(for_each_frame(directory, [&](std::string_view line) {
    if (line.find(command) != std::string_view::npos) times.push_back(numbers_after<1>(line, "\"time\":")->front());
  }));
  return times;
}

Result<Lateness> backoff_lateness(const std::string& directory) {
  std::unordered_map<std::int64_t, std::int64_t> ends;  // by job
  Lateness lateness;
  BATON_TRY(for_each_frame(directory, [&](std::string_view line) {
    if (const auto started = numbers_after<3>(line, "JOB_BACKOFF_STARTED ")) {
      ends[(*started)[0]] = (*started)[2];
    } else if (const auto ended = numbers_after<1>(line, "JOB_BACKOFF_ENDED ")) {
      const std::int64_t late = numbers_after<1>(line, "\"time\":")->front() - ends[(*ended)[0]];
      ++lateness.done;
      if (late < 0) ++lateness.early;
      lateness.worst_ms = std::max(lateness.worst_ms, late);
    }
  }));
  return lateness;
}

Result<double> metric(const OwnServer& server, const std::string& name) {
  for (int tries = 0; tries < 50; ++tries) {
    if (const auto text = http_get("127.0.0.1", server.http_port, "/metrics")) {
      if (const auto value = prometheus_value(*text, name)) return *value;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return failf(Code::kUnavailable, "the server has no metric {}", name);
}

Status wait_until_stored(const OwnServer& server) {
  for (int tries = 0; tries < 1200; ++tries) {
    BATON_ASSIGN(const double last, metric(server, "baton_last_position"));
    BATON_ASSIGN(const double stored, metric(server, "baton_stored_position"));
    if (stored >= last) {
      std::this_thread::sleep_for(std::chrono::seconds(2));
      return {};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fail(Code::kDeadlineExceeded, "no checkpoint within two minutes");
}

}  // namespace baton::bench
