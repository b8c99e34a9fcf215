#include "gateway/grpc/compression.h"

#include <zlib.h>

#include <algorithm>

#include "base/ensure.h"

namespace baton::grpc {
namespace {

constexpr int kDetectFormat = 15 + 32;  // zlib: window of 32 KiB, gzip or zlib header
constexpr int kGzipFormat = 15 + 16;
constexpr int kZlibFormat = 15;
constexpr std::size_t kFirstBytes = 16U << 10;
constexpr std::size_t kKeepBytes = 1U << 20;  // a larger buffer is given back after use

Bytef* input_of(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
  std::string buffer;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {
  ENSURE(inflateInit2(&state_->stream, kDetectFormat) == Z_OK, "zlib does not start");
}

Inflater::~Inflater() {
  inflateEnd(&state_->stream);
}

Result<std::string_view> Inflater::inflate(std::string_view compressed, std::size_t max_bytes) {
  z_stream& stream = state_->stream;
  std::string& buffer = state_->buffer;
  inflateReset2(&stream, kDetectFormat);
  if (buffer.size() > kKeepBytes) std::string().swap(buffer);
  if (buffer.size() < kFirstBytes) buffer.resize(kFirstBytes);
  stream.next_in = input_of(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::size_t done = 0;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data() + done);
    stream.avail_out = static_cast<uInt>(buffer.size() - done);
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    done = buffer.size() - stream.avail_out;
    if (done > max_bytes) {
      return failf(Code::kResourceExhausted, "The decompressed message is larger than the limit of {} bytes",
                   max_bytes);
    }
    if (result == Z_STREAM_END) break;
    if (result != Z_OK || (stream.avail_out > 0 && stream.avail_in == 0)) {
      return fail(Code::kInternal, "The compressed message is damaged");
    }
    if (stream.avail_out == 0) buffer.resize(std::min(buffer.size() * 2, max_bytes + kFirstBytes));
  }
  if (stream.avail_in != 0) return fail(Code::kInternal, "The compressed message is followed by other bytes");
  return std::string_view(buffer.data(), done);
}

Encoding encoding_of(std::string_view name) {
  if (name == "identity") return Encoding::kIdentity;
  if (name == "gzip") return Encoding::kGzip;
  if (name == "deflate") return Encoding::kDeflate;
  return Encoding::kUnknown;
}

std::string compress(Encoding encoding, std::string_view bytes) {
  if (encoding != Encoding::kGzip && encoding != Encoding::kDeflate) return std::string(bytes);
  z_stream stream{};
  const int format = encoding == Encoding::kGzip ? kGzipFormat : kZlibFormat;
  ENSURE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib does not start");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ENSURE(::deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound() was too small");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace baton::grpc
