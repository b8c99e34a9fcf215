// REST v2: finds the operation, knows the caller, checks the request against the API description, calls the handler.
//
//   RestApi api(gateway, options);
//   server.otherwise([&](const HttpRequest& request, HttpReply reply) { api.serve(request, std::move(reply)); });
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/api/gateway.h"
#include "gateway/rest/http_types.h"
#include "gateway/rest/json_tree.h"
#include "gateway/rest/router.h"

namespace baton::rest {

struct RestOptions {
  bool dev = false;         // the clock may be controlled
  std::string setup_token;  // creates the first user; empty: none is given out
};

/// How an operation's answer leaves, at once or later.
class Responder {
 public:
  Responder(HttpReply reply, std::string instance) : reply_(std::move(reply)), instance_(std::move(instance)) {}
  void json(std::string body, unsigned status = 200) const;
  void no_content() const;
  void send(HttpResponse response) const { reply_(std::move(response)); }
  /// Problem details with the status and title that belong to the code (camunda-8-api.md 2.1).
  void error(const Error& error) const;
  [[nodiscard]] HttpResponse to_response(const Error& error) const;
  void problem(unsigned status, std::string_view title, std::string_view detail) const;
  [[nodiscard]] const HttpReply& reply() const { return reply_; }

 private:
  HttpReply reply_;
  std::string instance_;
};

/// HTTP status and title of an error.
std::pair<unsigned, std::string_view> problem_of(Code code);

class RestApi;

/// One request of an operation, checked against its description. Views are valid during the handler only.
struct RestCall {
  RestApi& api;
  gateway::Gateway& gateway;
  const openapi::Operation& operation;
  const HttpRequest& request;
  const std::vector<std::string>& path_parameters;
  JsonValue body;
  gateway::Caller caller;
  Responder responder;

  /// The key in the path; the description says that there is one.
  [[nodiscard]] Key path_key() const;
  [[nodiscard]] std::uint64_t operation_reference() const;
  /// What makes the command repeatable, as `baton-request-id` over gRPC; empty if the client gave none.
  [[nodiscard]] std::string request_id() const { return std::string(request.header("baton-request-id")); }
  /// Parses the variables in `value`; answers and returns false if they are no JSON object.
  bool variables(const JsonValue& value, JsonDocument& out) const;
  /// Checks a tenant that the request names; answers and returns false if the caller may not use it.
  bool tenant(std::string_view tenant) const;
  /// Queues a command whose success is answered with 204.
  void submit(engine::CommandBody command) const;
  /// Queues a command whose reply of type `Reply` becomes JSON.
  template <typename Reply>
  std::uint64_t submit(engine::CommandBody command, std::function<std::string(const Reply&)> to_json,
                       unsigned status = 200) const;
  /// Asks the partition about its state; an empty answer is a 404 that names `what`.
  void read(std::string what, std::function<std::string(const engine::StateView&)> ask,
            std::string content_type = "application/json") const;
};

using RestHandler = void (*)(RestCall&);

class RestApi {
 public:
  RestApi(gateway::Gateway& gateway, const RestOptions& options);
  RestApi(const RestApi&) = delete;
  RestApi& operator=(const RestApi&) = delete;

  void serve(const HttpRequest& request, HttpReply reply);
  /// A handler that runs only for callers with credentials, where they are required.
  [[nodiscard]] HttpHandler guarded(HttpHandler handler);
  [[nodiscard]] const RestOptions& options() const { return options_; }

 private:
  /// Answers with 401 in the way clients expect it.
  static void unauthorized(const Responder& responder, const Error& error);
  void call(const openapi::Operation& operation, const std::vector<std::string>& path_parameters,
            const HttpRequest& request, const gateway::Caller& caller, const Responder& responder);
  static bool check_parameters(const openapi::Operation& operation, const std::vector<std::string>& path_parameters,
                               const HttpRequest& request, const Responder& responder);
  static bool read_body(const openapi::Operation& operation, const HttpRequest& request, JsonTree& tree,
                        const Responder& responder);

  gateway::Gateway& gateway_;
  RestOptions options_;
  Router router_;
  absl::flat_hash_map<std::string_view, RestHandler> handlers_;
};

/// The handler of each operation that the description marks as served.
struct ServedOperation {
  std::string_view id;
  RestHandler handler;
};
std::vector<ServedOperation> served_operations();

// The handlers, one file an area.
void get_status(RestCall& call);
void get_topology(RestCall& call);
void create_first_user(RestCall& call);
void create_user(RestCall& call);
void get_user(RestCall& call);
void update_user(RestCall& call);
void delete_user(RestCall& call);
void create_token(RestCall& call);
void delete_token(RestCall& call);
void get_license(RestCall& call);
void get_authentication(RestCall& call);
void get_system_configuration(RestCall& call);
void pin_clock(RestCall& call);
void reset_clock(RestCall& call);
void create_deployment(RestCall& call);
void create_process_instance(RestCall& call);
void cancel_process_instance(RestCall& call);
void set_element_variables(RestCall& call);
void resolve_incident(RestCall& call);
void activate_jobs(RestCall& call);
void complete_job(RestCall& call);
void fail_job(RestCall& call);
void update_job(RestCall& call);
void throw_job_error(RestCall& call);
void publish_message(RestCall& call);
void correlate_message(RestCall& call);
void broadcast_signal(RestCall& call);
void get_user_task(RestCall& call);
void list_user_tasks(RestCall& call);
void update_user_task(RestCall& call);
void assign_user_task(RestCall& call);
void unassign_user_task(RestCall& call);
void complete_user_task(RestCall& call);
void evaluate_decision(RestCall& call);
void delete_resource(RestCall& call);
void get_decision_definition(RestCall& call);
void get_decision_definition_xml(RestCall& call);
void get_decision_requirements(RestCall& call);
void get_decision_requirements_xml(RestCall& call);
void get_process_definition(RestCall& call);
void get_process_definition_xml(RestCall& call);
void get_start_form(RestCall& call);
void get_form(RestCall& call);
void get_user_task_form(RestCall& call);
void get_resource(RestCall& call);
void get_resource_content(RestCall& call);
void get_process_instance(RestCall& call);
void get_element_instance(RestCall& call);
void get_variable(RestCall& call);
void get_incident(RestCall& call);

/// JSON of topology; the field names of the API.
std::string topology_json(const gateway::GatewayOptions& options);

template <typename Reply>
std::uint64_t RestCall::submit(engine::CommandBody command, std::function<std::string(const Reply&)> to_json,
                               unsigned status) const {
  return gateway.submit_command(caller, std::move(command), {operation_reference(), request_id()},
                                [to_json = std::move(to_json), answer = responder, status](engine::ReplyBody reply) {
                                  if (const auto* error = std::get_if<Error>(&reply)) return answer.error(*error);
                                  answer.json(to_json(std::get<Reply>(reply)), status);
                                });
}

}  // namespace baton::rest
