#include "feel/decimal.h"

#include <bid_conf.h>
#include <bid_functions.h>
#include <gtest/gtest.h>

#include <random>

namespace baton::feel {
namespace {

std::string show(std::string_view text) {
  const auto d = Decimal::parse(text);
  return d ? d->to_string() : "none";
}

TEST(Decimal, TextSurvives) {
  for (const char* text :
       {"0", "1", "-1", "0.5", "1.50", "123456789012345678", "1234567890123456789012345678901234", "0.0000001"}) {
    EXPECT_EQ(show(text), text);
  }
  EXPECT_EQ(show("1E+2"), "100");
  EXPECT_EQ(show("1e3000"), "1E+3000");
  EXPECT_EQ(show("12345678901234567890123456789012345"), "12345678901234567890123456789012340");
  for (const char* text : {"", "-", ".", "1e", "abc", "1.2.3", "1e99999", "NaN", "Infinity", "0x10", " 1"})
    EXPECT_EQ(show(text), "none");
}

TEST(Decimal, ComparesByValue) {
  const auto cmp = [](const char* a, const char* b) { return compare(*Decimal::parse(a), *Decimal::parse(b)); };
  EXPECT_EQ(cmp("1", "1.00"), 0);
  EXPECT_EQ(cmp("-2", "-1"), -1);
  EXPECT_EQ(cmp("-1", "1"), -1);
  EXPECT_EQ(cmp("0", "-0"), 0);
  EXPECT_EQ(cmp("0.00", "-0"), 0);
  EXPECT_EQ(cmp("-0.5", "0"), -1);
  EXPECT_EQ(cmp("1500.50", "1000"), 1);
  EXPECT_EQ(cmp("-1500.50", "-1000"), -1);
  EXPECT_EQ(cmp("0.0000000000000000001", "0"), 1);
  EXPECT_EQ(cmp("18446744073709551615", "1844674407370955161.5"), 1);
  EXPECT_EQ(cmp("1E+19", "10000000000000000000"), 0);
  EXPECT_EQ(cmp("1E+30", "2"), 1);
  EXPECT_EQ(cmp("1e3000", "2"), 1);
  EXPECT_EQ(cmp("18446744073709551617", "18446744073709551616"), 1);
}

/// The short cuts give the same bits as Intel's library.
TEST(Decimal, ShortCutsAgreeWithTheLibrary) {
  std::mt19937_64 random(1);
  const auto number = [&] {
    const std::uint64_t coefficient = random() >> (random() % 64);
    const std::uint64_t exponent = 6176 - 20 + random() % 40;
    return Decimal::from_bits(coefficient, (exponent << 49) | ((random() & 1) << 63));
  };
  const auto bid = [](const Decimal& d) { return BID_UINT128{{d.low(), d.high()}}; };
  for (int i = 0; i < 200'000; ++i) {
    const Decimal a = number();
    const Decimal b = number();
    unsigned flags = 0;
    const auto same = [](const Decimal& got, const BID_UINT128& wanted) {
      // The sign of a zero is nobody's business.
      return got.low() == wanted.w[0] &&
             (got.high() == wanted.w[1] || (got.is_zero() && (got.high() ^ wanted.w[1]) == std::uint64_t{1} << 63));
    };
    ASSERT_TRUE(same(a + b, bid128_add(bid(a), bid(b), 0, &flags))) << a.to_string() << " + " << b.to_string();
    ASSERT_TRUE(same(a - b, bid128_sub(bid(a), bid(b), 0, &flags))) << a.to_string() << " - " << b.to_string();
    ASSERT_TRUE(same(a * b, bid128_mul(bid(a), bid(b), 0, &flags))) << a.to_string() << " * " << b.to_string();
    const int order =
        bid128_quiet_less(bid(a), bid(b), &flags) != 0 ? -1 : bid128_quiet_greater(bid(a), bid(b), &flags);
    ASSERT_EQ(compare(a, b), order) << a.to_string() << " <=> " << b.to_string();
  }
}

TEST(Decimal, Rounds) {
  const auto round = [](const char* a, int scale, Rounding r) {
    return Decimal::parse(a)->round(scale, r).to_string();
  };
  EXPECT_EQ(round("2.5", 0, Rounding::kHalfEven), "2");
  EXPECT_EQ(round("2.5", 0, Rounding::kHalfUp), "3");
  EXPECT_EQ(round("2.5", 0, Rounding::kHalfDown), "2");
  EXPECT_EQ(round("2.51", 0, Rounding::kHalfDown), "3");
  EXPECT_EQ(round("-2.5", 0, Rounding::kHalfDown), "-2");
  EXPECT_EQ(round("-2.1", 0, Rounding::kDown), "-3");
  EXPECT_EQ(round("-2.1", 0, Rounding::kAwayFromZero), "-3");
  EXPECT_EQ(round("1234", -2, Rounding::kHalfUp), "1200");
}

TEST(Decimal, IntegersOfAnyScale) {
  EXPECT_EQ(Decimal::parse("1.0")->to_int(), 1);
  EXPECT_EQ(Decimal::parse("1E+3")->to_int(), 1000);
  EXPECT_EQ(Decimal::parse("1.5")->to_int(), std::nullopt);
  EXPECT_EQ(Decimal::parse("1e30")->to_int(), std::nullopt);
  EXPECT_EQ(Decimal::from_int(INT64_MIN).to_int(), INT64_MIN);
  EXPECT_EQ(Decimal::from_int(INT64_MIN).to_string(), "-9223372036854775808");
}

}  // namespace
}  // namespace baton::feel
