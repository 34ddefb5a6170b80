#pragma once
// What proves that nothing was lost, doubled or reordered. Pure: fed with what the clients saw.
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace plaza::bench {

/// What went wrong. All zero = every promise was kept.
struct Findings {
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;  ///< not what was sent, or not by whom or to whom

  [[nodiscard]] bool clean() const { return lost + duplicated + reordered + corrupted == 0; }
  void add(const Findings& other) {
    lost += other.lost, duplicated += other.duplicated, reordered += other.reordered,
        corrupted += other.corrupted;
  }
  friend bool operator==(const Findings&, const Findings&) = default;
};

/// Numbers 1,2,3... that must arrive each once and in this order: the messages of one sender at one receiver.
///
/// Thread   One.
/// Limit    Memory only for numbers that are missing at the moment.
class OrderCheck {
 public:
  void saw(std::uint64_t number);
  /// How many different numbers have been seen.
  [[nodiscard]] std::uint64_t seen() const { return next_ - 1 - missing_.size(); }
  /// Everything found when numbers 1..last were to be seen.
  [[nodiscard]] Findings finish(std::uint64_t last) const;

 private:
  std::uint64_t next_ = 1;
  std::uint64_t duplicated_ = 0;
  std::uint64_t reordered_ = 0;
  std::unordered_set<std::uint64_t> missing_;  // below next_
};

/// Positions of one stream as one session sees them: some by push, in order; some as acknowledgements of its own sends, in
/// order too; together they must be gapless, each once.
///
/// Thread   One.
/// Limit    Memory only for positions ahead of the first missing one.
class StreamCheck {
 public:
  explicit StreamCheck(std::uint64_t head = 0) : next_(head + 1), last_pushed_(head) {}

  /// A push. False: it was seen before (and counted as duplicated unless overlap_allowed()).
  bool pushed(std::uint64_t position);
  /// The acknowledgement of an own send.
  void acknowledged(std::uint64_t position) { saw(position); }
  /// An entry of a page that was pulled: may have been seen before. False when it was.
  bool pulled(std::uint64_t position);
  /// From now on a push may repeat what was pulled, as clients ignore it.
  void allow_overlap() { overlap_allowed_ = true; }

  /// The last position before which nothing is missing.
  [[nodiscard]] std::uint64_t complete_up_to() const { return next_ - 1; }
  /// Everything found when the stream ends at `head`.
  [[nodiscard]] Findings finish(std::uint64_t head) const;

 private:
  bool known(std::uint64_t position) const { return position < next_ || ahead_.contains(position); }
  bool saw(std::uint64_t position);

  std::uint64_t next_;
  std::uint64_t last_pushed_;
  std::uint64_t duplicated_ = 0;
  std::uint64_t reordered_ = 0;
  bool overlap_allowed_ = false;
  std::unordered_set<std::uint64_t> ahead_;
};

/// The one order of a conversation: what the first who saw a position saw there is what everyone must see there.
///
/// Thread   One.
/// Limit    8 bytes a message.
class CommonOrder {
 public:
  /// False when somebody else saw another message at this position. `key` names the message; never 0.
  bool agrees(std::uint64_t position, std::uint64_t key);
  /// By position - 1; 0 = nobody saw it.
  [[nodiscard]] const std::vector<std::uint64_t>& keys() const { return keys_; }

 private:
  std::vector<std::uint64_t> keys_;  // [position - 1]; 0 = not seen yet
};

}  // namespace plaza::bench
