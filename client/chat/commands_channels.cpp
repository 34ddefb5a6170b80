// Channels: what there are, follow, leave, say something; and what is said in them.
#include <charconv>

#include "client/chat/chat_session.h"
#include "client/chat/text.h"
#include "protocol/channel_requests.h"

namespace plaza::client::chat {

void ChatSession::channels(std::string after, std::string human, Done done) {
  protocol::Channels request;
  request.after = after;
  ask_server(request, std::move(done),
             [this, human = std::move(human)](const Reply& reply, Done then) mutable {
               const auto* page = reply.get<protocol::ChannelsAck>();
               for (const protocol::ChannelEntry& entry : page->channels) {
                 tell(Record("channel")
                          .add("name", entry.channel)
                          .add_flag("persistent", entry.persistent)
                          .add("publish", entry.servers_only ? "servers" : "everyone")
                          .add("history_max", std::uint64_t{entry.history_max}));
                 human += std::string(human.empty() ? "" : "\n") + "  " + entry.channel +
                          (entry.servers_only ? " (only servers publish)" : "");
               }
               if (page->more) return channels(page->after, std::move(human), std::move(then));
               succeeded(Record("ok").add("command", "/channels"), human, std::move(then));
             });
}

void ChatSession::subscribe(const ParsedLine& line, Done done) {
  std::uint32_t newest = 0;
  if (line.words.size() > 1) {
    const std::string& number = line.words[1];
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), newest);
    if (error != std::errc{} || end != number.data() + number.size() || newest > protocol::kSyncLimitMax)
      return failed("how many: a number up to " + std::to_string(protocol::kSyncLimitMax), std::move(done));
  }
  client_.subscribe(line.words[0], newest);
  succeeded(Record("ok").add("command", "/subscribe").add("channel", line.words[0]),
            "You follow " + line.words[0] + ". Say something there: /publish " + line.words[0] + " TEXT",
            std::move(done));
}

void ChatSession::unsubscribe(const std::string& channel, Done done) {
  client_.unsubscribe(channel);
  succeeded(Record("ok").add("command", "/unsubscribe").add("channel", channel),
            "You follow " + channel + " no more.", std::move(done));
}

void ChatSession::publish(const ParsedLine& line, Done done) {
  protocol::Publish request;
  request.channel = line.words[0];
  request.content.msg = line.words[1];
  ask_server(request, std::move(done), [this](const Reply& reply, Done then) {
    const auto* ack = reply.get<protocol::PublishAck>();
    succeeded(Record("published").add("channel", ack->channel).add("seq", ack->seq), {}, std::move(then));
  });
}

void ChatSession::on_publication(const protocol::Publication& publication) {
  queue_.post([this, publication] {
    tell(Record("publication")
             .add("channel", publication.channel)
             .add("from", publication.name)
             .add("text", publication.content)
             .add("seq", publication.seq)
             .add("time_ms", static_cast<std::uint64_t>(publication.time_ms)),
         "[" + publication.channel + "] " + publication.name + ": " + publication.content);
    frontend_.changed();
  });
}

void ChatSession::on_channel_gap(const ChannelGap& gap) {
  queue_.post([this, gap] {
    tell(Record("channel_gap")
             .add("channel", gap.channel)
             .add_flag("restarted", gap.restarted)
             .add("missed", gap.missed),
         gap.restarted ? "[" + gap.channel + "] began anew; what was said meanwhile is not known."
                       : "[" + gap.channel + "] " + std::to_string(gap.missed) +
                             " publications are so old that the server no longer has them.",
         {}, Line::Kind::warning);
  });
}

void ChatSession::on_channel_refused(const ChannelRefused& refused) {
  queue_.post([this, refused] {
    const std::string why = refused.error == static_cast<int>(protocol::Errno::no_such_channel)
                                ? "there is no channel " + refused.channel + " (/channels lists them)"
                                : "the channel " + refused.channel + " cannot be followed";
    tell(Record("error").add("errno", static_cast<std::uint64_t>(refused.error)).add("text", why), why, {},
         Line::Kind::warning);
  });
}

}  // namespace plaza::client::chat
