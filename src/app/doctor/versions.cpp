#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sodium/version.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <boost/version.hpp>

#include <string>

#include "app/doctor/doctor.h"

namespace plaza::app {

std::string_view version() { return PLAZA_VERSION; }

std::string version_text() {
  utsname system{};
  uname(&system);
  std::string text = fmt::format("plaza {}\n", PLAZA_VERSION);
  const auto line = [&](std::string_view name, std::string_view value) {
    text += fmt::format("  {:<10} {}\n", name, value);
  };
  line("compiler", __VERSION__);
  line("system", fmt::format("{} {} {}", system.sysname, system.release, system.machine));
  line("boost",
       fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
  line("sqlite", sqlite3_libversion());
  line("openssl", OpenSSL_version(OPENSSL_VERSION));
  line("sodium", sodium_version_string());
  return text;
}

}  // namespace plaza::app
