#include "client/file_transfer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "client/http_call.h"

namespace plaza::client {

namespace json = boost::json;

namespace {

constexpr int kTries = 5;
constexpr std::chrono::milliseconds kPause{500};

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes{{{"png", "image/png"},
                                                                                {"jpg", "image/jpeg"},
                                                                                {"jpeg", "image/jpeg"},
                                                                                {"gif", "image/gif"},
                                                                                {"webp", "image/webp"},
                                                                                {"pdf", "application/pdf"},
                                                                                {"txt", "text/plain"},
                                                                                {"mp4", "video/mp4"},
                                                                                {"mp3", "audio/mpeg"},
                                                                                {"zip", "application/zip"}}};

std::string_view type_by_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  for (const auto& [known, type] : kTypes) {
    if (known == ending) return type;
  }
  return "application/octet-stream";
}

/// Never without TLS where TLS was asked for: each request carries the token.
Result<HttpCall, std::string> call_to(const FileServer& server) {
  if (!server.tls) return HttpCall(server.host, server.port);
  auto tls = net::TlsContext::client({.ca_file = server.ca_file, .verify = server.verify_certificate});
  if (!tls) return fail(std::move(tls.error()));
  return HttpCall(server.host, server.port, std::move(*tls));
}

HttpCall::Headers headers_of(const FileServer& server) {
  return {{"Authorization", "Bearer " + server.token}};
}

std::string refusal(const HttpReply& reply) {
  boost::system::error_code error;
  const json::value body = json::parse(reply.body, error);
  if (!error && body.is_object()) {
    if (const json::value* why = body.as_object().if_contains("error"); why && why->is_string())
      return std::string(why->as_string());
  }
  return "the server answers " + std::to_string(reply.status);
}

/// An answer that was no break of the connection and no "try again".
bool is_final(const Result<HttpReply, std::string>& reply) { return reply && reply->status != 503; }

template <class Call>
Result<HttpReply, std::string> repeated(Call call) {
  for (int i = 1;; ++i) {
    auto reply = call();
    if (is_final(reply) || i == kTries) return reply;
    std::this_thread::sleep_for(kPause * i);
  }
}

std::uint64_t number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}
std::string text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}
json::object object_of(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  return !error && value.is_object() ? std::move(value.as_object()) : json::object();
}

/// An upload that has been announced.
struct Announced {
  std::string target;
  std::size_t chunk = 0;
};

Result<Announced, std::string> announce(HttpCall& call, const FileServer& server, const std::string& name,
                                        std::uint64_t size) {
  const std::string body = json::serialize(
      json::object{{"size", size}, {"type", type_by_name(name)}, {"name", name}});
  const auto reply = repeated([&] { return call.ask("POST", "/files", headers_of(server), body); });
  if (!reply) return fail(reply.error());
  if (reply->status != 201) return fail(refusal(*reply));
  const json::object answer = object_of(reply->body);
  const std::uint64_t upload = number(answer, "upload"), chunk = number(answer, "chunk_bytes_max");
  if (upload == 0 || chunk == 0) return fail(std::string("the answer cannot be understood"));
  return Announced{"/files/uploads/" + std::to_string(upload), static_cast<std::size_t>(chunk)};
}

/// Where the upload goes on.
Result<std::uint64_t, std::string> ask_offset(HttpCall& call, const FileServer& server,
                                              const std::string& target) {
  const auto reply = repeated([&] { return call.ask("HEAD", target, headers_of(server), {}); });
  if (!reply) return fail(reply.error());
  if (reply->status != 200) return fail(refusal(*reply));
  std::uint64_t offset = 0;
  std::from_chars(reply->upload_offset.data(), reply->upload_offset.data() + reply->upload_offset.size(),
                  offset);
  return offset;
}

/// The next piece, or the same again from where the server has it.
Result<HttpReply, std::string> send_piece(HttpCall& call, const FileServer& server, const Announced& upload,
                                          std::ifstream& file, std::uint64_t& offset) {
  for (int i = 1;; ++i) {
    std::string piece(upload.chunk, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(file.gcount()));
    auto headers = headers_of(server);
    headers.emplace_back("Upload-Offset", std::to_string(offset));
    auto reply = call.ask("PATCH", upload.target, headers, piece);
    const bool lost = !is_final(reply) || reply->status == 409;
    if (!lost || i == kTries) return reply;
    std::this_thread::sleep_for(kPause * (i - 1));
    const auto now = ask_offset(call, server, upload.target);
    if (!now) return fail(now.error());
    offset = *now;
  }
}

SentFile described(const json::object& file) {
  return {.id = number(file, "file"),
          .name = text(file, "name"),
          .type = text(file, "type"),
          .size = number(file, "size")};
}

}  // namespace

Result<SentFile, std::string> send_file(const FileServer& server, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (!file || error) return fail(path + ": " + (error ? error.message() : "cannot be read"));
  auto made = call_to(server);
  if (!made) return fail(std::move(made.error()));
  HttpCall& call = *made;
  const auto upload = announce(call, server, std::filesystem::path(path).filename().string(), size);
  if (!upload) return fail(upload.error());
  for (std::uint64_t offset = 0;;) {
    const auto reply = send_piece(call, server, *upload, file, offset);
    if (!reply) return fail(reply.error());
    if (reply->status != 200) return fail(refusal(*reply));
    const json::object answer = object_of(reply->body);
    if (const SentFile sent = described(answer); sent.id != 0) return sent;
    const std::uint64_t next = number(answer, "offset");
    if (next <= offset) return fail(std::string("the file has changed meanwhile"));
    offset = next;
  }
}

Result<std::uint64_t, std::string> fetch_file(const FileServer& server, std::uint64_t file,
                                              Conversation conversation, std::uint64_t cseq,
                                              const std::string& to) {
  auto called = call_to(server);
  if (!called) return fail(std::move(called.error()));
  const int made = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) return fail(to + ": " + std::strerror(errno));
  const std::string target = "/files/" + std::to_string(file) +
                             (conversation.is_group() ? "?groupid=" : "?friendid=") +
                             std::to_string(conversation.id) + "&cseq=" + std::to_string(cseq);
  HttpCall& call = *called;
  std::uint64_t have = 0;
  const auto reply = repeated([&] {
    auto headers = headers_of(server);
    if (have > 0) headers.emplace_back("Range", "bytes=" + std::to_string(have) + "-");
    return call.ask("GET", target, headers, {}, [&](std::string_view piece) {
      if (write(made, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) return false;
      have += piece.size();
      return true;
    });
  });
  close(made);
  if (reply && reply->status / 100 == 2) return have;
  unlink(to.c_str());
  return fail(reply ? refusal(*reply) : reply.error());
}

std::string file_message(const SentFile& file, std::string_view words) {
  json::object body{{"file", file.id}};
  if (!words.empty()) body["text"] = words;
  return json::serialize(body);
}

SentFile file_in(const std::string& body) { return described(object_of(body)); }

std::string local_name(std::string_view name) {
  const std::size_t folder = name.find_last_of("/\\");
  if (folder != std::string_view::npos) name.remove_prefix(folder + 1);
  std::string local;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) local += c;
  }
  while (local.starts_with('.')) local.erase(0, 1);
  return local.empty() ? "file" : local;
}

}  // namespace plaza::client
