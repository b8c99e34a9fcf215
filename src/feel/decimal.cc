#include "feel/decimal.h"

#include <bid_conf.h>
#include <bid_functions.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace baton::feel {
namespace {

BID_UINT128 to_bid(const Decimal& d) {
  BID_UINT128 x;
  x.w[0] = d.low();
  x.w[1] = d.high();
  return x;
}

Decimal from_bid(const BID_UINT128& x) {
  return Decimal::from_bits(x.w[0], x.w[1]);
}

struct Digits {
  char text[40];
  int size = 0;
};

/// Decimal digits of a 113-bit coefficient, without leading zeros ("0" for zero).
Digits coefficient_digits(std::uint64_t high, std::uint64_t low) {
  Digits digits;
  __extension__ unsigned __int128 v = (static_cast<unsigned __int128>(high) << 64) | low;
  char reversed[40];
  int n = 0;
  do {
    reversed[n++] = static_cast<char>('0' + static_cast<int>(v % 10));
    v /= 10;
  } while (v != 0);
  for (int i = 0; i < n; ++i) digits.text[i] = reversed[n - 1 - i];
  digits.size = n;
  return digits;
}

constexpr int kPlainDigits = 40;
constexpr std::int64_t kFastLimit = std::int64_t{1} << 53;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Checks the grammar of a number and that it is short enough for the library's parser.
bool is_number_text(std::string_view text) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  std::size_t digits = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) ++digits;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_digit(text[i]); ++i) ++digits;
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == start) return false;
  }
  return i == text.size();
}

/// Integers and short decimals without an exponent, which is what nearly all texts are.
std::optional<Decimal> parse_short(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::size_t i = text[0] == '-' ? 1 : 0;
  std::int64_t coefficient = 0;
  int scale = -1;
  int digits = 0;
  for (; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      coefficient = coefficient * 10 + (text[i] - '0');
      ++digits;
      if (scale >= 0) ++scale;
    } else if (text[i] == '.' && scale < 0) {
      scale = 0;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0) return std::nullopt;
  if (text[0] == '-') coefficient = -coefficient;
  return Decimal::from_scaled(coefficient, scale > 0 ? -scale : 0);
}

}  // namespace

Decimal Decimal::from_scaled(std::int64_t coefficient, int exponent) {
  Decimal d = from_int(coefficient);
  d.high_ = (d.high_ & ~(std::uint64_t{0x3FFF} << 49)) |
            (static_cast<std::uint64_t>(static_cast<int>(kBias) + exponent) << 49);
  return d;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  if (auto fast = parse_short(text)) return fast;
  constexpr std::size_t kMaxText = 4096;
  if (text.size() > kMaxText || !is_number_text(text)) return std::nullopt;
  char buffer[kMaxText + 1];
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  unsigned flags = 0;
  const Decimal d = from_bid(bid128_from_string(buffer, BID_ROUNDING_TO_NEAREST, &flags));
  if (!d.is_finite()) return std::nullopt;
  return d;
}

void Decimal::append_to(std::string& out) const {
  if (!is_finite()) {
    out += "null";
    return;
  }
  const Digits digits = is_small_form() ? coefficient_digits(high_ & kCoefficientHigh, low_) : coefficient_digits(0, 0);
  const std::string_view text(digits.text, static_cast<std::size_t>(digits.size));
  const int scale = is_small_form() ? exponent() : 0;
  if (is_negative()) out += '-';
  if (is_zero() && scale > 0) {
    out += '0';
  } else if (scale >= 0 && digits.size + scale <= kPlainDigits) {
    out += text;
    out.append(static_cast<std::size_t>(scale), '0');
  } else if (scale < 0 && -scale < digits.size) {
    const auto point = static_cast<std::size_t>(digits.size + scale);
    out += text.substr(0, point);
    out += '.';
    out += text.substr(point);
  } else if (scale < 0 && -scale <= kPlainDigits) {
    out += "0.";
    out.append(static_cast<std::size_t>(-scale - digits.size), '0');
    out += text;
  } else {
    out += text[0];
    if (text.size() > 1) {
      out += '.';
      out += text.substr(1);
    }
    const int power = scale + digits.size - 1;
    out += power < 0 ? "E-" : "E+";
    out += std::to_string(power < 0 ? -power : power);
  }
}

std::string Decimal::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

bool Decimal::is_integer() const {
  if (is_small_form() && exponent() == 0) return true;
  if (!is_finite()) return false;
  unsigned flags = 0;
  const BID_UINT128 x = to_bid(*this);
  return bid128_quiet_equal(bid128_round_integral_zero(x, &flags), x, &flags) != 0;
}

std::optional<std::int64_t> Decimal::truncate_to_int() const {
  if (is_small_form() && exponent() == 0 && (high_ & kCoefficientHigh) == 0 && low_ < (std::uint64_t{1} << 63)) {
    const auto v = static_cast<std::int64_t>(low_);
    return (high_ & kSign) != 0 ? -v : v;
  }
  unsigned flags = 0;
  const auto v = bid128_to_int64_int(to_bid(*this), &flags);
  if ((flags & BID_INVALID_EXCEPTION) != 0) return std::nullopt;
  return static_cast<std::int64_t>(v);
}

std::optional<std::int64_t> Decimal::to_int() const {
  if (!is_integer()) return std::nullopt;
  return truncate_to_int();
}

Decimal Decimal::normalized() const {
  if (!is_finite() || !is_small_form()) return *this;
  if (is_zero()) return Decimal();
  int scale = exponent();
  if (scale >= 0) return *this;
  __extension__ unsigned __int128 v = (static_cast<unsigned __int128>(high_ & kCoefficientHigh) << 64) | low_;
  while (scale < 0 && v % 10 == 0) {
    v /= 10;
    ++scale;
  }
  Decimal d;
  d.low_ = static_cast<std::uint64_t>(v);
  d.high_ = (high_ & kSign) | (static_cast<std::uint64_t>(static_cast<int>(kBias) + scale) << 49) |
            static_cast<std::uint64_t>(v >> 64);
  return d;
}

namespace {

/// Signed coefficient of a number with exponent 0 and less than 2^53, where integer arithmetic cannot overflow.
bool small_integer(const Decimal& d, std::int64_t& out) {
  constexpr std::uint64_t kIntegerHigh = std::uint64_t{6176} << 49;
  if ((d.high() & 0x7FFF'FFFF'FFFF'FFFFULL) != kIntegerHigh || d.low() >= static_cast<std::uint64_t>(kFastLimit))
    return false;
  out = static_cast<std::int64_t>(d.low());
  if ((d.high() >> 63) != 0) out = -out;
  return true;
}

__extension__ using Wide = unsigned __int128;
constexpr Wide kCoefficientLimit =
    static_cast<Wide>(10'000'000'000'000'000ULL) * 1'000'000'000'000'000'000ULL;  // 10^34

/// A finite number whose coefficient fits in 64 bits and whose exponent is far from the limits: sums and products of
/// two such are exact in 128 bits, and then equal to what the library gives, scale included.
struct ShortParts {
  std::uint64_t coefficient;
  int exponent;
  bool negative;
};

std::optional<ShortParts> short_parts(const Decimal& d) {
  constexpr int kFar = 2000;
  constexpr std::uint64_t kHighCoefficient = 0x0001'FFFF'FFFF'FFFFULL;
  const int exponent = static_cast<int>((d.high() >> 49) & 0x3FFF) - 6176;
  if ((d.high() & kHighCoefficient) != 0 || (d.high() >> 61 & 3) == 3 || exponent > kFar || exponent < -kFar)
    return std::nullopt;
  return ShortParts{d.low(), exponent, (d.high() >> 63) != 0};
}

Decimal assemble(Wide coefficient, int exponent, bool negative) {
  const std::uint64_t high =
      (static_cast<std::uint64_t>(6176 + exponent) << 49) | static_cast<std::uint64_t>(coefficient >> 64);
  return Decimal::from_bits(static_cast<std::uint64_t>(coefficient), high | (negative ? std::uint64_t{1} << 63 : 0));
}

/// a + b or a - b for short numbers of close scale; nullopt if it is not exact that way.
std::optional<Decimal> short_sum(const Decimal& a, const Decimal& b, bool subtract) {
  const auto x = short_parts(a);
  const auto y = short_parts(b);
  if (!x || !y) return std::nullopt;
  const int shift = x->exponent - y->exponent;
  constexpr int kMaxShift = 15;
  if (shift > kMaxShift || shift < -kMaxShift) return std::nullopt;
  Wide left = x->coefficient;
  Wide right = y->coefficient;
  for (int i = 0; i < shift; ++i) left *= 10;
  for (int i = 0; i < -shift; ++i) right *= 10;
  const bool right_negative = y->negative != subtract;
  const int exponent = shift < 0 ? x->exponent : y->exponent;
  if (x->negative == right_negative) {
    const Wide sum = left + right;
    if (sum >= kCoefficientLimit) return std::nullopt;
    return assemble(sum, exponent, x->negative);
  }
  const Wide difference = left > right ? left - right : right - left;
  if (difference >= kCoefficientLimit) return std::nullopt;
  return assemble(difference, exponent, difference != 0 && (left > right ? x->negative : right_negative));
}

}  // namespace

Decimal operator+(const Decimal& a, const Decimal& b) {
  std::int64_t x = 0;
  std::int64_t y = 0;
  if (small_integer(a, x) && small_integer(b, y)) return Decimal::from_int(x + y);
  if (const auto sum = short_sum(a, b, false)) return *sum;
  unsigned flags = 0;
  return from_bid(bid128_add(to_bid(a), to_bid(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal operator-(const Decimal& a, const Decimal& b) {
  std::int64_t x = 0;
  std::int64_t y = 0;
  if (small_integer(a, x) && small_integer(b, y)) return Decimal::from_int(x - y);
  if (const auto difference = short_sum(a, b, true)) return *difference;
  unsigned flags = 0;
  return from_bid(bid128_sub(to_bid(a), to_bid(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  const auto x = short_parts(a);
  const auto y = short_parts(b);
  if (x && y) {
    const Wide product = static_cast<Wide>(x->coefficient) * y->coefficient;
    if (product < kCoefficientLimit) return assemble(product, x->exponent + y->exponent, x->negative != y->negative);
  }
  unsigned flags = 0;
  return from_bid(bid128_mul(to_bid(a), to_bid(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal operator/(const Decimal& a, const Decimal& b) {
  unsigned flags = 0;
  return from_bid(bid128_div(to_bid(a), to_bid(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal Decimal::pow(const Decimal& exponent) const {
  unsigned flags = 0;
  // Integer powers by squaring are exact as long as they fit in 34 digits, which the transcendental one is not.
  const auto n = exponent.to_int();
  constexpr std::int64_t kSquaringLimit = 1'000'000;
  if (n && *n >= -kSquaringLimit && *n <= kSquaringLimit) {
    Decimal base = *this;
    Decimal result = from_int(1);
    for (std::int64_t left = *n < 0 ? -*n : *n; left > 0; left >>= 1) {
      if ((left & 1) != 0) result = result * base;
      if (left > 1) base = base * base;
    }
    return *n < 0 ? from_int(1) / result : result;
  }
  return from_bid(bid128_pow(to_bid(*this), to_bid(exponent), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal Decimal::sqrt() const {
  unsigned flags = 0;
  return from_bid(bid128_sqrt(to_bid(*this), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal Decimal::exp() const {
  unsigned flags = 0;
  return from_bid(bid128_exp(to_bid(*this), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal Decimal::log() const {
  unsigned flags = 0;
  return from_bid(bid128_log(to_bid(*this), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal Decimal::modulo(const Decimal& divisor) const {
  unsigned flags = 0;
  // fmod is exact; its sign follows the dividend, FEEL's follows the divisor.
  const Decimal rest = from_bid(bid128_fmod(to_bid(*this), to_bid(divisor), &flags));
  if (rest.is_zero() || !rest.is_finite() || rest.is_negative() == divisor.is_negative()) return rest;
  return rest + divisor;
}

namespace {

unsigned bid_rounding(Rounding rounding, bool negative) {
  switch (rounding) {
    case Rounding::kDown:
      return BID_ROUNDING_DOWN;
    case Rounding::kUp:
      return BID_ROUNDING_UP;
    case Rounding::kToZero:
      return BID_ROUNDING_TO_ZERO;
    case Rounding::kHalfUp:
      return BID_ROUNDING_TIES_AWAY;
    case Rounding::kAwayFromZero:
      return negative ? BID_ROUNDING_DOWN : BID_ROUNDING_UP;
    case Rounding::kHalfDown:
    case Rounding::kHalfEven:
      break;
  }
  return BID_ROUNDING_TO_NEAREST;
}

}  // namespace

Decimal Decimal::round(std::int64_t scale, Rounding rounding) const {
  const auto places = static_cast<int>(std::clamp<std::int64_t>(scale, -6111, 6176));
  if (is_small_form() && exponent() >= -places && places >= 0) return *this;  // nothing to cut off
  unsigned flags = 0;
  const BID_UINT128 quantum = to_bid(from_scaled(1, -places));
  const BID_UINT128 x = to_bid(*this);
  if (rounding != Rounding::kHalfDown)
    return from_bid(bid128_quantize(x, quantum, bid_rounding(rounding, is_negative()), &flags));
  // The library has no half-down: cut off, and go up only if more than a half was cut.
  const BID_UINT128 cut = bid128_quantize(x, quantum, BID_ROUNDING_TO_ZERO, &flags);
  const Decimal rest = (*this - from_bid(cut)).abs();
  const Decimal half = from_scaled(5, -places - 1);
  if (compare(rest, half) <= 0) return from_bid(cut);
  return from_bid(bid128_quantize(x, quantum, bid_rounding(Rounding::kAwayFromZero, is_negative()), &flags));
}

int Decimal::slow_compare(const Decimal& a, const Decimal& b) {
  // Two short numbers of different scale: bring the one with fewer decimals to the other's scale in 128 bits.
  constexpr int kPowers = 19;
  static constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, kPowers + 1> powers{};
    powers[0] = 1;
    for (int i = 1; i <= kPowers; ++i)
      powers[static_cast<std::size_t>(i)] = powers[static_cast<std::size_t>(i - 1)] * 10;
    return powers;
  }();
  const int shift = a.exponent() - b.exponent();
  if (a.is_small_form() && b.is_small_form() && ((a.high_ | b.high_) & kCoefficientHigh) == 0 && shift >= -kPowers &&
      shift <= kPowers) {
    const bool negative = a.is_negative();
    if (negative != b.is_negative()) return negative ? -1 : 1;
    const Wide x = static_cast<Wide>(a.low_) * kPowersOfTen[static_cast<std::size_t>(shift > 0 ? shift : 0)];
    const Wide y = static_cast<Wide>(b.low_) * kPowersOfTen[static_cast<std::size_t>(shift < 0 ? -shift : 0)];
    const int order = x < y ? -1 : (x > y ? 1 : 0);
    return negative ? -order : order;
  }
  unsigned flags = 0;
  const BID_UINT128 x = to_bid(a);
  const BID_UINT128 y = to_bid(b);
  if (bid128_quiet_less(x, y, &flags) != 0) return -1;
  return bid128_quiet_greater(x, y, &flags) != 0 ? 1 : 0;
}

}  // namespace baton::feel
