// Keys of rows as bytes: byte order is the order of the parts (docs/formats/state.md section 2). Numbers are
// big-endian, signed ones with the sign flipped; texts are ended by 0x00 0x01 with 0x00 escaped as 0x00 0xFF. A text
// that would take more than kKeyTextBytes is cut there and followed by 16 bytes of its hash: equal texts stay equal,
// and nothing orders by texts.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "base/hash.h"
#include "base/ids.h"
#include "engine/state/rows.h"

namespace baton::engine {

inline constexpr std::size_t kKeyTextBytes = 96;

/// Appends the parts of a row key.
class KeyWriter {
 public:
  explicit KeyWriter(std::string& out) : out_(out) {}

  void operator()(RowKind kind) { out_.push_back(static_cast<char>(kind)); }
  void operator()(const Symbol& text) { write_text(text.text()); }
  void operator()(const std::string& text) { write_text(text); }
  template <std::unsigned_integral T>
  void operator()(T v) {
    big_endian(v);
  }
  template <std::signed_integral T>
  void operator()(T v) {
    using U = std::make_unsigned_t<T>;
    big_endian(static_cast<U>(static_cast<U>(v) ^ (U{1} << (sizeof(T) * 8 - 1))));
  }
  template <typename Tag, typename Rep>
  void operator()(StrongId<Tag, Rep> id) {
    (*this)(id.value());
  }
  template <typename... T>
  void operator()(const std::tuple<T...>& parts) {
    std::apply([this](const auto&... part) { ((*this)(part), ...); }, parts);
  }

 private:
  template <typename U>
  void big_endian(U v) {
    for (int shift = static_cast<int>(sizeof(U)) * 8 - 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<char>(v >> shift));
  }
  void write_text(std::string_view text) {
    for (const char c : text.substr(0, kKeyTextBytes)) {
      out_.push_back(c);
      if (c == '\0') out_.push_back('\xFF');
    }
    out_.push_back('\0');
    if (text.size() <= kKeyTextBytes) {
      out_.push_back('\1');
      return;
    }
    out_.push_back('\2');
    big_endian(hash64(text));
    big_endian(hash64(text, 1));
  }

  std::string& out_;
};

/// Reads numeric parts; ok() is false if the bytes did not fit.
class KeyReader {
 public:
  explicit KeyReader(std::string_view in) : in_(in) {}

  template <std::unsigned_integral T>
  void operator()(T& v) {
    v = 0;
    if (in_.size() < sizeof(T)) {
      ok_ = false;
      return;
    }
    for (std::size_t i = 0; i < sizeof(T); ++i) v = static_cast<T>(v << 8 | static_cast<unsigned char>(in_[i]));
    in_.remove_prefix(sizeof(T));
  }
  template <std::signed_integral T>
  void operator()(T& v) {
    using U = std::make_unsigned_t<T>;
    U raw{};
    (*this)(raw);
    v = static_cast<T>(raw ^ (U{1} << (sizeof(T) * 8 - 1)));
  }
  template <typename Tag, typename Rep>
  void operator()(StrongId<Tag, Rep>& id) {
    Rep raw{};
    (*this)(raw);
    id = StrongId<Tag, Rep>(raw);
  }
  template <typename... T>
  void operator()(std::tuple<T...>& parts) {
    std::apply([this](auto&... part) { ((*this)(part), ...); }, parts);
  }
  [[nodiscard]] bool ok() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

/// The key of a row or the prefix of several: its kind and parts.
template <typename... Parts>
std::string row_key(RowKind kind, const Parts&... parts) {
  std::string key;
  KeyWriter write(key);
  write(kind);
  (write(parts), ...);
  return key;
}

/// The first key behind all keys that begin with `prefix`; "" if there is none.
inline std::string prefix_end(std::string prefix) {
  while (!prefix.empty()) {
    if (static_cast<unsigned char>(prefix.back()) != 0xFF) {
      prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
      return prefix;
    }
    prefix.pop_back();
  }
  return prefix;
}

}  // namespace baton::engine
