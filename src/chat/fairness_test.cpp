// Two apps on one node: what one asks for does not stand in the way of the other.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Errno;

class Fairness : public ChatTest {
 protected:
  /// An app with a zone and this many members, all online.
  struct Tenant {
    std::shared_ptr<const ports::Zone> zone;
    std::vector<TestClient*> clients;
    MemberId stranger;
  };
  Tenant tenant(const std::string& name, int members) {
    ports::Zone wanted;
    wanted.app_name = name;
    wanted.zone_name = "one";
    set_zone(wanted);
    Tenant made{.zone = zone, .clients = {}, .stranger = member(name + "'s stranger").id};
    for (int i = 0; i < members; ++i) made.clients.push_back(&online(member(name + " " + std::to_string(i))));
    return made;
  }
  /// Reads the directory for it.
  static void ask(TestClient& client, MemberId friendid) {
    client.post(protocol::AddFriend{.friendid = friendid, .id = {}}, 1);
  }
  /// Takes a turn for each job until the client has its answer; gives how many jobs were begun.
  std::uint64_t jobs_until_answered(const TestClient& client) {
    const std::uint64_t before = executor.jobs_begun;
    executor.hold_jobs = false;
    while (client.frames.empty() && executor.step()) {}
    return executor.jobs_begun - before;
  }
};

TEST_F(Fairness, ARequestWaitsForOneJobOfTheAppThatFloodsNotForAll) {
  Tenant flood = tenant("flood", 200), calm = tenant("calm", 3);
  executor.hold_jobs = true;
  for (TestClient* client : flood.clients) ask(*client, flood.stranger);
  ask(*calm.clients[0], calm.stranger);
  ask(*calm.clients[1], calm.stranger);
  EXPECT_EQ(jobs_until_answered(*calm.clients[0]), 2U);
  EXPECT_EQ(jobs_until_answered(*calm.clients[1]), 2U);
  // Also one that comes while the flood goes on.
  ask(*calm.clients[2], calm.stranger);
  EXPECT_LE(jobs_until_answered(*calm.clients[2]), 2U);
  settle();
  for (TestClient* client : flood.clients) EXPECT_EQ(client->frames.size(), 1U) << "nothing of it is lost";
}

TEST_F(Fairness, AnAppThatFillsTheLineIsToldToTryAgainAndTheOtherFindsAPlace) {
  Tenant flood = tenant("flood", 40), calm = tenant("calm", 1);
  executor.hold_jobs = true;
  for (std::size_t i = 0; i < TestExecutor::kJobsMax; ++i)
    static_cast<void>(executor.blocking(flood.zone->app.value, [] {}));
  for (TestClient* client : flood.clients) {
    ask(*client, flood.stranger);
    ASSERT_EQ(client->frames.size(), 1U);
    EXPECT_EQ(client->frames[0].refusal.error, Errno::try_again);
  }
  ask(*calm.clients[0], calm.stranger);
  EXPECT_TRUE(calm.clients[0]->frames.empty()) << "it waits";
  EXPECT_EQ(jobs_until_answered(*calm.clients[0]), 2U);
  EXPECT_FALSE(calm.clients[0]->frames[0].refused());
}

}  // namespace
}  // namespace plaza::chat
