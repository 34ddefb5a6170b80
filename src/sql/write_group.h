#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace plaza::sql {

/// One caller's write, on that caller's stack.
class PendingWrite {
 public:
  PendingWrite() = default;
  virtual ~PendingWrite() = default;
  PendingWrite(const PendingWrite&) = delete;
  PendingWrite& operator=(const PendingWrite&) = delete;

 private:
  friend class WriteGroups;
  // Guarded by the groups' mutex.
  bool done_ = false;
  std::condition_variable turn_;
};

/// Writes that wait for the one writing connection go there together: whoever finds it free carries out what waits, its own and the
/// others', so that they share a transaction and its fsync.
///
/// Order    As they came.
/// Thread   Any; run() returns when the caller's write was carried out, by it or by another caller.
/// Limit    At most `writes_max` in a group, so that nobody waits for more than what was there before him.
class WriteGroups {
 public:
  using Carry = std::function<void(std::span<PendingWrite* const> group)>;

  /// `carry_out` is called by one caller at a time, with no lock held; it does not throw.
  WriteGroups(std::size_t writes_max, Carry carry_out);

  void run(PendingWrite& mine);
  /// How many nobody has begun to carry out.
  [[nodiscard]] std::size_t waiting() const;

 private:
  // Constant after construction.
  const std::size_t writes_max_;
  const Carry carry_out_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::vector<PendingWrite*> waiting_;
  bool carrying_ = false;
};

}  // namespace plaza::sql
