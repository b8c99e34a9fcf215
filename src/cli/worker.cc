// `baton worker --type T --exec CMD`: runs a shell command for each job. The job's variables come on its standard
// input, its headers and keys in the environment; a JSON object on standard output completes the job, an exit code
// other than 0 fails it.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "base/log.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "gateway_protocol.pb.h"

namespace baton::cli {

namespace pb = gateway_protocol;

namespace {

volatile std::sig_atomic_t stop_requested = 0;

struct CommandResult {
  int exit_code = -1;
  std::string output;
  std::string errors;
};

struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return ::pipe(ends) == 0; }
  void close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

[[noreturn]] void run_child(const std::string& command, const pb::ActivatedJob& job, Pipe& in, Pipe& out, Pipe& err) {
  ::dup2(in.ends[0], STDIN_FILENO);
  ::dup2(out.ends[1], STDOUT_FILENO);
  ::dup2(err.ends[1], STDERR_FILENO);
  for (Pipe* pipe : {&in, &out, &err}) {
    pipe->close(0);
    pipe->close(1);
  }
  ::setenv("BATON_JOB_KEY", std::to_string(job.key()).c_str(), 1);
  ::setenv("BATON_JOB_TYPE", job.type().c_str(), 1);
  ::setenv("BATON_PROCESS_INSTANCE_KEY", std::to_string(job.processinstancekey()).c_str(), 1);
  ::setenv("BATON_ELEMENT_ID", job.elementid().c_str(), 1);
  ::setenv("BATON_CUSTOM_HEADERS", job.customheaders().c_str(), 1);
  ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

/// Feeds the input and gathers both outputs without ever blocking on a full pipe.
void pump(Pipe& in, Pipe& out, Pipe& err, std::string_view input, CommandResult& result) {
  char buffer[4096];
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    pollfd fds[3] = {{in.ends[1], POLLOUT, 0}, {out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
    if (::poll(fds, 3, -1) < 0) continue;
    if ((fds[0].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
      const ssize_t n =
          input.empty() ? -1 : ::write(in.ends[1], input.data(), std::min<std::size_t>(input.size(), sizeof buffer));
      if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
      if (n <= 0 || input.empty()) in.close(1);
    }
    for (int i : {1, 2}) {
      if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      Pipe& pipe = i == 1 ? out : err;
      const ssize_t n = ::read(pipe.ends[0], buffer, sizeof buffer);
      if (n > 0) (i == 1 ? result.output : result.errors).append(buffer, static_cast<std::size_t>(n));
      if (n <= 0) pipe.close(0);
    }
  }
}

CommandResult execute(const std::string& command, const pb::ActivatedJob& job) {
  CommandResult result;
  Pipe in;
  Pipe out;
  Pipe err;
  if (!in.open() || !out.open() || !err.open()) return result;
  const pid_t child = ::fork();
  if (child == 0) run_child(command, job, in, out, err);
  if (child < 0) return result;
  in.close(0);
  out.close(1);
  err.close(1);
  pump(in, out, err, job.variables(), result);
  int wait_status = 0;
  ::waitpid(child, &wait_status, 0);
  result.exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
  return result;
}

Status finish(BlockingClient& client, const pb::ActivatedJob& job, const CommandResult& result) {
  const auto output =
      JsonDocument::parse(result.output.find_first_not_of(" \t\r\n") == std::string::npos ? "" : result.output);
  if (result.exit_code == 0 && output) {
    pb::CompleteJobRequest request;
    request.set_jobkey(job.key());
    request.set_variables(output->to_json());
    BATON_TRY((client.call<pb::CompleteJobResponse>("CompleteJob", request)));
    return {};
  }
  pb::FailJobRequest request;
  request.set_jobkey(job.key());
  request.set_retries(job.retries() - 1);
  request.set_errormessage(result.exit_code != 0 ? fmt::format("exit code {}: {}", result.exit_code, result.errors)
                                                 : "the output is not a JSON object: " + output.error().message);
  BATON_TRY((client.call<pb::FailJobResponse>("FailJob", request)));
  return {};
}

}  // namespace

int work(const ClientOptions& options, const std::string& type, const std::string& command,
         const std::string& worker_name) {
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  std::signal(SIGINT, [](int) { stop_requested = 1; });
  std::signal(SIGTERM, [](int) { stop_requested = 1; });
  std::signal(SIGPIPE, SIG_IGN);
  pb::ActivateJobsRequest request;
  request.set_type(type);
  request.set_worker(worker_name);
  request.set_timeout(5 * 60 * 1000);
  request.set_maxjobstoactivate(1);
  request.set_requesttimeout(1000);
  while (stop_requested == 0) {
    auto messages = (*client)->collect("ActivateJobs", request.SerializeAsString(), BlockingClient::kTimeoutMs);
    if (!messages) {
      if (messages.error().code != Code::kUnavailable && messages.error().code != Code::kResourceExhausted) {
        return report(messages.error(), options.json);
      }
      ::sleep(1);
      continue;
    }
    for (const auto& bytes : *messages) {
      pb::ActivateJobsResponse response;
      response.ParseFromString(bytes);
      for (const auto& job : response.jobs()) {
        const CommandResult result = execute(command, job);
        const Status done = finish(**client, job, result);
        std::printf("job %lld of %lld: %s\n", static_cast<long long>(job.key()),
                    static_cast<long long>(job.processinstancekey()),
                    !done                   ? done.error().message.c_str()
                    : result.exit_code == 0 ? "completed"
                                            : "failed");
        std::fflush(stdout);
      }
    }
  }
  return 0;
}

}  // namespace baton::cli
