#include "base/ids.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace baton {
namespace {

TEST(Key, IsShownAsTheSignedNumberThatCallersSend) {
  EXPECT_EQ(shown(Key(0)), 0);
  EXPECT_EQ(shown(Key(2251799813685312)), 2251799813685312);
  EXPECT_EQ(shown(Key(static_cast<std::uint64_t>(std::int64_t{-1}))), -1);
  EXPECT_EQ(shown(Key(1ULL << 63)), std::numeric_limits<std::int64_t>::min());
}

}  // namespace
}  // namespace baton
