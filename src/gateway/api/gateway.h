// The gateway: the Camunda 8 gRPC API on one side, a partition on the other.
//
// A handler checks and converts a request, and queues it; all requests of a turn go to the partition together. Answers
// come back as publications, once they are durable; a whole publication is applied in one turn, so each connection is
// written once. The token of a command and the id of a poll or stream are the gRPC call's id, so no table maps answers
// to calls.
//
// Threads: everything on the event loop, except publish(), which any thread may call.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gateway/auth/authenticator.h"
#include "gateway/grpc/server.h"
#include "gateway/http2/event_loop.h"
#include "partition/partition.h"

namespace baton::gateway {

struct GatewayOptions {
  std::string host = "127.0.0.1";  // as the topology names this node
  std::uint16_t port = 26500;
  std::string cluster_id;
  std::int64_t request_timeout_ms = 15'000;  // create-with-result without a timeout of its own
  std::int64_t long_poll_ms = 10'000;        // activation without a timeout of its own
};

/// Longest time in milliseconds that a request may name, 100 years; a longer one is taken for this.
inline constexpr std::int64_t kLongestMs = 100LL * 366 * 24 * 3600 * 1000;
inline std::int64_t limited_ms(std::int64_t ms) {
  return std::clamp(ms, -kLongestMs, kLongestMs);
}

/// Version that clients compare with their own (camunda-8-api.md 4.4): the API level that is served.
inline constexpr std::string_view kApiVersion = "8.9.0";

class Gateway final : public partition::Publisher, private http2::TurnEnd {
 public:
  Gateway(http2::EventLoop& loop, const Clock& clock, GatewayOptions options);
  ~Gateway() override;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Connects both sides and registers the rpcs. Before the loop runs.
  void serve(grpc::GrpcServer& server, partition::Partition& partition);

  /// Asks for credentials from now on; it outlives the gateway. Without it every caller is anonymous. Before the loop
  /// runs.
  void set_authenticator(auth::Authenticator& authenticator) { authenticator_ = &authenticator; }
  [[nodiscard]] auth::Authenticator* authenticator() { return authenticator_; }
  /// Names the cluster in the topology, once the journal is open.
  void set_cluster_id(std::string id) { options_.cluster_id = std::move(id); }
  /// Ends what would keep a drain waiting: polls without a job, streams and waiting creates with UNAVAILABLE.
  void end_waiting_calls();

  /// Durable answers; from the partition's or the journal's thread.
  void publish(partition::Publications publications) override;

  /// Asks the partition about its live state; `done` gets the answer on the loop.
  void read(std::function<std::string(const engine::StateView&)> ask, std::function<void(std::string)> done);

  // --- for other front ends ---
  /// What a client marks a command with.
  struct CommandMarks {
    std::uint64_t operation_reference = 0;  // 0: none
    std::string request_id;                 // empty: none
  };
  /// The durable answer to a command, or why there is none.
  using Answer = std::function<void(engine::ReplyBody)>;
  using Jobs = std::function<void(Result<std::vector<engine::ActivatedJob>>)>;
  /// Queues a command; `answer` runs once, on the loop. The token names it for abandon().
  std::uint64_t submit_command(const Caller& caller, engine::CommandBody body, CommandMarks marks, Answer answer);
  /// A long poll: `jobs` runs once, with what was activated, empty when nothing came in time. `poll.id` is set here.
  std::uint64_t submit_poll(partition::Poll poll, Jobs jobs);
  /// Stops the partition's clock, or lets it go on.
  void pin_clock(std::optional<TimeMs> time, Answer answer);
  /// Nobody waits for the answer any more; jobs that come for a poll are handed back.
  void abandon(std::uint64_t token);
  /// Ends a command's wait with DEADLINE_EXCEEDED after `timeout_ms`.
  void expire_answer_after(std::uint64_t token, std::int64_t timeout_ms);
  /// A job did not reach its worker: it becomes activatable again instead of waiting for its deadline.
  void give_back(Key job);

  // --- for the rpc handlers (one file an area) ---
  using Call = grpc::CallId;
  void submit(partition::Request request);
  /// Queues a command whose answer goes to `call`.
  void submit_command(Call call, engine::CommandBody body, std::uint64_t operation_reference = 0);
  void refuse(Call call, Code code, std::string message);
  /// Ends `call` with DEADLINE_EXCEEDED after `timeout_ms` if it is still open.
  void expire_after(Call call, std::int64_t timeout_ms);
  /// Tells the partition when a create-with-result call goes away unanswered.
  void await_result(Call call) { awaiting_.insert(call.value()); }
  /// Marks `call` as a job stream: jobs for it are sent one by one, as they come.
  void open_stream(Call call) { streams_.insert(call.value()); }
  /// Marks `call` as a long poll: its jobs are collected and sent together.
  void open_poll(Call call) { polls_.try_emplace(call.value()); }
  /// True from end_waiting_calls() on: nobody may begin to wait any more.
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] std::int64_t now_ns() const { return clock_.boot_ns(); }
  [[nodiscard]] const GatewayOptions& options() const { return options_; }
  [[nodiscard]] grpc::GrpcServer& server() { return *server_; }
  /// Whose call the running handler serves.
  [[nodiscard]] const Caller& caller() const { return caller_; }

 private:
  void on_turn_end() override;
  void shed(std::vector<partition::Request>& requests);
  void drain_publications();
  void apply(partition::Publication& publication);
  void apply_reply(engine::Reply& reply);
  void apply_push(engine::JobPush& push);
  void end_poll(partition::ConsumerId id);
  bool end_other_poll(partition::ConsumerId id, const Status& status);
  bool answer_other(std::uint64_t token, engine::ReplyBody body);
  void refuse_request(const partition::Request& request, Code code, const std::string& message);
  void register_rpcs();
  using Handler = void (*)(Gateway&, Call, std::string_view);
  void add_unary(std::string_view rpc, Handler handler);
  void add_streaming(std::string_view rpc, Handler handler);
  void call_handler(Handler handler, Call call, const grpc::CallInfo& info, std::string_view message);
  void run_handler(Handler handler, Call call, std::string_view request_id, std::string_view message);
  void consumer_closed(Call call, std::span<const std::uint64_t> unsent);

  http2::EventLoop& loop_;
  const Clock& clock_;
  GatewayOptions options_;
  grpc::GrpcServer* server_ = nullptr;
  auth::Authenticator* authenticator_ = nullptr;
  partition::Partition* partition_ = nullptr;

  Caller caller_;
  std::string_view request_id_;  // of the call that is being handled
  std::vector<partition::Request> outgoing_;
  absl::flat_hash_set<std::uint64_t> awaiting_;
  struct OpenPoll {
    std::vector<engine::ActivatedJob> jobs;  // until the poll's end arrives
    std::vector<std::vector<Key>> sent;      // jobs of each message; the message's tag is the first
  };
  absl::flat_hash_map<std::uint64_t, OpenPoll> polls_;
  absl::flat_hash_set<std::uint64_t> streams_;
  struct OtherCommand {
    Answer answer;
    bool awaits_result = false;
  };
  struct OtherPoll {
    Jobs done;
    std::vector<engine::ActivatedJob> jobs;
  };
  absl::flat_hash_map<std::uint64_t, OtherCommand> other_commands_;
  absl::flat_hash_map<std::uint64_t, OtherPoll> other_polls_;
  std::uint64_t last_other_ = 0;
  bool stopping_ = false;
  absl::flat_hash_map<std::uint64_t, std::function<void(std::string)>> reads_;
  std::uint64_t last_read_ = 0;

  std::mutex mutex_;
  partition::Publications published_;  // guarded by mutex_
};

/// Parses a protobuf request; refuses the call and returns false if it is malformed.
template <typename Message>
bool parse_request(Gateway& gateway, Gateway::Call call, std::string_view bytes, Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return true;
  gateway.refuse(call, Code::kInvalidArgument, "The request is not a valid " + std::string(message.GetTypeName()));
  return false;
}

/// Whether `caller` may act in `tenant`, which is not empty. Errors: kInvalidArgument for whoever belongs to the
/// default tenant (multi-tenancy does not concern them), kPermissionDenied for whoever belongs to another one.
Status check_tenant(const Caller& caller, std::string_view tenant, std::string_view operation);
/// The same for an rpc: refuses the call and returns false.
bool accept_tenant(Gateway& gateway, Gateway::Call call, std::string_view rpc, std::string_view tenant);
/// Parses variables; refuses the call if they are not a JSON object.
bool accept_variables(Gateway& gateway, Gateway::Call call, std::string_view json, JsonDocument& out);

// The rpcs.
void topology(Gateway& gateway, Gateway::Call call, std::string_view message);
void deploy_resource(Gateway& gateway, Gateway::Call call, std::string_view message);
void create_process_instance(Gateway& gateway, Gateway::Call call, std::string_view message);
void create_process_instance_with_result(Gateway& gateway, Gateway::Call call, std::string_view message);
void cancel_process_instance(Gateway& gateway, Gateway::Call call, std::string_view message);
void set_variables(Gateway& gateway, Gateway::Call call, std::string_view message);
void resolve_incident(Gateway& gateway, Gateway::Call call, std::string_view message);
void activate_jobs(Gateway& gateway, Gateway::Call call, std::string_view message);
void stream_activated_jobs(Gateway& gateway, Gateway::Call call, std::string_view message);
void complete_job(Gateway& gateway, Gateway::Call call, std::string_view message);
void fail_job(Gateway& gateway, Gateway::Call call, std::string_view message);
void update_job_retries(Gateway& gateway, Gateway::Call call, std::string_view message);
void update_job_timeout(Gateway& gateway, Gateway::Call call, std::string_view message);
void publish_message(Gateway& gateway, Gateway::Call call, std::string_view message);
void broadcast_signal(Gateway& gateway, Gateway::Call call, std::string_view message);
void throw_error(Gateway& gateway, Gateway::Call call, std::string_view message);
void evaluate_decision(Gateway& gateway, Gateway::Call call, std::string_view message);
void delete_resource(Gateway& gateway, Gateway::Call call, std::string_view message);

/// What creating an instance checks before the engine is asked; the same for all APIs. Errors: kInvalidArgument.
Status check_tags(const std::vector<std::string>& tags);

/// Serialized answers.
std::string activated_job_bytes(const engine::ActivatedJob& job);
/// Appends an encoded ActivatedJob to an encoded ActivateJobsResponse.
void append_job(std::string& response, std::string_view job);
std::string reply_bytes(const engine::DeployReply& reply);
std::string reply_bytes(const engine::CreateReply& reply);
std::string reply_bytes(const engine::ResultReply& reply);
std::string reply_bytes(const engine::SetVariablesReply& reply);
std::string reply_bytes(const engine::PublishReply& reply);
std::string reply_bytes(const engine::SignalReply& reply);
std::string reply_bytes(const engine::EvaluateDecisionReply& reply);
std::string reply_bytes(const engine::DeleteReply& reply);

}  // namespace baton::gateway
