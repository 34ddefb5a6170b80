#pragma once
// What must hold of a stream store whatever happened before: used after crashes and after faults. Tests only.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqlite/embedded_stream_store.h"
#include "streams/stored_blobs.h"

namespace plaza::sqlite {

/// One accepted append, as the one who sent it was told. Plain bytes, so that it goes through a pipe.
struct Acked {
  std::uint64_t message_id = 0;
  std::uint64_t sender = 0;
  std::uint64_t device = 0;
  std::uint64_t send_id = 0;
  ports::StreamId conversation;
  std::uint64_t conversation_seq = 0;
  std::uint64_t own_seq = 0;
};

inline constexpr std::uint64_t kLoadMembers = 6;
inline constexpr std::uint64_t kLoadDevices = 2;
inline const RoomId kLoadRoom{70};
inline const RoomId kLoadLargeRoom{71};
inline std::string load_server_device(std::uint64_t number) { return "@room:" + std::to_string(number); }
inline std::string load_device(std::uint64_t number) { return "device-" + std::to_string(number); }

template <class T, class Call>
T ask(Call call) {
  std::atomic<bool> answered{false};
  std::optional<Result<T, ports::StoreError>> answer;
  call([&](Result<T, ports::StoreError> value) {
    answer = std::move(value);
    answered = true;
    answered.notify_one();
  });
  answered.wait(false);
  EXPECT_TRUE(answer->has_value()) << (answer->has_value() ? "" : answer->error().detail);
  return answer->value_or(T{});
}

/// A random message of the load: some pairs, some to oneself, some to a room, some to a large room alone, of these some from
/// the server; from two devices each.
inline ports::Append load_append(
    std::mt19937_64& random, std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>& next_send_id) {
  auto message = std::make_shared<ports::Message>();
  const std::uint64_t sender = random() % kLoadMembers + 1;
  const std::uint64_t device = random() % kLoadDevices;
  message->zone = ZoneId{1};
  message->sender = MemberId{sender};
  message->sender_name = "m" + std::to_string(sender);
  message->device = load_device(device);
  message->send_id = next_send_id[{sender, device}]++;
  message->body = std::to_string(sender) + "/" + std::to_string(device) + "/" +
                  std::to_string(message->send_id);
  ports::Append append;
  const std::uint64_t to = random() % 8;
  if (to == 0) {
    message->conversation = ports::StreamId::room(kLoadLargeRoom);
    append.reach = ports::Reach::conversation;
    const bool from_server = random() % 4 == 0;
    if (from_server) {
      --next_send_id[{sender, device}];
      message->sender = {};
      message->sender_name.clear();
      message->device = load_server_device(device);
      message->send_id = next_send_id[{0, device}]++;
    }
  } else if (to <= 2) {
    static const auto everybody = [] {
      auto members = std::make_shared<std::vector<MemberId>>();
      for (std::uint64_t i = 1; i <= kLoadMembers; ++i) members->push_back(MemberId{i});
      return members;
    }();
    message->conversation = ports::StreamId::room(kLoadRoom);
    append.fanout = everybody;
  } else {
    message->conversation = ports::StreamId::pair(MemberId{sender}, MemberId{random() % kLoadMembers + 1});
  }
  append.message = std::move(message);
  return append;
}

/// Everything of a stream that is not trimmed, by seq; fails the test on a hole.
inline std::map<std::uint64_t, ports::MessagePtr> whole_stream(ports::StreamStore& store,
                                                               ports::StreamId stream) {
  std::map<std::uint64_t, ports::MessagePtr> entries;
  std::optional<std::uint64_t> from;
  for (;;) {
    const auto page = ask<ports::Page>([&](auto done) {
      store.read({.stream = stream, .from = from.value_or(0), .entries_max = 97}, std::move(done));
    });
    if (!from) from = page.head.trimmed;
    for (const ports::Entry& entry : page.entries) {
      EXPECT_EQ(entry.seq, ++*from) << "a hole in a stream";
      entries[entry.seq] = entry.message;
    }
    if (!page.more) {
      EXPECT_EQ(*from, page.head.head) << "the stream ends before its head";
      return entries;
    }
  }
}

/// Promises 1-3 over what the load sent: each acked message is exactly once where it was said to be, streams
/// are gapless and in one order, every device's sends are 1, 2, 3..., and the next send and a retry of the
/// last are answered as they must be.
inline void check_promises(ports::StreamStore& store, const std::vector<Acked>& acked) {
  std::map<std::uint64_t, std::map<std::uint64_t, ports::MessagePtr>> inboxes;
  std::map<ports::StreamId, std::map<std::uint64_t, ports::MessagePtr>> conversations;
  const ports::StreamId large_room = ports::StreamId::room(kLoadLargeRoom);
  std::set<ports::StreamId> ids{ports::StreamId::room(kLoadRoom), large_room};
  for (std::uint64_t x = 1; x <= kLoadMembers; ++x) {
    inboxes[x] = whole_stream(store, ports::StreamId::inbox(MemberId{x}));
    for (std::uint64_t y = x; y <= kLoadMembers; ++y)
      ids.insert(ports::StreamId::pair(MemberId{x}, MemberId{y}));
  }
  for (const ports::StreamId id : ids) conversations[id] = whole_stream(store, id);

  const auto in_order = [](const std::map<std::uint64_t, ports::MessagePtr>& entries) {
    std::uint64_t last = 0;
    for (const auto& [seq, message] : entries) {
      EXPECT_LT(last, message->id.value) << "a message twice, or out of order";
      last = message->id.value;
    }
  };
  for (const auto& [member, entries] : inboxes) in_order(entries);
  for (const auto& [id, entries] : conversations) {
    in_order(entries);
    for (const auto& [seq, message] : entries) {
      EXPECT_EQ(message->conversation, id);
      EXPECT_EQ(message->conversation_seq, seq);
      if (id == large_room) EXPECT_TRUE(message->deliveries.empty());
      for (const ports::Delivery& delivery : message->deliveries) {
        const auto& inbox = inboxes[delivery.stream.first()];
        const auto entry = inbox.find(delivery.seq);
        if (entry != inbox.end())
          EXPECT_EQ(entry->second->id, message->id) << "an inbox entry names another message";
      }
    }
  }
  for (const Acked& one : acked) {
    const auto& conversation = conversations[one.conversation];
    const bool trimmed = conversation.empty() || one.conversation_seq < conversation.begin()->first;
    if (trimmed) continue;
    const auto entry = conversation.find(one.conversation_seq);
    ASSERT_TRUE(entry != conversation.end()) << "an acknowledged message is gone";
    EXPECT_EQ(entry->second->id.value, one.message_id);
    EXPECT_EQ(entry->second->send_id, one.send_id);
    if (one.conversation == large_room) continue;
    const auto& inbox = inboxes[one.sender];
    if (inbox.empty() || one.own_seq < inbox.begin()->first) continue;
    ASSERT_TRUE(inbox.contains(one.own_seq));
    EXPECT_EQ(inbox.at(one.own_seq)->id.value, one.message_id) << "not in its sender's inbox";
  }
  // Sends per device, from the sender's own inbox and the large room: all of them are there from the message on with which
  // the one of the two begins that is trimmed further.
  const auto first_known = [](const std::map<std::uint64_t, ports::MessagePtr>& entries) {
    const bool from_the_start = entries.empty() || entries.begin()->first == 1;
    return from_the_start ? 0 : entries.begin()->second->id.value;
  };
  std::map<std::pair<std::uint64_t, std::string>, std::set<std::uint64_t>> sends;
  const auto count = [&](const ports::Message& message) {
    const std::uint64_t sender = message.sender.value;
    const std::uint64_t own = sender == 0 ? 0 : first_known(inboxes[sender]);
    if (message.id.value < std::max(own, first_known(conversations[large_room]))) return;
    const bool first_time = sends[{sender, message.device}].insert(message.send_id).second;
    EXPECT_TRUE(first_time) << "a send_id twice";
  };
  for (const auto& [member, entries] : inboxes) {
    for (const auto& [seq, message] : entries) {
      if (message->sender.value == member) count(*message);
    }
  }
  for (const auto& [seq, message] : conversations[large_room]) count(*message);
  for (const auto& [device, send_ids] : sends) {
    const auto state = ask<ports::DeviceState>(
        [&](auto done) { store.open_device(MemberId{device.first}, device.second, std::move(done)); });
    EXPECT_EQ(state.last_send_id, *send_ids.rbegin());
    EXPECT_EQ(*send_ids.rbegin() - *send_ids.begin() + 1, send_ids.size()) << "a send_id is missing";
  }
}

/// The stored index against the message rows, read by SQL from a closed database: nothing missing, nothing
/// wrong, no overlap.
inline void check_index(const std::string& path) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  const auto each = [db](const char* sql, auto visit) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    while (sqlite3_step(statement) == SQLITE_ROW) visit(statement);
    sqlite3_finalize(statement);
  };
  const auto uint = [](sqlite3_stmt* row, int column) {
    return static_cast<std::uint64_t>(sqlite3_column_int64(row, column));
  };
  const auto blob = [](sqlite3_stmt* row, int column) {
    return std::string_view(static_cast<const char*>(sqlite3_column_blob(row, column)),
                            static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
  };
  each("PRAGMA quick_check", [](sqlite3_stmt* row) {
    EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(row, 0)), "ok");
  });
  each("SELECT coalesce(max(id), 0), (SELECT value FROM meta WHERE key = 'indexed_upto') FROM message",
       [&](sqlite3_stmt* row) { EXPECT_LE(uint(row, 0), uint(row, 1)); });

  std::map<ports::StreamId, std::map<std::uint64_t, std::uint64_t>> index;
  each("SELECT a, b, first, last, messages FROM stream_run ORDER BY a, b, first", [&](sqlite3_stmt* row) {
    std::vector<std::uint64_t> ids;
    ASSERT_TRUE(streams::decode_run(blob(row, 4), ids));
    ASSERT_EQ(ids.size(), uint(row, 3) - uint(row, 2) + 1);
    auto& entries = index[{.a = uint(row, 0), .b = uint(row, 1)}];
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto [entry, added] = entries.emplace(uint(row, 2) + i, ids[i]);
      EXPECT_EQ(entry->second, ids[i]) << "two runs disagree";
    }
  });
  std::map<ports::StreamId, std::uint64_t> trimmed;
  each("SELECT a, b, head, trimmed FROM stream", [&](sqlite3_stmt* row) {
    const ports::StreamId id{.a = uint(row, 0), .b = uint(row, 1)};
    trimmed[id] = uint(row, 3);
    if (uint(row, 2) == uint(row, 3)) return;
    ASSERT_FALSE(index[id].empty()) << "a stream without its entries";
    EXPECT_EQ(index[id].rbegin()->first, uint(row, 2)) << "the index does not end at the head";
    EXPECT_LE(index[id].begin()->first, uint(row, 3) + 1) << "the index begins too late";
    EXPECT_EQ(index[id].rbegin()->first - index[id].begin()->first + 1, index[id].size()) << "a hole";
  });
  for (const auto& [id, entries] : index) EXPECT_TRUE(trimmed.contains(id)) << "entries without their stream";
  std::set<std::uint64_t> messages;
  each("SELECT id, conv_a, conv_b, conv_seq, deliveries FROM message", [&](sqlite3_stmt* row) {
    messages.insert(uint(row, 0));
    std::vector<ports::Delivery> places;
    ASSERT_TRUE(streams::decode_deliveries(blob(row, 4), places));
    places.push_back({.stream = {.a = uint(row, 1), .b = uint(row, 2)}, .seq = uint(row, 3)});
    const bool referred_to = std::any_of(places.begin(), places.end(), [&](const ports::Delivery& place) {
      return place.seq > trimmed[place.stream];
    });
    EXPECT_TRUE(referred_to) << "message " << uint(row, 0) << " is kept, and nothing refers to it";
    for (const ports::Delivery& place : places) {
      if (place.seq <= trimmed[place.stream]) continue;
      EXPECT_EQ(index[place.stream][place.seq], uint(row, 0)) << "an entry is missing or wrong";
    }
  });
  for (const auto& [id, entries] : index) {
    for (const auto& [seq, message] : entries) {
      if (seq > trimmed[id])
        EXPECT_TRUE(messages.contains(message)) << "an entry of a message that is not there";
    }
  }
  each(
      "SELECT count(*) FROM sender s WHERE s.last_send_id < (SELECT max(m.send_id) FROM message m WHERE "
      "m.sender = s.member AND m.device = s.device)",
      [&](sqlite3_stmt* row) { EXPECT_EQ(uint(row, 0), 0U); });
  each(
      "SELECT coalesce(z.zone, m.zone), coalesce(z.bytes, 0), coalesce(m.bytes, 0) FROM zone_bytes z FULL "
      "JOIN"
      " (SELECT zone, sum(length(CAST(body AS BLOB)) + 128) AS bytes FROM message GROUP BY zone) m"
      " ON m.zone = z.zone",
      [&](sqlite3_stmt* row) {
        EXPECT_EQ(uint(row, 1), uint(row, 2)) << "the bytes of zone " << uint(row, 0);
      });
  sqlite3_close(db);
}

}  // namespace plaza::sqlite
