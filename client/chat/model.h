#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client/rules/message.h"
#include "client/rules/session_rules.h"
#include "protocol/replies.h"

namespace plaza::client::chat {

struct Person {
  std::uint64_t id = 0;
  std::string name;
  std::string remark;
  bool online = false;
  bool blocked = false;
  protocol::Friendship friendship = protocol::Friendship::none;
};
struct Group {
  std::uint64_t id = 0;
  std::string name, description;
  std::uint32_t members = 0;
  bool mine = true;  ///< false: we left it
};

/// How far a message of one's own is.
enum class Delivery : std::uint8_t { none, sending, stored, delivered, read, refused };

/// One line of a conversation: a message, or a notice of the program.
struct Line {
  enum class Kind : std::uint8_t { message, notice, warning };
  Kind kind = Kind::message;
  Message message;
  std::uint64_t local = 0;  ///< number of an own message that was typed here
  bool sending = false;
  std::string refused;  ///< why, for a person
  std::string text;     ///< of a notice
  std::int64_t time_ms = 0;
};

/// One conversation as the window shows it.
struct Talk {
  Conversation key;  ///< id 0: the notices of the program
  std::deque<Line> lines;
  std::uint64_t head = 0;      ///< newest position known
  std::uint64_t read = 0;      ///< own read mark
  std::uint64_t oldest = 0;    ///< oldest position loaded, 0 for none
  bool complete = false;       ///< nothing older exists
  bool asked_history = false;  ///< a page is on its way
  std::uint64_t their_delivered = 0, their_read = 0;
  std::int64_t active_ms = 0;  ///< when something last happened
  std::uint64_t appended = 0;  ///< lines ever put at the end (not those of the history)

  std::uint64_t quiet = 0;  ///< changes of messages after `read`: nothing to read

  [[nodiscard]] std::uint64_t unread() const { return head > read + quiet ? head - read - quiet : 0; }
};

/// Everything the terminal client knows, without a terminal: conversations, unread counts, people and groups.
///
/// Thread   One (the terminal's).
/// Limit    lines_max lines of a conversation are kept while it is not being read back; older ones come from the history.
/// Order    Messages of a conversation by position, each once; what is being sent stands at the end.
class Model {
 public:
  static constexpr std::size_t lines_max = 2000;

  /// At every login: friends and groups as they are now.
  void entered(const protocol::EnterAck& ack);
  void forget();  ///< logged out
  /// The server's streams began anew: what is shown is not known to be there any more, and comes again.
  void restarted();

  // Messages.
  /// A message typed here; gives its local number.
  std::uint64_t typed(Conversation to, const std::string& text, std::int64_t now_ms,
                      std::uint64_t reply_to = 0);
  void outcome(std::uint64_t local, const SendOutcome& outcome);
  void message(const Message& message);
  /// A page of the history, newest first.
  void history(Conversation key, const std::vector<Message>& page, bool more);
  void conversation(const protocol::Conversation& listed);
  void relation(const protocol::FriendEntry& entry);
  void receipt(const protocol::ReceiptPush& receipt);
  [[nodiscard]] Delivery delivery(const Talk& talk, const Line& line) const;
  void notice(Conversation key, std::string text, Line::Kind kind, std::int64_t now_ms);
  /// The person has seen this conversation; gives the position to report, 0 when there is nothing new.
  std::uint64_t seen(Conversation key);

  // People and groups.
  Person& person(std::uint64_t id, std::string_view name = {});
  Group& group(std::uint64_t id, std::string_view name = {});
  [[nodiscard]] const Person* find_person(std::string_view name) const;
  [[nodiscard]] const Group* find_group(std::string_view name) const;
  [[nodiscard]] std::string name_of(std::uint64_t member) const;
  /// "ann" or "#devs".
  [[nodiscard]] std::string title(Conversation key) const;
  [[nodiscard]] const std::map<std::uint64_t, Person>& people() const { return people_; }
  [[nodiscard]] const std::map<std::uint64_t, Group>& groups() const { return groups_; }

  // Conversations.
  Talk& talk(Conversation key);
  [[nodiscard]] const Talk* find_talk(Conversation key) const;
  /// The one shown; at first the program's notices.
  [[nodiscard]] Conversation open() const { return open_; }
  void set_open(Conversation key);
  /// As listed on the left: the program's notices, then those with news or talk, the latest first.
  [[nodiscard]] std::vector<Conversation> listed() const;
  [[nodiscard]] std::uint64_t unread_total() const;

  [[nodiscard]] std::uint64_t self() const { return self_; }
  [[nodiscard]] const std::string& self_name() const { return self_name_; }

 private:
  Line* by_local(std::uint64_t local, Talk** talk);
  static void replied(Talk& talk, std::uint64_t cseq);
  static void read_to(Talk& talk, std::uint64_t cseq);
  static void change(Talk& talk, const Message& change);
  static void insert(Talk& talk, Line line);
  static void trim(Talk& talk);

  std::uint64_t self_ = 0;
  std::string self_name_;
  std::map<std::uint64_t, Person> people_;
  std::map<std::uint64_t, Group> groups_;
  std::map<Conversation, Talk> talks_;
  Conversation open_;
  std::uint64_t next_local_ = 1;
  std::unordered_map<std::uint64_t, Conversation> sending_;  ///< by local number
};

}  // namespace plaza::client::chat
