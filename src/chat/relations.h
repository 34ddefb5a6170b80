#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "chat/member_state.h"
#include "ports/directory.h"

namespace plaza::chat {

/// A member's relations as the directory had them at some moment, for its home shard.
///
/// Two changes at the same time can reach a shard in either order. Each reads the relations again after its change, with a
/// version taken between the change and the reading; the higher version has seen every change of the lower ones, so the
/// shard keeps the highest and drops what comes late.
struct Relations {
  std::uint64_t version = 0;
  std::vector<ports::Relation> list;
};

/// To be taken before the reading.
std::uint64_t next_relations_version();

/// Blocks (SQL): not on a shard.
ports::DirectoryResult<Relations> read_relations(ports::Directory& directory, ZoneId zone, MemberId member);

/// What sending needs of them, by id.
std::vector<Peer> peers_of(const std::vector<ports::Relation>& list);

}  // namespace plaza::chat
