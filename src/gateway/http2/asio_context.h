// The Asio context under an EventLoop, for the few .cc files that bring their own Asio code (the HTTP server).
#pragma once

namespace boost::asio {
class io_context;
}

namespace baton::http2 {

class EventLoop;

/// Everything started on it must not throw out of its handlers.
boost::asio::io_context& asio_context(EventLoop& loop);

}  // namespace baton::http2
