// `baton doctor`: looks at a server and at the machine, and says what to do about what it finds.
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/json_view.h"
#include "gateway/api/gateway.h"

namespace baton::cli {

namespace {

class Findings {
 public:
  void good(std::string what) { add("ok", std::move(what)); }
  void warn(std::string what) { add("warn", std::move(what)); }
  void bad(std::string what) {
    failed_ = true;
    add("fail", std::move(what));
  }
  int print(bool json) const {
    if (json) {
      std::string out;
      for (const auto& [level, what] : list_) {
        out += fmt::format(R"({}{{"level":"{}","finding":{}}})", out.empty() ? "" : ",", level, json_quote(what));
      }
      std::printf("{\"ok\":%s,\"findings\":[%s]}\n", failed_ ? "false" : "true", out.c_str());
    } else {
      for (const auto& [level, what] : list_) std::printf("%-4s  %s\n", level.c_str(), what.c_str());
    }
    return failed_ ? 1 : 0;
  }

 private:
  void add(std::string level, std::string what) { list_.emplace_back(std::move(level), std::move(what)); }
  std::vector<std::pair<std::string, std::string>> list_;
  bool failed_ = false;
};

/// The value of a metric whose line begins with `series`; nullopt if there is none.
std::optional<double> metric(const std::string& text, const std::string& series) {
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(text.c_str() + at + series.size() + 2, nullptr);
}

void check_metrics(const ClientOptions& options, Findings& findings) {
  const auto text = http_get(options, "/metrics");
  if (!text) return findings.warn("the metrics cannot be read: " + text.error().message);
  const double offset = metric(*text, "baton_clock_offset_seconds").value_or(0);
  if (std::abs(offset) > 60) {
    findings.bad(fmt::format(
        "the partition's time is {:.0f} s away from the wall clock: check the machine's clock (NTP)", offset));
  } else {
    findings.good(fmt::format("the clock is {:.3f} s away from the partition's time", offset));
  }
  if (metric(*text, "baton_disk_full").value_or(0) > 0) {
    findings.bad("the disk is full: new work is refused until there is space. What is under way goes on");
  }
  const double sync = metric(*text, "baton_append_seconds{quantile=\"0.99\"}").value_or(0);
  if (sync > 0.05) {
    findings.warn(
        fmt::format("99 % of the journal's writes take up to {:.0f} ms: a faster disk would help", sync * 1e3));
  } else if (sync > 0) {
    findings.good(fmt::format("99 % of the journal's writes are durable within {:.2f} ms", sync * 1e3));
  }
  if (const double incidents = metric(*text, "baton_incidents").value_or(0); incidents > 0) {
    findings.warn(fmt::format("{:.0f} incidents wait to be resolved (baton show KEY, baton resolve KEY)", incidents));
  }
}

void check_server(const ClientOptions& options, Findings& findings) {
  const auto health = http_call(options, "GET", "/health");
  if (!health) return findings.bad(health.error().message + ". Is the server started (baton start)?");
  findings.good("the server answers at " + options.http);
  const auto ready = http_call(options, "GET", "/ready");
  if (!ready || ready->status != 200) {
    findings.bad("the server is not ready: the journal does not go on. Look at its log");
  } else {
    findings.good("it is ready: a question reaches the journal and comes back");
  }
  ClientOptions nobody = options;
  nobody.user.clear();
  nobody.token.clear();
  const auto open = http_call(nobody, "GET", "/v2/topology");
  if (open && open->status == 200) {
    findings.warn("authentication is off (--dev): everybody on that machine can use the server");
  } else {
    findings.good("authentication is on");
  }
  const auto topology = http_get(options, "/v2/topology");
  if (!topology) return findings.bad("the topology cannot be read: " + topology.error().message);
  const std::string version = JsonView(*topology)["gatewayVersion"].text();
  if (version != gateway::kApiVersion) {
    findings.warn(fmt::format("the server serves API level {}, this program knows {}", version, gateway::kApiVersion));
  } else {
    findings.good("it serves API level " + version);
  }
  check_metrics(options, findings);
}

void check_data(const std::string& data, Findings& findings) {
  struct stat info{};
  if (::stat(data.c_str(), &info) != 0) return findings.warn("there is no data directory at " + data);
  if ((info.st_mode & 077) != 0) {
    findings.warn(fmt::format("others may look into {}: chmod 700 {}", data, data));
  } else {
    findings.good("only its owner may look into " + data);
  }
  struct statfs disk{};
  if (::statfs(data.c_str(), &disk) != 0) return;
  if (disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC) {
    findings.bad(data + " is in memory: nothing survives a restart of the machine");
  } else if (disk.f_type == NFS_SUPER_MAGIC) {
    findings.warn(data + " is on NFS: make sure that the server syncs before it answers");
  }
  const auto free_mb = static_cast<std::uint64_t>(disk.f_bavail) * static_cast<std::uint64_t>(disk.f_bsize) >> 20;
  if (free_mb < 1024) {
    findings.warn(fmt::format("only {} MiB are free for {}", free_mb, data));
  } else {
    findings.good(fmt::format("{} GiB are free for {}", free_mb >> 10, data));
  }
}

}  // namespace

int doctor(const ClientOptions& options, const std::string& data) {
  Findings findings;
  check_server(options, findings);
  check_data(data, findings);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    if (files.rlim_max < 16'384) {
      findings.warn(
          fmt::format("a process may open {} files here, which bounds the connections (ulimit -Hn)", files.rlim_max));
    } else {
      findings.good("enough files may be open for ten thousand connections");
    }
  }
  return findings.print(options.json);
}

}  // namespace baton::cli
