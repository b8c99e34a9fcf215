#include "rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

namespace baton::bench {

class RestClient::Session final : public http2::ByteSession {
 public:
  explicit Session(RestClient& client) : client_(client) {}

  void send(Waiting request) {
    output_.append(request.request);
    under_way_.push_back(std::move(request.done));
  }
  [[nodiscard]] int under_way() const { return static_cast<int>(under_way_.size()); }

  bool feed(std::string_view bytes) override {
    input_.append(bytes);
    std::size_t at = 0;
    while (true) {
      const std::string_view rest = std::string_view(input_).substr(at);
      const std::size_t head = rest.find("\r\n\r\n");
      if (head == std::string_view::npos) break;
      std::size_t length = 0;
      constexpr std::string_view kLength = "Content-Length: ";
      if (const std::size_t found = rest.find(kLength); found < head) {
        std::from_chars(rest.data() + found + kLength.size(), rest.data() + head, length);
      }
      if (rest.size() < head + 4 + length) break;
      unsigned status = 0;
      std::from_chars(rest.data() + 9, rest.data() + 12, status);
      if (under_way_.empty()) return false;
      const Done done = std::move(under_way_.front());
      under_way_.pop_front();
      done(status, rest.substr(head + 4, length));
      at += head + 4 + length;
    }
    input_.erase(0, at);
    client_.pump();
    return true;
  }
  bool produce(std::string& out, std::size_t) override {
    out.append(output_);
    output_.clear();
    return true;
  }
  [[nodiscard]] bool finished() const override { return false; }
  void disconnected(std::string_view reason) override {
    for (const Done& done : std::exchange(under_way_, {})) done(0, reason);
  }

 private:
  RestClient& client_;
  std::string input_, output_;
  std::deque<Done> under_way_;
};

RestClient::RestClient(http2::EventLoop& loop, std::string host, std::uint16_t port, int connections, int pipeline)
    : loop_(loop), host_(std::move(host)), port_(port), pipeline_(pipeline) {
  slots_.resize(static_cast<std::size_t>(connections));
  for (std::size_t i = 0; i < slots_.size(); ++i) connect(i);
}

RestClient::~RestClient() {
  ending_ = true;
}

void RestClient::connect(std::size_t place) {
  const auto fd = http2::start_connect(host_, port_);
  if (!fd) return;
  auto session = std::make_unique<Session>(*this);
  Slot& slot = slots_[place];
  slot.session = session.get();
  slot.connection = std::make_unique<http2::Connection>(loop_, *fd, true, std::move(session),
                                                        http2::ConnectionOptions{}, [this, place](http2::Connection&) {
                                                          slots_[place].session = nullptr;
                                                          // It calls us: it is destroyed later.
                                                          gone_.push_back(std::move(slots_[place].connection));
                                                          if (!ending_) loop_.post([this, place] { connect(place); });
                                                        });
}

void RestClient::post(std::string path, std::string_view body, Done done) {
  waiting_.push_back({fmt::format("POST {} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                                  "Content-Length: {}\r\n\r\n{}",
                                  path, body.size(), body),
                      std::move(done)});
  pump();
}

void RestClient::pump() {
  std::size_t full = 0;
  while (head_ < waiting_.size() && full < slots_.size()) {
    Slot& slot = slots_[turn_];
    turn_ = (turn_ + 1) % slots_.size();
    if (slot.session == nullptr || slot.session->under_way() >= pipeline_) {
      ++full;
      continue;
    }
    full = 0;
    slot.session->send(std::move(waiting_[head_++]));
    slot.connection->request_flush();
  }
  if (head_ == waiting_.size()) {
    waiting_.clear();
    head_ = 0;
  }
}

}  // namespace baton::bench
