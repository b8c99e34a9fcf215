#include "report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace baton::bench {

namespace fs = std::filesystem;

namespace {

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

void print(const Report& report, bool json) {
  if (json) {
    std::string out = fmt::format("{{\"workload\":{},\"mode\":{}", json_text(report.workload), json_text(report.mode));
    for (const auto& [name, value] : report.figures) {
      out += value ? fmt::format(",\"{}\":{:.10g}", name, *value) : fmt::format(",\"{}\":null", name);
    }
    out += fmt::format(",\"interrupted\":{},\"first_error\":{}}}\n", report.interrupted, json_text(report.first_error));
    std::fputs(out.c_str(), stdout);
    return;
  }
  fmt::print("{} ({})\n", report.workload, report.mode);
  for (const auto& [name, value] : report.figures) {
    fmt::print("  {:<22} {}\n", name, value ? fmt::format("{:.6g}", *value) : "-");
  }
  if (!report.first_error.empty()) fmt::print("  first error: {}\n", report.first_error);
  if (report.interrupted) fmt::print("  interrupted: figures are of the time until then\n");
}

Result<DataDirectory> DataDirectory::create(const std::string& base) {
  std::error_code error;
  fs::create_directories(base, error);
  if (is_memory_filesystem(base)) {
    return failf(Code::kInvalidArgument, "{} is in memory: durability would cost nothing. Use --data on a disk", base);
  }
  std::string path = fs::absolute(base).string() + "/baton-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return failf(Code::kInternal, "Cannot create a directory in {}", base);
  return DataDirectory(std::move(path));
}

DataDirectory::~DataDirectory() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
}

void DataDirectory::clear() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) fs::remove_all(entry.path(), error);
}

Result<OwnServer> start_server(const std::string& directory, const std::vector<std::string>& options) {
  const std::string program = fs::read_symlink("/proc/self/exe").parent_path().string() + "/baton";
  const std::uint16_t grpc_port = free_port();
  const std::uint16_t http_port = free_port();
  std::vector<std::string> arguments = {"start",
                                        "--data",
                                        directory + "/data",
                                        "--grpc",
                                        fmt::format("127.0.0.1:{}", grpc_port),
                                        "--http",
                                        fmt::format("127.0.0.1:{}", http_port),
                                        "--dev"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  BATON_ASSIGN(auto process, ServerProcess::start(program, arguments, directory + "/server.log"));
  return OwnServer{std::move(process), grpc_port, http_port};
}

std::string log_tail(const std::string& directory) {
  std::ifstream file(directory + "/server.log");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

}  // namespace baton::bench
