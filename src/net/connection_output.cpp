// Connection: from frames to the socket.
#include <openssl/rand.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/metrics.h"
#include "net/connection.h"
#include "net/connection_stages.h"
#include "net/shard.h"

namespace plaza::net {
namespace {

constexpr std::size_t kPiecesPerWrite = 64;

const metrics::Counter g_bytes_written{"plaza_net_written_bytes_total",
                                       "Bytes written to connections (before TLS)."};
const metrics::Counter g_writes{"plaza_net_writes_total",
                                "Gathered writes; frames per write says how well they coalesce."};
const metrics::Counter g_frames_sent{"plaza_net_frames_sent_total", "Frames accepted for sending."};
const metrics::Counter g_overflows{"plaza_net_overflows_total",
                                   "Frames refused because a client reads too slowly."};

/// Must not be guessable (RFC 6455 section 10.3): a stock of OpenSSL's random bytes, because asking for four
/// costs too much.
std::uint32_t masking_key() {
  static thread_local std::array<std::uint32_t, 256> stock;
  static thread_local std::size_t used = stock.size();
  if (used == stock.size()) {
    PLAZA_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(stock.data()), sizeof stock) == 1);
    used = 0;
  }
  return stock[used++];
}

}  // namespace

Offer Connection::send(std::string_view json) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (stage_ == Stage::json) return after_offer(outbound_.offer(json, "\n"));
  if (stage_ != Stage::websocket) return Offer::closed;
  if (ws_->role == WsRole::client) return send_masked(static_cast<std::uint8_t>(WsOpcode::text), json, {});
  return after_offer(outbound_.offer(ws_header(WsOpcode::text, json.size()).view(), json));
}

Offer Connection::send(const SharedFrame& frame) { return send_parts({}, frame); }

Offer Connection::send_parts(std::string_view head, const SharedFrame& tail) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (stage_ == Stage::json) return after_offer(outbound_.offer_shared({}, head, tail, tail.size() + 1));
  if (stage_ != Stage::websocket) return Offer::closed;
  if (ws_->role == WsRole::client)
    return send_masked(static_cast<std::uint8_t>(WsOpcode::text), head, tail.view());
  const WsHeader header = ws_header(WsOpcode::text, head.size() + tail.size());
  return after_offer(outbound_.offer_shared(header.view(), head, tail, tail.size()));
}

Offer Connection::send_framed(const SharedFrame& framed, std::uint32_t frames) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (stage_ != Stage::json && stage_ != Stage::websocket) return Offer::closed;
  PLAZA_CHECK(ws_ == nullptr ||
              ws_->role == WsRole::server);  // a client's frames are masked, each with its own key
  return after_offer(outbound_.offer_shared({}, {}, framed, framed.size()), frames);
}

// A client's frame is masked with a key of its own, so nothing of it can be shared.
Offer Connection::send_masked(std::uint8_t opcode, std::string_view first, std::string_view second) {
  static thread_local std::string masked;
  const std::uint32_t key = masking_key();
  masked.assign(first).append(second);
  ws_mask(masked, key);
  return after_offer(
      outbound_.offer(ws_masked_header(static_cast<WsOpcode>(opcode), masked.size(), key).view(), masked));
}

// Pong and close. When the queue is full a pong is left out (RFC 6455 section 5.5.3 allows it), and so is a
// close frame: a peer that far behind will not see it in time.
void Connection::send_control(std::uint8_t opcode, std::string_view payload) {
  if (ws_->role == WsRole::client) {
    [[maybe_unused]] const Offer offer = send_masked(opcode, payload, {});
    return;
  }
  const WsHeader header = ws_header(static_cast<WsOpcode>(opcode), payload.size());
  [[maybe_unused]] const Offer offer = after_offer(outbound_.offer(header.view(), payload));
}

Offer Connection::after_offer(Offer offer, std::uint32_t frames) {
  if (offer == Offer::overflow) {
    overflowed_ = true;
    g_overflows.add();
    return offer;
  }
  g_frames_sent.add(frames);
  if (!blocked_ && attached_) shard_->mark_dirty(*this);
  return offer;
}

void Connection::flush() {
  if (!outbound_.empty()) write_ready();
  if (!outbound_.empty() || stage_ == Stage::closed) return;
  if (stage_ == Stage::closing) {
    transport_.shutdown_write();
    stage_ = Stage::lingering;
    if (closing_->peer_ended) {
      finish(closing_->reason);
      return;
    }
    readable_ = true;
    shard_->mark_ready(*this);
  } else if (streaming()) {
    want_piece();
  } else if (stage_ == Stage::http && (rest_whole_ || readable_)) {
    shard_->mark_ready(*this);  // the next pipelined request waited for this answer to be written
  }
}

void Connection::write_ready() {
  while (!outbound_.empty()) {
    std::array<iovec, kPiecesPerWrite> pieces;
    const std::size_t count = outbound_.gather(pieces);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) total += pieces[i].iov_len;
    const IoResult result = transport_.write({pieces.data(), count});
    if (result.status == IoStatus::would_block) {
      blocked_ = true;
      break;
    }
    if (result.status != IoStatus::ok) {
      outbound_.clear();
      finish(closing_ ? closing_->reason : CloseReason::reset);
      return;
    }
    g_writes.add();
    g_bytes_written.add(result.bytes);
    outbound_.consume(result.bytes);
    if (result.bytes < total) {
      blocked_ = true;
      break;
    }
  }
  if (overflowed_ && outbound_.bytes() <= outbound_.bytes_max() / 2 && is_open()) {
    overflowed_ = false;
    handler_->on_writable_again();
  }
}

}  // namespace plaza::net
