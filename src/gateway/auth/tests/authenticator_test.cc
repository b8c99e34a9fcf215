// Credentials: who comes in, who does not, and what the next attempt costs.
#include "gateway/auth/authenticator.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/hash.h"

namespace baton::auth {
namespace {

std::string basic(std::string_view user, std::string_view password) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string text = std::string(user) + ":" + std::string(password);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > text.size() ? '=' : kAlphabet[bits >> (18 - 6 * j) & 63];
  }
  return "Basic " + out;
}

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    user("ada", "right horse");
    const Sha256 sum = sha256("baton_token");
    engine::IdentityChanged token;
    token.kind = engine::IdentityChanged::Kind::kToken;
    token.id = "ci";
    token.tenant = "red";
    token.secret.assign(reinterpret_cast<const char*>(sum.data()), sum.size());
    token_ = token;
    auth_.apply(token);
  }
  void user(const std::string& name, const std::string& password) {
    engine::IdentityChanged change;
    change.id = name;
    change.secret = hash_password(password);
    change.tenant = "<default>";
    auth_.apply(change);
  }
  Result<Caller> enter(const std::string& authorization) {
    if (auto now = auth_.authenticate(authorization)) return *now;
    Result<Caller> result = fail(Code::kUnknown, "no answer");
    bool answered = false;
    auth_.authenticate_later(authorization, [&](Result<Caller> caller) {
      result = std::move(caller);
      answered = true;
      loop_.stop();
    });
    if (!answered) loop_.run();
    return result;
  }

  http2::EventLoop loop_;
  Authenticator auth_{loop_, AuthOptions{.required = true, .free_attempts = 3, .wait_s = 60}};
  engine::IdentityChanged token_;
};

TEST_F(AuthenticatorTest, PasswordsAndTokens) {
  const auto ada = enter(basic("ada", "right horse"));
  ASSERT_TRUE(ada) << ada.error().message;
  EXPECT_EQ(ada->principal.kind, engine::Principal::Kind::kUser);
  EXPECT_EQ(ada->principal.id, "ada");
  EXPECT_TRUE(auth_.authenticate(basic("ada", "right horse"))) << "remembered: no argon2 this time";
  const auto ci = enter("bearer baton_token");
  ASSERT_TRUE(ci);
  EXPECT_EQ(ci->principal.kind, engine::Principal::Kind::kClient);
  EXPECT_EQ(ci->tenant, "red");
}

TEST_F(AuthenticatorTest, EverythingElseIsRefusedInTheSameWords) {
  std::string text;
  for (const std::string& bad :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !!!"), std::string("Bearer "),
        std::string("Bearer baton_tokem"), std::string("Digest x"), basic("ada", "wrong"), basic("nobody", "wrong"),
        basic("ada", ""), std::string("Basic ") + std::string(5000, 'A'), basic("ada", std::string(2000, 'x')),
        basic("ci", "baton_token")}) {
    const auto caller = enter(bad);
    ASSERT_FALSE(caller) << bad;
    EXPECT_EQ(caller.error().code, Code::kUnauthenticated) << bad;
    if (text.empty()) text = caller.error().message;
    EXPECT_EQ(caller.error().message, text) << bad;
  }
}

TEST_F(AuthenticatorTest, ChangesTakeEffectAtOnce) {
  ASSERT_TRUE(enter(basic("ada", "right horse")));
  user("ada", "another horse");
  EXPECT_FALSE(enter(basic("ada", "right horse")));
  EXPECT_TRUE(enter(basic("ada", "another horse")));
  engine::IdentityChanged gone;
  gone.id = "ada";
  gone.deleted = true;
  auth_.apply(gone);
  EXPECT_FALSE(enter(basic("ada", "another horse")));
  ASSERT_TRUE(enter("Bearer baton_token"));
  token_.deleted = true;
  auth_.apply(token_);
  EXPECT_FALSE(enter("Bearer baton_token"));
}

TEST_F(AuthenticatorTest, GuessingHasToWaitAndLocksNobodyOutWhoIsIn) {
  ASSERT_TRUE(enter(basic("ada", "right horse")));
  user("bob", "right horse");
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(enter(basic("ada", "guess" + std::to_string(i))));
    EXPECT_FALSE(enter(basic("bob", "guess" + std::to_string(i))));
  }
  const auto late = enter(basic("bob", "right horse"));
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("try again in"), std::string::npos);
  EXPECT_TRUE(enter(basic("ada", "right horse")));
}

TEST(Passwords, AreArgon2idAndSalted) {
  const std::string one = hash_password("secret");
  EXPECT_TRUE(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << one;
  EXPECT_NE(hash_password("secret"), one);
  EXPECT_TRUE(verify_password(one, "secret"));
  EXPECT_FALSE(verify_password(one, "Secret"));
  EXPECT_FALSE(verify_password("", "secret"));
  EXPECT_FALSE(verify_password("$argon2id$garbage", "secret"));
  EXPECT_NE(random_token(), random_token());
  EXPECT_EQ(random_token().size(), 43U);
}

TEST(NoAuthentication, EverybodyIsAnonymous) {
  http2::EventLoop loop;
  Authenticator auth(loop, {.required = false});
  const auto caller = auth.authenticate("");
  ASSERT_TRUE(caller && *caller);
  EXPECT_EQ((*caller)->principal.kind, engine::Principal::Kind::kAnonymous);
}

}  // namespace
}  // namespace baton::auth
