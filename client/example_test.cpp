// The example of README.md, compiled and run.
#include <gtest/gtest.h>

#include "client/fake_server.h"
#include "client/sync_client.h"

namespace plaza::client {
namespace {

std::string example(const std::string& address, const std::function<void()>& bob_answers) {
  SyncClient ann({.endpoint = *parse_endpoint(address), .device = "example"});
  if (const Reply reply = ann.register_and_login("ann", "a long password"); !reply.ok()) return reply.text();
  const Reply found = ann.call(protocol::Find{.nickname = "bob"});
  if (!found.ok()) return found.text();
  const auto bob = Conversation::peer(found.get<protocol::FindAck>()->id.value);
  const auto sent = ann.send(bob, "hello");  // waits until it is stored
  if (!sent || sent->error != 0) return "not stored";
  bob_answers();
  const auto answer = ann.next_from_others();  // waits for the next message
  return answer ? answer->body : "no answer";
}

TEST(Example, SaysHelloAndGetsAnAnswer) {
  FakeServer server;
  ClientOptions options;
  options.endpoint = server.endpoint();
  SyncClient bob(options);
  ASSERT_TRUE(bob.register_and_login("bob", "another password").ok());
  EXPECT_EQ(example(server.endpoint().text(),
                    [&] {
                      const auto hello = bob.next_from_others();
                      ASSERT_TRUE(hello);
                      bob.send(hello->conversation, hello->body + " back");
                    }),
            "hello back");
}

}  // namespace
}  // namespace plaza::client
