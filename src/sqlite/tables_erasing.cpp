// What goes with members and conversations that are no more.
#include <limits>

#include "sqlite/tables.h"

namespace plaza::sqlite {

bool Tables::delete_run(ports::StreamId stream, std::uint64_t first) {
  delete_run_.bind(1, stream.a);
  delete_run_.bind(2, stream.b);
  delete_run_.bind(3, first);
  return delete_run_.run();
}

bool Tables::delete_stream(ports::StreamId stream) {
  if (!delete_quiet_upto(stream, std::numeric_limits<std::int64_t>::max())) return false;
  delete_stream_.bind(1, stream.a);
  delete_stream_.bind(2, stream.b);
  return delete_stream_.run();
}

bool Tables::delete_mark(MemberId member, ports::StreamId stream) {
  delete_mark_.bind(1, member.value);
  delete_mark_.bind(2, stream.a);
  delete_mark_.bind(3, stream.b);
  return delete_mark_.run();
}

bool Tables::delete_server_device(std::string_view device, std::uint64_t last_message) {
  delete_server_device_.bind_text(1, device);
  delete_server_device_.bind(2, last_message);
  return delete_server_device_.run();
}

bool Tables::delete_device(MemberId member, std::string_view device) {
  for (Statement* const statement : {&delete_sender_, &delete_cursor_}) {
    statement->bind(1, member.value);
    statement->bind_text(2, device);
    if (!statement->run()) return false;
  }
  return true;
}

}  // namespace plaza::sqlite
