#include "backend/member_view.h"

#include <boost/json/parse.hpp>
#include <utility>

#include "backend/call.h"

namespace plaza::backend {

namespace json = boost::json;

void add_settings(json::object& out, const ports::Member& member) {
  out["friends_from"] = word_of(kFriendsFrom, member.settings.friends_from);
  out["messages_from"] = word_of(kMessagesFrom, member.settings.messages_from);
  if (!member.avatar.empty()) out["avatar"] = member.avatar;
  if (member.custom.empty()) return;
  boost::system::error_code error;
  json::value custom = json::parse(member.custom, error);
  if (!error) out["custom"] = std::move(custom);
}

}  // namespace plaza::backend
