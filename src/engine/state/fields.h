// One description of a record's fields serves writing, reading and hashing. A record declares
//
//   static void fields(auto& self, auto& io) { io(self.key, self.scope, self.state); }
//
// and FieldWriter, FieldReader and FieldHasher walk it. Keys are written relative to a base (the frame's instance),
// which makes most of them one byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "bpmn/process_model.h"
#include "engine/state/symbol.h"
#include "engine/state/value.h"

namespace baton::engine {

/// A variable's name and value. `entry` is the index in the command's document that both came from, or -1.
struct NamedValue {
  Symbol name;
  Value value;
  std::int32_t entry = -1;
};

/// What must not be shown to people who look at the journal.
struct Secret {
  std::string text;
};

/// The variables of one command, with interned names and values sharing one buffer.
using CommandVariables = std::vector<NamedValue>;

namespace internal {
template <typename T>
struct IsStrongId : std::false_type {};
template <typename Tag, typename Rep>
struct IsStrongId<StrongId<Tag, Rep>> : std::true_type {};
}  // namespace internal

class FieldWriter {
 public:
  FieldWriter(ByteWriter& out, Key base) : out_(out), base_(base.value()) {}

  template <typename... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }

 private:
  void write(const Key& v) { out_.svarint(v.value() == 0 ? 0 : shifted(v.value())); }
  void write(const std::string& v) { out_.bytes(v); }
  void write(const Secret& v) { out_.bytes(v.text); }
  void write(const Symbol& v) { out_.bytes(v.text()); }
  void write(const Value& v) {
    out_.u8(0);  // plain; 1 is kept for sealed values
    out_.bytes(v.json());
  }
  void write(const SharedBytes& v) { out_.bytes(v.view()); }
  void write(const NamedValue& v) {
    if (v.entry >= 0) {
      out_.u8(1);
      out_.varint(static_cast<std::uint64_t>(v.entry));
      return;
    }
    out_.u8(0);
    write(v.name);
    out_.bytes(v.value.json());
  }
  void write(const bpmn::ElementTable& v) {
    write(v.elements);
    write(v.flows);
  }
  template <typename T>
  void write(const std::vector<T>& v) {
    out_.varint(v.size());
    for (const auto& item : v) write(item);
  }
  template <typename T>
  void write(const T& v) {
    if constexpr (std::is_enum_v<T>) {
      out_.u8(static_cast<std::uint8_t>(v));
    } else if constexpr (std::is_same_v<T, bool>) {
      out_.u8(v ? 1 : 0);
    } else if constexpr (internal::IsStrongId<T>::value) {
      write(v.value());
    } else if constexpr (std::is_signed_v<T>) {
      out_.svarint(v);
    } else {
      static_assert(std::is_unsigned_v<T>, "no codec for this type");
      out_.varint(v);
    }
  }
  // 0 stays free for "none": an offset of zero or above is moved up by one.
  [[nodiscard]] std::int64_t shifted(std::uint64_t key) const {
    const auto offset = static_cast<std::int64_t>(key - base_);
    return offset >= 0 ? offset + 1 : offset;
  }

  ByteWriter& out_;
  std::uint64_t base_;
};

/// Reads fields; text becomes symbols of `symbols`. ok() of the underlying reader says whether all was well-formed.
class FieldReader {
 public:
  FieldReader(ByteReader& in, Key base, SymbolTable& symbols, const CommandVariables* variables)
      : in_(in), base_(base.value()), symbols_(symbols), variables_(variables) {}
  /// Reads from `buffer`; values keep it instead of copies.
  FieldReader(ByteReader& in, Key base, SymbolTable& symbols, const SharedBytes& buffer)
      : in_(in), base_(base.value()), symbols_(symbols), variables_(nullptr), buffer_(&buffer) {}

  template <typename... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  [[nodiscard]] bool ok() const { return in_.ok(); }

 private:
  void read(Key& v) {
    const std::int64_t shifted = in_.svarint();
    const std::int64_t offset = shifted > 0 ? shifted - 1 : shifted;
    v = shifted == 0 ? Key(0) : Key(base_ + static_cast<std::uint64_t>(offset));
  }
  void read(std::string& v) { v = std::string(in_.bytes()); }
  void read(Secret& v) { v.text = std::string(in_.bytes()); }
  void read(Symbol& v) { v = symbols_.intern(in_.bytes()); }
  void read(Value& v) {
    if (in_.u8() != 0) in_.invalidate();
    const std::string_view json = in_.bytes();
    if (buffer_ != nullptr && !json.empty()) {
      v = Value(*buffer_, static_cast<std::size_t>(json.data() - buffer_->view().data()), json.size());
    } else {
      v = Value(json);
    }
  }
  void read(SharedBytes& v) { v = SharedBytes(std::string(in_.bytes())); }
  void read(NamedValue& v) {
    const std::uint8_t tag = in_.u8();
    if (tag == 0) {
      read(v.name);
      v.value = Value(in_.bytes());
      return;
    }
    const std::uint64_t entry = in_.varint();
    if (tag != 1 || variables_ == nullptr || entry >= variables_->size()) {
      in_.invalidate();
      return;
    }
    v = (*variables_)[entry];
  }
  void read(bpmn::ElementTable& v) {
    read(v.elements);
    read(v.flows);
  }
  template <typename T>
  void read(std::vector<T>& v) {
    const std::uint64_t n = in_.varint();
    if (n > in_.rest().size()) {  // every item takes at least a byte
      in_.invalidate();
      return;
    }
    v.resize(n);
    for (auto& item : v) read(item);
  }
  template <typename T>
  void read(T& v) {
    if constexpr (std::is_enum_v<T>) {
      const std::uint8_t raw = in_.u8();
      // A value of a newer version or of damaged bytes must not reach a switch; v keeps its default.
      if (raw > static_cast<std::uint8_t>(last_value(T{}))) {
        in_.invalidate();
      } else {
        v = static_cast<T>(raw);
      }
    } else if constexpr (std::is_same_v<T, bool>) {
      v = in_.u8() != 0;
    } else if constexpr (internal::IsStrongId<T>::value) {
      typename T::rep raw{};
      read(raw);
      v = T(raw);
    } else if constexpr (std::is_signed_v<T>) {
      v = static_cast<T>(in_.svarint());
    } else {
      v = static_cast<T>(in_.varint());
    }
  }

  ByteReader& in_;
  std::uint64_t base_;
  SymbolTable& symbols_;
  const CommandVariables* variables_;
  const SharedBytes* buffer_ = nullptr;
};

/// Mixes fields into a 64-bit hash, in order.
class FieldHasher {
 public:
  explicit FieldHasher(std::uint64_t state) : state_(state) {}
  template <typename... T>
  void operator()(const T&... values) {
    (mix(values), ...);
  }
  [[nodiscard]] std::uint64_t state() const { return state_; }

 private:
  void add(std::uint64_t v) { state_ = mix64(state_, v); }
  void mix(const std::string& v) { add(hash64(v)); }
  void mix(const Secret& v) { add(hash64(v.text)); }
  void mix(const Symbol& v) { add(v.hash()); }
  void mix(const Value& v) { add(hash64(v.json())); }
  void mix(const SharedBytes& v) { add(hash64(v.view())); }
  void mix(const NamedValue& v) {
    add(v.name.hash());
    add(hash64(v.value.json()));
  }
  void mix(const bpmn::ElementTable& v) {
    mix(v.elements);
    mix(v.flows);
  }
  template <typename T>
  void mix(const std::vector<T>& v) {
    add(v.size());
    for (const auto& item : v) mix(item);
  }
  template <typename T>
  void mix(const T& v) {
    if constexpr (internal::IsStrongId<T>::value) {
      add(static_cast<std::uint64_t>(v.value()));
    } else {
      add(static_cast<std::uint64_t>(v));
    }
  }
  std::uint64_t state_;
};

}  // namespace baton::engine
