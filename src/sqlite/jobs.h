#pragma once
// The calls of ports::StreamStore on their way to the writer.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/batch_queue.h"
#include "ports/stream_eraser.h"

namespace plaza::sqlite {

template <class T>
using Done = ports::StreamStore::Done<T>;

struct AppendJob {
  std::vector<ports::Append> batch;
  std::size_t next = 0;  ///< those before are in a group already
};
// Calls that change something: decided with the group, answered after its commit.
struct MarkJob {
  MemberId member;
  ports::StreamId conversation;
  std::optional<ports::Marks> to;  ///< none: follow, both at the head
  Done<ports::Marked> done;
  ports::Marked result{};
};
struct UnfollowJob {
  MemberId member;
  ports::StreamId conversation;
  Done<bool> done;
  bool result = false;
};
struct ReceivedJob {
  MemberId member;
  std::string device;
  std::uint64_t seq = 0;
  Done<std::uint64_t> done;
  std::uint64_t result = 0;
};
// Calls that read: run after the commit.
struct ReadJob {
  ports::ReadRequest request;
  Done<ports::Page> done;
};
struct VersionsJob {
  ports::VersionsRequest request;
  Done<ports::VersionPage> done;
};
struct HeadsJob {
  std::vector<ports::StreamId> streams;
  Done<std::vector<ports::Head>> done;
};
struct PlacesJob {
  MemberId member;
  std::vector<ports::StreamId> streams;
  Done<std::vector<ports::Place>> done;
};
struct DeviceJob {
  MemberId member;
  std::string device;
  Done<ports::DeviceState> done;
};
struct ConversationsJob {
  MemberId member;
  ports::StreamId after;
  std::uint32_t limit = 0;
  Done<ports::ConversationPage> done;
};
// Work of the writer itself, with transactions of its own.
struct TrimJob {
  ports::Retention retention;
  Done<bool> done;
};
struct EraseJob {
  ports::Erasure what;
  Done<bool> done;
};
struct FlushJob {
  Done<bool> done;
};

using JobKind = std::variant<AppendJob, MarkJob, UnfollowJob, ReceivedJob, ReadJob, VersionsJob, HeadsJob,
                             PlacesJob, DeviceJob, ConversationsJob, TrimJob, EraseJob, FlushJob>;

struct Job : BatchNode {
  explicit Job(JobKind job) : what(std::move(job)) {}
  JobKind what;
};

inline ports::StoreError unavailable(std::string detail) {
  return {.code = ports::StoreCode::unavailable, .detail = std::move(detail)};
}

}  // namespace plaza::sqlite
