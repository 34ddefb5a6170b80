#include "sqlite/reads.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "streams/page_rules.h"

namespace plaza::sqlite {

using ports::Conversation;
using ports::ConversationPage;
using ports::Head;
using ports::MessagePtr;
using ports::Page;
using ports::StreamId;
using streams::MarkState;
using streams::PageFill;
using streams::StreamState;
using Found = MessageLookup::Found;

namespace {

/// An entry that the writer had in its tail when it was asked.
struct TailEntry {
  std::uint64_t message_id = 0;
  MessagePtr message;  ///< null: not among the recent ones, its row has it
};

/// What a reader needs to serve a page.
struct PageTask {
  ports::ReadRequest request;
  Head head;
  std::uint64_t stored_head = 0;
  std::uint64_t tail_first = 0;  ///< seq of tail[0]
  std::vector<TailEntry> tail;
};

enum class Fill : std::uint8_t { done, cut, hole, failed };

/// The part of the page that is in the stored index: consecutive seqs from fill.wants().
Fill fill_from_index(Reader& reader, const PageTask& task, PageFill& fill) {
  while (fill.wants() != 0 && fill.wants() <= task.stored_head) {
    std::uint64_t id = 0;
    MessagePtr message;
    Found found = reader.lookup().entry(task.request.stream, fill.wants(), id);
    if (found == Found::yes) found = reader.lookup().message(id, message);
    if (found != Found::yes) return found == Found::no ? Fill::hole : Fill::failed;
    fill.offer(std::move(message));
  }
  return Fill::done;
}

Fill fill_from_tail(Reader& reader, PageTask& task, PageFill& fill) {
  while (fill.wants() > task.stored_head) {
    const std::uint64_t at = fill.wants() - task.tail_first;
    if (at >= task.tail.size())
      return Fill::cut;  // a trim since then moved the page past what was handed over
    TailEntry& entry = task.tail[at];
    if (!entry.message) {
      const Found found = reader.lookup().message(entry.message_id, entry.message);
      if (found != Found::yes) return found == Found::no ? Fill::hole : Fill::failed;
    }
    fill.offer(entry.message);
  }
  return Fill::done;
}

/// `trimmed` may have moved since the writer looked; the row has it, exact, in the same snapshot as the
/// entries.
bool refresh_trimmed(Reader& reader, const PageTask& task, Head& head) {
  const Rewind rewind(reader.stream);
  reader.stream.bind(1, task.request.stream.a);
  reader.stream.bind(2, task.request.stream.b);
  const int code = reader.stream.step();
  if (code == SQLITE_ROW) head.trimmed = std::max(head.trimmed, reader.stream.uint(1));
  return code == SQLITE_ROW || code == SQLITE_DONE;
}

Result<Page, std::string> read_page(Reader& reader, PageTask& task) {
  Head head = task.head;
  if (!refresh_trimmed(reader, task, head)) return fail(reader.failure());
  PageFill fill(head, task.request);
  while (fill.wants() != 0) {
    const bool stored = fill.wants() <= task.stored_head;
    switch (stored ? fill_from_index(reader, task, fill) : fill_from_tail(reader, task, fill)) {
      case Fill::done: break;
      case Fill::cut: {
        Page page = fill.finish();
        if (page.entries.empty()) return fail(std::string("the stream was trimmed while it was read"));
        return page;
      }
      case Fill::failed: return fail(reader.failure());
      case Fill::hole:
        PLAZA_LOG(error, "streams", "stream {:#x}:{} has no entry {}: the database is damaged",
                  task.request.stream.a, task.request.stream.b, fill.wants());
        return fail(std::string("the stored index has a hole"));
    }
  }
  return fill.finish();
}

}  // namespace

/// Runs `work` in a snapshot on a reader; when too much waits there, says so at once.
template <class T>
void Reads::hand_over(Done<T> done, std::move_only_function<Result<T, std::string>(Reader&)> work) {
  struct Shared {
    Done<T> done;
    std::move_only_function<Result<T, std::string>(Reader&)> work;
  };
  auto shared = std::make_unique<Shared>(Shared{std::move(done), std::move(work)});
  Shared* const raw = shared.get();
  ReaderPool::Task task = [shared = std::move(shared)](Reader& reader) mutable {
    Result<T, std::string> result = reader.begin() ? shared->work(reader) : fail(reader.failure());
    reader.end();
    if (result) {
      shared->done(std::move(*result));
    } else {
      shared->done(fail(unavailable(std::move(result.error()))));
    }
  };
  if (!readers_.try_run(task)) raw->done(fail(unavailable("too many reads wait for the disk")));
}

template void Reads::hand_over<ports::VersionPage>(
    Done<ports::VersionPage> done,
    std::move_only_function<Result<ports::VersionPage, std::string>(Reader&)> work);

// ---- pages, heads, devices ----------------------------------------------------------------------

void Reads::page(ReadJob job) {
  const StreamState* const stream = set_.stream(job.request.stream);
  if (stream == nullptr) return job.done(fail(unavailable(connection_.failure().text)));

  PageFill fill(stream->as_head(), job.request);
  while (fill.wants() != 0) {
    MessagePtr message = set_.recent.find(stream->in_tail(fill.wants()));
    if (!message) break;
    fill.offer(std::move(message));
  }
  if (fill.wants() == 0) return job.done(fill.finish());

  PageTask task{.request = job.request, .head = stream->as_head(), .stored_head = stream->stored_head()};
  const streams::PageRange range = streams::page_range(task.head, job.request);
  task.tail_first = std::max(range.low, task.stored_head + 1);
  for (std::uint64_t seq = task.tail_first; seq <= range.high; ++seq) {
    const std::uint64_t id = stream->in_tail(seq);
    task.tail.push_back({.message_id = id, .message = set_.recent.find(id)});
  }
  hand_over<Page>(std::move(job.done),
                  [task = std::move(task)](Reader& reader) mutable { return read_page(reader, task); });
}

void Reads::heads(HeadsJob job) {
  std::vector<Head> heads;
  heads.reserve(job.streams.size());
  for (const StreamId id : job.streams) {
    const StreamState* const stream = set_.stream(id);
    if (stream == nullptr) return job.done(fail(unavailable(connection_.failure().text)));
    heads.push_back(stream->as_head());
  }
  job.done(std::move(heads));
}

void Reads::places(PlacesJob job) {
  std::vector<ports::Place> places;
  places.reserve(job.streams.size());
  for (const StreamId id : job.streams) {
    const StreamState* const stream = set_.stream(id);
    const MarkState* const mark = stream == nullptr ? nullptr : set_.mark(job.member, id);
    if (mark == nullptr) return job.done(fail(unavailable(connection_.failure().text)));
    places.push_back({.head = stream->as_head(), .marks = mark->marks});
  }
  job.done(std::move(places));
}

void Reads::device(DeviceJob job) {
  const StreamState* const inbox = set_.stream(StreamId::inbox(job.member));
  const streams::SenderState* const sender = inbox == nullptr ? nullptr : set_.sender(job.member, job.device);
  if (sender == nullptr) return job.done(fail(unavailable(connection_.failure().text)));
  job.done(ports::DeviceState{
      .inbox = inbox->as_head(), .received = sender->received, .last_send_id = sender->last_send_id});
}

// ---- conversations ------------------------------------------------------------------------------

std::vector<Reads::Listed> Reads::listed_without_row(MemberId member, StreamId after) {
  std::vector<Listed> listed;
  for (const StreamId stream : set_.marks_without_row(member)) {
    const MarkState* const mark = set_.known_mark(member, stream);
    const bool wanted = stream > after && mark != nullptr && !mark->in_table &&
                        mark->listing == MarkState::Listing::listed;
    if (wanted) listed.push_back({.stream = stream, .marks = mark->marks});
  }
  std::sort(listed.begin(), listed.end(),
            [](const Listed& x, const Listed& y) { return x.stream < y.stream; });
  return listed;
}

/// The first `count` listed conversations: rows in order, what is newer in memory laid over them, and those
/// that have no row yet merged in. None: the storage failed.
std::optional<std::vector<Reads::Listed>> Reads::listed_after(MemberId member, StreamId after,
                                                              std::size_t count) {
  std::vector<Listed> all = listed_without_row(member, after);
  std::size_t from_rows = 0;
  Statement& rows = tables_.marks_after;
  const Rewind rewind(rows);
  rows.bind(1, member.value);
  rows.bind(2, after.a);
  rows.bind(3, after.b);
  while (from_rows < count) {
    const int code = rows.step();
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return std::nullopt;
    Listed one{.stream = {.a = rows.uint(0), .b = rows.uint(1)},
               .marks = {.delivered = rows.uint(2), .read = rows.uint(3)}};
    bool listed = rows.is_null(4);
    if (const MarkState* const newer = set_.known_mark(member, one.stream)) {
      one.marks = newer->marks;
      listed = newer->listing == MarkState::Listing::listed;
    }
    if (!listed) continue;
    all.push_back(one);
    ++from_rows;
  }
  std::sort(all.begin(), all.end(), [](const Listed& x, const Listed& y) { return x.stream < y.stream; });
  if (all.size() > count) all.resize(count);
  return all;
}

Reads::Known Reads::known(MemberId member, const Listed& listed) {
  Known known;
  known.conversation.stream = listed.stream;
  known.conversation.marks = listed.marks;
  if (listed.stream.kind() == ports::StreamKind::pair) {
    const MemberId peer = listed.stream.peer_of(member);
    if (const MarkState* const theirs = set_.known_mark(peer, listed.stream)) {
      known.conversation.peer = theirs->marks;
    } else {
      known.peer = peer;
    }
  }
  const StreamState* const stream = set_.known_stream(listed.stream);
  if (stream == nullptr) return known;
  known.head_known = true;
  known.conversation.head = stream->head;
  known.trimmed = stream->trimmed;
  known.quiet = stream->quiet;
  known.last_message = stream->in_tail(stream->head);
  known.conversation.last = set_.recent.find(known.last_message);
  const std::uint64_t read = known.conversation.marks.read;
  known.conversation.unread = stream->head > read ? stream->head - read : 0;
  return known;
}

/// Fills in what the writer did not know. False: the storage failed.
bool Reads::complete(Reader& reader, Known& known) {
  Conversation& c = known.conversation;
  {
    const Rewind rewind(reader.stream);
    reader.stream.bind(1, c.stream.a);
    reader.stream.bind(2, c.stream.b);
    const int code = reader.stream.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return false;
    if (code == SQLITE_ROW) {
      if (!known.head_known) c.head = reader.stream.uint(0);
      known.quiet = std::max(known.quiet, reader.stream.uint(2));
      known.trimmed = std::max(known.trimmed, reader.stream.uint(1));
    }
  }
  if (known.peer) {
    const Rewind rewind(reader.mark);
    reader.mark.bind(1, known.peer.value);
    reader.mark.bind(2, c.stream.a);
    reader.mark.bind(3, c.stream.b);
    const int code = reader.mark.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return false;
    if (code == SQLITE_ROW) c.peer = {.delivered = reader.mark.uint(0), .read = reader.mark.uint(1)};
  }
  c.unread = c.head > c.marks.read ? c.head - c.marks.read : 0;
  if (known.quiet > c.marks.read && !leave_out_quiet(reader, known)) return false;
  if (c.head <= known.trimmed) {
    c.last = nullptr;
    return true;
  }
  if (c.last) return true;
  if (known.last_message == 0) {
    const Found found = reader.lookup().entry(c.stream, c.head, known.last_message);
    if (found != Found::yes) return found == Found::no;
  }
  return reader.lookup().message(known.last_message, c.last) != Found::failed;
}

/// Counts them up to a bound: of thousands of unread messages nobody needs to know the number exactly.
bool Reads::leave_out_quiet(Reader& reader, Known& known) {
  constexpr std::uint64_t kCountedMax = 10'000;
  const Rewind rewind(reader.quiet);
  reader.quiet.bind(1, known.conversation.stream.a);
  reader.quiet.bind(2, known.conversation.stream.b);
  reader.quiet.bind(3, known.conversation.marks.read);
  reader.quiet.bind(4, kCountedMax);
  if (reader.quiet.step() != SQLITE_ROW) return false;
  known.conversation.unread -= std::min(known.conversation.unread, reader.quiet.uint(0));
  return true;
}

void Reads::conversations(ConversationsJob job) {
  const std::size_t limit = std::max<std::uint32_t>(job.limit, 1);
  auto listed = listed_after(job.member, job.after, limit + 1);
  if (!listed) return job.done(fail(unavailable(connection_.failure().text)));
  const bool more = listed->size() > limit;
  if (more) listed->pop_back();
  std::vector<Known> page;
  page.reserve(listed->size());
  for (const Listed& one : *listed) page.push_back(known(job.member, one));

  const auto answer = [more](std::vector<Known>& all) {
    ConversationPage result{.conversations = {}, .more = more};
    for (Known& one : all) {
      result.conversations.push_back(std::move(one.conversation));
    }
    return result;
  };
  const bool all_known = std::all_of(page.begin(), page.end(), [](const Known& one) {
    if (one.peer || one.quiet > one.conversation.marks.read) return false;
    const bool empty = one.head_known && one.conversation.head <= one.trimmed;
    return empty || (one.head_known && one.conversation.last != nullptr);
  });
  if (all_known) return job.done(answer(page));
  hand_over<ConversationPage>(
      std::move(job.done),
      [page = std::move(page), answer](Reader& reader) mutable -> Result<ConversationPage, std::string> {
        for (Known& one : page) {
          if (!complete(reader, one)) return fail(reader.failure());
        }
        return answer(page);
      });
}

}  // namespace plaza::sqlite
