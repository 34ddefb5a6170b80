#include "app/doctor/doctor.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace plaza::app {
namespace {

TEST(Doctor, OpenFilesAreEnoughExactlyFromConnectionsAndReserve) {
  EXPECT_EQ(examine_descriptors(1024, 10256, 10000).verdict, Verdict::good);
  EXPECT_EQ(examine_descriptors(1024, 10255, 10000).verdict, Verdict::warning);
  EXPECT_EQ(examine_descriptors(64, 300, 10000).verdict, Verdict::bad);
}

TEST(Doctor, APortThatIsTakenIsBadAndSaysSo) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const ListenAddress same{"127.0.0.1", ntohs(address.sin_port)};
  const Finding finding = examine_listener("tcp.listen", same);
  EXPECT_EQ(finding.verdict, Verdict::bad);
  EXPECT_NE(finding.advice.find("Another program listens there"), std::string::npos) << finding.advice;
  close(taken);
  EXPECT_EQ(examine_listener("tcp.listen", same).verdict, Verdict::good);
}

TEST(Doctor, ADataDirectoryThatIsNotThereYetIsNotMade) {
  const std::string folder = std::filesystem::temp_directory_path() /
                             fmt::format("plaza-doctor-test-{}", getpid());
  const auto findings = examine_data_dir(folder + "/a/b");
  EXPECT_EQ(worst(findings), Verdict::good) << to_text(findings);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(Doctor, ADataDirectoryThatOthersMayLookIntoIsAWarning) {
  const std::string folder = std::filesystem::temp_directory_path() /
                             fmt::format("plaza-doctor-rights-{}", getpid());
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms{0755});
  EXPECT_NE(to_text(examine_data_dir(folder)).find("chmod 700"), std::string::npos);
  std::filesystem::permissions(folder, std::filesystem::perms{0700});
  EXPECT_EQ(to_text(examine_data_dir(folder)).find("chmod 700"), std::string::npos);
  std::filesystem::remove(folder);
}

TEST(Doctor, TlsFilesAreLookedAtOnlyWhenAListenerNeedsThem) {
  Config config;
  config.tls.certificate = "/nowhere/cert.pem";
  config.tls.key = "/nowhere/key.pem";
  EXPECT_TRUE(examine_tls(config).empty());
  config.http.tls = true;
  const auto findings = examine_tls(config);
  EXPECT_EQ(worst(findings), Verdict::bad);
  EXPECT_NE(to_text(findings).find("No such file or directory"), std::string::npos) << to_text(findings);
}

TEST(Doctor, ADataDirectoryBelowAFileIsBad) {
  const std::string file = std::filesystem::temp_directory_path() /
                           fmt::format("plaza-doctor-file-{}", getpid());
  std::ofstream(file) << "x";
  EXPECT_EQ(worst(examine_data_dir(file + "/data")), Verdict::bad);
  EXPECT_EQ(worst(examine_data_dir(file)), Verdict::bad);
  std::filesystem::remove(file);
}

TEST(Doctor, LeavesNothingInTheDataDirectory) {
  const std::string folder = std::filesystem::temp_directory_path() /
                             fmt::format("plaza-doctor-empty-{}", getpid());
  std::filesystem::create_directory(folder);
  examine_data_dir(folder);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

TEST(Doctor, AClockBefore2024OrAfter2100IsBad) {
  EXPECT_EQ(examine_clock(1'704'067'199).verdict, Verdict::bad);
  EXPECT_EQ(examine_clock(1'704'067'200).verdict, Verdict::good);
  EXPECT_EQ(examine_clock(4'102'444'800).verdict, Verdict::good);
  EXPECT_EQ(examine_clock(4'102'444'801).verdict, Verdict::bad);
}

TEST(Doctor, TheLastLineSumsUp) {
  const Finding good{Verdict::good, "a", "b", ""};
  const Finding warning{Verdict::warning, "a", "b", "c"};
  const Finding bad{Verdict::bad, "a", "b", "c"};
  EXPECT_TRUE(to_text({good}).ends_with("All good.\n"));
  EXPECT_TRUE(to_text({good, warning}).ends_with("Plaza can run; 1 to look at.\n"));
  EXPECT_TRUE(to_text({bad, warning, bad}).ends_with("2 of these must be put right before plaza can run.\n"));
}

TEST(Version, NamesTheLibraries) {
  const std::string text = version_text();
  EXPECT_TRUE(text.starts_with("plaza 0."));
  for (const char* library : {"boost", "sqlite", "openssl", "sodium"})
    EXPECT_NE(text.find(library), std::string::npos);
}

}  // namespace
}  // namespace plaza::app
