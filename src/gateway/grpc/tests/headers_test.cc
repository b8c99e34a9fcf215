#include "gateway/grpc/headers.h"

#include <gtest/gtest.h>

#include "gateway/grpc/compression.h"

namespace baton::grpc {
namespace {

TEST(Headers, ParseTimeout) {
  EXPECT_EQ(parse_timeout("9999337u"), 9'999'337'000);
  EXPECT_EQ(parse_timeout("1487m"), 1'487'000'000);
  EXPECT_EQ(parse_timeout("1H"), 3'600'000'000'000);
  EXPECT_EQ(parse_timeout("2M"), 120'000'000'000);
  EXPECT_EQ(parse_timeout("3S"), 3'000'000'000);
  EXPECT_EQ(parse_timeout("4n"), 4);
  EXPECT_EQ(parse_timeout("0S"), 0);
  EXPECT_EQ(parse_timeout("12345678n"), 12'345'678);
  EXPECT_GT(*parse_timeout("99999999H"), 4'000'000'000'000'000'000) << "capped, not overflown";
  for (const char* bad : {"", "S", "1", "123456789S", "1s", "1 S", "-1S", "+1S", "1.5S", "S1"}) {
    EXPECT_FALSE(parse_timeout(bad)) << bad;
  }
}

TEST(Headers, FormatTimeoutRoundsUp) {
  EXPECT_EQ(format_timeout(0), "0n");
  EXPECT_EQ(format_timeout(99'999'999), "99999999n");
  EXPECT_EQ(format_timeout(100'000'001), "100001u");
  EXPECT_EQ(format_timeout(10'000'000'000), "10000000u");
  EXPECT_GE(*parse_timeout(format_timeout(kNoDeadline)), 1'000'000'000'000'000'000);
}

TEST(Headers, PercentEncoding) {
  std::string out;
  percent_encode(out, "100 % \n\xc3\xbc~");
  EXPECT_EQ(out, "100 %25 %0A%C3%BC~");
  EXPECT_EQ(percent_decode(out), "100 % \n\xc3\xbc~");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
}

TEST(Headers, Base64) {
  EXPECT_EQ(base64_encode("f"), "Zg");
  EXPECT_EQ(base64_decode("Zg"), "f");
  EXPECT_EQ(base64_decode("Zg=="), "f");
  EXPECT_EQ(base64_decode("Zm9v"), "foo");
  EXPECT_EQ(base64_decode(""), "");
  for (const char* bad : {"Z", "Z===", "Zm9v!", "Zm 9v"}) EXPECT_FALSE(base64_decode(bad)) << bad;
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(base64_decode(base64_encode(all)), all);
}

TEST(Compression, RoundTrip) {
  Inflater inflater;
  const std::string text(100'000, 'x');
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    for (const std::string& bytes : {std::string(), std::string("a"), text}) {
      const auto back = inflater.inflate(compress(encoding, bytes), text.size());
      ASSERT_TRUE(back) << back.error().message;
      EXPECT_EQ(*back, bytes);
    }
  }
}

TEST(Compression, LimitAndBomb) {
  Inflater inflater;
  const std::string at = compress(Encoding::kGzip, std::string(1 << 20, '\0'));
  EXPECT_TRUE(inflater.inflate(at, 1 << 20));
  const auto beyond = inflater.inflate(at, (1 << 20) - 1);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Code::kResourceExhausted);
  const std::string bomb = compress(Encoding::kGzip, std::string(64 << 20, '\0'));
  EXPECT_EQ(inflater.inflate(bomb, 4 << 20).error().code, Code::kResourceExhausted);
}

TEST(Compression, DamageIsAnError) {
  Inflater inflater;
  const std::string good = compress(Encoding::kGzip, "some text that is long enough to compress compress compress");
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(inflater.inflate(good.substr(0, cut), 1000)) << cut;
  EXPECT_FALSE(inflater.inflate(good + "x", 1000));
  EXPECT_FALSE(inflater.inflate("plain text", 1000));
  EXPECT_TRUE(inflater.inflate(good, 1000)) << "usable after errors";
}

}  // namespace
}  // namespace baton::grpc
