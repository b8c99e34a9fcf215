// Figures of a run, and the fresh server that a run starts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "host.h"

namespace baton::bench {

/// All figures of a run. Fields that were not measured are absent and printed as null.
struct Report {
  std::string workload;
  std::string mode;
  std::vector<std::pair<std::string, std::optional<double>>> figures;
  std::string first_error;
  bool interrupted = false;

  void add(std::string name, std::optional<double> value) { figures.emplace_back(std::move(name), value); }
};

void print(const Report& report, bool json);

/// Directory for one server's data; removed at the end.
class DataDirectory {
 public:
  static Result<DataDirectory> create(const std::string& base);
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  DataDirectory(DataDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Empties it for the next server.
  void clear() const;

 private:
  std::string path_;
};

/// A fresh server from the bench's own directory.
struct OwnServer {
  ServerProcess process;
  std::uint16_t grpc_port;
  std::uint16_t http_port;
};

/// Starts `baton` from this program's directory on the data in `directory`.
Result<OwnServer> start_server(const std::string& directory, const std::vector<std::string>& options = {});
/// The end of its log.
std::string log_tail(const std::string& directory);

}  // namespace baton::bench
