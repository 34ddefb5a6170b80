// The life of `plaza serve` as a process: start, ports, lock, signals, logs, what it says when it cannot start.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <thread>

#include "tests/process/program.h"

namespace plaza::tests {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> serve(std::vector<std::string> more = {}) {
  std::vector<std::string> words{"serve",     "--tcp",       "127.0.0.1:0", "--http", "127.0.0.1:0",
                                 "--backend", "127.0.0.1:0", "--shards",    "1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::uint16_t port_of(const TempDir& folder, const std::string& name) {
  const std::string text = read_file(folder.path("plaza-data/ports.json"));
  const auto at = text.find("\"" + name + "\":");
  return at == std::string::npos ? 0
                                 : static_cast<std::uint16_t>(std::atoi(text.c_str() + at + name.size() + 3));
}

// Writes a row into the database of a server that does not run.
void sql(const std::string& path, const std::string& statement) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, statement.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_close(database);
}

// A mount that ends with the test.
class Mount {
 public:
  Mount(const char* what, std::string where, const char* type, unsigned long flags, const char* options)
      : where_(std::move(where)), done_(mount(what, where_.c_str(), type, flags, options) == 0) {}
  ~Mount() {
    if (done_) umount2(where_.c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool again(unsigned long flags, const char* options) const {
    return mount(nullptr, where_.c_str(), nullptr, MS_REMOUNT | flags, options) == 0;
  }

 private:
  const std::string where_;
  const bool done_;
};

enum class Registered : std::uint8_t { now, already };

// Logs in with a device and enters the account's member. Gives the member's id.
std::string enter(Socket& client, const std::string& name, Registered registered = Registered::now) {
  if (registered == Registered::now) {
    client.send(fmt::format(R"({{"msgid":3,"name":"{}","password":"secret-password"}})", name));
    EXPECT_TRUE(has(client.receive_until("\n"), "\"errno\":0"));
  }
  client.send(fmt::format(R"({{"msgid":1,"name":"{}","password":"secret-password","device":"d"}})", name));
  const std::string answer = client.receive_until("\n");
  std::smatch member;
  if (!std::regex_search(answer, member, std::regex("\"members\":\\[\\{\"id\":(\\d+)"))) {
    ADD_FAILURE() << answer;
    return "0";
  }
  client.send(fmt::format(R"({{"msgid":16,"id":{}}})", member[1].str()));
  EXPECT_TRUE(has(client.receive_until("\n"), "\"errno\":0"));
  return member[1].str();
}

class Serve : public testing::Test {
 protected:
  // A server that ran once and was stopped: its files are there.
  void make_data() {
    Program server(folder_, serve());
    ASSERT_TRUE(server.says("plaza ready")) << server.err();
    server.signal(SIGTERM);
    ASSERT_EQ(server.wait().code, 0) << server.err();
  }
  // Starting fails with exit code 1, and standard error has every part.
  void expect_refused(const std::vector<std::string>& arguments, const std::vector<std::string>& parts) {
    Program server(folder_, arguments);
    const Ended ended = server.wait(std::chrono::seconds(20));
    EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
    EXPECT_FALSE(has(ended.out, "plaza ready"));
    for (const auto& part : parts) EXPECT_TRUE(has(ended.err, part)) << part << " is not in\n" << ended.err;
    EXPECT_FALSE(fs::exists(folder_.path("plaza-data/ports.json")));
  }

  TempDir folder_;
};

TEST_F(Serve, TakesAnyPortsSaysSoInOneLineAndInPortsJsonAndAcceptsThere) {
  Program server(folder_, serve());
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  const std::string text = read_file(folder_.path("plaza-data/ports.json"));
  EXPECT_TRUE(std::regex_match(text, std::regex(R"(\{"tcp":\d+,"http":\d+,"backend":\d+\}\n)"))) << text;
  const std::uint16_t tcp = port_of(folder_, "tcp");
  const std::uint16_t http = port_of(folder_, "http");
  EXPECT_EQ(std::ranges::count(server.out(), '\n'), 1) << server.out();
  EXPECT_TRUE(has(server.out(), fmt::format("tcp 127.0.0.1:{}", tcp))) << server.out();
  EXPECT_TRUE(has(server.out(), fmt::format("http://127.0.0.1:{}", http))) << server.out();
  const std::uint16_t backend = port_of(folder_, "backend");
  EXPECT_TRUE(has(server.out(), fmt::format("backend 127.0.0.1:{}", backend))) << server.out();
  EXPECT_TRUE(Socket(tcp).connected());
  EXPECT_TRUE(has(Socket(backend).receive_until("\n"), "\"challenge\""));
  EXPECT_EQ(http_get(http, "/healthz").status, 200);
  EXPECT_EQ(http_get(http, "/readyz").status, 200);
}

TEST_F(Serve, WithoutThePortOfTheAppsServersItListensOnTheOtherTwo) {
  Program server(folder_, serve({"--set", "backend.enabled=false"}));
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  EXPECT_EQ(port_of(folder_, "backend"), 0);
  EXPECT_FALSE(has(server.out(), "backend")) << server.out();
}

TEST_F(Serve, SigtermEndsItWithinTenSecondsWithZeroAlsoWithAClientConnected) {
  Program server(folder_, serve());
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  Socket client(port_of(folder_, "tcp"));
  client.send(R"({"msgid":3,"name":"drain","password":"secret-password"})");
  ASSERT_TRUE(has(client.receive_until("\n"), "\"errno\":0"));
  client.send(R"({"msgid":1,"name":"drain","password":"secret-password"})");
  ASSERT_TRUE(has(client.receive_until("\n"), "\"errno\":0"));
  server.signal(SIGTERM);
  const Ended ended = server.wait(std::chrono::seconds(10));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(client.receive_all(), "\"errno\":27"));  // told that the server closes
  EXPECT_FALSE(fs::exists(folder_.path("plaza-data/ports.json")));
}

TEST_F(Serve, ASecondProcessOnTheSameDataIsRefusedNamingTheFirst) {
  Program server(folder_, serve());
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  const Ended second = run_plaza(folder_, serve());
  EXPECT_EQ(second.code, 1);
  EXPECT_TRUE(has(second.err, fmt::format("in use by process {}", server.pid()))) << second.err;
  EXPECT_EQ(http_get(port_of(folder_, "http"), "/healthz").status, 200);  // the first one goes on
}

TEST_F(Serve, AfterAKillTheNextOneStartsAndOldPortsAreGone) {
  {
    Program server(folder_, serve());
    ASSERT_TRUE(server.says("plaza ready")) << server.err();
    server.signal(SIGKILL);
    server.wait();
  }
  EXPECT_TRUE(
      fs::exists(folder_.path("plaza-data/ports.json")));  // left behind: that is why it must not be believed
  Program server(folder_, serve());
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  EXPECT_TRUE(Socket(port_of(folder_, "tcp")).connected());
}

TEST_F(Serve, SighupAppliesLiveSettingsAndSaysWhichNeedARestart) {
  write_file(folder_.path("plaza.toml"), "[log]\nlevel = \"info\"\n");
  Program server(folder_, serve());
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  write_file(folder_.path("plaza.toml"),
             "[log]\nlevel = \"debug\"\n[edge]\nconnections_per_address_max = 7\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.says("applied: log.level")) << server.err();
  EXPECT_TRUE(server.says("only at the next start: edge.connections_per_address_max")) << server.err();
  // A wrong file changes nothing and ends nothing.
  write_file(folder_.path("plaza.toml"), "[log]\nlevel = \"loud\"\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.says("plaza.toml:2: log.level must be one of")) << server.err();
  EXPECT_TRUE(server.says("nothing was changed")) << server.err();
  EXPECT_EQ(http_get(port_of(folder_, "http"), "/healthz").status, 200);
}

TEST_F(Serve, APortThatIsTakenIsNamed) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string where = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  for (const std::string listener : {"tcp", "http", "backend"}) {
    expect_refused(serve({"--set", listener + ".listen=" + where}),
                   {listener + ".listen", where, "is taken by another process"});
  }
  close(taken);
}

TEST_F(Serve, AWrongConfigurationIsRefusedBeforeAnythingIsTouched) {
  const Ended ended = run_plaza(folder_, serve({"--set", "edge.heartbeat_ms=1"}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "edge.heartbeat_ms must be a number from 100 to 3600000, not 1")) << ended.err;
  EXPECT_FALSE(fs::exists(folder_.path("plaza-data")));
}

TEST_F(Serve, ADatabaseThatIsNotOneIsRefusedNamingTheFileAndWhatToDo) {
  make_data();
  write_file(folder_.path("plaza-data/streams.db"), std::string(8192, 'x'));
  fs::remove(folder_.path("plaza-data/streams.db-wal"));
  expect_refused(serve(), {"streams.db", "restore it from a backup"});
}

TEST_F(Serve, ADirectoryDatabaseThatIsNotOneIsRefused) {
  make_data();
  write_file(folder_.path("plaza-data/directory.db"), std::string(8192, 'x'));
  fs::remove(folder_.path("plaza-data/directory.db-wal"));
  expect_refused(serve(), {"directory.db"});
}

TEST_F(Serve, ANewerSchemaIsRefusedAndLeftAlone) {
  make_data();
  const std::string path = folder_.path("plaza-data/streams.db");
  sql(path, "UPDATE meta SET value = value + 1 WHERE key = 'schema_version'");
  expect_refused(serve(), {"streams.db", "newer"});
  sql(path, "UPDATE meta SET value = value - 1 WHERE key = 'schema_version'");
  Program server(folder_, serve());
  EXPECT_TRUE(server.says("plaza ready")) << server.err();
}

TEST_F(Serve, ADatabaseThatAnotherProgramHasLockedIsRefused) {
  make_data();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder_.path("plaza-data/streams.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
      SQLITE_OK);
  expect_refused(serve({"--set", "store.busy_timeout_ms=50"}), {"streams.db", "another program"});
  sqlite3_close(other);
}

TEST_F(Serve, AReadOnlyFileSystemIsRefused) {
  make_data();
  const std::string data = folder_.path("plaza-data");
  const Mount same(data.c_str(), data, nullptr, MS_BIND, nullptr);
  if (!same.done()) GTEST_SKIP() << "needs the right to mount";
  ASSERT_TRUE(same.again(MS_BIND | MS_RDONLY, nullptr));
  const Ended ended = run_plaza(folder_, serve());
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.err, "cannot write to the data directory")) << ended.err;
  EXPECT_TRUE(has(ended.err, "Read-only file system")) << ended.err;
}

TEST_F(Serve, ADiskThatIsFullAtTheStartIsRefused) {
  const std::string data = folder_.path("plaza-data");
  ASSERT_EQ(mkdir(data.c_str(), 0700), 0);
  const Mount disk("tmpfs", data, "tmpfs", 0, "size=64k");
  if (!disk.done()) GTEST_SKIP() << "needs the right to mount";
  write_file(data + "/filler", std::string(60 * 1024, 'x'));
  const Ended ended = run_plaza(folder_, serve());
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_TRUE(has(ended.err, "full") || has(ended.err, "No space left")) << ended.err;
}

// The bodies are large so that a small disk is full after a few hundred messages.
TEST_F(Serve, ADiskThatFillsUpRefusesSendsLosesNothingAcknowledgedAndRecoversByItself) {
  const std::string data = folder_.path("plaza-data");
  ASSERT_EQ(mkdir(data.c_str(), 0700), 0);
  const Mount disk("tmpfs", data, "tmpfs", 0, "size=12m");
  if (!disk.done()) GTEST_SKIP() << "needs the right to mount";
  const auto arguments = serve({"--set", "member.message_rate_per_s=0", "--set", "log.file="});
  std::uint64_t accepted = 0;
  std::string member;
  {
    Program server(folder_, arguments);
    ASSERT_TRUE(server.says("plaza ready")) << server.err();
    Socket client(port_of(folder_, "tcp"));
    member = enter(client, "writer");
    const std::string body(30'000, 'x');
    const auto send = [&](std::uint64_t send_id) {
      client.send(
          fmt::format(R"({{"msgid":5,"toid":{},"msg":"{}","send_id":{},"rid":1}})", member, body, send_id));
      std::string answer;
      do {
        answer = client.receive_until("\n");
      } while (!answer.empty() && !has(answer, "\"msgid\":20"));
      return answer;
    };
    std::string answer = send(1);
    while (has(answer, "\"errno\":0") && accepted < 1000) answer = send(++accepted + 1);
    EXPECT_TRUE(has(answer, "\"errno\":13")) << answer;
    EXPECT_GT(accepted, 10U);
    const HttpAnswer ready = http_get(port_of(folder_, "http"), "/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_TRUE(has(ready.body, "disk is full")) << ready.body;

    ASSERT_TRUE(disk.again(0, "size=64m"));
    EXPECT_TRUE(has(send(accepted + 1), "\"errno\":0"));  // the refused one was not consumed
    ++accepted;
    EXPECT_EQ(http_get(port_of(folder_, "http"), "/readyz").status, 200);
    server.signal(SIGKILL);
    server.wait();
  }
  {
    Program server(folder_, arguments);
    ASSERT_TRUE(server.says("plaza ready")) << server.err();
    Socket client(port_of(folder_, "tcp"));
    enter(client, "writer", Registered::already);
    client.send(R"({"msgid":22,"since":0,"limit":1})");
    const std::string page = client.receive_until("\n");
    EXPECT_TRUE(has(page, fmt::format("\"head\":{}", accepted))) << page;
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait().code, 0);
  }
}

TEST_F(Serve, LogsNeitherPasswordNorTokenNorBodyEvenAtTheFinestLevel) {
  Program server(folder_, serve({"--log-level", "trace"}));
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  Socket client(port_of(folder_, "tcp"));
  client.send(R"({"msgid":3,"name":"quiet","password":"pass-3141592653"})");
  client.receive_until("\n");
  client.send(R"({"msgid":1,"name":"nobody","password":"wrong-2718281828"})");
  client.receive_until("\n");
  client.send(R"({"msgid":1,"name":"quiet","password":"pass-3141592653","device":"d"})");
  const std::string answer = client.receive_until("\n");
  std::smatch token;
  ASSERT_TRUE(std::regex_search(answer, token, std::regex("\"token\":\"([^\"]+)\""))) << answer;
  std::smatch member;
  ASSERT_TRUE(std::regex_search(answer, member, std::regex("\"members\":\\[\\{\"id\":(\\d+)"))) << answer;
  client.send(fmt::format(R"({{"msgid":16,"id":{}}})", member[1].str()));
  client.receive_until("\n");
  client.send(
      fmt::format(R"({{"msgid":5,"toid":{},"msg":"body-1618033988","send_id":1,"rid":1}})", member[1].str()));
  client.receive_until("\n");
  server.signal(SIGTERM);
  const Ended ended = server.wait();
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::string all = ended.out + ended.err + read_file(folder_.path("plaza-data/logs/plaza.log"));
  ASSERT_TRUE(has(all, "plaza ready")) << all;
  for (const std::string& secret :
       {std::string("3141592653"), std::string("2718281828"), std::string("1618033988"), token[1].str()}) {
    EXPECT_FALSE(has(all, secret)) << secret;
  }
}

}  // namespace
}  // namespace plaza::tests
