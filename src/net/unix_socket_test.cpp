// A listener on a Unix socket: who may open it, paths longer than an address, what is left afterwards.
#include "net/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "net/test_support.h"

namespace plaza::net {
namespace {

class UnixSocket : public testing::Test {
 protected:
  UnixSocket() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-unix-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~UnixSocket() override { std::filesystem::remove_all(folder_); }
  static ListenerOptions at(const std::string& path) {
    ListenerOptions options;
    options.kind = Connection::Kind::http;
    options.unix_path = path;
    return options;
  }
  static std::string get(const std::string& path) {
    const auto fd = connect_to_unix(path);
    if (!fd) return "";
    const std::string request = "GET /healthz HTTP/1.0\r\n\r\n";
    EXPECT_EQ(::write(*fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    std::string text, piece(4096, '\0');
    for (ssize_t got; (got = ::read(*fd, piece.data(), piece.size())) > 0;)
      text.append(piece, 0, static_cast<std::size_t>(got));
    ::close(*fd);
    return text;
  }
  std::filesystem::path folder_;
};

TEST_F(UnixSocket, ServesItsOwnerOnlyReplacesOneLeftBehindAndIsRemovedAtTheEnd) {
  const std::string path = (folder_ / "admin.sock").string();
  const auto left_behind = listen_on_unix(path, 1);
  ASSERT_TRUE(left_behind);
  ::close(*left_behind);
  {
    test::Server server(at(path));
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_TRUE(get(path).ends_with("ok\n"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixSocket, TakesAPathThatIsLongerThanAnAddress) {
  const auto deep = folder_ / std::string(100, 'd') / std::string(100, 'e');
  std::filesystem::create_directories(deep);
  const std::string path = (deep / "admin.sock").string();
  test::Server server(at(path));
  EXPECT_TRUE(get(path).ends_with("ok\n"));
}

TEST_F(UnixSocket, SaysWhereItCannotListen) {
  net::ShardGroup shards(1);
  const auto opened = Listener::open(shards, 0, at((folder_ / "nowhere" / "admin.sock").string()), nullptr,
                                     [](std::unique_ptr<Connection>) {});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("nowhere/admin.sock"), std::string::npos) << opened.error();
  EXPECT_EQ(connect_to_unix((folder_ / "nothing.sock").string()).error(), ENOENT);
}

}  // namespace
}  // namespace plaza::net
