#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "client/rules/message.h"

namespace plaza::client {

/// Where files are sent to and fetched from, and as whom.
struct FileServer {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7680;  ///< the HTTP port
  std::string token;          ///< of a member, from ENTER_ACK
  bool tls = false;
  std::string ca_file = {};        ///< TLS; empty: the system's
  bool verify_certificate = true;  ///< false only for tests on the own machine
};

/// A file that the server has.
struct SentFile {
  std::uint64_t id = 0;
  std::string name, type;
  std::uint64_t size = 0;
};

/// Sends a file of this machine to the server, piece by piece. A connection that breaks is made again, a few times, and the upload goes on
/// where the server says that it ends.
///
/// Thread   Any; blocks until it is there or given up.
/// Errors   For a person.
[[nodiscard]] Result<SentFile, std::string> send_file(const FileServer& server, const std::string& path);

/// Fetches a file that a message of the conversation has, and stores it as `to`, which must not exist. Gives its bytes. What broke off is
/// gone on with, and what cannot be completed is removed.
[[nodiscard]] Result<std::uint64_t, std::string> fetch_file(const FileServer& server, std::uint64_t file,
                                                            Conversation conversation, std::uint64_t cseq,
                                                            const std::string& to);

/// The body of a message that has this file, with some words.
[[nodiscard]] std::string file_message(const SentFile& file, std::string_view text);
/// Whether it is to be shown as a picture.
[[nodiscard]] inline bool is_picture(const SentFile& file) { return file.type.starts_with("image/"); }
/// The file that a message's body names; id 0 when it names none.
[[nodiscard]] SentFile file_in(const std::string& body);

/// Without folders, and nothing that is hidden or a folder: what a name of the server's may be here.
[[nodiscard]] std::string local_name(std::string_view name);

}  // namespace plaza::client
