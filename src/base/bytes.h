// Explicit little-endian codec for journal and state records, with varints for small numbers.
//
// Writer appends to a caller-owned std::string; Reader walks a view and remembers the first error, so a decoder reads
// all fields and checks ok() once. Nothing is ever read past the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace baton {

static_assert(std::endian::native == std::endian::little, "the codec copies integers as they are in memory");

/// Appends primitive values to a buffer. Varints are LEB128, signed ones zigzag-coded.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { raw(&v, sizeof v); }
  void u32(std::uint32_t v) { raw(&v, sizeof v); }
  void u64(std::uint64_t v) { raw(&v, sizeof v); }
  void i64(std::int64_t v) { raw(&v, sizeof v); }
  void varint(std::uint64_t v) {
    char buffer[10];
    int n = 0;
    while (v >= 0x80) {
      buffer[n++] = static_cast<char>(v | 0x80);
      v >>= 7;
    }
    buffer[n++] = static_cast<char>(v);
    out_.append(buffer, static_cast<std::size_t>(n));
  }
  void svarint(std::int64_t v) { varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
  /// Length-prefixed bytes.
  void bytes(std::string_view v) {
    varint(v.size());
    out_.append(v);
  }
  /// Bytes without a length.
  void raw(const void* data, std::size_t size) { out_.append(static_cast<const char*>(data), size); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  std::string& buffer() { return out_; }

 private:
  std::string& out_;
};

/// Reads what ByteWriter wrote. After the first bad read every further read returns zero and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::int64_t i64() { return fixed<std::int64_t>(); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= in_.size()) break;
      const auto byte = static_cast<std::uint8_t>(in_[at_++]);
      if (shift == 63 && byte > 1) break;
      v |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return v;
    }
    ok_ = false;
    at_ = in_.size();
    return 0;
  }
  std::int64_t svarint() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::string_view bytes() { return raw(varint()); }
  std::string_view raw(std::uint64_t size) {
    if (size > in_.size() - at_) {
      ok_ = false;
      at_ = in_.size();
      return {};
    }
    const auto view = in_.substr(at_, size);
    at_ += size;
    return view;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return at_ == in_.size(); }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] std::string_view rest() const { return in_.substr(at_); }
  /// Marks the input as bad, e.g. for an enum value out of range.
  void invalidate() { ok_ = false; }

 private:
  template <typename T>
  T fixed() {
    T v{};
    const auto view = raw(sizeof(T));
    if (view.size() == sizeof(T)) std::memcpy(&v, view.data(), sizeof(T));
    return v;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace baton
