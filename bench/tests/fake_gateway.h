// A gateway that forgets everything: just enough of the rpcs to try the load generator. Not a model of the product.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "gateway/grpc/server.h"
#include "gateway_protocol.pb.h"

namespace baton::bench {

class FakeGateway {
 public:
  explicit FakeGateway(http2::EventLoop& loop, std::uint16_t port = 0) {
    grpc::GrpcServerOptions options;
    options.port = port;
    auto made = grpc::GrpcServer::listen(loop, options);
    server = std::move(*made);
    on("Topology", [this](grpc::CallId call, std::string_view) {
      if (topology_failures > 0) {
        --topology_failures;
        server->finish(call, fail(Code::kUnavailable, "starting"));
      } else {
        server->reply(call, gateway_protocol::TopologyResponse().SerializeAsString());
      }
    });
    on("DeployResource", [this](grpc::CallId call, std::string_view message) { deploy(call, message); });
    on("CreateProcessInstance", [this](grpc::CallId call, std::string_view message) { create(call, message); });
    on("CreateProcessInstanceWithResult", [this](grpc::CallId call, std::string_view message) {
      gateway_protocol::CreateProcessInstanceWithResultRequest request;
      request.ParseFromString(std::string(message));
      ++created;
      gateway_protocol::CreateProcessInstanceWithResultResponse response;
      response.set_variables(request.request().variables());
      server->reply(call, response.SerializeAsString());
    });
    on("CompleteJob", [this](grpc::CallId call, std::string_view message) { complete(call, message); });
    on(
        "ActivateJobs", [this](grpc::CallId call, std::string_view) { activate(call); },
        grpc::MethodKind::kServerStreaming);
    on(
        "StreamActivatedJobs", [this](grpc::CallId call, std::string_view) { streams.push_back(call); },
        grpc::MethodKind::kServerStreaming, [this](grpc::CallId call) { std::erase(streams, call); });
  }

  /// First of all: the server reports its open calls when it goes.
  ~FakeGateway() { server.reset(); }

  std::unique_ptr<grpc::GrpcServer> server;
  int tasks = 0;  // of the deployed model
  int topology_failures = 0;
  int refuse_every = 0;  // every n-th create is refused
  bool stalled = false;  // creates wait in `held`
  std::vector<std::pair<grpc::CallId, std::string>> held;
  std::uint64_t created = 0;
  std::uint64_t finished = 0;  // instances whose last job was completed
  std::vector<grpc::CallId> streams;
  int backlog_every = 0;  // every n-th job goes to the backlog instead of a stream

  void release() {
    stalled = false;
    for (auto& [call, message] : held) create(call, message);
    held.clear();
  }

 private:
  struct Job {
    int task;
    std::string variables;
  };

  void on(const std::string& rpc, std::function<void(grpc::CallId, std::string_view)> handler,
          grpc::MethodKind kind = grpc::MethodKind::kUnary, std::function<void(grpc::CallId)> closed = {}) {
    grpc::MethodHandlers handlers;
    handlers.on_call = [handler](grpc::CallId call, const grpc::CallInfo&, std::string_view message) {
      handler(call, message);
    };
    if (closed) {
      handlers.on_closed = [closed](grpc::CallId call, grpc::CloseReason, std::span<const std::uint64_t>) {
        closed(call);
      };
    }
    server->add_method("/gateway_protocol.Gateway/" + rpc, kind, handlers);
  }
  void deploy(grpc::CallId call, std::string_view message) {
    gateway_protocol::DeployResourceRequest request;
    request.ParseFromString(std::string(message));
    tasks = 0;
    const std::string& xml = request.resources(0).content();
    for (std::size_t at = 0; (at = xml.find("<bpmn:serviceTask", at)) != std::string::npos; ++at) ++tasks;
    server->reply(call, "");
  }
  void create(grpc::CallId call, std::string_view message) {
    if (stalled) return held.emplace_back(call, std::string(message)), void();
    ++created;
    if (refuse_every > 0 && created % static_cast<std::uint64_t>(refuse_every) == 0) {
      server->finish(call, fail(Code::kResourceExhausted, "busy"));
      return;
    }
    gateway_protocol::CreateProcessInstanceRequest request;
    request.ParseFromString(std::string(message));
    server->reply(call, "");
    offer({1, request.variables()});
  }
  gateway_protocol::ActivatedJob make(Job job) {
    gateway_protocol::ActivatedJob out;
    out.set_key(++last_key);
    out.set_elementid("task_" + std::to_string(job.task));
    out.set_variables(job.variables);
    jobs.emplace(last_key, std::move(job));
    return out;
  }
  void offer(Job job) {
    ++offered;
    if (streams.empty() || (backlog_every > 0 && offered % static_cast<std::uint64_t>(backlog_every) == 0)) {
      backlog.push_back(std::move(job));
    } else {
      server->send(streams[offered % streams.size()], make(std::move(job)).SerializeAsString());
    }
  }
  void activate(grpc::CallId call) {
    if (!backlog.empty()) {
      gateway_protocol::ActivateJobsResponse response;
      for (Job& job : backlog) *response.add_jobs() = make(std::move(job));
      backlog.clear();
      server->send(call, response.SerializeAsString());
    }
    server->finish(call);
  }
  void complete(grpc::CallId call, std::string_view message) {
    gateway_protocol::CompleteJobRequest request;
    request.ParseFromString(std::string(message));
    const auto it = jobs.find(request.jobkey());
    if (it == jobs.end()) {
      server->finish(call, fail(Code::kNotFound, "no such job"));
      return;
    }
    Job job = std::move(it->second);
    jobs.erase(it);
    server->reply(call, "");
    if (job.task < tasks) {
      offer({job.task + 1, std::move(job.variables)});
    } else {
      ++finished;
    }
  }

  std::unordered_map<std::int64_t, Job> jobs;
  std::deque<Job> backlog;
  std::int64_t last_key = 0;
  std::uint64_t offered = 0;
};

}  // namespace baton::bench
