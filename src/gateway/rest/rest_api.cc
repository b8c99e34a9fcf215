#include "gateway/rest/rest_api.h"

#include <charconv>

#include "base/ensure.h"
#include "gateway/rest/validation.h"

namespace baton::rest {

namespace {

/// "application/json; charset=utf-8" without the parameters, and without the suffixes of older versions of the API.
bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return equal_ignoring_case(content_type, "application/json") ||
         (content_type.size() > 5 && equal_ignoring_case(content_type.substr(content_type.size() - 5), "+json"));
}

/// A request that is served later: its own copy of what the views show.
class KeptRequest {
 public:
  explicit KeptRequest(const HttpRequest& request)
      : method_(request.method),
        path_(request.path),
        query_(request.query),
        body_(request.body),
        peer_(request.peer),
        rest_at_(request.rest.empty() ? request.path.size() : request.path.size() - request.rest.size()) {
    for (const HttpHeader& header : *request.headers) headers_.emplace_back(header.name, header.value);
  }
  [[nodiscard]] std::vector<HttpHeader> headers() const {
    std::vector<HttpHeader> out;
    for (const auto& [name, value] : headers_) out.push_back({name, value});
    return out;
  }
  [[nodiscard]] HttpRequest view(const std::vector<HttpHeader>& headers) const {
    return {method_, path_, query_, std::string_view(path_).substr(rest_at_), body_, peer_, &headers};
  }

 private:
  std::string method_, path_, query_, body_, peer_;
  std::size_t rest_at_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace

std::pair<unsigned, std::string_view> problem_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return {400, "INVALID_ARGUMENT"};
    case Code::kNotFound:
      return {404, "NOT_FOUND"};
    case Code::kFailedPrecondition:
      return {409, "INVALID_STATE"};
    case Code::kAlreadyExists:
      return {409, "ALREADY_EXISTS"};
    case Code::kUnauthenticated:
      return {401, "UNAUTHORIZED"};
    case Code::kPermissionDenied:
      return {403, "FORBIDDEN"};
    case Code::kResourceExhausted:
      return {503, "RESOURCE_EXHAUSTED"};
    case Code::kUnavailable:
      return {503, "UNAVAILABLE"};
    case Code::kDeadlineExceeded:
      return {504, "DEADLINE_EXCEEDED"};
    case Code::kAborted:
      return {502, "ABORTED"};
    case Code::kUnimplemented:
      return {501, "UNIMPLEMENTED"};
    case Code::kUnknown:
      return {500, "UNKNOWN"};
    default:
      return {500, "INTERNAL"};
  }
}

void Responder::json(std::string body, unsigned status) const {
  reply_({status, "application/json", std::move(body)});
}
void Responder::no_content() const {
  reply_({204, {}, {}});
}
void Responder::problem(unsigned status, std::string_view title, std::string_view detail) const {
  reply_(rest::problem(status, title, detail, instance_));
}
HttpResponse Responder::to_response(const Error& error) const {
  const auto [status, title] = problem_of(error.code);
  HttpResponse response = rest::problem(status, title, error.message, instance_);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}
void Responder::error(const Error& error) const {
  reply_(to_response(error));
}

Key RestCall::path_key() const {
  std::uint64_t value = 0;
  const std::string& text = path_parameters.front();
  // A negative key is well-formed and belongs to nothing, as does one that does not fit.
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return Key(error == std::errc{} && end == text.data() + text.size() ? value : 0);
}

std::uint64_t RestCall::operation_reference() const {
  return static_cast<std::uint64_t>(body["operationReference"].integer_or(0));
}

bool RestCall::variables(const JsonValue& value, JsonDocument& out) const {
  if (!value) return true;
  auto document = JsonDocument::parse(value.text());
  if (!document) {
    responder.error(
        {Code::kInvalidArgument, "Expected variables to be a valid JSON object, but: " + document.error().message});
    return false;
  }
  out = std::move(*document);
  return true;
}

bool RestCall::tenant(std::string_view tenant) const {
  if (tenant.empty()) return true;
  const Status allowed = gateway::check_tenant(caller, tenant, fmt::format("request {}", operation.id));
  if (!allowed) responder.error(allowed.error());
  return allowed.has_value();
}

void RestCall::submit(engine::CommandBody command) const {
  gateway.submit_command(caller, std::move(command), {operation_reference(), request_id()},
                         [answer = responder](engine::ReplyBody reply) {
                           if (const auto* error = std::get_if<Error>(&reply)) return answer.error(*error);
                           answer.no_content();
                         });
}

void RestCall::read(std::string what, std::function<std::string(const engine::StateView&)> ask,
                    std::string content_type) const {
  gateway.read(std::move(ask),
               [answer = responder, what = std::move(what), type = std::move(content_type)](std::string found) {
                 if (found.empty()) return answer.error({Code::kNotFound, what + " not found"});
                 answer.send({200, type, std::move(found)});
               });
}

RestApi::RestApi(gateway::Gateway& gateway, const RestOptions& options) : gateway_(gateway), options_(options) {
  for (const ServedOperation& served : served_operations()) handlers_[served.id] = served.handler;
  for (const openapi::Operation& operation : openapi::kOperations) {
    ENSURE(operation.served == handlers_.contains(operation.id),
           "an operation is served that the description does not mark, or the other way round");
  }
}

void RestApi::serve(const HttpRequest& request, HttpReply reply) {
  const Responder responder(reply, std::string(request.path));
  const RouteMatch match = router_.match(request.method, request.path);
  if (match.operation == nullptr) {
    if (match.allowed.empty()) return responder.problem(404, "Not Found", "There is nothing at this address");
    HttpResponse response =
        problem(405, "Method Not Allowed",
                fmt::format("Method '{}' is not supported here, only {}", request.method, match.allowed), request.path);
    response.headers.emplace_back("Allow", match.allowed);
    return responder.send(std::move(response));
  }
  auth::Authenticator* const authenticator = gateway_.authenticator();
  if (authenticator == nullptr || match.operation->open) {
    return call(*match.operation, match.path_parameters, request, gateway::Caller{}, responder);
  }
  const std::string_view authorization = request.header("authorization");
  if (const auto caller = authenticator->authenticate(authorization)) {
    if (!*caller) return unauthorized(responder, caller->error());
    return call(*match.operation, match.path_parameters, request, **caller, responder);
  }
  authenticator->authenticate_later(
      authorization, [this, kept = KeptRequest(request), match, responder](const Result<gateway::Caller>& caller) {
        if (!responder.reply().alive()) return;
        if (!caller) return unauthorized(responder, caller.error());
        const auto headers = kept.headers();
        call(*match.operation, match.path_parameters, kept.view(headers), *caller, responder);
      });
}

void RestApi::unauthorized(const Responder& responder, const Error& error) {
  const auto [status, title] = problem_of(error.code);
  HttpResponse response = responder.to_response(error);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="baton", charset="UTF-8")");
  responder.send(std::move(response));
}

HttpHandler RestApi::guarded(HttpHandler handler) {
  return [this, handler = std::move(handler)](const HttpRequest& request, const HttpReply& reply) {
    auth::Authenticator* const authenticator = gateway_.authenticator();
    if (authenticator == nullptr) return handler(request, reply);
    const Responder responder(reply, std::string(request.path));
    const std::string_view authorization = request.header("authorization");
    if (const auto caller = authenticator->authenticate(authorization)) {
      return *caller ? handler(request, reply) : unauthorized(responder, caller->error());
    }
    authenticator->authenticate_later(
        authorization, [handler, kept = KeptRequest(request), responder, reply](const Result<gateway::Caller>& caller) {
          if (!caller) return unauthorized(responder, caller.error());
          const auto headers = kept.headers();
          handler(kept.view(headers), reply);
        });
  };
}

void RestApi::call(const openapi::Operation& operation, const std::vector<std::string>& path_parameters,
                   const HttpRequest& request, const gateway::Caller& caller, const Responder& responder) {
  if (!operation.served) {
    return responder.error(
        {Code::kUnimplemented, fmt::format("The operation {} is not supported by this version", operation.id)});
  }
  if (!check_parameters(operation, path_parameters, request, responder)) return;
  JsonTree tree;
  if (operation.body == openapi::Body::kJson && !read_body(operation, request, tree, responder)) return;
  RestCall made{*this, gateway_, operation, request, path_parameters, tree.root(), caller, responder};
  handlers_.find(operation.id)->second(made);
}

bool RestApi::check_parameters(const openapi::Operation& operation, const std::vector<std::string>& path_parameters,
                               const HttpRequest& request, const Responder& responder) {
  std::string wrong;
  std::size_t in_path = 0;
  for (const auto& parameter : openapi::kParameters.subspan(operation.first_parameter, operation.parameter_count)) {
    std::pair<bool, std::string> value{true, {}};
    if (parameter.in_path) {
      value.second = path_parameters[in_path++];
    } else {
      value = form_value(request.query, parameter.name);
    }
    std::optional<std::string> violation;
    if (value.first) {
      violation = is_utf8(value.second) ? parameter_violation(parameter.name, value.second, parameter.schema)
                                        : fmt::format("The value for {} is not UTF-8.", parameter.name);
    } else if (parameter.required) {
      violation = fmt::format("No {} provided.", parameter.name);
    }
    if (violation) wrong += (wrong.empty() ? "" : " ") + *violation;
  }
  if (!wrong.empty()) responder.error({Code::kInvalidArgument, wrong});
  return wrong.empty();
}

bool RestApi::read_body(const openapi::Operation& operation, const HttpRequest& request, JsonTree& tree,
                        const Responder& responder) {
  if (request.body.empty()) {
    if (operation.body_required) responder.problem(400, "Bad Request", "Required request body is missing");
    return !operation.body_required;
  }
  const std::string_view type = request.header("content-type");
  if (!is_json(type)) {
    responder.problem(415, "Unsupported Media Type",
                      fmt::format("Content-Type '{}' is not supported, only application/json", type));
    return false;
  }
  auto parsed = JsonTree::parse(request.body, openapi::kOpaqueNames);
  if (!parsed) {
    responder.problem(400, "Bad Request", "Failed to read request: " + parsed.error().message);
    return false;
  }
  tree = std::move(*parsed);
  const auto violations = violations_of(tree.root(), operation.request);
  if (violations) responder.error({Code::kInvalidArgument, *violations});
  return !violations;
}

std::vector<ServedOperation> served_operations() {
  return {
      {"getStatus", &get_status},
      {"getTopology", &get_topology},
      {"createAdminUser", &create_first_user},
      {"createUser", &create_user},
      {"getUser", &get_user},
      {"updateUser", &update_user},
      {"deleteUser", &delete_user},
      {"createToken", &create_token},
      {"deleteToken", &delete_token},
      {"getLicense", &get_license},
      {"getAuthentication", &get_authentication},
      {"getSystemConfiguration", &get_system_configuration},
      {"pinClock", &pin_clock},
      {"resetClock", &reset_clock},
      {"createDeployment", &create_deployment},
      {"createProcessInstance", &create_process_instance},
      {"cancelProcessInstance", &cancel_process_instance},
      {"createElementInstanceVariables", &set_element_variables},
      {"resolveIncident", &resolve_incident},
      {"activateJobs", &activate_jobs},
      {"completeJob", &complete_job},
      {"failJob", &fail_job},
      {"updateJob", &update_job},
      {"throwJobError", &throw_job_error},
      {"publishMessage", &publish_message},
      {"correlateMessage", &correlate_message},
      {"broadcastSignal", &broadcast_signal},
      {"getUserTask", &get_user_task},
      {"listUserTasks", &list_user_tasks},
      {"updateUserTask", &update_user_task},
      {"assignUserTask", &assign_user_task},
      {"unassignUserTask", &unassign_user_task},
      {"completeUserTask", &complete_user_task},
      {"evaluateDecision", &evaluate_decision},
      {"deleteResource", &delete_resource},
      {"getDecisionDefinition", &get_decision_definition},
      {"getDecisionDefinitionXML", &get_decision_definition_xml},
      {"getDecisionRequirements", &get_decision_requirements},
      {"getDecisionRequirementsXML", &get_decision_requirements_xml},
      {"getProcessDefinition", &get_process_definition},
      {"getProcessDefinitionXML", &get_process_definition_xml},
      {"getStartProcessForm", &get_start_form},
      {"getFormByKey", &get_form},
      {"getUserTaskForm", &get_user_task_form},
      {"getResource", &get_resource},
      {"getResourceContent", &get_resource_content},
      {"getProcessInstance", &get_process_instance},
      {"getElementInstance", &get_element_instance},
      {"getVariable", &get_variable},
      {"getIncident", &get_incident},
  };
}

}  // namespace baton::rest
