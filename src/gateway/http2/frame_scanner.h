// Walks over a stream of HTTP/2 frames and classifies their 9-byte headers (RFC 9113 section 4.1), whatever the chunks.
//
// libnghttp2 has no callback for frames it ignores (unknown types, frames on closed streams), so floods of them would
// go uncounted; this sees every header for a few nanoseconds a frame.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace baton::http2 {

class FrameScanner {
 public:
  /// `skip` bytes come before the first frame (24 for the client's preface).
  explicit FrameScanner(std::size_t skip) : skip_(skip) {}

  struct Counts {
    std::int64_t idle =
        0;  ///< frames that advance no call: everything but HEADERS, RST_STREAM and DATA with content or end
    std::int64_t data = 0;  ///< DATA frames with content
  };
  /// Counts the frame headers completed by `bytes`.
  Counts scan(std::string_view bytes) {
    Counts counts;
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const std::size_t take = std::min(skip_, bytes.size());
        skip_ -= take;
        bytes.remove_prefix(take);
        continue;
      }
      const std::size_t take = std::min(header_.size() - have_, bytes.size());
      std::memcpy(header_.data() + have_, bytes.data(), take);
      have_ += take;
      bytes.remove_prefix(take);
      if (have_ == header_.size()) count(counts);
    }
    return counts;
  }

 private:
  void count(Counts& counts) {
    constexpr unsigned kData = 0, kHeaders = 1, kReset = 3, kEndStream = 1;
    const std::size_t length = (std::size_t{header_[0]} << 16) | (std::size_t{header_[1]} << 8) | header_[2];
    const unsigned type = header_[3];
    if (type == kData) {
      counts.data += length > 0 ? 1 : 0;
      counts.idle += length == 0 && (header_[4] & kEndStream) == 0 ? 1 : 0;
    } else if (type != kHeaders && type != kReset) {
      ++counts.idle;
    }
    skip_ = length;
    have_ = 0;
  }

  std::array<unsigned char, 9> header_{};
  std::size_t have_ = 0;
  std::size_t skip_;
};

}  // namespace baton::http2
