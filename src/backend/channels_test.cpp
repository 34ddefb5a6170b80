// Channels, as servers of an app declare them and publish in them.
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

class ChannelsOfTheApp : public ApiTest {
 protected:
  json::object ask(const std::string& method, const std::string& path, const json::object& body = {}) {
    return call_as(chess, method, "/api/v1/zones/one/channels" + path, body);
  }
  std::string chess = app_with_server("chess");
  ZoneId zone = directory_.zone("chess", "one")->id;
};

TEST_F(ChannelsOfTheApp, AChannelIsDeclaredChangedListedAndRemoved) {
  const json::object all{{"channel", "news/eu"}, {"persistent", true},       {"publish", "servers"},
                         {"history_max", 7},     {"history_age_ms", 60'000}, {"rate_per_s", 3},
                         {"rate_burst", 9}};
  auto put = ask("POST", "", all);
  for (const auto& [name, value] : all)
    EXPECT_EQ(json::serialize(put.at(name)), json::serialize(value)) << name;
  put = ask("POST", "", {{"channel", "news/eu"}, {"history_max", 8}});
  EXPECT_EQ(put.at("history_max").to_number<int>(), 8);
  EXPECT_EQ(put.at("publish").as_string(), "servers") << "what is not given stays";
  EXPECT_EQ(live_channels_.told, (std::vector<std::string>{"news/eu", "news/eu"}));
  const auto changed = ask("POST", "", {{"channel", "news/eu"}, {"persistent", false}});
  EXPECT_EQ(code(changed), "conflict");
  EXPECT_EQ(changed.at("error").at("field").as_string(), "persistent");
  ask("POST", "", {{"channel", "chat"}});
  const auto page = ask("GET", "?limit=1");
  EXPECT_EQ(page.at("channels").at(0).at("channel").as_string(), "chat");
  EXPECT_EQ(page.at("next").as_string(), "chat");
  EXPECT_EQ(ask("GET", "?after=chat").at("channels").at(0).at("channel").as_string(), "news/eu");
  EXPECT_EQ(code(ask("DELETE", "/news%2Feu")), "ok");
  EXPECT_EQ(live_channels_.told.back(), "news/eu");
  EXPECT_EQ(code(ask("DELETE", "/news%2Feu")), "not_found");
  EXPECT_EQ(code(ask("POST", "", {{"channel", "News"}})), "bad_request");
}

TEST_F(ChannelsOfTheApp, TheServerPublishesAsItselfOrAsAMemberWithinTheBound) {
  const std::string ann = member(chess, "Ann");
  ask("POST", "", {{"channel", "news"}, {"publish", "servers"}});
  const auto said = ask("POST", "/news/messages", {{"msg", "hello"}});
  EXPECT_EQ(said.at("epoch").as_int64(), 3);
  EXPECT_EQ(said.at("seq").as_int64(), 1);
  ask("POST", "/news/messages", {{"msg", "hello"}, {"from", std::stoll(ann)}, {"idempotency_key", "k"}});
  ASSERT_EQ(live_channels_.said.size(), 2U);
  EXPECT_EQ(live_channels_.said[0].sender_name, "chess");
  EXPECT_EQ(live_channels_.said[1].sender_name, "Ann");
  EXPECT_EQ(live_channels_.said[1].send_id, 1U);
  EXPECT_EQ(code(ask("POST", "/news/messages", {{"msg", std::string(8 * 1024 + 1, 'x')}})), "too_large");
  EXPECT_EQ(code(ask("POST", "/news/messages", {{"msg", std::string(8 * 1024, 'x')}})), "ok");
  EXPECT_EQ(code(ask("POST", "/olds/messages", {{"msg", "hello"}})), "not_found");
  live_channels_.unknown = true;
  EXPECT_EQ(code(ask("POST", "/news/messages", {{"msg", "hello"}})), "unavailable");
}

TEST_F(ChannelsOfTheApp, OnlyAPersistentChannelHasMessagesToRead) {
  ask("POST", "", {{"channel", "chat"}});
  ask("POST", "", {{"channel", "news"}, {"persistent", true}});
  EXPECT_EQ(code(ask("GET", "/chat/messages")), "conflict");
  EXPECT_EQ(code(ask("GET", "/olds/messages")), "not_found");
  ports::Message message;
  message.conversation = ports::StreamId::channel(directory_.channel(zone, "news")->id);
  message.body = "hello";
  live_.send(message);
  EXPECT_EQ(ask("GET", "/news/messages").at("messages").at(0).at("msg").as_string(), "hello");
}

}  // namespace
}  // namespace plaza::backend
