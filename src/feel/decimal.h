// FEEL's number: IEEE 754 decimal128 in Intel's BID encoding, 34 digits (DMN 10.3.2.3.1). A plain 16-byte value;
// arithmetic is Intel's library, with short cuts for the common case of small numbers of equal exponent. NaN and
// infinities never leave this file's functions unnoticed: callers turn a result that is not is_finite() into null.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::feel {

enum class Rounding { kHalfEven, kDown, kUp, kToZero, kHalfUp, kHalfDown, kAwayFromZero };

class Decimal {
 public:
  static constexpr int kMaxDigits = 34;
  /// Positive zero.
  constexpr Decimal() : low_(0), high_(kBias << 49) {}
  /// Any 64-bit integer is exact.
  static constexpr Decimal from_int(std::int64_t value) {
    Decimal d;
    if (value < 0) {
      d.high_ |= kSign;
      d.low_ = 0 - static_cast<std::uint64_t>(value);
    } else {
      d.low_ = static_cast<std::uint64_t>(value);
    }
    return d;
  }
  /// coefficient * 10^exponent.
  static Decimal from_scaled(std::int64_t coefficient, int exponent);
  /// Reads `[-+]digits[.digits][e[-+]digits]`, rounded half-even to 34 digits. nullopt for anything else or an
  /// overflow.
  static std::optional<Decimal> parse(std::string_view text);

  /// Appends the shortest text that keeps digits and scale: plain notation within +-40 digits, else scientific.
  void append_to(std::string& out) const;
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr bool is_finite() const { return (high_ & kSpecial) != kSpecial; }
  [[nodiscard]] constexpr bool is_negative() const { return (high_ & kSign) != 0 && !is_zero(); }
  [[nodiscard]] constexpr bool is_zero() const {
    if (is_small_form()) return low_ == 0 && (high_ & kCoefficientHigh) == 0;
    return is_finite();  // the other encoding holds no canonical finite numbers: they count as zero
  }
  [[nodiscard]] bool is_integer() const;
  /// The value if it is an integer that fits; the scale does not matter (1.0 is 1).
  [[nodiscard]] std::optional<std::int64_t> to_int() const;
  /// The integer part (towards zero) if it fits.
  [[nodiscard]] std::optional<std::int64_t> truncate_to_int() const;
  /// Same value without trailing zeros after the decimal point.
  [[nodiscard]] Decimal normalized() const;

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend Decimal operator/(const Decimal& a, const Decimal& b);
  [[nodiscard]] Decimal operator-() const {
    Decimal d = *this;
    if (!is_zero()) d.high_ ^= kSign;
    return d;
  }
  [[nodiscard]] Decimal abs() const { return is_negative() ? -*this : *this; }
  [[nodiscard]] Decimal pow(const Decimal& exponent) const;
  [[nodiscard]] Decimal sqrt() const;
  [[nodiscard]] Decimal exp() const;
  [[nodiscard]] Decimal log() const;
  /// a - b * floor(a / b), the sign follows b (DMN modulo).
  [[nodiscard]] Decimal modulo(const Decimal& divisor) const;
  /// Rounded to `scale` digits after the point (may be negative). Not finite if that needs more than 34 digits.
  [[nodiscard]] Decimal round(std::int64_t scale, Rounding rounding) const;

  /// Numeric order; both must be finite.
  friend int compare(const Decimal& a, const Decimal& b) {
    constexpr std::uint64_t kExponentAndSign = ~kCoefficientHigh;
    if (((a.high_ ^ b.high_) & kExponentAndSign) == 0 && a.is_small_form()) {
      // Equal sign and exponent: the coefficients decide.
      const std::uint64_t ah = a.high_ & kCoefficientHigh;
      const std::uint64_t bh = b.high_ & kCoefficientHigh;
      const int order = ah != bh ? (ah < bh ? -1 : 1) : (a.low_ < b.low_ ? -1 : (a.low_ > b.low_ ? 1 : 0));
      return (a.high_ & kSign) != 0 ? -order : order;
    }
    return slow_compare(a, b);
  }
  friend bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }

  [[nodiscard]] std::uint64_t low() const { return low_; }
  [[nodiscard]] std::uint64_t high() const { return high_; }
  static constexpr Decimal from_bits(std::uint64_t low, std::uint64_t high) {
    Decimal d;
    d.low_ = low;
    d.high_ = high;
    return d;
  }

 private:
  static constexpr std::uint64_t kSign = 0x8000'0000'0000'0000ULL;
  static constexpr std::uint64_t kSpecial = 0x7800'0000'0000'0000ULL;  // infinity or NaN
  static constexpr std::uint64_t kLargeForm = 0x6000'0000'0000'0000ULL;
  static constexpr std::uint64_t kCoefficientHigh = 0x0001'FFFF'FFFF'FFFFULL;
  static constexpr std::uint64_t kBias = 6176;

  [[nodiscard]] constexpr bool is_small_form() const { return (high_ & kLargeForm) != kLargeForm; }
  [[nodiscard]] constexpr int exponent() const {
    return static_cast<int>((high_ >> 49) & 0x3FFF) - static_cast<int>(kBias);
  }
  static int slow_compare(const Decimal& a, const Decimal& b);

  std::uint64_t low_;
  std::uint64_t high_;
};

}  // namespace baton::feel
