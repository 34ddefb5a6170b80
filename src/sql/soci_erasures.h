#pragma once
#include "ports/erasures.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::Erasures over SOCI, in the directory's database. A table that has rows of a zone or of an app is named here.
class SociErasures final : public ports::Erasures {
 public:
  explicit SociErasures(Database& database) : database_(database) {}

  ports::DirectoryResult<std::optional<ports::Doomed>> next() override;
  ports::DirectoryResult<ports::ZonePiece> piece(ZoneId zone, std::uint32_t limit) override;
  ports::DirectoryResult<bool> drop(ZoneId zone, const ports::ZonePiece& piece,
                                    std::uint32_t rows_max) override;
  ports::DirectoryResult<bool> drop_rest(const ports::Doomed& what, std::uint32_t rows_max) override;

 private:
  Database& database_;
};

}  // namespace plaza::sql
