#include "gateway/rest/multipart.h"

#include "base/json.h"
#include "gateway/rest/http_parser.h"
#include "gateway/rest/router.h"

namespace baton::rest {

namespace {

constexpr std::size_t kPartHeaderBytes = 4096;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The value of a header's parameter, e.g. `filename` of `form-data; name="x"; filename="y"`.
std::pair<bool, std::string> parameter(std::string_view header, std::string_view wanted) {
  std::size_t at = std::min(header.find(';'), header.size());
  while (at < header.size()) {
    std::string_view rest = trimmed(header.substr(at + 1));
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return {false, {}};
    const std::string_view name = trimmed(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    std::string value;
    std::size_t used = 0;
    if (rest.starts_with('"')) {
      for (used = 1; used < rest.size() && rest[used] != '"'; ++used) {
        // Browsers send \ for a backslash in a name as it is; only \" and \\ are escapes.
        const bool escaped =
            rest[used] == '\\' && used + 1 < rest.size() && (rest[used + 1] == '"' || rest[used + 1] == '\\');
        if (escaped) ++used;
        value.push_back(rest[used]);
      }
      used = std::min(used + 1, rest.size());
    } else {
      used = std::min(rest.find(';'), rest.size());
      value = trimmed(rest.substr(0, used));
    }
    if (equal_ignoring_case(name, wanted)) return {true, value};
    const std::size_t next = rest.find(';', used);
    if (next == std::string_view::npos) return {false, {}};
    header = rest;
    at = next;
  }
  return {false, {}};
}

Status read_part_headers(std::string_view headers, FormPart& part) {
  bool found = false;
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return fail(Code::kInvalidArgument, "a part's header is malformed");
    if (!equal_ignoring_case(line.substr(0, colon), "content-disposition")) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!equal_ignoring_case(value.substr(0, 9), "form-data")) {
      return fail(Code::kInvalidArgument, "a part is no form-data");
    }
    found = true;
    part.name = parameter(value, "name").second;
    part.filename = parameter(value, "filename").second;
    // RFC 6266: UTF-8''percent-encoded goes before the plain one.
    if (const auto [extended, text] = parameter(value, "filename*"); extended && text.starts_with("UTF-8''")) {
      part.filename = url_decode(std::string_view(text).substr(7));
    }
  }
  if (!found || part.name.empty()) return fail(Code::kInvalidArgument, "a part has no name");
  if (!is_utf8(part.name) || !is_utf8(part.filename)) return fail(Code::kInvalidArgument, "a part's name is not UTF-8");
  return {};
}

}  // namespace

Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body) {
  if (!equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))), "multipart/form-data")) {
    return fail(Code::kInvalidArgument, "the content is no multipart/form-data");
  }
  const auto [has_boundary, boundary] = parameter(content_type, "boundary");
  if (!has_boundary || boundary.empty() || boundary.size() > 70) {
    return fail(Code::kInvalidArgument, "the header Content-Type names no boundary");
  }
  const std::string delimiter = "--" + boundary;
  std::vector<FormPart> parts;
  std::size_t at = body.find(delimiter);
  if (at == std::string_view::npos || (at != 0 && !body.substr(0, at).ends_with("\r\n"))) {
    return fail(Code::kInvalidArgument, "the body does not begin with its boundary");
  }
  at += delimiter.size();
  while (!body.substr(at).starts_with("--")) {
    if (!body.substr(at).starts_with("\r\n")) return fail(Code::kInvalidArgument, "a boundary's line is malformed");
    if (parts.size() == kMostParts) return failf(Code::kInvalidArgument, "there are more than {} parts", kMostParts);
    at += 2;
    const std::size_t head = body.find("\r\n\r\n", at);
    const std::size_t end = head == std::string_view::npos ? head : body.find("\r\n" + delimiter, head + 2);
    if (end == std::string_view::npos) return fail(Code::kInvalidArgument, "the last part has no end");
    if (head - at > kPartHeaderBytes) return fail(Code::kInvalidArgument, "a part's headers are too large");
    FormPart& part = parts.emplace_back();
    BATON_TRY(read_part_headers(body.substr(at, head - at), part));
    // An empty part's end is the line end behind its headers.
    part.content = end < head + 4 ? std::string_view{} : body.substr(head + 4, end - head - 4);
    at = end + 2 + delimiter.size();
  }
  return parts;
}

}  // namespace baton::rest
