#pragma once
// For tests and fuzzing: what RequestParser must say about a frame, found in another way (simdjson, then
// plain loops).
#include <simdjson.h>

#include <set>
#include <string>
#include <string_view>

#include "protocol/request_parser.h"

namespace plaza::protocol {

class RequestOracle {
 public:
  /// Empty when the parser's answer to this frame is right, else what is wrong with it.
  std::string complaint(std::string_view frame, const std::expected<const Request*, ParseError>& answer) {
    const bool said_broken = !answer && answer.error().stream_broken;
    const simdjson::padded_string padded(frame);
    simdjson::dom::element root;
    doubled_ = false;
    const bool good = parser_.parse(padded).get(root) == simdjson::SUCCESS && root.is_object() &&
                      depth_of(root) <= kJsonDepthMax;
    if (good == said_broken) return good ? "valid JSON called broken" : "broken JSON not noticed";
    if (!answer) return {};
    if (doubled_) return "a doubled key was not noticed";
    return compare(root.get_object(), **answer);
  }

 private:
  std::size_t depth_of(simdjson::dom::element value) {
    std::size_t deepest = 0;
    if (value.is_array()) {
      for (const auto item : value.get_array()) deepest = std::max(deepest, depth_of(item));
      return deepest + 1;
    }
    if (!value.is_object()) return 0;
    std::set<std::string_view> keys;
    for (const auto [key, item] : value.get_object()) {
      doubled_ |= !keys.insert(key).second;
      deepest = std::max(deepest, depth_of(item));
    }
    return deepest + 1;
  }

  static std::string compare(simdjson::dom::object object, const Request& request) {
    FieldSet present;
    for (const auto [key, value] : object) {
      for (std::size_t i = 0; i < kRequestFields; ++i) {
        if (kFieldTable[i].name != key) continue;
        const auto field = static_cast<Field>(i);
        present |= bit(field);
        if (!same(value, kFieldTable[i].type, request, field)) return "another value of " + std::string(key);
      }
    }
    return present == request.present() ? "" : "other fields than in the frame";
  }

  static bool same(simdjson::dom::element value, FieldType type, const Request& request, Field field) {
    switch (type) {
      case FieldType::integer: {
        std::uint64_t number = 0;
        return value.get(number) == simdjson::SUCCESS && request.number(field) == number &&
               number <= kIntegerMax;
      }
      case FieldType::string: {
        std::string_view text;
        return value.get(text) == simdjson::SUCCESS && request.text(field) == text;
      }
      case FieldType::boolean: {
        bool flag = false;
        return value.get(flag) == simdjson::SUCCESS && request.flag(field) == flag;
      }
      default: {
        simdjson::dom::parser again;
        const std::string body(request.text(field));
        simdjson::dom::element parsed;
        return value.is_object() && again.parse(body).get(parsed) == simdjson::SUCCESS &&
               std::string(simdjson::minify(parsed)) == std::string(simdjson::minify(value));
      }
    }
  }

  simdjson::dom::parser parser_;
  bool doubled_ = false;
};

}  // namespace plaza::protocol
