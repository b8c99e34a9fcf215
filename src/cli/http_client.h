// Blocking HTTP calls of the command line, with the caller's credentials, over TLS where asked for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/commands.h"

namespace baton::cli {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// One request; any status is an answer. Errors: kUnavailable, kInvalidArgument for the address or the certificates.
Result<HttpAnswer> http_call(const ClientOptions& options, std::string_view method, std::string_view path,
                             std::string_view json = {});
/// GET; anything but 200 is an error with the code and text of the problem.
Result<std::string> http_get(const ClientOptions& options, std::string_view path);
/// POST of JSON; anything but 2xx is an error.
Result<std::string> http_post(const ClientOptions& options, std::string_view path, std::string_view json);

/// What the problem details of an answer say.
Error problem_error(const HttpAnswer& answer);
/// Asks for a password on the terminal. Errors: kUnauthenticated when there is none.
Result<std::string> ask_password(const std::string& whose);

/// The value of the header Authorization for these options: a token, or a user whose password comes from BATON_PASSWORD
/// or the terminal; empty without either. Errors: kUnauthenticated when there is no way to ask for the password.
Result<std::string> authorization(const ClientOptions& options);

}  // namespace baton::cli
