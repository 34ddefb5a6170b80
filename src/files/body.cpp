#include "files/body.h"

#include "protocol/fields.h"
#include "protocol/json_reader.h"
#include "protocol/json_writer.h"

namespace plaza::files {
namespace {

using protocol::JsonReader;

/// Calls `member(key, reader)` for each member of the object, which reads its value; false: it is no good JSON.
template <class Member>
bool read_object(std::string_view text, Member member) {
  std::string padded(text);
  padded.append(JsonReader::kPadding, '\0');
  JsonReader reader(text.size(), protocol::kJsonDepthMax);
  reader.start({padded.data(), text.size()});
  reader.skip_whitespace();
  if (!reader.expect('{')) return false;
  reader.skip_whitespace();
  bool first = true;
  while (!reader.take('}')) {
    if (!first && !reader.expect(',')) return false;
    first = false;
    std::string_view key;
    reader.skip_whitespace();
    if (!reader.string(key)) return false;
    const std::string name(key);
    reader.skip_whitespace();
    if (!reader.expect(':')) return false;
    reader.skip_whitespace();
    if (!member(name, reader)) return false;
    reader.skip_whitespace();
  }
  return reader.finish();
}

bool read_text(JsonReader& reader, std::string& out) {
  if (reader.peek() != '"') return reader.skip_value(2);
  std::string_view text;
  if (!reader.string(text)) return false;
  out = text;
  return true;
}

/// 0 when it is no whole number.
bool read_number(JsonReader& reader, std::uint64_t& out) {
  if (reader.peek() < '0' || reader.peek() > '9') return reader.skip_value(2);
  JsonReader::Number number;
  if (!reader.number(number)) return false;
  out = number.is_natural && number.value <= kIdMax ? number.value : 0;
  return true;
}

}  // namespace

std::optional<FileReference> file_reference(std::string_view body) {
  FileReference reference;
  const bool good = read_object(body, [&](const std::string& key, JsonReader& reader) {
    if (key == "file") return read_number(reader, reference.file.value);
    if (key == "text") return read_text(reader, reference.text);
    return reader.skip_value(2);
  });
  if (!good || !reference.file) return std::nullopt;
  return reference;
}

namespace {
void write_body(std::string& body, const ports::StoredFile& file, std::string_view text) {
  protocol::JsonWriter json(body);
  json.begin_object();
  json.member("file", file.id.value);
  json.member("name", file.name);
  json.member("type", file.type);
  json.member("size", file.size);
  json.member("hash", file.hash);
  if (file.width != 0) {
    json.member("width", file.width);
    json.member("height", file.height);
  }
  if (file.thumbnail_bytes != 0) json.member_flag("thumbnail", true);
  if (!text.empty()) json.member("text", text);
  json.end_object();
}
}  // namespace

std::string file_body(const ports::StoredFile& file, std::string_view text) {
  std::string body;
  write_body(body, file, text);
  return body;
}

std::optional<NewUpload> parse_new_upload(std::string_view json) {
  NewUpload upload;
  const bool good = read_object(json, [&](const std::string& key, JsonReader& reader) {
    if (key == "size") return read_number(reader, upload.size);
    if (key == "type") return read_text(reader, upload.type);
    if (key == "name") return read_text(reader, upload.name);
    return reader.skip_value(2);
  });
  if (!good) return std::nullopt;
  return upload;
}

}  // namespace plaza::files
