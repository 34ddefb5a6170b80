// Answering, editing, taking back what was said.
#include <algorithm>
#include <charconv>

#include "client/chat/chat_session.h"
#include "client/chat/message_change_text.h"
#include "protocol/message_requests.h"

namespace plaza::client::chat {

namespace {

constexpr const char* kOpenFirst = "open the conversation first: /open NAME or /open #GROUP";

/// 0: it is no position.
std::uint64_t position(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

/// Of the open conversation, the newest one that can be answered or changed.
const Message* ChatSession::last_message(Whose whose) {
  const auto& lines = model_.talk(model_.open()).lines;
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& line) {
    const Message& m = line.message;
    const bool said = m.kind != BodyKind::event && m.kind != BodyKind::change && !m.recalled;
    return line.kind == Line::Kind::message && m.cseq != 0 && said && m.mine == (whose == Whose::mine);
  });
  return last == lines.rend() ? nullptr : &last->message;
}

void ChatSession::reply(const std::string& text, Done done) {
  const Message* const to = model_.open() ? last_message(Whose::others) : nullptr;
  if (to == nullptr) return failed(kOpenFirst, std::move(done));
  say(model_.open(), text, std::move(done), to->cseq);
}

void ChatSession::edit(const std::string& text, Done done) {
  const Message* const mine = model_.open() ? last_message(Whose::mine) : nullptr;
  if (mine == nullptr) return failed("there is no message of yours to edit here", std::move(done));
  if (mine->kind != BodyKind::text) return failed("your last message here is no text", std::move(done));
  send_change({.conversation = model_.open(),
               .kind = BodyKind::change,
               .body = text,
               .change = {.action = Change::Action::edit, .target = mine->cseq, .kind = BodyKind::text}},
              "Edited.", std::move(done));
}

void ChatSession::recall(const std::string& number, Done done) {
  if (!model_.open()) return failed(kOpenFirst, std::move(done));
  std::uint64_t target = position(number);
  if (number.empty()) {
    const Message* const mine = last_message(Whose::mine);
    target = mine == nullptr ? 0 : mine->cseq;
  }
  if (target == 0) return failed("which message? /recall NUMBER, the cseq of a message", std::move(done));
  send_change({.conversation = model_.open(),
               .kind = BodyKind::change,
               .change = {.action = Change::Action::recall, .target = target}},
              "Taken back.", std::move(done));
}

void ChatSession::send_change(Outgoing change, const std::string& human, Done done) {
  ++sends_open_;
  client_.send(std::move(change), [this, human, done = std::move(done)](const SendOutcome& outcome) mutable {
    queue_.post([this, human, outcome, done = std::move(done)]() mutable {
      --sends_open_;
      const Conversation key = outcome.message.conversation;
      const Change& change = outcome.message.change;
      if (outcome.error != 0) {
        tell(Record("refused")
                 .add("change", change_word(change))
                 .add("cseq", change.target)
                 .add("errno", static_cast<std::uint64_t>(outcome.error))
                 .add("error", outcome.text));
        return failed(outcome.text, std::move(done));
      }
      succeeded(Record("changed")
                    .add("with", model_.title(key))
                    .add("change", change_word(change))
                    .add("target", change.target)
                    .add("cseq", outcome.cseq)
                    .add("send_id", outcome.send_id),
                human, std::move(done), key);
    });
  });
}

void ChatSession::versions(const std::string& number, Done done) {
  const std::uint64_t cseq = position(number);
  const Conversation key = model_.open();
  if (!key) return failed(kOpenFirst, std::move(done));
  if (cseq == 0) return failed("which message? /versions NUMBER, the cseq of a message", std::move(done));
  protocol::Versions request;
  if (key.is_group()) {
    request.of.groupid = RoomId{key.id};
  } else {
    request.of.friendid = MemberId{key.id};
  }
  request.cseq = cseq;
  ask_server(request, std::move(done), [this, key](const Reply& reply, Done then) {
    const auto* page = reply.get<protocol::VersionsAck>();
    std::string human = page->recalled_ms != 0 ? "It was taken back." : "";
    for (const auto& version : page->versions) {
      tell(Record("version").add("number", std::uint64_t{version.number}).add("text", version.content));
      human += (human.empty() ? "" : "\n") + std::to_string(version.number) + ": " + version.content;
    }
    succeeded(Record("ok")
                  .add("command", "/versions")
                  .add("versions", std::uint64_t{page->versions.size()})
                  .add_flag("more", page->more),
              human, std::move(then), key);
  });
}

}  // namespace plaza::client::chat
