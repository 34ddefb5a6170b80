#pragma once
#include "memory/memory_apps.h"
#include "ports/erasures.h"

namespace plaza::memory {

/// Erasures of what is in a MemoryDirectory and its MemoryApps, which outlive it. Other twins keep what they have: their ids are never
/// used again.
///
/// Thread  Any; under the directory's lock.
class MemoryErasures final : public ports::Erasures {
 public:
  MemoryErasures(MemoryDirectory& directory, MemoryApps& apps) : d_(directory), apps_(apps) {}

  ports::DirectoryResult<std::optional<ports::Doomed>> next() override;
  ports::DirectoryResult<ports::ZonePiece> piece(ZoneId zone, std::uint32_t limit) override;
  ports::DirectoryResult<bool> drop(ZoneId zone, const ports::ZonePiece& piece,
                                    std::uint32_t rows_max) override;
  ports::DirectoryResult<bool> drop_rest(const ports::Doomed& what, std::uint32_t rows_max) override;

 private:
  void drop_member_locked(MemberId id);
  void drop_app_locked(AppId app);

  MemoryDirectory& d_;
  MemoryApps& apps_;
};

}  // namespace plaza::memory
