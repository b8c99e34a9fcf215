#include "gateway/rest/setup_page.h"

#include "base/json.h"
#include "gateway/rest/router.h"

namespace baton::rest {

namespace {

constexpr std::size_t kShortestPassword = 8;
constexpr std::size_t kLongestField = 256;

constexpr std::string_view kStyle = R"(:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin-top: .25rem; border: 1px solid #767676; border-radius: .25rem; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid #1a6fd4; outline-offset: 2px; }
input[aria-invalid=true] { border: 2px solid #c62828; }
.hint { margin: .25rem 0 0; font-size: .9rem; }
.error { border: 2px solid #c62828; border-radius: .25rem; padding: .75rem 1rem; }
button { font: inherit; margin-top: 1.5rem; padding: .6rem 1.2rem; border: 0; border-radius: .25rem; background: #14532d; color: #fff; cursor: pointer; }
code { overflow-wrap: anywhere; }
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

HttpResponse page(unsigned status, std::string_view title, std::string_view content) {
  HttpResponse response{
      status, "text/html; charset=utf-8",
      fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>{0} - Baton</title>\n<link rel=\"stylesheet\" href=\"/setup.css\">\n</head>\n"
                  "<body>\n<main>\n<h1>{0}</h1>\n{1}</main>\n</body>\n</html>\n",
                  title, content)};
  response.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"X-Frame-Options", "DENY"}};
  return response;
}

HttpResponse refusal(unsigned status, std::string_view why) {
  return page(status, "Set-up", fmt::format("<p class=\"error\" role=\"alert\">{}</p>\n", escaped(why)));
}

/// A form of another site must not be sent here, although it could not know the token.
bool from_here(const HttpRequest& request) {
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  const std::string_view origin = request.header("origin");
  if (origin.empty() || origin == "null") return true;
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
}

bool is_username(std::string_view text) {
  return !text.empty() && text.size() <= kLongestField &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@.+-") ==
             std::string_view::npos;
}

struct Input {
  std::string_view name, label, type, autocomplete, hint;
  bool required;
};
constexpr Input kInputs[] = {
    {"username", "User name", "text", "username", "Letters, digits and _ @ . + -", true},
    {"name", "Full name (optional)", "text", "name", "", false},
    {"email", "E-mail (optional)", "email", "email", "", false},
    {"password", "Password", "password", "new-password", "At least 8 characters", true},
    {"again", "Password, once more", "password", "new-password", "", true},
};

}  // namespace

std::string SetupPage::form_page(const Form& form, std::string_view field, std::string_view error) const {
  std::string out = "<p>This installation has no users yet. Create the first one.</p>\n";
  if (!error.empty()) {
    out += fmt::format("<p class=\"error\" role=\"alert\"><a href=\"#{}\">{}</a></p>\n", field, escaped(error));
  }
  out += fmt::format("<form method=\"post\" action=\"/setup\">\n<input type=\"hidden\" name=\"token\" value=\"{}\">\n",
                     escaped(token_));
  for (const Input& input : kInputs) {
    const std::string value = input.name == "username" ? form.username
                              : input.name == "name"   ? form.name
                              : input.name == "email"  ? form.email
                                                       : std::string();  // a password is never sent back
    out += fmt::format(
        "<label for=\"{0}\">{1}</label>\n<input id=\"{0}\" name=\"{0}\" type=\"{2}\" autocomplete=\"{3}\" "
        "value=\"{4}\"{5}{6}{7}>\n",
        input.name, input.label, input.type, input.autocomplete, escaped(value), input.required ? " required" : "",
        input.name == field ? " aria-invalid=\"true\"" : "",
        input.hint.empty() ? "" : fmt::format(" aria-describedby=\"{}-hint\"", input.name));
    if (!input.hint.empty()) out += fmt::format("<p class=\"hint\" id=\"{}-hint\">{}</p>\n", input.name, input.hint);
  }
  return out + "<button type=\"submit\">Create user</button>\n</form>\n";
}

void SetupPage::serve(const HttpRequest& request, const HttpReply& reply) {
  const bool post = request.method == "POST";
  if (!post && request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = refusal(405, "Only GET and POST are possible here.");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return reply(std::move(response));
  }
  if (token_.empty() || gateway_.authenticator()->user_count() != 0) {
    return reply(refusal(404, "Set-up is done: there is a user already, or authentication is off."));
  }
  const auto [given, token] = form_value(post ? request.body : request.query, "token");
  if (!given || !auth::equal_constant_time(token, token_)) {
    return reply(refusal(403, "This is not the set-up link that the server printed when it started."));
  }
  if (post) return create(request, reply);
  reply(page(200, "Set up Baton", form_page({}, {}, {})));
}

void SetupPage::create(const HttpRequest& request, const HttpReply& reply) {
  if (!from_here(request)) return reply(refusal(403, "The form was sent by another site."));
  Form form;
  for (auto [name, value] :
       {std::pair{"username", &form.username}, std::pair{"name", &form.name}, std::pair{"email", &form.email},
        std::pair{"password", &form.password}, std::pair{"again", &form.again}}) {
    *value = form_value(request.body, name).second;
  }
  const auto again = [&](std::string_view field, std::string_view error) {
    reply(page(400, "Set up Baton", form_page(form, field, error)));
  };
  if (!is_username(form.username)) return again("username", "The user name is missing or has other characters.");
  if (form.name.size() > kLongestField || !is_utf8(form.name)) return again("name", "The name is too long.");
  if (form.email.size() > kLongestField || !is_utf8(form.email)) return again("email", "The e-mail is too long.");
  if (form.password.size() < kShortestPassword) return again("password", "The password is too short.");
  if (form.password.size() > 1000) return again("password", "The password is too long.");
  if (form.password != form.again) return again("again", "The two passwords differ.");
  gateway_.authenticator()->hash(form.password, [this, form, reply](Result<std::string> hashed) {
    if (!hashed) return reply(refusal(503, hashed.error().message));
    engine::PutUser command{engine::PutUser::Mode::kFirst, form.username, form.name, form.email, std::move(*hashed)};
    gateway_.submit_command({}, std::move(command), {}, [form, reply](const engine::ReplyBody& answer) {
      if (const auto* error = std::get_if<Error>(&answer)) return reply(refusal(409, error->message));
      reply(page(201, "Baton is set up",
                 fmt::format("<p role=\"status\">The user <strong>{}</strong> was created. This link is used up.</p>\n"
                             "<p>Next, make a token for a client or the command line:</p>\n"
                             "<p><code>baton token create my-client --user {}</code></p>\n",
                             escaped(form.username), escaped(form.username))));
    });
  });
}

void SetupPage::style(const HttpRequest&, const HttpReply& reply) {
  reply({200, "text/css; charset=utf-8", std::string(kStyle)});
}

}  // namespace baton::rest
