// Files: sending one to the open conversation, and fetching one from it.
#include <algorithm>
#include <charconv>

#include "client/chat/chat_session.h"
#include "client/file_transfer.h"

namespace plaza::client::chat {

namespace {

std::string size_text(std::uint64_t bytes) {
  return bytes < 10'000 ? std::to_string(bytes) + " bytes" : std::to_string(bytes / 1000) + " kB";
}

}  // namespace

/// Why no file can be moved; empty when one can.
std::string ChatSession::why_no_files() const {
  if (!model_.open()) return "open a conversation first: /open NAME or /open #GROUP";
  if (member_token_.empty()) return "log in first: /login or /register";
  if (moving_file_) return "one file at a time: another one is on its way";
  return {};
}

FileServer ChatSession::file_server() const {
  const bool same = options_.endpoint.websocket;
  return {.host = options_.endpoint.host,
          .port = same ? options_.endpoint.port : options_.http_port,
          .token = member_token_,
          .tls = options_.endpoint.tls,
          .ca_file = options_.ca_file,
          .verify_certificate = options_.verify_certificate};
}

/// Runs `work` on a thread of its own, then `then` with its result here.
template <class T>
void ChatSession::move_file(std::function<Result<T, std::string>()> work, Done done,
                            std::move_only_function<void(T, Done)> then) {
  if (mover_.joinable()) mover_.join();  // the one before has ended
  moving_file_ = true;
  mover_ = std::thread([this, work = std::move(work), done = std::move(done),
                        then = std::move(then)]() mutable {
    auto result = work();
    queue_.post([this, result = std::move(result), done = std::move(done), then = std::move(then)]() mutable {
      moving_file_ = false;
      if (!result) return failed(result.error(), std::move(done));
      then(std::move(*result), std::move(done));
    });
  });
}

void ChatSession::send_file_command(const ParsedLine& line, Done done) {
  if (const std::string why = why_no_files(); !why.empty()) return failed(why, std::move(done));
  const Conversation to = model_.open();
  const std::string words = line.words.size() > 1 ? line.words[1] : std::string();
  move_file<SentFile>(
      [server = file_server(), path = line.words[0]] { return send_file(server, path); }, std::move(done),
      [this, to, words](SentFile file, Done then) {
        client_.send(
            to, file_message(file, words),
            [this, to, file, then = std::move(then)](const SendOutcome& outcome) mutable {
              queue_.post([this, to, file, outcome, then = std::move(then)]() mutable {
                if (outcome.error != 0) return failed(outcome.text, std::move(then));
                succeeded(Record("ok")
                              .add("command", "/file")
                              .add("file", file.id)
                              .add("cseq", outcome.cseq)
                              .add("type", file.type),
                          "Sent: " + file.name + ", " + file.type + ", " + size_text(file.size),
                          std::move(then), to);
              });
            },
            is_picture(file) ? BodyKind::image : BodyKind::file);
      });
}

void ChatSession::get_file_command(const ParsedLine& line, Done done) {
  if (const std::string why = why_no_files(); !why.empty()) return failed(why, std::move(done));
  std::uint64_t cseq = 0;
  const std::string& word = line.words[0];
  std::from_chars(word.data(), word.data() + word.size(), cseq);
  const Conversation from = model_.open();
  const auto& lines = model_.talk(from).lines;
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [cseq](const Line& one) { return cseq != 0 && one.message.cseq == cseq; });
  const SentFile file = found == lines.end() ? SentFile{} : file_in(found->message.body);
  if (file.id == 0) return failed("there is no file in message " + word + " here", std::move(done));
  const std::string to = line.words.size() > 1 ? line.words[1] : local_name(file.name);
  // In a talk with oneself, and in everybody else's, the other side is who the conversation is named after.
  move_file<std::uint64_t>(
      [server = file_server(), file, from, cseq, to] { return fetch_file(server, file.id, from, cseq, to); },
      std::move(done),
      [this, from, to](std::uint64_t bytes, Done then) {
        succeeded(Record("ok").add("command", "/get").add("path", to).add("bytes", bytes),
                  "Stored as " + to + ", " + size_text(bytes), std::move(then), from);
      });
}

}  // namespace plaza::client::chat
