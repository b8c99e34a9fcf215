// A small HTTP/1.1 client for load: keep-alive connections on the bench's event loop, optionally several requests of a
// connection under way. It reads what Baton and proxies send (Content-Length), nothing more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http2/connection.h"

namespace baton::bench {

class RestClient {
 public:
  /// Status and body; status 0: the connection was lost.
  using Done = std::function<void(unsigned status, std::string_view body)>;

  /// `pipeline` requests of a connection are under way at most.
  RestClient(http2::EventLoop& loop, std::string host, std::uint16_t port, int connections, int pipeline);
  ~RestClient();
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  /// Sends a POST with a JSON body as soon as a connection has room.
  void post(std::string path, std::string_view body, Done done);

 private:
  class Session;
  struct Waiting {
    std::string request;
    Done done;
  };
  void connect(std::size_t place);
  void pump();

  http2::EventLoop& loop_;
  std::string host_;
  std::uint16_t port_;
  int pipeline_;
  struct Slot {
    Session* session = nullptr;
    std::unique_ptr<http2::Connection> connection;
  };
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<http2::Connection>> gone_;
  std::vector<Waiting> waiting_;
  std::size_t head_ = 0;
  std::size_t turn_ = 0;
  bool ending_ = false;
};

}  // namespace baton::bench
