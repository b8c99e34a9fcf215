#include "measure.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

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

std::int64_t number_after(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  return at == std::string_view::npos ? 0 : std::strtoll(line.data() + at + name.size(), nullptr, 10);
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
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path().string() + "/baton";
  FILE* pipe = ::popen(fmt::format("'{}' journal dump --data '{}/data'", program, directory).c_str(), "r");
  if (pipe == nullptr) return fail(Code::kInternal, "cannot read the journal");
  std::vector<std::int64_t> times;
  char* text = nullptr;
  std::size_t capacity = 0;
  while (::getline(&text, &capacity, pipe) > 0) {
    const std::string_view line(text);
    if (line.find(command) != std::string_view::npos) times.push_back(number_after(line, "\"time\":"));
  }
  std::free(text);
  if (::pclose(pipe) != 0) return fail(Code::kInternal, "journal dump failed");
  return times;
}

}  // namespace baton::bench
