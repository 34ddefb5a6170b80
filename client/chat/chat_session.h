#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/chat/commands.h"
#include "client/chat/frontend.h"
#include "client/chat/model.h"
#include "client/chat/ui_queue.h"
#include "client/client.h"
#include "client/file_transfer.h"

namespace plaza::client::chat {

/// What the person has told us about themselves before the start.
struct Account {
  std::string name;
  std::string password;  ///< empty: ask
  bool make_new = false;
};

/// A person at the terminal: commands become requests, what the server says becomes the model and events.
///
/// Thread   The terminal's; what comes from the client's thread goes through the UiQueue.
/// Owner    chat_main(); outlives nothing it calls.
/// Flow     line -> parse_line -> run() -> Client -> reply -> model, Frontend::event, done.
class ChatSession final : private ClientEvents {
 public:
  using Done = std::move_only_function<void(bool ok)>;

  ChatSession(ClientOptions options, Account account, Frontend& frontend, UiQueue& queue);
  ~ChatSession();

  /// Connects and logs in, asking what it does not know.
  void start(Done done);
  void stop();
  /// Carries a line out. `done` comes once, when its outcome is known.
  void run(const ParsedLine& line, Done done);
  /// What the person types without a command, to the open conversation.
  void say(Conversation to, const std::string& text, Done done, std::uint64_t reply_to = 0);

  void open(Conversation key);
  /// The person sees the conversation now.
  void seen(Conversation key);
  enum class Telling : std::uint8_t { no, yes };
  /// `telling`: the person asked for it and wants to hear what came.
  void load_history(Conversation key, std::uint32_t count, Done done, Telling telling = Telling::no);

  Model& model() { return model_; }
  [[nodiscard]] CompletionNames completion_names() const;
  [[nodiscard]] ClientState state() const { return state_; }
  [[nodiscard]] const std::string& state_why() const { return state_why_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] std::size_t sends_open() const { return sends_open_; }
  [[nodiscard]] static std::int64_t wall_ms();

 private:
  // ClientEvents: on the client's thread, each posts to the terminal's (chat_events.cpp).
  void on_state(ClientState state, const std::string& why) override;
  void on_members(const std::vector<protocol::MemberEntry>& members) override;
  void on_choose(const std::vector<protocol::MemberEntry>& members) override;
  void on_entered(const protocol::EnterAck& ack) override;
  void on_message(const Message& message) override;
  void on_gap(const Gap& gap) override;
  void on_receipt(const protocol::ReceiptPush& receipt) override;
  void on_presence(const protocol::PresencePush& presence) override;
  void on_friend_event(const protocol::FriendEventPush& event) override;
  void on_member_event(const protocol::MemberEventPush& event) override;
  void on_group_event(const protocol::GroupEventPush& event) override;
  void on_publication(const protocol::Publication& publication) override;
  void on_channel_gap(const ChannelGap& gap) override;
  void on_channel_refused(const ChannelRefused& refused) override;
  void show_state(ClientState state, const std::string& why);
  void show_message(const Message& message);
  void show_announcement(const Message& message);
  void show_group_change(const Message& message);
  void show_message_change(const Message& message);
  void show_friend_event(const protocol::FriendEventPush& event);
  void load_conversations(std::string after);
  void load_friends(MemberId after);

  // Talk (commands_talk.cpp).
  void help(const ParsedLine& line, Done done);
  void msg(const ParsedLine& line, Done done);
  void open_command(const ParsedLine& line, Done done);
  void history(const ParsedLine& line, Done done);
  void read_all(Done done);
  void report(const std::string& reason, Done done);
  void search(const std::string& words, Done done);

  // Files (commands_files.cpp).
  void send_file_command(const ParsedLine& line, Done done);
  void get_file_command(const ParsedLine& line, Done done);
  [[nodiscard]] std::string why_no_files() const;
  [[nodiscard]] FileServer file_server() const;
  template <class T>
  void move_file(std::function<Result<T, std::string>()> work, Done done,
                 std::move_only_function<void(T, Done)> then);

  void status(Done done);

  // Messages that were sent (commands_messages.cpp).
  void reply(const std::string& text, Done done);
  void edit(const std::string& text, Done done);
  void recall(const std::string& number, Done done);
  void versions(const std::string& number, Done done);
  void send_change(Outgoing change, const std::string& human, Done done);
  enum class Whose : std::uint8_t { mine, others };
  [[nodiscard]] const Message* last_message(Whose whose);
  void find(const ParsedLine& line, Done done);

  // Account (commands_account.cpp).
  void register_account(std::string name, Done done);
  void log_in(std::string name, Done done);
  void log_in_with(std::string name, std::string password, Done done, int tries = 0);
  void offer_registration(std::string name, std::string password, Done done);
  void register_with(std::string name, std::string password, Done done);
  void ask_new_password(const std::string& label, std::function<void(std::optional<std::string>)> answer);
  void log_out(Done done);
  void change_password(Done done);
  void tokens(Done done);
  void revoke(const std::string& what, Done done);
  void nick(const std::string& name, Done done);

  // People (commands_people.cpp).
  void friends(bool online_only, Done done);
  void friends_page(bool online_only, std::uint64_t after, std::vector<protocol::FriendEntry> so_far,
                    Done done);
  void add_friend(const std::string& name, Done done);
  void answer_friend(const std::string& name, bool accept, Done done);
  void remove_friend(const std::string& name, Done done);
  void block(const std::string& name, bool blocked, Done done);
  void remark(const std::string& name, const std::string& note, Done done);

  // Groups (commands_groups.cpp).
  void groups(Done done);
  void create_group(const ParsedLine& line, Done done);
  void join(const std::string& what, Done done);
  void leave(const std::string& what, Done done);
  void members(const std::string& what, Done done);
  void members_page(std::uint64_t group, std::uint64_t after, std::vector<protocol::UserEntry> so_far,
                    Done done);

  // Channels (commands_channels.cpp).
  void channels(std::string after, std::string human, Done done);
  void subscribe(const ParsedLine& line, Done done);
  void unsubscribe(const std::string& channel, Done done);
  void publish(const ParsedLine& line, Done done);

  // Owners and admins of groups (commands_admin.cpp).
  void act_on_member(const ParsedLine& line, Done done);
  template <class Request>
  void change_group(const ParsedLine& line, const Request& request, const std::string& human, Done done);
  void set_group(const ParsedLine& line, Done done);
  void mute_group(const ParsedLine& line, Done done);
  void pin(const ParsedLine& line, Done done);
  void dissolve(const ParsedLine& line, Done done);
  void group_info(const std::string& what, Done done);
  void group_list(const ParsedLine& line, Done done);
  void invitations(Done done);

  // Shared (chat_session.cpp).
  using WithPerson = std::move_only_function<void(std::uint64_t member, Done done)>;
  using WithConversation = std::move_only_function<void(Conversation key, Done done)>;
  /// Calls `go` with the member of that name, looking it up at the server when it is not known here.
  void with_person(const std::string& name, Done done, WithPerson go);
  void with_group(const std::string& name, Done done, WithConversation go);
  void with_conversation(const std::string& name, Done done, WithConversation go);
  /// Sends a request; `go` gets its reply on this thread when it is good, otherwise the refusal is shown.
  template <class R>
  void ask_server(const R& request, Done done, std::move_only_function<void(const Reply&, Done)> go) {
    client_.request(request,
                    here([this, done = std::move(done), go = std::move(go)](const Reply& reply) mutable {
                      if (!reply.ok()) return refused(reply, std::move(done));
                      go(reply, std::move(done));
                    }));
  }
  /// Why a command that only a member can give cannot be carried out; empty when it can, or will once we are connected again.
  [[nodiscard]] std::string why_nobody() const;
  /// The callback, carried over to this thread.
  Client::ReplyCallback here(std::move_only_function<void(const Reply&)> callback);
  void refused(const Reply& reply, Done done);
  void failed(const std::string& why, Done done);
  void succeeded(const Record& record, const std::string& human, Done done, Conversation where = {});
  void tell(const Record& record, const std::string& human = {}, Conversation where = {},
            Line::Kind kind = Line::Kind::notice);

  // Constant after construction.
  const ClientOptions options_;
  Frontend& frontend_;
  UiQueue& queue_;
  // The terminal's thread only.
  Account account_;
  Model model_;
  ClientState state_ = ClientState::offline;
  std::string state_why_;
  bool was_online_ = false;
  bool told_waiting_ = false;
  std::string registration_refusal_;  ///< of --register, while a login tries whether the account is ours
  std::size_t sends_open_ = 0;
  bool told_shared_device_ = false;
  std::vector<protocol::MemberEntry> own_members_;
  std::string member_token_;  ///< of the member that is in, for files
  bool moving_file_ = false;
  std::thread mover_;  ///< sends or fetches a file
  // Last: its thread posts to the queue.
  Client client_;
};

}  // namespace plaza::client::chat
