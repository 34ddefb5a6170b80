#include "sqlite/message_rows.h"

#include <memory>
#include <utility>

#include "streams/stored_blobs.h"

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
  if (!statement.is_null(first + 13)) {
    auto extra = std::make_shared<ports::MessageExtra>();
    if (!streams::decode_extra(statement.bytes(first + 13), *extra)) return nullptr;
    m.extra = std::move(extra);
  }
  return message;
}

int MessageLookup::prepare(const Connection& connection) {
  const int code = message_.prepare(connection,
                                    "SELECT " PLAZA_MESSAGE_COLUMNS " FROM message m WHERE m.id = ?1");
  if (code != SQLITE_OK) return code;
  return run_.prepare(connection,
                      "SELECT first, messages FROM stream_run WHERE a = ?1 AND b = ?2 AND first <= ?3 "
                      "ORDER BY first DESC LIMIT 1");
}

void MessageLookup::finalize() {
  message_.finalize();
  run_.finalize();
  last_run_ = {};
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

MessageLookup::Found MessageLookup::entry(ports::StreamId stream, std::uint64_t seq,
                                          std::uint64_t& message_id) {
  const auto in_last_run = [&] {
    return last_run_.stream == stream && seq >= last_run_.first &&
           seq - last_run_.first < last_run_.messages.size();
  };
  if (!in_last_run()) {
    const Rewind rewind(run_);
    run_.bind(1, stream.a);
    run_.bind(2, stream.b);
    run_.bind(3, seq);
    const int code = run_.step();
    if (code == SQLITE_DONE) return Found::no;
    last_run_.stream = {};
    if (code != SQLITE_ROW || !streams::decode_run(run_.bytes(1), last_run_.messages)) return Found::failed;
    last_run_.stream = stream;
    last_run_.first = run_.uint(0);
    if (!in_last_run()) return Found::no;
  }
  message_id = last_run_.messages[seq - last_run_.first];
  return Found::yes;
}

}  // namespace plaza::sqlite
