#pragma once
// What is answered about files over HTTP.
#include <cstdint>
#include <string>
#include <string_view>

#include "files/byte_range.h"
#include "files/file_service.h"
#include "net/http_message.h"

namespace plaza::edge {

[[nodiscard]] net::HttpResponse json_response(int status, std::string body);
/// {"error":"..."}
[[nodiscard]] net::HttpResponse refused(int status, std::string_view why);
[[nodiscard]] net::HttpResponse refused(const files::FileError& error);
[[nodiscard]] net::HttpResponse refused_method(std::string_view allowed);

[[nodiscard]] std::string upload_json(const ports::FileUpload& upload, std::uint32_t chunk_bytes_max);
/// Upload-Offset, Upload-Length, and the file when it is complete.
[[nodiscard]] net::HttpResponse progress_response(const files::Progress& progress);

[[nodiscard]] std::string entity_tag(const ports::StoredFile& file, bool thumbnail);
[[nodiscard]] std::string content_range(const files::ByteRange& range, std::uint64_t size);
/// A download's head: never shown as a page of this server, whatever is in it.
[[nodiscard]] net::HttpResponse file_response(const ports::StoredFile& file, bool thumbnail,
                                              const std::string& tag);

}  // namespace plaza::edge
