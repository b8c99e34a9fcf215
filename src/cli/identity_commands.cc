// Users and API tokens from the command line.
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/json_view.h"

namespace baton::cli {

namespace {

int print_done(const ClientOptions& options, const Result<HttpAnswer>& answer, const std::string& text) {
  if (!answer) return report(answer.error(), options.json);
  if (answer->status / 100 != 2) return report(problem_error(*answer), options.json);
  std::printf("%s\n", options.json ? (answer->body.empty() ? "{}" : answer->body.c_str()) : text.c_str());
  return 0;
}

}  // namespace

int user_add(const ClientOptions& options, const std::string& username, const std::string& name,
             const std::string& email, const std::string& setup_token) {
  const char* set = std::getenv("BATON_NEW_PASSWORD");
  Result<std::string> password = set != nullptr ? Result<std::string>(set) : ask_password("the new user " + username);
  if (!password) {
    return report({Code::kInvalidArgument, "there is no terminal to ask for the new password: set BATON_NEW_PASSWORD"},
                  options.json);
  }
  std::string body = fmt::format(R"({{"username":{},"password":{})", json_quote(username), json_quote(*password));
  if (!name.empty()) body += ",\"name\":" + json_quote(name);
  if (!email.empty()) body += ",\"email\":" + json_quote(email);
  body.push_back('}');
  ClientOptions as = options;
  if (!setup_token.empty()) as.token = setup_token;
  const std::string path = setup_token.empty() ? "/v2/users" : "/v2/setup/user";
  return print_done(options, http_call(as, "POST", path, body), "created the user " + username);
}

int user_remove(const ClientOptions& options, const std::string& username) {
  return print_done(options, http_call(options, "DELETE", "/v2/users/" + username), "removed the user " + username);
}

int token_create(const ClientOptions& options, const std::string& client) {
  const auto answer = http_post(options, "/baton/tokens", fmt::format(R"({{"clientId":{}}})", json_quote(client)));
  if (!answer) return report(answer.error(), options.json);
  if (options.json) {
    std::printf("%s\n", answer->c_str());
    return 0;
  }
  const JsonView view(*answer);
  std::fprintf(stderr, "token %s of the client %s; it is not shown again:\n", view["tokenKey"].text().c_str(),
               client.c_str());
  std::printf("%s\n", view["token"].text().c_str());
  return 0;
}

int token_remove(const ClientOptions& options, std::int64_t key) {
  return print_done(options, http_call(options, "DELETE", fmt::format("/baton/tokens/{}", key)),
                    fmt::format("removed the token {}", key));
}

}  // namespace baton::cli
