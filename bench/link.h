#pragma once
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace plaza::bench {

class Link;

/// Steady nanoseconds.
std::int64_t now_ns();

/// What is done with a connection. A link's handler may be exchanged while it is open.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  virtual void on_open(Link& link) = 0;
  /// One frame; the text is valid during the call.
  virtual void on_frame(Link& link, std::string_view frame) = 0;
  /// The other side closed, or it failed. Not called after LinkLoop::close().
  virtual void on_closed(Link& link, const std::string& why) = 0;
};

enum class Framing : std::uint8_t {
  lines,      ///< one JSON object a line: what Plaza writes on TCP
  websocket,  ///< one text frame each
  lengths,    ///< 4 bytes length (little endian), then the bytes: the bare relay
};

struct Target {
  net::Address address;
  Framing framing = Framing::lines;
};

/// One client connection of the load.
///
/// Thread   The loop's.
/// Owner    The LinkLoop; addresses are stable until it ends. Closed links can be opened again.
class Link {
 public:
  Link(LinkHandler* handler_, std::uint32_t tag_) : handler(handler_), tag(tag_) {}

  /// Puts one frame behind what waits; everything goes out with one write at the end of the turn.
  void send(std::string_view frame);
  [[nodiscard]] bool is_open() const { return state_ == State::open; }

  LinkHandler* handler;
  std::uint32_t tag;  ///< the handler's own number for it

 private:
  friend class LinkLoop;
  enum class State : std::uint8_t { closed, connecting, upgrading, open };

  void send_websocket(std::string_view payload, std::uint8_t opcode);

  class LinkLoop* loop_ = nullptr;
  int fd_ = -1;
  State state_ = State::closed;
  Framing framing_ = Framing::lines;
  bool dirty_ = false;
  bool writable_wanted_ = false;
  std::uint32_t
      generation_ = 0;  // counts opens: what was read before a reopen is not handed to the new connection
  std::string in_;      // the beginning of a frame that has not arrived whole
  std::string out_;
};

/// Many connections on one thread, cheaper than the server that they load: one epoll, one read buffer, and one write a
/// connection and turn.
///
/// Thread   One.
/// Limit    Frames of 16 MiB; longer ones close the link.
class LinkLoop {
 public:
  LinkLoop();
  ~LinkLoop();
  LinkLoop(const LinkLoop&) = delete;
  LinkLoop& operator=(const LinkLoop&) = delete;

  Link& add(LinkHandler& handler, std::uint32_t tag);
  /// One whose handler is set before it is opened.
  Link& add(std::uint32_t tag);
  /// Connects; on_open() or on_closed() follows, never within this call.
  void open(Link& link, const Target& target);
  /// Ends it at once (a TCP reset: no port stays in TIME_WAIT). The handler is not told.
  void close(Link& link);
  /// Calls `what` once, at least delay_ms later, from turn().
  void later(std::int64_t delay_ms, std::function<void()> what);

  /// Writes what waits, waits at most `wait_ns` for something to happen, and handles it.
  void turn(std::int64_t wait_ns);

  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  friend class Link;
  struct Due {
    std::int64_t at_ns;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Due& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };

  void flush();
  void write_out(Link& link);
  void want_writable(Link& link, bool wanted);
  void on_event(Link& link, std::uint32_t events);
  void on_connected(Link& link);
  void read(Link& link);
  void take_frames(Link& link, const char* data, std::size_t size);
  std::size_t take_upgrade(Link& link, const char* data, std::size_t size);
  std::size_t take_lines(Link& link, const char* data, std::size_t size);
  std::size_t take_websocket(Link& link, const char* data, std::size_t size);
  std::size_t take_lengths(Link& link, const char* data, std::size_t size);
  void fail(Link& link, const std::string& why);
  void shut(Link& link);
  void run_due();

  const int epoll_;
  std::deque<Link> links_;
  std::vector<Link*> dirty_;
  std::vector<std::pair<Link*, std::string>> failed_;  // told at the next turn
  std::vector<char> buffer_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t due_order_ = 0;
  std::uint64_t opened_ = 0;
  std::uint64_t bytes_written_ = 0, bytes_read_ = 0;
};

/// Raises the limit of open files to what this process may have, and returns it.
std::uint64_t raise_file_limit();

}  // namespace plaza::bench
