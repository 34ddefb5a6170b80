#include "tenancy/app_eraser.h"

#include <future>
#include <memory>
#include <set>

namespace plaza::tenancy {

using ports::StreamId;

AppEraser::Step AppEraser::failed(std::string why) {
  failure_ = std::move(why);
  return Step::failed;
}

AppEraser::Step AppEraser::step() {
  const auto next = parts_.erasures.next();
  if (!next) return failed(next.error().detail);
  if (!*next) return Step::idle;
  return (*next)->zone ? zone_step(**next) : drop_rest(**next);
}

AppEraser::Step AppEraser::zone_step(const ports::Doomed& what) {
  const auto piece = parts_.erasures.piece(what.zone, kAtOnce);
  if (!piece) return failed(piece.error().detail);
  if (!piece->empty()) {
    searched_ = {};
    return erase_piece(what.zone, *piece);
  }
  const auto files = parts_.clear_files(what.zone);
  if (!files) return failed(files.error());
  if (*files) return Step::more;
  if (searched_ != what.zone) {
    searched_ = what.zone;
    searched_upto_ = {};
    searched_all_ = false;
  }
  return searched_all_ ? drop_rest(what) : find_strays(what.zone);
}

AppEraser::Step AppEraser::erase_piece(ZoneId zone, const ports::ZonePiece& piece) {
  ports::Erasure what{.members = piece.members, .conversations = {}, .server_devices = {}};
  for (const RoomId room : piece.rooms) {
    what.conversations.push_back(StreamId::room(room));
    what.server_devices.push_back("@room:" + std::to_string(room.value));
  }
  for (const ChannelId channel : piece.channels) what.conversations.push_back(StreamId::channel(channel));
  if (const Step erased = erase_streams(what); erased != Step::idle) return erased;
  for (;;) {
    const auto more = parts_.erasures.drop(zone, piece, kRows);
    if (!more) return failed(more.error().detail);
    if (!*more) return Step::more;
  }
}

/// idle: all of it is gone.
AppEraser::Step AppEraser::erase_streams(const ports::Erasure& what) {
  using Erased = Result<bool, ports::StoreError>;
  auto done = std::make_shared<std::promise<Erased>>();
  auto answer = done->get_future();
  parts_.streams.erase(what, [done](Erased erased) { done->set_value(std::move(erased)); });
  const Erased erased = answer.get();
  if (!erased) return failed(erased.error().detail);
  if (*erased) return Step::more;
  std::vector<ports::SearchScope> places;
  for (const MemberId member : what.members) places.push_back({.member = member, .rooms = {}, .only = {}});
  for (const StreamId stream : what.conversations)
    places.push_back({.member = {}, .rooms = {}, .only = stream});
  for (const auto& place : places) {
    for (bool more = true; more;) {
      const auto forgotten = parts_.forget_words(place);
      if (!forgotten) return failed(forgotten.error());
      more = *forgotten;
    }
  }
  return Step::idle;
}

AppEraser::Step AppEraser::find_strays(ZoneId zone) {
  const auto page = parts_.log.after(searched_upto_, kMessages);
  if (!page) return failed(page.error().detail);
  std::set<StreamId> found;
  for (const auto& message : page->messages) {
    if (message->zone == zone) found.insert(message->conversation);
  }
  if (!found.empty()) {
    const ports::Erasure what{
        .members = {}, .conversations = {found.begin(), found.end()}, .server_devices = {}};
    if (const Step erased = erase_streams(what); erased != Step::idle) return erased;
  }
  if (!page->messages.empty()) searched_upto_ = page->messages.back()->id;
  searched_all_ = !page->more;
  return Step::more;
}

AppEraser::Step AppEraser::drop_rest(const ports::Doomed& what) {
  const auto more = parts_.erasures.drop_rest(what, kRows);
  if (!more) return failed(more.error().detail);
  if (!*more) parts_.gone(what);
  return Step::more;
}

}  // namespace plaza::tenancy
