#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace plaza::sqlite {

/// Bytes that files of a catalogue have; equal ones once.
struct CatalogContent {
  std::string hash;
  bool thumbnail = false;  ///< there is one
};

/// The contents that the files of a catalogue (file_catalog.h) name: for who copies them, beside the server that has it open.
///
/// Thread   One at a time; blocking.
/// Owner    Whoever makes a backup.
/// Failure  The text names the file and what is wrong.
class CatalogContents {
 public:
  static Result<std::unique_ptr<CatalogContents>, std::string> open(const std::string& path,
                                                                    std::uint32_t busy_timeout_ms);
  ~CatalogContents();
  CatalogContents(const CatalogContents&) = delete;
  CatalogContents& operator=(const CatalogContents&) = delete;

  /// Those after this hash in their order, at most `limit`.
  Result<std::vector<CatalogContent>, std::string> after(const std::string& hash, std::uint32_t limit);
  /// Whether any file has it.
  Result<bool, std::string> used(const std::string& hash);
  /// Removes the files that have it. Gives how many.
  Result<std::uint64_t, std::string> drop(const std::string& hash);

 private:
  struct Open;
  explicit CatalogContents(std::unique_ptr<Open> open);

  const std::unique_ptr<Open> open_;
};

}  // namespace plaza::sqlite
