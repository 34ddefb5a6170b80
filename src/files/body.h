#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ports/files.h"

namespace plaza::files {

/// What the body of a message of kind image or file says of a file that was uploaded here.
struct FileReference {
  ports::FileId file;
  std::string text;  ///< words to it; may be empty
};
/// Nothing when the body (a JSON object) has no integer "file": then it refers to something that only the app knows.
[[nodiscard]] std::optional<FileReference> file_reference(std::string_view body);

/// The body that everybody gets instead: what is stored, and the sender's words.
[[nodiscard]] std::string file_body(const ports::StoredFile& file, std::string_view text);

/// What a client announces: {"size":1234,"type":"image/png","name":"cat.png"}.
struct NewUpload {
  std::uint64_t size = 0;
  std::string type, name;
};
/// Nothing when it is not such an object.
[[nodiscard]] std::optional<NewUpload> parse_new_upload(std::string_view json);

}  // namespace plaza::files
