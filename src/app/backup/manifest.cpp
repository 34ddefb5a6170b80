#include "app/backup/manifest.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace plaza::app {
namespace {

namespace json = boost::json;

// 1 had no files of members.
constexpr std::int64_t kFormat = 2;

bool plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos;
}

ManifestFile file_from(const json::object& from) {
  ManifestFile file{.name = std::string(from.at("name").as_string()),
                    .bytes = json::value_to<std::uint64_t>(from.at("bytes")),
                    .sha256 = std::string(from.at("sha256").as_string())};
  // The name becomes a part of a path.
  if (!plain_name(file.name))
    throw std::invalid_argument(fmt::format("\"{}\" is not the name of a file", file.name));
  return file;
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  std::string text = fmt::format(
      "{{\n  \"format\": {},\n  \"version\": {},\n  \"moment\": {},\n  \"files\": [", kFormat,
      json::serialize(manifest.version), json::serialize(manifest.moment));
  const char* before = "\n";
  for (const auto& file : manifest.files) {
    text += fmt::format("{}    {{\"name\": {}, \"bytes\": {}, \"sha256\": {}}}", before,
                        json::serialize(file.name), file.bytes, json::serialize(file.sha256));
    before = ",\n";
  }
  return text + "\n  ]\n}\n";
}

Result<Manifest, std::string> manifest_from_json(std::string_view text) {
  try {
    const json::value parsed = json::parse(json::string_view(text.data(), text.size()));
    const json::object& from = parsed.as_object();
    if (const auto format = json::value_to<std::int64_t>(from.at("format")); format < 1 || format > kFormat) {
      return fail(fmt::format(
          "it is of format {}; this plaza knows up to {}: use the plaza that made the backup, or a newer one",
          format, kFormat));
    }
    Manifest manifest{.version = std::string(from.at("version").as_string()),
                      .moment = std::string(from.at("moment").as_string()),
                      .files = {}};
    for (const auto& file : from.at("files").as_array())
      manifest.files.push_back(file_from(file.as_object()));
    return manifest;
  } catch (const std::exception& wrong) {
    return fail(fmt::format("it is not the manifest of a backup: {}", wrong.what()));
  }
}

}  // namespace plaza::app
