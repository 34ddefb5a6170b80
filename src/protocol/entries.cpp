#include "protocol/entries.h"

namespace plaza::protocol {

std::string_view to_text(Friendship x) {
  switch (x) {
    case Friendship::none: return "none";
    case Friendship::friends: return "friends";
    case Friendship::requested: return "requested";
    case Friendship::asked: return "asked";
  }
  return {};
}

std::string_view to_text(Role x) {
  switch (x) {
    case Role::member: return "member";
    case Role::admin: return "admin";
    case Role::owner: return "owner";
  }
  return {};
}

std::string_view to_text(FriendEventKind x) {
  switch (x) {
    case FriendEventKind::requested: return "requested";
    case FriendEventKind::friends: return "friends";
    case FriendEventKind::refused: return "refused";
    case FriendEventKind::removed: return "removed";
  }
  return {};
}

std::string_view to_text(GroupEventKind x) {
  switch (x) {
    case GroupEventKind::joined: return "joined";
    case GroupEventKind::left: return "left";
    case GroupEventKind::requested: return "requested";
    case GroupEventKind::invited: return "invited";
    case GroupEventKind::refused: return "refused";
    case GroupEventKind::removed: return "removed";
    case GroupEventKind::dissolved: return "dissolved";
  }
  return {};
}

std::string_view to_text(ChangeKind x) {
  switch (x) {
    case ChangeKind::none: return {};
    case ChangeKind::recalled: return "recalled";
    case ChangeKind::edited: return "edited";
  }
  return {};
}

}  // namespace plaza::protocol
