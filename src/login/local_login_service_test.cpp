#include "login/local_login_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>

#include "memory/manual_clock.h"
#include "memory/memory_directory.h"

namespace plaza::login {
namespace {

using ports::DirectoryResult;

constexpr std::string_view kSecret = "0123456789abcdef";

/// Something that happens once, at a chosen place. Any thread may come by.
class Hook {
 public:
  void operator=(std::function<void()> what) {
    const std::lock_guard lock(mutex_);
    what_ = std::move(what);
  }
  void fire() {
    std::function<void()> what;
    {
      const std::lock_guard lock(mutex_);
      what = std::exchange(what_, nullptr);
    }
    if (what) what();
  }

 private:
  std::mutex mutex_;
  std::function<void()> what_;
};

/// The twin with hooks between two calls of the service under test.
class HookedDirectory final : public memory::MemoryDirectory {
 public:
  Hook before_put_token;
  Hook after_token;
  std::atomic<int> token_reads = 0;

  DirectoryResult<TokenId> put_token(const ports::Token& token) override {
    before_put_token.fire();
    return MemoryDirectory::put_token(token);
  }
  DirectoryResult<ports::Token> token(const std::string& hash, std::int64_t now_ms) override {
    ++token_reads;
    auto found = MemoryDirectory::token(hash, now_ms);
    after_token.fire();
    return found;
  }
};

class LoginServiceTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(LocalLoginOptions options) {
    options.verifiers.push_back(std::make_shared<TestVendorVerifier>());
    options.verifiers.push_back(std::make_shared<HmacTicketVerifier>(
        clock_, HmacTicketOptions{.vendor = "game", .secret = std::string(kSecret)}));
    service_ = std::make_unique<LocalLoginService>(directory_, hasher_, clock_, std::move(options));
    zone_ = put_zone("default", "default");
    other_ = put_zone("default", "other");
  }
  ZoneId put_zone(const std::string& app, const std::string& zone) {
    ports::Zone wanted;
    wanted.app_name = app;
    wanted.zone_name = zone;
    return directory_.put_zone(wanted)->id;
  }
  LocalLoginService& s() { return *service_; }

  Registered add(const std::string& name, const std::string& password = "123") {
    const auto made = s().register_account(
        {.name = name, .password = password, .place = {}, .address = "10.0.0.1"});
    EXPECT_TRUE(made) << text_of(made);
    return made.value_or(Registered{});
  }
  static LoginRequest by_name(const std::string& name, const std::string& password,
                              const std::string& device = "web") {
    return {.proof = PasswordProof{.member = {}, .account = name, .password = password},
            .place = {},
            .device = device,
            .address = "10.0.0.2",
            .mode = LoginMode::account};
  }
  static LoginRequest by_id(MemberId id, const std::string& password) {
    auto request = by_name("", password, "classic");
    std::get<PasswordProof>(request.proof).member = id;
    request.mode = LoginMode::classic;
    return request;
  }
  static LoginRequest by_token(const std::string& token, const std::string& device = "") {
    return {.proof = TokenProof{token},
            .place = {},
            .device = device,
            .address = "10.0.0.3",
            .mode = LoginMode::account};
  }
  LoggedIn log_in(const std::string& name, const std::string& password = "123",
                  const std::string& device = "web") {
    const auto login = s().login(by_name(name, password, device));
    EXPECT_TRUE(login) << text_of(login);
    return login.value_or(LoggedIn{});
  }
  template <class T>
  static LoginCode code_of(const LoginResult<T>& result) {
    EXPECT_FALSE(result.has_value()) << "was not refused";
    return result ? LoginCode::unavailable : result.error().code;
  }
  template <class T>
  static std::string text_of(const LoginResult<T>& result) {
    return result ? "no error" : result.error().field + ": " + result.error().detail;
  }

  memory::ManualClock clock_;
  HookedDirectory directory_;
  PasswordHasher hasher_{{.cost = PasswordCost::cheap()}};
  std::unique_ptr<LocalLoginService> service_;
  ZoneId zone_, other_;
};

// Registration -------------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, RegisteringGivesAMemberOfTheSameNameInTheDefaultZone) {
  const Registered ann = add("Ann");
  EXPECT_EQ(ann.member.id, MemberId{1});
  EXPECT_EQ(ann.member.nickname, "Ann");
  EXPECT_EQ(ann.member.zone, zone_);
  EXPECT_NE(directory_.account(ann.account)->password_hash.find("$argon2id$"), std::string::npos);
}

TEST_F(LoginServiceTest, AFailedRegistrationNamesTheFieldAndWhatIsAllowed) {
  add("Ann");
  const auto refused = [&](const std::string& name, const std::string& password) {
    const auto made = s().register_account({.name = name, .password = password, .place = {}, .address = {}});
    EXPECT_EQ(code_of(made), LoginCode::registration_failed);
    EXPECT_FALSE(made.error().allowed.empty());
    return made.error().field + "/" + made.error().detail;
  };
  EXPECT_EQ(refused("ANN", "123"), "name/account name is taken");
  EXPECT_EQ(refused("x", "123"), "name/it has 1 characters");
  EXPECT_EQ(refused("bob", ""), "password/the password is too short or too long");
  EXPECT_EQ(refused("bob", std::string(129, 'p')), "password/the password is too short or too long");
  add("bob", std::string(128, 'p'));
  ASSERT_TRUE(s().create_member({.account = log_in("bob", std::string(128, 'p')).account,
                                 .zone = zone_,
                                 .nickname = "eve",
                                 .avatar = {}}));
  EXPECT_EQ(refused("eve", "123"), "name/nickname is taken");
}

TEST_F(LoginServiceTest, ThePasswordsMinimumIsConfigurable) {
  start({.password_bytes_min = 8});
  EXPECT_EQ(code_of(s().register_account({.name = "ann", .password = "1234567", .place = {}, .address = {}})),
            LoginCode::registration_failed);
  add("ann", "12345678");
}

TEST_F(LoginServiceTest, AnUnknownZoneIsSaidToBeSo) {
  const Place nowhere{.app = {}, .zone = "nowhere"};
  EXPECT_EQ(
      code_of(s().register_account({.name = "ann", .password = "123", .place = nowhere, .address = {}})),
      LoginCode::no_such_zone);
  auto request = by_name("ann", "123");
  request.place = nowhere;
  EXPECT_EQ(code_of(s().login(request)), LoginCode::no_such_zone);
}

TEST_F(LoginServiceTest, OfEightThreadsThatRegisterOneNameOneWins) {
  std::atomic<int> won = 0, refused = 0;
  {
    std::latch start(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto made = s().register_account(
            {.name = "ann", .password = "123", .place = {}, .address = {}});
        if (made) ++won;
        if (!made && made.error().code == LoginCode::registration_failed && made.error().field == "name")
          ++refused;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

// Login by password --------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, AFullClientGetsATokenAndItsMembers) {
  const Registered ann = add("Ann");
  const auto second = s().create_member(
      {.account = ann.account, .zone = zone_, .nickname = "Annie", .avatar = "a.png"});
  ASSERT_TRUE(second);
  const LoggedIn login = log_in("aNN");
  EXPECT_EQ(login.account, ann.account);
  EXPECT_EQ(login.account_name, "Ann");
  EXPECT_EQ(login.zone->id, zone_);
  EXPECT_EQ(login.device, "web");
  EXPECT_EQ(login.token_expires_ms, clock_.wall_ms() + 30LL * 24 * 3'600 * 1'000);
  EXPECT_FALSE(login.entered_member());
  ASSERT_EQ(login.members.size(), 2u);
  EXPECT_EQ(login.members[1].avatar, "a.png");
}

TEST_F(LoginServiceTest, AClassicClientEntersTheMemberOfItsNameOrIdAtOnceWithoutAToken) {
  const Registered ann = add("Ann");
  const auto second = s().create_member(
      {.account = ann.account, .zone = zone_, .nickname = "Annie", .avatar = {}});
  auto request = by_name("ann", "123", "classic");
  request.mode = LoginMode::classic;
  const auto named = s().login(request);
  ASSERT_TRUE(named) << text_of(named);
  EXPECT_EQ(named->entered_member()->id, ann.member.id);
  EXPECT_TRUE(named->token.empty());
  EXPECT_TRUE(directory_.tokens_of(ann.account, 0)->empty());

  EXPECT_EQ(s().login(by_id(ann.member.id, "123"))->entered_member()->id, ann.member.id);
  EXPECT_EQ(s().login(by_id(second->id, "123"))->entered_member()->id, second->id)
      << "any member of the account";
  request.place.zone = "other";
  EXPECT_EQ(code_of(s().login(request)), LoginCode::no_such_peer) << "no member there";
}

TEST_F(LoginServiceTest, UnknownAccountAndWrongPasswordGetTheSameAnswer) {
  const Registered ann = add("ann");
  ASSERT_TRUE(s().login({.proof = ThirdPartyProof{"test", "tom", "test:tom"},
                         .place = {},
                         .device = "web",
                         .address = "10.0.0.9",
                         .mode = LoginMode::account}));
  const auto wrong = s().login(by_name("ann", "124"));
  for (const auto& request :
       {by_name("nobody", "123"), by_name("x", "123"), by_name("", "123"), by_name("\xff", "123"),
        by_name("tom", ""), by_name("ann", std::string(5'000, 'x')), by_id(MemberId{99}, "123"),
        by_name(std::string(5'000, 'n'), "123")}) {
    clock_.advance_ms(1'000);  // "ann" has to wait
    const auto hashes = hasher_.done();
    const auto refused = s().login(request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(hasher_.done(), hashes + 1) << "the same cost";
    EXPECT_EQ(refused.error().code, LoginCode::bad_credentials);
    EXPECT_EQ(refused.error().code, wrong.error().code);
    EXPECT_EQ(refused.error().field, wrong.error().field);
    EXPECT_EQ(refused.error().allowed, wrong.error().allowed);
    EXPECT_EQ(refused.error().detail, wrong.error().detail);
    EXPECT_EQ(refused.error().retry_after_ms, wrong.error().retry_after_ms);
  }
  clock_.advance_ms(60'000);
  EXPECT_EQ(code_of(s().login(by_id(ann.member.id, "124"))), LoginCode::bad_credentials);
}

TEST_F(LoginServiceTest, AMemberIdOfAnotherZoneIsUnknown) {
  const auto made = s().register_account(
      {.name = "far", .password = "123", .place = {{}, "other"}, .address = {}});
  ASSERT_TRUE(made);
  EXPECT_EQ(code_of(s().login(by_id(made->member.id, "123"))), LoginCode::bad_credentials);
}

TEST_F(LoginServiceTest, WrongPasswordsMakeTheAccountWaitHoweverItIsAddressed) {
  const Registered ann = add("ann");
  EXPECT_EQ(code_of(s().login(by_name("ann", "x"))), LoginCode::bad_credentials);
  for (const auto& request : {by_name("ANN", "123"), by_id(ann.member.id, "123")}) {
    const auto waiting = s().login(request);
    EXPECT_EQ(code_of(waiting), LoginCode::limited) << "also with the right password";
    EXPECT_EQ(waiting.error().retry_after_ms, 1'000);
  }
  clock_.advance_ms(1'000);
  EXPECT_EQ(code_of(s().login(by_name("ann", "x"))), LoginCode::bad_credentials);
  EXPECT_EQ(s().login(by_name("ann", "123")).error().retry_after_ms, 2'000);
  clock_.advance_ms(2'000);
  log_in("ann");
  EXPECT_EQ(code_of(s().login(by_name("ann", "x"))), LoginCode::bad_credentials)
      << "success forgot the failures";
  EXPECT_EQ(s().login(by_name("ann", "123")).error().retry_after_ms, 1'000);
}

TEST_F(LoginServiceTest, AnUnknownNameWaitsLikeAKnownOne) {
  EXPECT_EQ(code_of(s().login(by_name("nobody", "x"))), LoginCode::bad_credentials);
  const auto waiting = s().login(by_name("NOBODY", "x"));
  EXPECT_EQ(code_of(waiting), LoginCode::limited);
  EXPECT_EQ(waiting.error().retry_after_ms, 1'000);
}

TEST_F(LoginServiceTest, AnAddressThatFailsTwentyTimesWaits) {
  add("ann");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(code_of(s().login(by_name("nobody" + std::to_string(i), "x"))), LoginCode::bad_credentials);
  }
  EXPECT_EQ(code_of(s().login(by_name("ann", "123"))), LoginCode::limited);
  auto elsewhere = by_name("ann", "123");
  elsewhere.address = "10.0.0.77";
  EXPECT_TRUE(s().login(elsewhere));
}

TEST_F(LoginServiceTest, ADeviceNameHasOneToThirtyTwoBytesAndIsNotOneOfTheServers) {
  add("ann");
  EXPECT_TRUE(s().login(by_name("ann", "123", std::string(32, 'd'))));
  EXPECT_TRUE(s().login(by_name("ann", "123", "tv@home")));
  for (const std::string& device :
       {std::string(), std::string(33, 'd'), std::string("a\nb"), std::string("@room:7")}) {
    const auto refused = s().login(by_name("ann", "123", device));
    EXPECT_EQ(code_of(refused), LoginCode::bad_request);
    EXPECT_EQ(refused.error().field, "device");
  }
}

TEST_F(LoginServiceTest, AHashOfAnEarlierCostIsMadeAnewAtTheNextLogin) {
  PasswordHasher costly({.cost = {.passes = 2, .memory_kib = 8}});
  LocalLoginService later(directory_, costly, clock_, {});
  const Registered ann = add("ann");
  const std::string before = directory_.account(ann.account)->password_hash;
  ASSERT_TRUE(later.login(by_name("ann", "123")));
  const std::string after = directory_.account(ann.account)->password_hash;
  EXPECT_NE(after, before);
  EXPECT_FALSE(costly.outdated(after));
  ASSERT_TRUE(later.login(by_name("ann", "123")));
  EXPECT_EQ(directory_.account(ann.account)->password_hash, after);
}

// Login by token -----------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, AnAccountTokenLogsInAgainAndKeepsItsToken) {
  add("ann");
  const LoggedIn first = log_in("ann");
  const auto again = s().login(by_token(first.token));
  ASSERT_TRUE(again) << text_of(again);
  EXPECT_EQ(again->token, first.token);
  EXPECT_EQ(again->token_id, first.token_id);
  EXPECT_EQ(again->device, "web");
  EXPECT_EQ(again->members.size(), 1u);
  EXPECT_FALSE(again->entered_member());
}

TEST_F(LoginServiceTest, AMemberTokenEntersAtOnce) {
  const Registered ann = add("ann");
  const LoggedIn login = log_in("ann");
  const auto entered = s().enter(
      {.account = login.account, .zone = zone_, .device = "web", .member = ann.member.id});
  ASSERT_TRUE(entered) << text_of(entered);
  EXPECT_EQ(entered->member.nickname, "ann");
  const auto again = s().login(by_token(entered->token, "web"));
  ASSERT_TRUE(again) << text_of(again);
  EXPECT_EQ(again->entered_member()->id, ann.member.id);
  EXPECT_EQ(again->token_id, entered->token_id);
}

TEST_F(LoginServiceTest, ATokenIsForItsDeviceAndZoneOnly) {
  add("ann");
  const std::string token = log_in("ann").token;
  for (int warm = 0; warm < 2; ++warm) {
    EXPECT_EQ(code_of(s().login(by_token(token, "phone"))), LoginCode::token_invalid);
    auto elsewhere = by_token(token);
    elsewhere.place.zone = "other";
    EXPECT_EQ(code_of(s().login(elsewhere)), LoginCode::token_invalid);
    elsewhere.place = {"default", "default"};
    EXPECT_TRUE(s().login(elsewhere));
  }
}

TEST_F(LoginServiceTest, AWarmTokenIsAnsweredFromMemoryAndAColdOneIsNot) {
  add("ann");
  const std::string token = log_in("ann").token;
  EXPECT_FALSE(s().try_cached(by_token(token)));
  ASSERT_TRUE(s().login(by_token(token)));
  EXPECT_EQ(directory_.token_reads, 1);
  const auto cached = s().try_cached(by_token(token));
  ASSERT_TRUE(cached);
  EXPECT_EQ(cached->token, token);
  EXPECT_EQ(cached->members.size(), 1u);
  ASSERT_TRUE(s().login(by_token(token)));
  EXPECT_EQ(directory_.token_reads, 1);
  directory_.set_unavailable(true);
  EXPECT_TRUE(s().login(by_token(token))) << "also while the database is away";
  EXPECT_FALSE(s().try_cached(by_name("ann", "123")));
}

TEST_F(LoginServiceTest, ATokenEndsWithItsTime) {
  add("ann");
  start({.token_times = {.account_ms = 10'000}});
  const std::string token = log_in("ann").token;
  clock_.advance_ms(9'999);
  EXPECT_TRUE(s().login(by_token(token)));
  clock_.advance_ms(1);
  EXPECT_FALSE(s().try_cached(by_token(token)));
  EXPECT_EQ(code_of(s().login(by_token(token))), LoginCode::token_invalid);
  EXPECT_EQ(s().expire(100), 1u);
}

TEST_F(LoginServiceTest, TextsThatAreNoTokensAreInvalidAndCountAgainstTheAddress) {
  for (int i = 0; i < 20; ++i) {
    const std::string text = i % 2 ? make_token().text : "rubbish";
    EXPECT_EQ(code_of(s().login(by_token(text))), LoginCode::token_invalid);
  }
  EXPECT_EQ(code_of(s().login(by_token("rubbish"))), LoginCode::limited);
}

TEST_F(LoginServiceTest, ANewMemberShowsInTheNextWarmLogin) {
  const Registered ann = add("ann");
  const std::string token = log_in("ann").token;
  ASSERT_TRUE(s().login(by_token(token)));
  ASSERT_TRUE(s().create_member({.account = ann.account, .zone = zone_, .nickname = "bob", .avatar = {}}));
  EXPECT_EQ(s().login(by_token(token))->members.size(), 2u);
}

// Third parties ------------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, ATicketOfTheGamesServerLogsItsUserInAndMakesTheAccountOnce) {
  const auto ticket = [&] {
    return issue_ticket({.vendor = "game",
                         .user = "u1",
                         .app = "default",
                         .zone = "default",
                         .exp_s = clock_.wall_ms() / 1000 + 60,
                         .nonce = make_nonce()},
                        kSecret);
  };
  LoginRequest request{.proof = ThirdPartyProof{"game", "u1", ticket()},
                       .place = {},
                       .device = "web",
                       .address = "10.0.0.5",
                       .mode = LoginMode::account};
  const auto first = s().login(request);
  ASSERT_TRUE(first) << text_of(first);
  EXPECT_TRUE(first->members.empty());
  EXPECT_EQ(code_of(s().login(request)), LoginCode::bad_credentials) << "the ticket is used up";
  clock_.advance_ms(1'000);
  request.proof = ThirdPartyProof{"game", "u1", ticket()};
  EXPECT_EQ(s().login(request)->account, first->account);
  request.proof = ThirdPartyProof{"game", "u2", ticket()};
  EXPECT_EQ(code_of(s().login(request)), LoginCode::bad_credentials) << "another user's ticket";
  request.proof = ThirdPartyProof{"unknown", "u1", "x"};
  EXPECT_EQ(code_of(s().login(request)), LoginCode::bad_credentials);
}

TEST_F(LoginServiceTest, ThirdPartyFieldsAreBounded) {
  const auto field = [&](const std::string& vendor, const std::string& user, const std::string& proof) {
    const auto refused = s().login({.proof = ThirdPartyProof{vendor, user, proof},
                                    .place = {},
                                    .device = "web",
                                    .address = {},
                                    .mode = LoginMode::account});
    return refused                                          ? std::string("accepted")
           : refused.error().code == LoginCode::bad_request ? refused.error().field
                                                            : "";
  };
  EXPECT_EQ(field("", "u", "p"), "vendor");
  EXPECT_EQ(field(std::string(33, 'v'), "u", "p"), "vendor");
  EXPECT_EQ(field("test", "", "p"), "vendor_user");
  EXPECT_EQ(field("test", std::string(129, 'u'), "p"), "vendor_user");
  EXPECT_EQ(field("test", "u", std::string(2'049, 'p')), "proof");
  EXPECT_EQ(field("test", std::string(128, 'u'), "test:" + std::string(128, 'u')), "accepted");
}

// Members ------------------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, CreatingAMemberTellsTakenFromInvalidFromFull) {
  const Registered ann = add("ann");
  add("bob");
  const auto create = [&](const std::string& nickname, const std::string& avatar = {}) {
    return s().create_member({.account = ann.account, .zone = zone_, .nickname = nickname, .avatar = avatar});
  };
  EXPECT_EQ(code_of(create("BOB")), LoginCode::name_taken);
  const auto invalid = create("x");
  EXPECT_EQ(code_of(invalid), LoginCode::name_invalid);
  EXPECT_EQ(invalid.error().field, "nickname");
  EXPECT_EQ(code_of(create("eve", std::string(257, 'a'))), LoginCode::bad_request);
  EXPECT_TRUE(create("eve", std::string(256, 'a')));
  for (int i = 0; i < 14; ++i) ASSERT_TRUE(create("character " + std::to_string(i)));
  EXPECT_EQ(code_of(create("one too many")), LoginCode::limit_reached);
}

TEST_F(LoginServiceTest, OneEntersOnesOwnMembersOfOnesZoneOnly) {
  const Registered ann = add("ann"), bob = add("bob");
  const auto far = s().create_member(
      {.account = ann.account, .zone = other_, .nickname = "far", .avatar = {}});
  const auto enter = [&](MemberId id) {
    return s().enter({.account = ann.account, .zone = zone_, .device = "web", .member = id});
  };
  EXPECT_TRUE(enter(ann.member.id));
  EXPECT_EQ(code_of(enter(bob.member.id)), LoginCode::no_such_peer);
  EXPECT_EQ(code_of(enter(far->id)), LoginCode::no_such_peer);
  EXPECT_EQ(code_of(enter(MemberId{99})), LoginCode::no_such_peer);
}

// Credentials --------------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, RevokingEndsTokensAtOnceAndGivesThemBack) {
  const Registered ann = add("ann");
  const LoggedIn web = log_in("ann"), phone = log_in("ann", "123", "phone");
  ASSERT_TRUE(s().login(by_token(web.token)));  // warm
  EXPECT_EQ(s().list_tokens(ann.account)->size(), 2u);
  EXPECT_TRUE(s().list_tokens(ann.account)->front().hash.empty());

  const auto revoked = s().revoke({.account = ann.account, .device = "web", .only = {}});
  ASSERT_TRUE(revoked);
  ASSERT_EQ(revoked->size(), 1u);
  EXPECT_EQ(revoked->front().id, web.token_id);
  EXPECT_EQ(code_of(s().login(by_token(web.token))), LoginCode::token_invalid);
  EXPECT_TRUE(s().login(by_token(phone.token)));
  EXPECT_EQ(s().revoke({.account = ann.account, .device = {}, .only = {}})->size(), 1u);
  EXPECT_EQ(code_of(s().login(by_token(phone.token))), LoginCode::token_invalid);
  EXPECT_TRUE(s().revoke({.account = ann.account, .device = {}, .only = {}})->empty());
}

// A login that has read the token is overtaken by its revocation: it must not put it into the cache afterwards.
TEST_F(LoginServiceTest, ATokenRevokedDuringALoginIsNotRemembered) {
  const Registered ann = add("ann");
  const LoggedIn web = log_in("ann");
  directory_.after_token = [&] {
    ASSERT_EQ(s().revoke({.account = ann.account, .device = {}, .only = {}})->size(), 1u);
  };
  static_cast<void>(s().login(by_token(web.token)));
  EXPECT_FALSE(s().try_cached(by_token(web.token)));
  EXPECT_EQ(code_of(s().login(by_token(web.token))), LoginCode::token_invalid);
}

TEST_F(LoginServiceTest, ChangingThePasswordRevokesAllOtherTokens) {
  const Registered ann = add("ann");
  const LoggedIn web = log_in("ann"), phone = log_in("ann", "123", "phone");
  const auto change = [&](const std::string& old, const std::string& now) {
    return s().change_password({.account = ann.account,
                                .password = old,
                                .new_password = now,
                                .keep = {web.token_id},
                                .address = "10.0.0.2"});
  };
  const auto wrong = change("124", "456");
  EXPECT_EQ(code_of(wrong), LoginCode::bad_credentials);
  EXPECT_EQ(wrong.error().field, "password");
  EXPECT_EQ(code_of(change("123", "456")), LoginCode::limited) << "guessing is slow here too";
  clock_.advance_ms(1'000);
  EXPECT_EQ(code_of(change("123", "")), LoginCode::bad_request);
  EXPECT_EQ(code_of(change("123", std::string(129, 'x'))), LoginCode::bad_request);

  const auto revoked = change("123", "456");
  ASSERT_TRUE(revoked) << text_of(revoked);
  ASSERT_EQ(revoked->size(), 1u);
  EXPECT_EQ(revoked->front().id, phone.token_id);
  EXPECT_TRUE(s().login(by_token(web.token)));
  EXPECT_EQ(code_of(s().login(by_token(phone.token))), LoginCode::token_invalid);
  log_in("ann", "456");
  EXPECT_EQ(code_of(s().login(by_name("ann", "123"))), LoginCode::bad_credentials);
}

TEST_F(LoginServiceTest, APasswordChangeThatWasCutOffIsCompletedByTheSameCall) {
  const Registered ann = add("ann");
  const LoggedIn phone = log_in("ann", "123", "phone");
  ASSERT_TRUE(directory_.set_password(ann.account, *hasher_.hash("456")));  // its first half
  const auto again = s().change_password(
      {.account = ann.account, .password = "123", .new_password = "456", .keep = {}, .address = "10.0.0.2"});
  ASSERT_TRUE(again) << text_of(again);
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ(again->front().id, phone.token_id);
}

// The password was right when it was checked; it is changed before the login stores its token.
TEST_F(LoginServiceTest, ALoginThatIsOvertakenByAPasswordChangeGetsNoToken) {
  const Registered ann = add("ann");
  directory_.before_put_token = [&] {
    ASSERT_TRUE(s().change_password({.account = ann.account,
                                     .password = "123",
                                     .new_password = "456",
                                     .keep = {},
                                     .address = "10.0.0.9"}));
  };
  EXPECT_EQ(code_of(s().login(by_name("ann", "123"))), LoginCode::bad_credentials);
  EXPECT_TRUE(directory_.tokens_of(ann.account, 0)->empty());
}

TEST_F(LoginServiceTest, AHandOverTokenWorksOnceWithinAMinuteOnAnyDevice) {
  const Registered ann = add("ann");
  const auto issue = [&] {
    return *s().issue_handover({.account = ann.account, .zone = zone_, .member = ann.member.id});
  };
  const Handover first = issue();
  EXPECT_EQ(first.expires_ms, clock_.wall_ms() + 60'000);
  clock_.advance_ms(59'999);
  const auto used = s().login(by_token(first.token, "tv"));
  ASSERT_TRUE(used) << text_of(used);
  EXPECT_EQ(used->entered_member()->id, ann.member.id);
  EXPECT_EQ(used->device, "tv");
  EXPECT_NE(used->token, first.token);
  EXPECT_TRUE(s().login(by_token(used->token, "tv")));
  EXPECT_EQ(code_of(s().login(by_token(first.token, "tv"))), LoginCode::token_invalid);

  const Handover late = issue();
  clock_.advance_ms(60'000);
  EXPECT_EQ(code_of(s().login(by_token(late.token, "tv"))), LoginCode::token_invalid);
  EXPECT_EQ(code_of(s().login(by_token(issue().token))), LoginCode::bad_request) << "it needs a device";
  EXPECT_EQ(code_of(s().issue_handover({.account = ann.account, .zone = other_, .member = ann.member.id})),
            LoginCode::no_such_peer);
}

TEST_F(LoginServiceTest, OfEightThreadsThatUseAHandOverOneGetsIn) {
  const Registered ann = add("ann");
  const auto handover = s().issue_handover({.account = ann.account, .zone = zone_, .member = ann.member.id});
  std::atomic<int> in = 0;
  {
    std::latch start(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        in += s().login(by_token(handover->token, "tv")) ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(in, 1);
}

TEST_F(LoginServiceTest, AnAccountKeepsItsNewestTokensAndTheOldestAreGivenBack) {
  start({.tokens_per_account_max = 3});
  const Registered ann = add("ann");
  const LoggedIn first = log_in("ann");
  log_in("ann");
  EXPECT_TRUE(log_in("ann").dropped.empty());
  const LoggedIn fourth = log_in("ann");
  ASSERT_EQ(fourth.dropped.size(), 1u);
  EXPECT_EQ(fourth.dropped.front().id, first.token_id);
  EXPECT_EQ(code_of(s().login(by_token(first.token))), LoginCode::token_invalid);
  EXPECT_EQ(s().list_tokens(ann.account)->size(), 3u);
}

TEST_F(LoginServiceTest, ADeviceThatLogsInAgainAndAgainPushesOutItsOwnTokensOnly) {
  start({.tokens_per_account_max = 4});
  add("ann");
  const LoggedIn desktop = log_in("ann", "123", "desktop");
  for (int i = 0; i < 20; ++i) {
    for (const auto& dropped : log_in("ann", "123", "phone").dropped) EXPECT_EQ(dropped.device, "phone");
  }
  EXPECT_TRUE(s().login(by_token(desktop.token)));
  // One after the other they are all the busiest.
  for (const char* device : {"a", "b", "c", "d", "e"}) log_in("ann", "123", device);
  EXPECT_EQ(code_of(s().login(by_token(desktop.token))), LoginCode::token_invalid) << "of equals the oldest";
}

// Failures -----------------------------------------------------------------------------------------------------------

TEST_F(LoginServiceTest, WithoutTheDatabaseEverythingIsUnavailableAndNobodyIsPunishedForIt) {
  const Registered ann = add("ann");
  const LoggedIn login = log_in("ann");
  directory_.set_unavailable(true);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(code_of(s().login(by_name("ann", "123"))), LoginCode::unavailable);
    EXPECT_EQ(code_of(s().login(by_token(login.token))), LoginCode::unavailable);
  }
  EXPECT_EQ(code_of(s().register_account({.name = "bob", .password = "123", .place = {}, .address = {}})),
            LoginCode::unavailable);
  EXPECT_EQ(
      code_of(s().create_member({.account = ann.account, .zone = zone_, .nickname = "bob", .avatar = {}})),
      LoginCode::unavailable);
  EXPECT_EQ(
      code_of(s().enter({.account = ann.account, .zone = zone_, .device = "web", .member = ann.member.id})),
      LoginCode::unavailable);
  EXPECT_EQ(code_of(s().revoke({.account = ann.account, .device = {}, .only = {}})), LoginCode::unavailable);
  EXPECT_EQ(code_of(s().list_tokens(ann.account)), LoginCode::unavailable);
  EXPECT_EQ(
      code_of(s().change_password(
          {.account = ann.account, .password = "123", .new_password = "456", .keep = {}, .address = {}})),
      LoginCode::unavailable);
  EXPECT_EQ(code_of(s().expire(1)), LoginCode::unavailable);
  directory_.set_unavailable(false);
  log_in("ann");
}

TEST_F(LoginServiceTest, WhenTooManyPasswordsAreCheckedMoreAreToldToComeAgain) {
  add("ann");
  PasswordHasher slow({.cost = {.passes = 3, .memory_kib = 65'536}, .threads = 1, .waiting_max = 1});
  LocalLoginService service(directory_, slow, clock_, {});
  std::atomic<int> refused = 0;
  std::atomic<std::int64_t> retry_ms = 0;
  {
    std::latch start(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        const auto made = service.register_account(
            {.name = "name" + std::to_string(i), .password = "123", .place = {}, .address = {}});
        if (made || made.error().code != LoginCode::try_again) return;
        ++refused;
        retry_ms = made.error().retry_after_ms;
      });
    }
  }
  EXPECT_GE(refused, 4);
  EXPECT_EQ(retry_ms, 1'000);
}

}  // namespace
}  // namespace plaza::login
