// Who may call: credentials, signatures, nonces.
#include <gtest/gtest.h>

#include "backend/authenticator.h"
#include "base/digest.h"
#include "memory/manual_clock.h"
#include "memory/memory_apps.h"

namespace plaza::backend {
namespace {

net::Address ip(const std::string& text) {
  return net::Address::parse(text.find(':') == std::string::npos ? text + ":1" : "[" + text + "]:1").value();
}

// Nonces -------------------------------------------------------------------------------------------------------------

TEST(Nonces, TakesEachOnceAgainAfterItsTimeAndNoMoreThanItsBound) {
  Nonces nonces(2, 1000);
  const AppId app{1};
  EXPECT_EQ(nonces.note(app, "a", 0), Nonces::Seen::fresh);
  EXPECT_EQ(nonces.note(app, "a", 1000), Nonces::Seen::again);
  EXPECT_EQ(nonces.note(app, "b", 1000), Nonces::Seen::fresh);
  EXPECT_EQ(nonces.note(app, "c", 1000), Nonces::Seen::full);
  EXPECT_EQ(nonces.note(AppId{2}, "c", 1000), Nonces::Seen::fresh) << "another app has room of its own";
  EXPECT_EQ(nonces.note(app, "c", 1001), Nonces::Seen::fresh) << "the first one is over";
  EXPECT_EQ(nonces.note(app, "b", 1001), Nonces::Seen::again);
}

// Signatures ---------------------------------------------------------------------------------------------------------

net::HttpRequest request(std::string method = "POST", std::string target = "/api/v1/zones?limit=3",
                         std::string body = "{}") {
  net::HttpRequest asked;
  asked.method = std::move(method);
  asked.target = std::move(target);
  asked.body = std::move(body);
  return asked;
}

TEST(Credentials, TheSignedTextHasEveryPartThatMatters) {
  EXPECT_EQ(signed_text(request(), 1700000000000, "nonce-01"),
            "PLAZA-HMAC-SHA256\nPOST\n/api/v1/zones\nlimit=3\n1700000000000\nnonce-01\n"
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  const std::string good = sign("secret", request(), 1, "nonce-01");
  EXPECT_NE(sign("Secret", request(), 1, "nonce-01"), good);
  EXPECT_NE(sign("secret", request("PUT"), 1, "nonce-01"), good);
  EXPECT_NE(sign("secret", request("POST", "/api/v1/zone?limit=3"), 1, "nonce-01"), good);
  EXPECT_NE(sign("secret", request("POST", "/api/v1/zones?limit=4"), 1, "nonce-01"), good);
  EXPECT_NE(sign("secret", request("POST", "/api/v1/zones?limit=3", "{ }"), 1, "nonce-01"), good);
  EXPECT_NE(sign("secret", request(), 2, "nonce-01"), good);
  EXPECT_NE(sign("secret", request(), 1, "nonce-02"), good);
}

/// An app with one server and key, and requests to it.
class Access : public testing::Test {
 protected:
  Access() {
    app_ = apps_.create_app("chess")->id;
    server_ = apps_
                  .register_server({.id = {},
                                    .app = app_,
                                    .name = "game-1",
                                    .networks = {"127.0.0.0/8", "10.0.0.0/8"},
                                    .created_ms = 0},
                                   9)
                  ->id;
    key_ = authenticator_.make_key(server_);
    EXPECT_TRUE(apps_.add_key(app_, key_.key));
    clock_.advance_ms(1'000);
  }
  net::HttpExchange bearer(const std::string& from, bool tls, const std::string& secret) {
    net::HttpExchange exchange{.request = request(), .remote = ip(from), .tls = tls};
    exchange.request.headers.emplace_back("Authorization", "Bearer " + key_.key.id + "." + secret);
    return exchange;
  }
  net::HttpExchange with_signature(std::int64_t time_ms, const std::string& nonce,
                                   const std::string& from = "10.1.1.1") {
    net::HttpExchange exchange{.request = request(), .remote = ip(from)};
    exchange.request.headers = {
        {"Plaza-Key", key_.key.id},
        {"Plaza-Time", std::to_string(time_ms)},
        {"Plaza-Nonce", nonce},
        {"Plaza-Signature", to_hex(sign(key_.secret, exchange.request, time_ms, nonce))}};
    return exchange;
  }
  ErrorCode code(const net::HttpExchange& exchange) {
    const auto caller = authenticator_.authenticate(exchange);
    EXPECT_FALSE(caller) << "was let in";
    return caller ? ErrorCode::unavailable : caller.error().code;
  }
  bool let_in(const net::HttpExchange& exchange) { return authenticator_.authenticate(exchange).has_value(); }

  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  SecretBox box_{std::string(32, 'k')};
  Authenticator authenticator_{apps_, box_, clock_, {.clock_skew_ms = 60'000, .nonces_per_app_max = 4}};
  AppId app_;
  ports::ServerId server_;
  Authenticator::NewKey key_;
};

TEST_F(Access, ASecretIsTakenFromThisMachineOrOverTlsOnly) {
  EXPECT_TRUE(let_in(bearer("127.0.0.1", false, key_.secret)));
  EXPECT_TRUE(let_in(bearer("10.0.0.1", true, key_.secret)));
  EXPECT_EQ(code(bearer("10.0.0.1", false, key_.secret)), ErrorCode::unauthorized);
  EXPECT_EQ(code(bearer("127.0.0.1", false, key_.secret + "x")), ErrorCode::unauthorized);
}

TEST_F(Access, WhoItIsStandsInTheCaller) {
  const auto caller = authenticator_.authenticate(bearer("127.0.0.1", false, key_.secret));
  ASSERT_TRUE(caller);
  EXPECT_FALSE(caller->is_operator);
  EXPECT_EQ(caller->app.name, "chess");
  EXPECT_EQ(caller->actor, "server:game-1/" + key_.key.id);
  const auto person = authenticator_.authenticate({.request = request(), .door = net::Door::operators});
  ASSERT_TRUE(person);
  EXPECT_TRUE(person->is_operator);
}

TEST_F(Access, OnlyFromItsNetworks) {
  EXPECT_EQ(code(bearer("11.0.0.1", true, key_.secret)), ErrorCode::unauthorized);
  ASSERT_TRUE(apps_.set_networks(app_, server_, {}));
  EXPECT_EQ(code(bearer("127.0.0.1", false, key_.secret)), ErrorCode::unauthorized);
}

TEST_F(Access, ARevokedKeyAndAnUnknownOneAreRefusedAlike) {
  ASSERT_TRUE(apps_.revoke_key(app_, key_.key.id, 1));
  const auto revoked = authenticator_.authenticate(bearer("127.0.0.1", false, key_.secret));
  key_.key.id = "pk_unknown";
  const auto unknown = authenticator_.authenticate(bearer("127.0.0.1", false, key_.secret));
  const auto none = authenticator_.authenticate({.request = request(), .remote = ip("127.0.0.1")});
  ASSERT_FALSE(revoked);
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(none);
  EXPECT_EQ(to_json(revoked.error()), to_json(unknown.error()));
  EXPECT_EQ(to_json(revoked.error()), to_json(none.error()));
}

TEST_F(Access, TheAppOfAGoodKeyThatIsDisabledIsSaidToWhoHasTheSecret) {
  ASSERT_TRUE(apps_.disable_app(app_, true));
  EXPECT_EQ(code(bearer("127.0.0.1", false, key_.secret)), ErrorCode::app_disabled);
  EXPECT_EQ(code(bearer("127.0.0.1", false, "sk_wrong")), ErrorCode::unauthorized);
}

TEST_F(Access, ASignedRequestIsTakenOnceWithinAMinuteOfTheServersClock) {
  clock_.advance_ms(200'000);
  const std::int64_t now = clock_.wall_ms();
  const auto first = with_signature(now, "nonce-01");
  EXPECT_TRUE(let_in(first));
  EXPECT_EQ(code(first), ErrorCode::unauthorized);
  EXPECT_TRUE(let_in(with_signature(now - 60'000, "nonce-02")));
  EXPECT_EQ(code(with_signature(now - 60'001, "nonce-03")), ErrorCode::unauthorized);
  EXPECT_TRUE(let_in(with_signature(now + 60'000, "nonce-04")));
  EXPECT_EQ(code(with_signature(now + 60'001, "nonce-05")), ErrorCode::unauthorized);
}

TEST_F(Access, ANonceIsRememberedAsLongAsItsRequestCouldBeTakenAgain) {
  clock_.advance_ms(200'000);
  const auto ahead = with_signature(clock_.wall_ms() + 60'000, "nonce-01");
  EXPECT_TRUE(let_in(ahead));
  clock_.advance_ms(120'000);  // its time is just still right
  EXPECT_EQ(code(ahead), ErrorCode::unauthorized);
}

TEST_F(Access, WhatIsSignedIsTheWholeRequest) {
  const std::int64_t now = clock_.wall_ms();
  auto changed = with_signature(now, "nonce-01");
  changed.request.body = "{\"zone\":\"other\"}";
  EXPECT_EQ(code(changed), ErrorCode::unauthorized);
  changed = with_signature(now, "nonce-01");
  changed.request.target = "/api/v1/zones?limit=4";
  EXPECT_EQ(code(changed), ErrorCode::unauthorized);
  changed = with_signature(now, "nonce-01");
  changed.request.headers[2].second = "nonce-02";
  EXPECT_EQ(code(changed), ErrorCode::unauthorized);
  EXPECT_TRUE(let_in(with_signature(now, "nonce-01"))) << "what was refused has used up no nonce";
}

TEST_F(Access, WithTooManyNoncesMoreIsRefusedAndNoneForgotten) {
  const std::int64_t now = clock_.wall_ms();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(let_in(with_signature(now, "nonce-0" + std::to_string(i))));
  EXPECT_EQ(code(with_signature(now, "nonce-04")), ErrorCode::rate_limited);
  EXPECT_EQ(code(with_signature(now, "nonce-00")), ErrorCode::unauthorized);
}

TEST_F(Access, WhatWasSignedBeforeThisStartHasToBeSignedAgain) {
  EXPECT_EQ(code(with_signature(clock_.wall_ms() - 1'001, "nonce-01")), ErrorCode::try_again);
  EXPECT_TRUE(let_in(with_signature(clock_.wall_ms() - 1'000, "nonce-02")));
}

TEST_F(Access, BrokenHeadersAreNoCredentials) {
  const std::int64_t now = clock_.wall_ms();
  const auto changed = [&](std::size_t header, const std::string& value) {
    auto exchange = with_signature(now, "nonce-01");
    exchange.request.headers[header].second = value;
    return std::holds_alternative<std::monostate>(credentials_of(exchange.request));
  };
  EXPECT_FALSE(
      std::holds_alternative<std::monostate>(credentials_of(with_signature(now, "nonce-01").request)));
  EXPECT_TRUE(changed(0, ""));
  EXPECT_TRUE(changed(0, std::string(65, 'k')));
  EXPECT_TRUE(changed(1, "now"));
  EXPECT_TRUE(changed(1, "1x"));
  EXPECT_TRUE(changed(2, "short"));
  EXPECT_TRUE(changed(2, std::string(65, 'n')));
  EXPECT_TRUE(changed(2, "nonce 01"));
  EXPECT_TRUE(changed(3, "ab"));
  EXPECT_TRUE(changed(3, std::string(64, 'x')));
}

}  // namespace
}  // namespace plaza::backend
