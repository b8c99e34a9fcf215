// Users and API tokens.
#include "base/hash.h"
#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

constexpr std::size_t kShortestPassword = 8;

std::string user_json(std::string_view username, std::string_view name, std::string_view email) {
  const auto nullable = [](std::string_view text) { return text.empty() ? std::string("null") : json_quote(text); };
  return fmt::format(R"({{"username":{},"name":{},"email":{}}})", json_quote(username), nullable(name),
                     nullable(email));
}

std::string user_reply_json(const engine::UserReply& user) {
  return user_json(user.username, user.name, user.email);
}

/// Hashes the password on its thread, then queues the command.
void put_user(const RestCall& call, engine::PutUser command, const std::string& password, unsigned status) {
  if (password.empty()) {
    call.submit<engine::UserReply>(std::move(command), &user_reply_json, status);
    return;
  }
  if (password.size() < kShortestPassword) {
    return call.responder.error(
        {Code::kInvalidArgument,
         fmt::format("The value for password is too short: it must have at least {} characters.", kShortestPassword)});
  }
  auth::Authenticator* const authenticator = call.gateway.authenticator();
  if (authenticator == nullptr) return call.responder.error({Code::kUnavailable, "There are no users here"});
  authenticator->hash(password, [&gateway = call.gateway, caller = call.caller, command = std::move(command), status,
                                 answer = call.responder](Result<std::string> hashed) mutable {
    if (!hashed) return answer.error(hashed.error());
    command.password = std::move(*hashed);
    gateway.submit_command(caller, std::move(command), {}, [answer, status](const engine::ReplyBody& reply) {
      if (const auto* error = std::get_if<Error>(&reply)) return answer.error(*error);
      answer.json(user_reply_json(std::get<engine::UserReply>(reply)), status);
    });
  });
}

engine::PutUser user_of(const RestCall& call, engine::PutUser::Mode mode) {
  return {mode, call.body["username"].string_or(), call.body["name"].string_or(), call.body["email"].string_or(), {}};
}

}  // namespace

/// Whoever has the set-up link may create the first user: its token comes as a Bearer credential.
void create_first_user(RestCall& call) {
  const std::string& expected = call.api.options().setup_token;
  const std::string wanted = "Bearer " + expected;
  if (expected.empty() || !auth::equal_constant_time(call.request.header("authorization"), wanted)) {
    return call.responder.error({Code::kUnauthenticated, "The token of the set-up link is missing, wrong or used up"});
  }
  put_user(call, user_of(call, engine::PutUser::Mode::kFirst), call.body["password"].string_or(), 201);
}

void create_user(RestCall& call) {
  put_user(call, user_of(call, engine::PutUser::Mode::kCreate), call.body["password"].string_or(), 201);
}

void get_user(RestCall& call) {
  const std::string& username = call.path_parameters.front();
  call.read(fmt::format("User with username '{}'", username),
            [username, tenant = call.caller.tenant](const engine::StateView& state) {
              const engine::UserRow* row = state.user(username);
              if (row == nullptr || row->tenant.text() != tenant) return std::string();
              return user_json(row->username.text(), row->name, row->email);
            });
}

void update_user(RestCall& call) {
  engine::PutUser command = user_of(call, engine::PutUser::Mode::kUpdate);
  command.username = call.path_parameters.front();
  put_user(call, std::move(command), call.body["password"].string_or(), 200);
}

void delete_user(RestCall& call) {
  call.submit(engine::DeleteUser{call.path_parameters.front()});
}

/// The token is made here and shown once; only its digest goes on.
void create_token(RestCall& call) {
  if (!call.tenant(call.body["tenantId"].string_or())) return;
  const std::string token = "baton_" + auth::random_token();
  const Sha256 sum = sha256(token);
  const std::string client = call.body["clientId"].string_or();
  engine::CreateToken command{client, {reinterpret_cast<const char*>(sum.data()), sum.size()}};
  call.submit<engine::TokenReply>(
      std::move(command),
      [client, token](const engine::TokenReply& reply) {
        return fmt::format(R"({{"clientId":{},"tenantId":{},"tokenKey":"{}","token":"{}"}})", json_quote(client),
                           json_quote(reply.tenant), reply.key.value(), token);
      },
      201);
}

void delete_token(RestCall& call) {
  call.submit(engine::DeleteToken{call.path_key()});
}

}  // namespace baton::rest
