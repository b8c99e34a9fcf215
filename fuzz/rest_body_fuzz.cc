// Bodies against the API description: the first byte picks the operation, the rest is its body (JSON or multipart) and,
// behind a zero byte, its path.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.h"
#include "base/json.h"
#include "gateway/rest/multipart.h"
#include "gateway/rest/router.h"
#include "gateway/rest/validation.h"

namespace baton::rest {
namespace {

std::vector<const openapi::Operation*> with_bodies() {
  std::vector<const openapi::Operation*> out;
  for (const auto& operation : openapi::kOperations) {
    if (operation.served && operation.body != openapi::Body::kNone) out.push_back(&operation);
  }
  return out;
}

void visit(const JsonValue& value) {
  (void)value.string_or();
  (void)value.integer_or(0);
  (void)value.key();
  value.for_each([](const JsonValue& child) { visit(child); });
}

void run(std::string_view input) {
  static const std::vector<const openapi::Operation*> kOperations = with_bodies();
  static const Router kRouter;
  if (input.empty()) return;
  const openapi::Operation& operation = *kOperations[static_cast<std::uint8_t>(input[0]) % kOperations.size()];
  input.remove_prefix(1);
  const std::size_t zero = input.find('\0');
  const std::string_view body = input.substr(0, zero);
  if (zero != std::string_view::npos) {
    const RouteMatch match = kRouter.match(operation.method, input.substr(zero + 1));
    if (match.operation != nullptr) {
      for (const std::string& parameter : match.path_parameters) (void)is_utf8(parameter);
    }
    (void)form_value(input.substr(zero + 1), "token");
  }
  if (operation.body == openapi::Body::kMultipart) {
    if (const auto parts = parse_multipart("multipart/form-data; boundary=b", body)) {
      for (const FormPart& part : *parts) {
        ENSURE(part.content.empty() || (part.content.data() >= body.data() &&
                                        part.content.data() + part.content.size() <= body.data() + body.size()),
               "a part reaches beyond the body");
      }
    }
    return;
  }
  const auto tree = JsonTree::parse(body, openapi::kOpaqueNames);
  if (!tree) return;
  visit(tree->root());
  const auto violations = violations_of(tree->root(), operation.request);
  ENSURE(!violations || is_utf8(*violations), "a violation's text is not UTF-8");
  if (violations) return;
  // What fits is what a handler may rely on: variables are text that JsonDocument decides about.
  if (const JsonValue variables = tree->root()["variables"]) (void)JsonDocument::parse(variables.text());
}

}  // namespace
}  // namespace baton::rest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  baton::rest::run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
