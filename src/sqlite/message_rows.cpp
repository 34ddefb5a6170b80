#include "sqlite/message_rows.h"

#include <memory>
#include <utility>

#include "streams/deliveries_codec.h"

namespace plaza::sqlite {

ports::MessagePtr message_of(const Statement& statement, int first) {
  auto message = std::make_shared<ports::Message>();
  ports::Message& m = *message;
  m.id = MessageId{statement.uint(first)};
  m.time_ms = statement.sint(first + 1);
  m.zone = ZoneId{statement.uint(first + 2)};
  m.sender = MemberId{statement.uint(first + 3)};
  m.sender_name = statement.bytes(first + 4);
  m.device = statement.bytes(first + 5);
  m.send_id = statement.uint(first + 6);
  m.kind = static_cast<ports::MessageKind>(statement.uint(first + 7));
  m.conversation = {.a = statement.uint(first + 8), .b = statement.uint(first + 9)};
  m.conversation_seq = statement.uint(first + 10);
  if (!streams::decode_deliveries(statement.bytes(first + 11), m.deliveries)) return nullptr;
  m.body = statement.bytes(first + 12);
  return message;
}

int MessageLookup::prepare(const Connection& connection) {
  const int code = message_.prepare(connection, "SELECT " PLAZA_MESSAGE_COLUMNS " FROM message m WHERE m.id = ?1");
  if (code != SQLITE_OK) return code;
  return entry_.prepare(connection, "SELECT message FROM stream_entry WHERE a = ?1 AND b = ?2 AND seq = ?3");
}

void MessageLookup::finalize() {
  message_.finalize();
  entry_.finalize();
}

MessageLookup::Found MessageLookup::message(std::uint64_t id, ports::MessagePtr& message) {
  const Rewind rewind(message_);
  message_.bind(1, id);
  const int code = message_.step();
  if (code == SQLITE_DONE) return Found::no;
  if (code != SQLITE_ROW) return Found::failed;
  message = message_of(message_, 0);
  return message ? Found::yes : Found::failed;
}

MessageLookup::Found MessageLookup::entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id) {
  const Rewind rewind(entry_);
  entry_.bind(1, stream.a);
  entry_.bind(2, stream.b);
  entry_.bind(3, seq);
  const int code = entry_.step();
  if (code == SQLITE_DONE) return Found::no;
  if (code != SQLITE_ROW) return Found::failed;
  message_id = entry_.uint(0);
  return Found::yes;
}

}  // namespace plaza::sqlite
