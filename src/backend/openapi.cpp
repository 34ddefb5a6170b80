#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "backend/documents.h"
#include "backend/operation.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

json::object schema_of(const Param& param) {
  switch (param.type) {
    case Type::ident: return {{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"}};
    case Type::id: return {{"type", "integer"}, {"minimum", 1}, {"maximum", 9007199254740991}};
    case Type::text:
      return {{"type", "string"}, {"minLength", param.min > 0 ? 1 : 0}, {"description", allowed_text(param)}};
    case Type::number: return {{"type", "integer"}, {"minimum", param.min}, {"maximum", param.max}};
    case Type::choice: {
      json::array words;
      for (std::string_view rest = param.choices; !rest.empty();) {
        const auto bar = std::min(rest.find('|'), rest.size());
        words.emplace_back(rest.substr(0, bar));
        rest.remove_prefix(std::min(bar + 1, rest.size()));
      }
      return {{"type", "string"}, {"enum", std::move(words)}};
    }
    case Type::texts:
      return {{"type", "array"}, {"maxItems", param.max}, {"items", json::object{{"type", "string"}}}};
    case Type::flag: return {{"type", "boolean"}};
    case Type::channel: return {{"type", "string"}, {"pattern", "^[a-z0-9_.:/-]{1,64}$"}};
    case Type::ids:
      return {{"type", "array"},
              {"minItems", param.min},
              {"maxItems", param.max},
              {"items", json::object{{"type", "integer"}, {"minimum", 1}, {"maximum", 9007199254740991}}}};
    case Type::object: return {{"type", "object"}};
    case Type::objects:
      return {{"type", "array"}, {"maxItems", param.max}, {"items", json::object{{"type", "object"}}}};
  }
  return {};
}

std::string_view json_type(std::string_view type) {
  if (type == "list") return "array";
  if (type == "text") return "string";
  return type;
}

json::object answer_of(const Operation& operation) {
  json::object properties;
  for (const auto& field : operation.answer)
    properties[field.name] = json::object{{"type", json_type(field.type)}, {"description", field.help}};
  return {{"description", "Done."},
          {"content",
           json::object{{"application/json",
                         json::object{{"schema", json::object{{"type", "object"},
                                                              {"properties", std::move(properties)}}}}}}}};
}

json::object responses_of(const Operation& operation) {
  json::object responses{{"200", answer_of(operation)}};
  for (const ErrorCode code : operation.errors) {
    const auto& row = row_of(code);
    const std::string status = std::to_string(row.status);
    auto& text = responses[status];
    const std::string before = text.is_object()
                                   ? std::string(text.get_object()["description"].get_string()) + " / "
                                   : std::string();
    text = json::object{
        {"description", before + std::string(row.name)},
        {"content",
         json::object{{"application/json",
                       json::object{{"schema", json::object{{"$ref", "#/components/schemas/Error"}}}}}}}};
  }
  responses["default"] = json::object{{"$ref", "#/components/responses/Error"}};
  return responses;
}

json::object described(const Operation& operation) {
  json::array parameters;
  json::object properties;
  json::array required;
  auto params = operation.params;
  for (auto& param : common_params(operation)) params.push_back(param);
  for (const auto& param : params) {
    if (param.in == In::body) {
      json::object schema = schema_of(param);
      schema["description"] = std::string(param.help) + " (" + allowed_text(param) + ")";
      properties[param.name] = std::move(schema);
      if (param.required) required.emplace_back(param.name);
      continue;
    }
    parameters.emplace_back(json::object{{"name", param.name},
                                         {"in", param.in == In::path ? "path" : "query"},
                                         {"required", param.in == In::path || param.required},
                                         {"description", param.help},
                                         {"schema", schema_of(param)}});
  }
  const std::string_view name = operation.name;
  json::object out{{"operationId", name},
                   {"tags", json::array{json::string(name.substr(0, name.find('.')))}},
                   {"summary", operation.summary},
                   {"x-plaza-who", operation.who == Who::operators ? "operators" : "servers"}};
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (!properties.empty()) {
    json::object schema{
        {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    out["requestBody"] = json::object{
        {"content", json::object{{"application/json", json::object{{"schema", std::move(schema)}}}}}};
  }
  out["responses"] = responses_of(operation);
  return out;
}

json::object components() {
  json::array codes;
  for (const auto& row : error_rows()) codes.emplace_back(row.name);
  const json::object text{{"type", "string"}};
  json::object error{
      {"type", "object"},
      {"required", json::array{"code", "message"}},
      {"properties", json::object{{"code", json::object{{"type", "string"}, {"enum", std::move(codes)}}},
                                  {"message", text},
                                  {"field", text},
                                  {"allowed", text},
                                  {"retry_after_ms", json::object{{"type", "integer"}}}}}};
  json::object schema{{"type", "object"}, {"properties", json::object{{"error", std::move(error)}}}};
  json::object schemas{{"Error", std::move(schema)}};
  json::object response{
      {"description", "Refused: `error.code` is stable."},
      {"content",
       json::object{{"application/json",
                     json::object{{"schema", json::object{{"$ref", "#/components/schemas/Error"}}}}}}}};
  json::object bearer{{"type", "http"},
                      {"scheme", "bearer"},
                      {"description",
                       "KEY.SECRET, over TLS or from the server's own machine. Elsewhere sign each request: "
                       "see docs/server-api.md."}};
  return {{"schemas", std::move(schemas)},
          {"responses", json::object{{"Error", std::move(response)}}},
          {"securitySchemes", json::object{{"bearer", std::move(bearer)}}}};
}

}  // namespace

const std::string& openapi_document() {
  static const std::string text = [] {
    json::object paths;
    for (const auto& operation : operations()) {
      std::string method(operation.method);
      for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
      auto& path = paths[operation.path];
      if (!path.is_object()) path = json::object();
      path.get_object()[method] = described(operation);
    }
    json::object document{
        {"openapi", "3.1.0"},
        {"info",
         json::object{{"title", "Plaza server API"},
                      {"version", "1"},
                      {"description", "For the app's own servers, and for operators of the server."}}},
        {"security", json::array{json::object{{"bearer", json::array{}}}}},
        {"paths", std::move(paths)},
        {"components", components()}};
    return json::serialize(document);
  }();
  return text;
}

// Markdown -----------------------------------------------------------------------------------------------------------

std::string operations_markdown() {
  std::string text;
  for (const auto& operation : operations()) {
    text += fmt::format("### `{}`\n\n`{} {}`{}\n\n{}\n\n", operation.name, operation.method, operation.path,
                        operation.who == Who::operators ? " (operators only)" : "", operation.summary);
    if (!operation.params.empty()) {
      text += "| parameter | in | is | meaning |\n|---|---|---|---|\n";
      for (const auto& param : operation.params) {
        text += fmt::format("| `{}`{} | {} | {} | {} |\n", param.name, param.required ? "" : " (optional)",
                            param.in == In::path    ? "path"
                            : param.in == In::query ? "query"
                                                    : "body",
                            allowed_text(param), param.help);
      }
      text += "\n";
    }
    text += "| answer | is | meaning |\n|---|---|---|\n";
    for (const auto& field : operation.answer)
      text += fmt::format("| `{}` | {} | {} |\n", field.name, field.type, field.help);
    text += "\n";
    if (!operation.errors.empty()) {
      std::string codes;
      for (const ErrorCode code : operation.errors)
        codes += fmt::format("{}`{}`", codes.empty() ? "" : ", ", row_of(code).name);
      text += fmt::format("Refusals of its own: {}.\n\n", codes);
    }
  }
  return text;
}

std::string errors_markdown() {
  std::string text = "| code | status | meaning |\n|---|---|---|\n";
  for (const auto& row : error_rows())
    text += fmt::format("| `{}` | {} | {} |\n", row.name, row.status, row.meaning);
  return text;
}

}  // namespace plaza::backend
