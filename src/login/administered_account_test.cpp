// What servers of an app do for their users: tokens for one device, passwords without the old one.
#include <gtest/gtest.h>

#include "login/local_login_service.h"
#include "memory/manual_clock.h"
#include "memory/memory_directory.h"

namespace plaza::login {
namespace {

class AdministeredAccount : public testing::Test {
 protected:
  AdministeredAccount() {
    ports::Zone zone;
    zone.app_name = zone.zone_name = "default";
    EXPECT_TRUE(directory_.put_zone(zone));
    ann_ = service_
               .register_account({.name = "ann", .password = "secret", .place = {}, .address = "1.1.1.1"})
               ->member;
  }
  std::string token(const std::string& device) {
    return service_
        .issue_handover({.account = ann_.account, .zone = ann_.zone, .member = ann_.id, .device = device})
        ->token;
  }
  LoginResult<LoggedIn> login(const std::string& token, const std::string& device) {
    return service_.login({.proof = TokenProof{token}, .place = {}, .device = device, .address = "1.1.1.1"});
  }
  LoginResult<LoggedIn> login_by_password(const std::string& password) {
    return service_.login(
        {.proof = PasswordProof{{}, "ann", password}, .place = {}, .device = "web", .address = "1.1.1.1"});
  }

  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  PasswordHasher hasher_{{.cost = PasswordCost::cheap(), .threads = 1}};
  LocalLoginService service_{directory_, hasher_, clock_};
  ports::Member ann_;
};

TEST_F(AdministeredAccount, AHandoverTokenForADeviceLogsInThereAndNowhereElse) {
  const auto in = login(token("ios"), "");
  ASSERT_TRUE(in);
  EXPECT_EQ(in->device, "ios");
  EXPECT_TRUE(in->exchanged);
  EXPECT_TRUE(login(in->token, "ios")) << "the token it got instead";
  EXPECT_FALSE(login(in->token, "ios")->exchanged);
  EXPECT_TRUE(login(token("ios"), "ios"));
  const auto elsewhere = login(token("ios"), "android");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, LoginCode::token_invalid);
}

TEST_F(AdministeredAccount, OneForNoDeviceInParticularTakesTheClientsWhichHasToNameOne) {
  EXPECT_EQ(login(token(""), "web")->device, "web");
  const auto unnamed = login(token(""), "");
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().field, "device");
  const auto wrong = service_.issue_handover(
      {.account = ann_.account, .zone = ann_.zone, .member = ann_.id, .device = std::string(33, 'd')});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().field, "device");
}

TEST_F(AdministeredAccount, APasswordThatIsSetEndsEveryTokenAndTheOldPassword) {
  const auto before = login_by_password("secret");
  ASSERT_TRUE(before);
  const auto revoked = service_.reset_password({.account = ann_.account, .new_password = "swordfish"});
  ASSERT_TRUE(revoked);
  ASSERT_EQ(revoked->size(), 1U);
  EXPECT_EQ(revoked->front().id, before->token_id);
  EXPECT_TRUE(revoked->front().hash.empty());
  EXPECT_EQ(login(before->token, "web").error().code, LoginCode::token_invalid);
  EXPECT_TRUE(login_by_password("swordfish"));
  EXPECT_EQ(login_by_password("secret").error().code, LoginCode::bad_credentials);
  const auto wrong = service_.reset_password(
      {.account = ann_.account, .new_password = std::string(129, 'p')});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().field, "password");
}

TEST_F(AdministeredAccount, AMemberThatIsChangedIsTheNewOneForThoseWhoLogInByATokenThatIsRemembered) {
  const std::string remembered = login(token("web"), "")->token;
  ASSERT_EQ(login(remembered, "web")->entered_member()->nickname, "ann");
  const LoginRequest by_token{
      .proof = TokenProof{remembered}, .place = {}, .device = "web", .address = "1.1.1.1"};
  ASSERT_TRUE(service_.try_cached(by_token));
  UpdateMemberRequest update{.zone = ann_.zone,
                             .member = ann_.id,
                             .nickname = "Anna",
                             .avatar = {},
                             .custom = R"({"level":7})",
                             .friends_from = {},
                             .messages_from = {}};
  EXPECT_EQ(service_.update_member(update)->nickname, "Anna");
  EXPECT_FALSE(service_.try_cached(by_token));
  EXPECT_EQ(login(remembered, "web")->entered_member()->custom, R"({"level":7})");
  EXPECT_EQ(directory_.member_by_nickname(ann_.zone, "anna")->id, ann_.id);
  update.nickname.reset();
  update.custom = "{}";
  EXPECT_EQ(service_.update_member(update)->custom, "");
}

TEST_F(AdministeredAccount, WhatMayNotStandThereIsRefusedByItsField) {
  const auto why = [this](const std::string& nickname, const std::string& avatar, const std::string& custom) {
    const auto refused = service_.update_member({.zone = ann_.zone,
                                                 .member = ann_.id,
                                                 .nickname = nickname,
                                                 .avatar = avatar,
                                                 .custom = custom,
                                                 .friends_from = {},
                                                 .messages_from = {}});
    return refused ? std::string("fine") : refused.error().field;
  };
  const auto custom = [](std::size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  EXPECT_EQ(why("a", "", ""), "nickname");
  EXPECT_EQ(why("ann", std::string(257, 'a'), ""), "avatar");
  EXPECT_EQ(why("ann", "", custom(2'049)), "custom");
  EXPECT_EQ(why("ann", std::string(256, 'a'), custom(2'048)), "fine");
  ASSERT_TRUE(
      service_.register_account({.name = "bob", .password = "secret", .place = {}, .address = "1.1.1.1"}));
  EXPECT_EQ(why("BOB", "", ""), "nickname");
}

}  // namespace
}  // namespace plaza::login
