#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ports/stream_store.h"
#include "sqlite/jobs.h"
#include "sqlite/reader_pool.h"
#include "sqlite/tables.h"
#include "streams/working_set.h"

namespace plaza::sqlite {

/// Answers what reads: from memory when all of it is there, else by a reader, which gets what the writer
/// knows and fills in the rest from the stored tables.
///
/// Thread   The writer's, between groups: everything in the working set is committed. `done` is called here
///          or on a reader.
/// Why it is right: what the writer does not hold is not dirty, so the tables, read later, have it or
/// something newer.
class Reads {
 public:
  Reads(streams::WorkingSet& set, Tables& tables, const Connection& connection, ReaderPool& readers)
      : set_(set), tables_(tables), connection_(connection), readers_(readers) {}

  void page(ReadJob job);
  void versions(VersionsJob job);
  void heads(HeadsJob job);
  void places(PlacesJob job);
  void device(DeviceJob job);
  void conversations(ConversationsJob job);

 private:
  /// A conversation of a page, as far as the writer knows it.
  struct Known {
    ports::Conversation conversation;
    std::uint64_t trimmed = 0;
    std::uint64_t quiet = 0;  ///< position of the newest change in it
    bool head_known = false;
    MemberId peer;                   ///< whose marks are still wanted
    std::uint64_t last_message = 0;  ///< 0: look at the entry of the head
  };
  /// A mark, from its row or from memory.
  struct Listed {
    ports::StreamId stream;
    ports::Marks marks;
  };

  [[nodiscard]] std::optional<std::vector<Listed>> listed_after(MemberId member, ports::StreamId after,
                                                                std::size_t count);
  [[nodiscard]] std::vector<Listed> listed_without_row(MemberId member, ports::StreamId after);
  [[nodiscard]] Known known(MemberId member, const Listed& listed);
  static bool complete(Reader& reader, Known& known);
  static bool leave_out_quiet(Reader& reader, Known& known);
  template <class T>
  void hand_over(Done<T> done, std::move_only_function<Result<T, std::string>(Reader&)> work);

  streams::WorkingSet& set_;
  Tables& tables_;
  const Connection& connection_;
  ReaderPool& readers_;
};

extern template void Reads::hand_over<ports::VersionPage>(
    Done<ports::VersionPage> done,
    std::move_only_function<Result<ports::VersionPage, std::string>(Reader&)> work);

}  // namespace plaza::sqlite
