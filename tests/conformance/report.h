// The count of a conformance run: names what failed or was skipped, ends with "N passed, N failed, N skipped".
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace baton::conformance {

class Report {
 public:
  void pass() { ++passed_; }
  void fail(std::string_view name, std::string_view why) {
    ++failed_;
    fmt::print("FAILED {}: {}\n", name, why);
  }
  void skip(std::string_view name) {
    ++skipped_;
    fmt::print("SKIPPED {}\n", name);
  }
  void skip_quietly() { ++skipped_; }
  /// Prints the last line; the exit code. A run that found nothing at all has failed.
  [[nodiscard]] int finish() const {
    if (passed_ + failed_ + skipped_ == 0) fmt::print("FAILED: no case found\n");
    fmt::print("{} passed, {} failed, {} skipped\n", passed_, failed_, skipped_);
    return failed_ > 0 || passed_ + skipped_ == 0 ? 1 : 0;
  }

 private:
  int passed_ = 0;
  int failed_ = 0;
  int skipped_ = 0;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

/// Runs every BPMN file below `folder` (models.cc).
int run_models(const std::filesystem::path& folder);

/// Runs the path cases of a JSON list on the models of a folder (paths.cc).
int run_paths(const std::filesystem::path& cases, const std::filesystem::path& folder);

}  // namespace baton::conformance
