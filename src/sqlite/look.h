#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace plaza::sqlite {

/// What is asked: the first column of the first row of each. A table that is not there means 0.
struct FileQuestions {
  const char* is_used;
  const char* installation;
};
struct FileFacts {
  bool there = false;  ///< and not empty
  std::int64_t used = 0;
  std::int64_t installation = 0;
};

/// Looks into a database, of whatever version, before it is opened for good. Creates and changes nothing. The error is for an
/// operator, as that of EmbeddedStreamStore::start(): damaged, locked, not to be written.
[[nodiscard]] Result<FileFacts, std::string> look_into(const std::string& path,
                                                       const FileQuestions& questions,
                                                       std::uint32_t busy_timeout_ms);
/// For the database of an EmbeddedStreamStore.
[[nodiscard]] FileQuestions stream_questions();

}  // namespace plaza::sqlite
