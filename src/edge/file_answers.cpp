#include "edge/file_answers.h"

#include "files/body.h"
#include "files/file_name.h"
#include "protocol/json_writer.h"

namespace plaza::edge {

using files::FileCode;

namespace {

int status_of(FileCode code) {
  switch (code) {
    case FileCode::not_found: return 404;
    case FileCode::bad_request: return 400;
    case FileCode::too_large: return 413;
    case FileCode::type_refused: return 415;
    case FileCode::quota: return 403;
    case FileCode::wrong_offset: return 409;
    case FileCode::full: return 507;
    case FileCode::unavailable: return 503;
  }
  return 503;
}

/// An object whose members `write` adds.
template <class Write>
std::string object_text(Write write) {
  std::string text;
  {
    protocol::JsonWriter json(text);  // the text is complete when it is gone
    json.begin_object();
    write(json);
    json.end_object();
  }
  return text;
}

}  // namespace

net::HttpResponse json_response(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body) + "\n";
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

net::HttpResponse refused(int status, std::string_view why) {
  return json_response(status, object_text([why](protocol::JsonWriter& json) { json.member("error", why); }));
}

net::HttpResponse refused(const files::FileError& error) {
  net::HttpResponse response = refused(status_of(error.code), error.detail);
  if (error.code == FileCode::wrong_offset)
    response.headers.emplace_back("Upload-Offset", std::to_string(error.offset));
  return response;
}

net::HttpResponse refused_method(std::string_view allowed) {
  net::HttpResponse response = refused(405, "another method");
  response.headers.emplace_back("Allow", std::string(allowed));
  return response;
}

std::string upload_json(const ports::FileUpload& upload, std::uint32_t chunk_bytes_max) {
  return object_text([&](protocol::JsonWriter& json) {
    json.member("upload", upload.id.value);
    json.member("size", upload.size);
    json.member("name", upload.name);
    json.member("chunk_bytes_max", chunk_bytes_max);
  });
}

net::HttpResponse progress_response(const files::Progress& progress) {
  net::HttpResponse response = json_response(
      200, progress.file
               ? files::file_body(*progress.file, {})
               : object_text([&](protocol::JsonWriter& json) { json.member("offset", progress.offset); }));
  response.headers.emplace_back("Upload-Offset", std::to_string(progress.offset));
  response.headers.emplace_back("Upload-Length", std::to_string(progress.size));
  return response;
}

std::string entity_tag(const ports::StoredFile& file, bool thumbnail) {
  return "\"" + file.hash + (thumbnail ? "-thumbnail\"" : "\"");
}

std::string content_range(const files::ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.count - 1) + "/" +
         std::to_string(size);
}

net::HttpResponse file_response(const ports::StoredFile& file, bool thumbnail, const std::string& tag) {
  net::HttpResponse response;
  response.content_type = thumbnail ? "image/jpeg" : file.type;
  response.headers = {
      {"ETag", tag},
      {"Accept-Ranges", "bytes"},
      {"Cache-Control", "private, max-age=0, must-revalidate"},
      {"Content-Disposition", files::attachment_header(thumbnail ? "thumbnail.jpg" : file.name)},
      {"Content-Security-Policy", "default-src 'none'; sandbox"},
      {"X-Content-Type-Options", "nosniff"}};
  return response;
}

}  // namespace plaza::edge
