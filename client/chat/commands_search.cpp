// Finding messages by their words.
#include "client/chat/chat_session.h"
#include "client/chat/text.h"
#include "client/wire.h"
#include "protocol/search_request.h"

namespace plaza::client::chat {
namespace {

Conversation conversation_of(const protocol::SearchResult& result) {
  return result.friendid ? Conversation::peer(result.friendid->value)
                         : Conversation::group(result.groupid.value);
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

}  // namespace

/// In the conversation that is open; from the notices in all.
void ChatSession::search(const std::string& words, Done done) {
  const Conversation open = model_.open();
  protocol::Search request;
  request.query = words;
  if (open.is_group()) {
    request.of.groupid = RoomId{open.id};
  } else if (open) {
    request.of.friendid = MemberId{open.id};
  }
  ask_server(request, std::move(done), [this, words, open](const Reply& reply, Done then) {
    const auto* found = reply.get<protocol::SearchAck>();
    std::string human = found->results.empty() ? "Nothing was found." : "Found, newest first:";
    for (const protocol::SearchResult& result : found->results) {
      const Conversation key = conversation_of(result);
      const std::string where = key ? model_.title(key) : std::string("notices");
      const std::string name = result.name.empty() ? std::string("server") : result.name;
      tell(Record("found")
               .add("with", where)
               .add("from", name)
               .add("text", result.snippet)
               .add("cseq", result.cseq)
               .add("id", result.mid.value)
               .add("time_ms", static_cast<std::uint64_t>(result.time_ms)));
      human += "\n  " + day_text(result.time_ms) + " " + clock_text(result.time_ms) + " " + where + " | " +
               name + ": " + one_line(result.snippet);
    }
    if (found->more) human += "\n  and more: search for further words";
    succeeded(Record("ok")
                  .add("command", "/search")
                  .add("results", std::uint64_t{found->results.size()})
                  .add_flag("more", found->more),
              human, std::move(then), open);
  });
}

}  // namespace plaza::client::chat
