// baton-crash-driver: kills a loaded server with SIGKILL again and again and proves that nothing acknowledged is lost.
//
//   baton-crash-driver --baton BIN [--data DIR] [--cycles 5] [--seed N] [--in-flight 400] [--keep]
//
// With --fault-points the server dies at a named point instead, each point at its first three passes. With --power-cut
// its data is on a file system of its own, which loses everything that was not synced (needs root). With --disk-errors
// the n-th write or sync fails instead. With --full-disk (needs root) its file system gets full and has room again.
//
// A cycle: start on the same data, compare the number of active instances with what is known, load for 50 to 500 ms,
// kill. Every third cycle the server is first killed up to three times 1 to 50 ms after its start, in the midst of
// recovery. At the end everything is worked off and the journal, verified frame by frame, is compared with the ledger.
// Exit codes: 0 all good, 1 a violation, 2 wrong use or the run could not be made.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

#include "driver.h"

namespace baton::crash {
namespace {

int run(Options options) {
  if (options.seed == 0) options.seed = std::random_device{}();
  std::error_code error;
  const auto base =
      options.data.empty() ? std::filesystem::temp_directory_path(error) : std::filesystem::path(options.data);
  options.data = (base / fmt::format("baton-crash-{}-{}", ::getpid(), options.seed)).string();
  std::filesystem::create_directories(options.data, error);
  if (error) {
    std::fprintf(stderr, "%s: %s\n", options.data.c_str(), error.message().c_str());
    return 2;
  }
  Status status;
  int code = 0;
  {
    Driver driver(options);
    status = driver.run();
    if (!status) std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
    code = driver.report();
  }
  if (status && code == 0 && !options.keep) {
    std::filesystem::remove_all(options.data, error);
  } else {
    std::fprintf(stderr, "the data is kept in %s\n", options.data.c_str());
  }
  if (status && code == 0 && options.fault_points && !options.truncation) {
    Options rest = options;
    rest.truncation = true;
    rest.data = base.string();
    ++rest.seed;
    return run(rest);
  }
  return status ? code : 2;
}

}  // namespace
}  // namespace baton::crash

int main(int argc, char** argv) {
  baton::crash::Options options;
  CLI::App app{"Kills a loaded baton again and again and checks that nothing acknowledged is lost."};
  app.add_option("--baton", options.baton, "the binary under test")->required()->check(CLI::ExistingFile);
  app.add_option("--data", options.data, "where the run makes its directory; the temporary directory without it");
  app.add_option("--cycles", options.cycles, "kills under load")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the random times; 0 takes one");
  app.add_option("--in-flight", options.in_flight, "create calls under way")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--fault-points", options.fault_points, "die at every fault point, three times each");
  app.add_flag("--power-cut", options.power_cut, "lose what is not synced, on a file system of its own; needs root");
  app.add_flag("--disk-errors", options.disk_errors, "the n-th write or sync fails, for n = 1, 2, ...");
  app.add_flag("--full-disk", options.full_disk, "a small file system gets full and has room again; needs root");
  app.add_flag("--keep", options.keep, "keep the data of a good run, too");
  CLI11_PARSE(app, argc, argv);
  return baton::crash::run(std::move(options));
}
