#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bench/link.h"
#include "bench/progress.h"

namespace plaza::bench {

/// One person of the load: an account with one member, and what its device needs to go on.
struct User {
  std::string name;
  MemberId member;
  std::string token;               ///< of the member: logs in and enters in one request
  std::uint64_t last_send_id = 0;  ///< as the server said at the last login
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;  ///< of the inbox, at the last READY
};

inline constexpr std::string_view kDevice = "bench";
inline constexpr std::string_view kPassword = "bench-password";

/// Registers `count` new accounts and gets a token for each, over a few connections. Names begin with a random word, so that
/// many runs can use one server.
[[nodiscard]] Result<std::vector<User>, std::string> register_users(LinkLoop& loop, const Target& target,
                                                                    std::size_t count, Progress& progress);

enum class JoinUntil : std::uint8_t { entered, ready };

/// Logs the users in by their tokens, each on its link, some at a time. Afterwards links[i] is open and belongs to
/// users[i]; its handler must be set before the next turn of the loop.
[[nodiscard]] Result<void, std::string> join_users(LinkLoop& loop, const Target& target,
                                                   std::span<User> users, std::span<Link* const> links,
                                                   JoinUntil until, Progress& progress);

/// Befriends pairs (indices into users), each by a request of the first one. The links are open and entered.
[[nodiscard]] Result<void, std::string> befriend_users(
    LinkLoop& loop, std::span<const User> users, std::span<Link* const> links,
    std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs, Progress& progress);

/// Makes a group of the users first..first+members-1, made by the first of them. The links are open and entered.
struct GroupPlan {
  std::uint32_t first = 0, members = 0;
  RoomId id;  ///< filled in
};
[[nodiscard]] Result<void, std::string> make_groups(LinkLoop& loop, std::span<User> users,
                                                    std::span<Link* const> links, std::span<GroupPlan> groups,
                                                    Progress& progress);

/// Makes so many rooms and puts every one of the users into all of them, over connections of its own.
[[nodiscard]] Result<void, std::string> put_into_rooms(const Target& target, std::span<User> users,
                                                       std::size_t rooms, Progress& progress);

}  // namespace plaza::bench
