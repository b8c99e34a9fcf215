// The page behind the one-time set-up link: creates the first user. Plain HTML that works without scripts, with a
// keyboard and with a screen reader; nothing is loaded from elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "gateway/api/gateway.h"
#include "gateway/rest/http_types.h"

namespace baton::rest {

class SetupPage {
 public:
  /// `token` is in the link; without one nothing can be set up.
  SetupPage(gateway::Gateway& gateway, std::string token) : gateway_(gateway), token_(std::move(token)) {}

  /// Serves GET and POST of /setup. Form: token, username, name, email, password, again.
  void serve(const HttpRequest& request, const HttpReply& reply);
  /// GET /setup.css
  static void style(const HttpRequest& request, const HttpReply& reply);

 private:
  struct Form {
    std::string username, name, email, password, again;
  };
  void create(const HttpRequest& request, const HttpReply& reply);
  [[nodiscard]] std::string form_page(const Form& form, std::string_view field, std::string_view error) const;

  gateway::Gateway& gateway_;
  std::string token_;
};

}  // namespace baton::rest
