// Raw bytes into an HTTP session without sockets: the parser, pipelining, timeouts.
//
// The first byte steers the harness: chunk size, answers at once, later or never, time steps. Whatever comes, each
// request gets one answer in its order, and reading in other pieces gives the same requests.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.h"
#include "gateway/rest/http_session.h"

namespace baton::rest {
namespace {

class Host final : public HttpSessionHost {
 public:
  void request_flush() override {}
  void close(std::string) override { closed = true; }
  bool closed = false;
};

HttpSessionOptions options() {
  HttpSessionOptions made;
  made.limits.max_header_bytes = 2000;
  made.limits.max_body_bytes = 4000;
  made.max_pipelined = 8;
  made.max_unparsed_bytes = 16U << 10;
  return made;
}

/// The requests that a parser finds, as one text.
std::string parsed(std::string_view input, std::size_t chunk) {
  HttpParser parser(options().limits);
  std::string out;
  for (std::size_t at = 0; at < input.size(); at += chunk) {
    parser.feed(input.substr(at, chunk));
    for (HttpParser::Event event = parser.next(); event != HttpParser::Event::kNeedMore; event = parser.next()) {
      if (event == HttpParser::Event::kError) return out + "!" + std::to_string(parser.status());
      if (event == HttpParser::Event::kContinue) continue;
      const ParsedRequest& request = parser.request();
      out.append(request.method).append(" ").append(request.target).append("\n");
      for (const HttpHeader& header : request.headers) {
        ENSURE(header.value.find_first_of("\r\n") == std::string_view::npos, "a line end reached a header's value");
        out.append(header.name).append(":").append(header.value).append("\n");
      }
      out.append(request.body).append("\n");
    }
  }
  return out;
}

void run(std::string_view input) {
  const std::uint8_t steer = input.empty() ? 0 : static_cast<std::uint8_t>(input[0]);
  if (!input.empty()) input.remove_prefix(1);
  ENSURE(parsed(input, input.size() + 1) == parsed(input, 1), "the pieces decide what is read");

  std::int64_t now = 1'000'000'000'000;
  http2::TimerWheel wheel(now);
  HttpCore core(options(), wheel, &now);
  std::vector<HttpReply> held;
  std::size_t served = 0, unsent = 0, gone = 0;
  core.serve = [&](const HttpRequest& request, HttpReply reply) {
    ++served;
    if ((steer & 1) != 0) {
      HttpResponse response{200, "text/plain", std::string(request.path)};
      response.on_unsent = [&unsent] { ++unsent; };
      reply(std::move(response));
    } else {
      reply.on_gone([&gone] { ++gone; });
      held.push_back(std::move(reply));
    }
  };
  Host host;
  std::string out;
  {
    HttpSession session(core);
    session.attach(host, "fuzz:1");
    const std::size_t chunk = (steer & 2) != 0 ? 7 : 1024;
    for (std::size_t at = 0; at < input.size() && !host.closed && !session.finished(); at += chunk) {
      session.feed(input.substr(at, chunk));
      if ((steer & 4) != 0) {
        for (const HttpReply& reply : held) reply({200, "text/plain", std::string(100, 'x')});
        held.clear();
      }
      if ((steer & 8) != 0) session.produce(out, 64);
      if ((steer & 16) != 0) {
        now += 3'000'000'000;
        wheel.advance(now);
      }
      if ((steer & 32) != 0) session.drain();
    }
    session.produce(out, 1U << 20);
    session.disconnected("end");
  }
  for (const HttpReply& reply : held) {
    ENSURE(!reply.alive(), "a reply is alive behind its connection");
    reply({200, "text/plain", "late"});
  }
  ENSURE(core.buffered_bytes == 0, "buffered bytes are miscounted");
  ENSURE(served >= unsent + gone, "a request ended twice");
}

}  // namespace
}  // namespace baton::rest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  baton::rest::run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
