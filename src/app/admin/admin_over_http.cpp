#include "app/admin/admin_over_http.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>

#include "backend/credentials.h"
#include "base/digest.h"
#include "base/secret_box.h"
#include "net/http_client.h"

namespace plaza::app {
namespace {

constexpr const char* kVariable = "PLAZA_ADMIN_KEY";
constexpr const char* kPath = "/api/v1/batch";
constexpr std::int64_t kWaitMs = 60'000;
constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kNonceBytes = 16;

std::string without_blanks(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  while (!text.empty() && blank(text.front())) text.erase(0, 1);
  return text;
}

/// Its four headers (docs/server-api.md, "Signed").
std::vector<std::pair<std::string, std::string>> signature_of(const std::string& key,
                                                              const std::string& body) {
  const auto dot = key.find('.');
  net::HttpRequest request;
  request.method = "POST";
  request.target = kPath;
  request.body = body;
  const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
  const std::string nonce = to_hex(random_bytes(kNonceBytes));
  return {{"Content-Type", "application/json"},
          {"Plaza-Key", key.substr(0, dot)},
          {"Plaza-Time", std::to_string(now_ms)},
          {"Plaza-Nonce", nonce},
          {"Plaza-Signature", to_hex(backend::sign(key.substr(dot + 1), request, now_ms, nonce))}};
}

}  // namespace

Result<std::string, std::string> admin_key(const std::string& file) {
  std::string key;
  if (file.empty()) {
    const char* given = std::getenv(kVariable);
    if (!given)
      return fail(fmt::format("--url needs a key: --key-file FILE, or {} in the environment", kVariable));
    key = without_blanks(given);
  } else {
    struct stat about{};
    std::ifstream in(file);
    if (!in || ::stat(file.c_str(), &about) != 0) return fail(fmt::format("{} cannot be read", file));
    if ((about.st_mode & 077) != 0)
      return fail(fmt::format("{} has a secret in it and is open to others: chmod 600 {}", file, file));
    key = without_blanks({std::istreambuf_iterator<char>(in), {}});
  }
  const auto dot = key.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == key.size())
    return fail(fmt::format("{}: a key looks so: pk_....sk_...", file.empty() ? kVariable : file));
  return key;
}

Result<std::string, std::string> post_signed(const AdminTarget& target, const std::string& body) {
  auto url = net::HttpUrl::parse(target.url);
  if (!url) return fail(fmt::format("--url: {}", url.error()));
  if (url->target != "/") return fail("--url: scheme, host and port; no path");
  url->target = kPath;
  // Whoever types this may go anywhere; plain HTTP stays inside, though what is signed cannot be changed on its way.
  auto client = net::HttpClient::make({.ca_file = target.ca_file,
                                       .private_networks = true,
                                       .answer_bytes_max = kAnswerBytesMax,
                                       .resolver_threads = 1});
  if (!client) return fail(fmt::format("--ca-file: {}", client.error()));
  std::promise<net::HttpPosted> answered;
  (*client)->post(
      {.url = *url, .headers = signature_of(target.key, body), .body = body, .deadline_ms = kWaitMs},
      [&answered](net::HttpPosted posted) { answered.set_value(std::move(posted)); });
  auto posted = answered.get_future().get();
  (*client)->stop();
  if (posted.status == 0) return fail(fmt::format("{}: {}", target.url, posted.error));
  return std::move(posted.body);
}

}  // namespace plaza::app
