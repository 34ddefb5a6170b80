// Saying, opening, reading back, and finding out.
#include <algorithm>
#include <charconv>

#include "client/chat/chat_session.h"
#include "client/chat/text.h"
#include "client/wire.h"
#include "protocol/message_requests.h"

namespace plaza::client::chat {

constexpr std::uint32_t kHistoryDefault = 50;

namespace {

constexpr const char* kBeginning = "That is the beginning of the conversation.";

// They are above what is on the screen: without a word it looks as if nothing had happened.
std::string older_text(std::size_t messages, bool more) {
  if (messages == 0) return kBeginning;
  return std::to_string(messages) + (messages == 1 ? " older message" : " older messages") + " above (PgUp)" +
         (more ? "" : "; the conversation begins there");
}

}  // namespace

void ChatSession::say(Conversation to, const std::string& text, Done done, std::uint64_t reply_to) {
  if (!to)
    return failed("open a conversation first: /open NAME or /open #GROUP, or use /msg NAME TEXT",
                  std::move(done));
  if (text.empty()) return done(true);
  if (state_ != ClientState::online && model_.self() == 0)
    return failed("log in first: /login or /register", std::move(done));
  const std::uint64_t local = model_.typed(to, text, wall_ms(), reply_to);
  ++sends_open_;
  client_.send(
      {.conversation = to, .body = text, .reply_to = reply_to},
      [this, local, done = std::move(done)](const SendOutcome& outcome) mutable {
        queue_.post([this, local, outcome, done = std::move(done)]() mutable {
          --sends_open_;
          model_.outcome(local, outcome);
          const std::string to_name = model_.title(outcome.message.conversation);
          Record record(outcome.error == 0 ? "sent" : "refused");
          record.add("to", to_name).add("text", outcome.message.body).add("send_id", outcome.send_id);
          if (outcome.error == 0) {
            record.add("seq", outcome.seq).add("cseq", outcome.cseq).add("id", outcome.id);
          } else {
            record.add("errno", static_cast<std::uint64_t>(outcome.error)).add("error", outcome.text);
          }
          tell(record);
          if (outcome.number_was_taken && !std::exchange(told_shared_device_, true)) {
            const std::string why = "another program sends as the same device (" + options_.device +
                                    "); start one of the two with --device NAME";
            tell(Record("note").add("text", why), why, {}, Line::Kind::warning);
          }
          frontend_.changed();
          done(outcome.error == 0);
        });
      });
  frontend_.changed();
}

void ChatSession::msg(const ParsedLine& line, Done done) {
  with_conversation(
      line.words[0], std::move(done),
      [this, text = line.words[1]](Conversation key, Done then) { say(key, text, std::move(then)); });
}

void ChatSession::open(Conversation key) {
  model_.set_open(key);
  const Talk& talk = model_.talk(key);
  const auto messages = static_cast<std::uint32_t>(std::count_if(
      talk.lines.begin(), talk.lines.end(), [](const Line& line) { return line.message.cseq != 0; }));
  // News alone tell little: what was said before belongs to it.
  const bool few = talk.head > 0 && messages < kHistoryDefault && !talk.complete && !frontend_.is_script();
  if (key && few) load_history(key, kHistoryDefault, [](bool) {});
  frontend_.changed();
}

void ChatSession::open_command(const ParsedLine& line, Done done) {
  if (line.words[0] == "plaza") {
    open(Conversation{});
    return done(true);
  }
  with_conversation(line.words[0], std::move(done), [this](Conversation key, Done then) {
    if (key.is_group() && !model_.group(key.id).mine) {
      return failed("you are not in " + model_.title(key) + "; /join " + model_.title(key), std::move(then));
    }
    open(key);
    succeeded(Record("open").add("conversation", model_.title(key)).add("unread", model_.talk(key).unread()),
              {}, std::move(then), key);
  });
}

void ChatSession::seen(Conversation key) {
  if (const std::uint64_t position = model_.seen(key); position != 0) client_.mark_read(key, position);
}

void ChatSession::report(const std::string& reason, Done done) {
  const Conversation key = model_.open();
  const auto& lines = model_.talk(key).lines;
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [](const Line& line) {
    return line.kind == Line::Kind::message && line.message.cseq != 0 && !line.message.mine;
  });
  if (!key || last == lines.rend())
    return failed("open the conversation first: /open NAME or /open #GROUP", std::move(done));
  protocol::Report request;
  if (key.is_group()) {
    request.of.groupid = RoomId{key.id};
  } else {
    request.of.friendid = MemberId{key.id};
  }
  request.cseq = last->message.cseq;
  request.reason = reason;
  ask_server(request, std::move(done), [this, key, message = last->message](const Reply&, Done then) {
    succeeded(Record("ok")
                  .add("command", "/report")
                  .add("with", model_.title(key))
                  .add("cseq", message.cseq)
                  .add("text", message.body),
              "Reported: " + message.sender_name + ": " + message.body, std::move(then), key);
  });
}

void ChatSession::load_history(Conversation key, std::uint32_t count, Done done, Telling telling) {
  Talk& talk = model_.talk(key);
  const bool from_newest = frontend_.is_script();
  if (!from_newest && (talk.complete || talk.asked_history)) {
    if (telling == Telling::yes) {
      const std::string human = talk.complete ? kBeginning : "Older messages are on their way.";
      tell(Record("note").add("text", human), human, key);
    }
    return done(true);
  }
  talk.asked_history = true;
  protocol::History request;
  if (key.is_group()) {
    request.of.groupid = RoomId{key.id};
  } else {
    request.of.friendid = MemberId{key.id};
  }
  request.before = from_newest ? 0 : talk.oldest;
  request.limit = std::clamp<std::uint32_t>(count, 1, protocol::kHistoryLimitMax);
  client_.request(request, here([this, key, telling, done = std::move(done)](const Reply& reply) mutable {
                    const auto* ack = reply.get<protocol::HistoryAck>();
                    if (!reply.ok() || ack == nullptr) {
                      model_.talk(key).asked_history = false;
                      return refused(reply, std::move(done));
                    }
                    std::vector<Message> page;
                    for (const protocol::Chat& chat : ack->messages)
                      page.push_back(to_message(chat, model_.self()));
                    model_.history(key, page, ack->more);
                    for (auto one = page.rbegin(); one != page.rend(); ++one) {
                      tell(Record("history")
                               .add("with", model_.title(key))
                               .add("from", one->mine ? model_.self_name() : one->sender_name)
                               .add("text", one->recalled ? std::string("(recalled)") : one->body)
                               .add("edits", std::uint64_t{one->edits})
                               .add("reply_to", one->reply_to)
                               .add("cseq", one->cseq)
                               .add("id", one->id)
                               .add("time_ms", static_cast<std::uint64_t>(one->time_ms)));
                    }
                    const std::string human = telling == Telling::no ? std::string{}
                                                                     : older_text(page.size(), ack->more);
                    tell(Record("ok")
                             .add("command", "/history")
                             .add("messages", std::uint64_t{page.size()})
                             .add_flag("more", ack->more),
                         human, key);
                    frontend_.changed();
                    done(true);
                  }));
}

void ChatSession::history(const ParsedLine& line, Done done) {
  if (!model_.open()) return failed("open a conversation first: /open NAME or /open #GROUP", std::move(done));
  std::uint32_t count = kHistoryDefault;
  if (!line.words.empty()) {
    const std::string& word = line.words[0];
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    if (error != std::errc{} || end != word.data() + word.size() || count == 0 ||
        count > protocol::kHistoryLimitMax) {
      return failed("/history takes a number from 1 to " + std::to_string(protocol::kHistoryLimitMax),
                    std::move(done));
    }
  }
  if (!frontend_.is_script() && model_.talk(model_.open()).complete) {
    return succeeded(
        Record("ok").add("command", "/history").add("messages", std::uint64_t{0}).add_flag("more", false),
        kBeginning, std::move(done));
  }
  load_history(model_.open(), count, std::move(done), Telling::yes);
}

void ChatSession::read_all(Done done) {
  std::uint64_t conversations = 0;
  for (const Conversation key : model_.listed()) {
    if (!key || model_.talk(key).unread() == 0) continue;
    seen(key);
    ++conversations;
  }
  succeeded(Record("ok").add("command", "/read").add("conversations", conversations),
            conversations == 0 ? "Nothing is unread." : "Everything is marked read.", std::move(done));
}

void ChatSession::help(const ParsedLine& line, Done done) {
  std::string human;
  std::size_t width = 0;
  for (const CommandInfo& one : commands()) {
    if (!one.script_only) width = std::max(width, one.name.size() + 1 + one.arguments.size());
  }
  const std::string wanted = line.words.empty() ? std::string{}
                                                : (line.words[0].starts_with('/') ? "" : "/") + line.words[0];
  bool found = false;
  for (const CommandInfo& one : commands()) {
    if (one.script_only || (!wanted.empty() && one.name != wanted)) continue;
    found = true;
    std::string form = std::string(one.name) + " " + std::string(one.arguments);
    tell(Record("help").add("command", one.name).add("arguments", one.arguments).add("meaning", one.meaning));
    form.resize(width + 2, ' ');
    human += (human.empty() ? "" : "\n") + form + std::string(one.meaning);
  }
  if (!found) return failed("there is no " + wanted + "; /help lists all", std::move(done));
  if (wanted.empty()) {
    human +=
        "\n\nAnything without a '/' goes to the open conversation. Tab completes commands and names.\n"
        "Ctrl-N and Ctrl-P change the conversation, PgUp and PgDn scroll, Up and Down bring typed lines "
        "back.\n"
        "Behind your messages: \u2026 on its way, \u2713 stored, \u2713\u2713 arrived, \u2713\u2713 "
        "coloured: read, \u2717 refused.";
  }
  succeeded(Record("ok").add("command", "/help"), human, std::move(done));
}

void ChatSession::status(Done done) {
  const std::string who = model_.self() == 0 ? "nobody" : model_.self_name();
  std::string human = std::string(state_name(state_)) + " at " + options_.endpoint.text() + " as " + who +
                      " on device " + options_.device;
  if (!state_why_.empty()) human += "\n" + state_why_;
  human += "\n" + std::to_string(sends_open_) + (sends_open_ == 1 ? " message waits" : " messages wait") +
           " to be stored, " + std::to_string(model_.unread_total()) + " unread";
  succeeded(Record("status")
                .add("state", state_name(state_))
                .add("server", options_.endpoint.text())
                .add("name", who)
                .add("id", model_.self())
                .add("device", options_.device)
                .add("waiting", std::uint64_t{sends_open_})
                .add("unread", model_.unread_total()),
            human, std::move(done));
}

void ChatSession::find(const ParsedLine& line, Done done) {
  protocol::Find request;
  const std::string& name = line.words[0];
  const std::string bare = name.starts_with('#') ? name.substr(1) : name;
  if (name.starts_with('#')) {
    request.groupname = bare;
  } else {
    request.nickname = bare;
  }
  ask_server(request, std::move(done), [this](const Reply& reply, Done then) {
    const auto* found = reply.get<protocol::FindAck>();
    if (found->groupid) {
      const std::string text = found->groupdesc.empty() ? "" : ": " + found->groupdesc;
      return succeeded(Record("found")
                           .add("group", found->groupname)
                           .add("id", found->groupid.value)
                           .add("description", found->groupdesc),
                       "#" + found->groupname + " (" + std::to_string(found->groupid.value) + ")" + text,
                       std::move(then));
    }
    Person& person = model_.person(found->id.value, found->name);
    person.online = found->online;
    succeeded(Record("found")
                  .add("name", found->name)
                  .add("id", found->id.value)
                  .add("state", found->online ? "online" : "offline"),
              found->name + " (member " + std::to_string(found->id.value) + ") is " +
                  (found->online ? "online" : "offline"),
              std::move(then));
  });
}

}  // namespace plaza::client::chat
