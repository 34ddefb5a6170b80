// The declared operations: that they fit together, and that parameters are checked as declared.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <set>

#include "backend/arguments.h"
#include "backend/documents.h"
#include "backend/operation.h"
#include "backend/router.h"

namespace plaza::backend {
namespace {

namespace json = boost::json;

TEST(Operations, EachHasANameARouteToItselfAndEveryPlaceOfItsPathDeclared) {
  std::set<std::string_view> names;
  for (const auto& operation : operations()) {
    EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
    EXPECT_TRUE(operation.path.starts_with("/api/v1/")) << operation.name;
    EXPECT_FALSE(operation.summary.empty()) << operation.name;
    EXPECT_FALSE(operation.answer.empty()) << operation.name;
    EXPECT_TRUE(operation.run || operation.name == "batch") << operation.name;
    EXPECT_EQ(operation.changes, operation.method != "GET" && operation.name != "batch") << operation.name;
    std::string path;
    for (std::size_t at = 0; at < operation.path.size(); ++at) {
      if (operation.path[at] != '{') {
        path += operation.path[at];
        continue;
      }
      const auto end = operation.path.find('}', at);
      const std::string_view place = operation.path.substr(at + 1, end - at - 1);
      const auto param = std::ranges::find(operation.params, place, &Param::name);
      ASSERT_NE(param, operation.params.end()) << operation.name << " " << place;
      EXPECT_EQ(param->in, In::path) << operation.name << " " << place;
      EXPECT_TRUE(param->required) << operation.name << " " << place;
      path += param->type == Type::id ? "7" : "x";
      at = end;
    }
    EXPECT_EQ(find_route(operation.method, path).operation, &operation) << operation.name;
    for (const auto& param : operation.params) {
      if (param.in == In::query) EXPECT_EQ(operation.method, "GET") << operation.name << " " << param.name;
      if (param.in == In::body) EXPECT_NE(operation.method, "GET") << operation.name << " " << param.name;
      if (param.in == In::path)
        EXPECT_NE(operation.path.find(param.name), operation.path.npos) << operation.name;
      EXPECT_FALSE(param.help.empty()) << operation.name << " " << param.name;
    }
  }
}

TEST(Operations, TheDocumentDescribesEachWithItsParametersAndErrors) {
  const json::value document = json::parse(openapi_document());
  for (const auto& operation : operations()) {
    std::string method(operation.method);
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 32); });
    const auto& described = document.at("paths").at(operation.path).at(method).as_object();
    EXPECT_EQ(described.at("operationId").as_string(), operation.name);
    std::size_t count = described.contains("parameters") ? described.at("parameters").as_array().size() : 0;
    if (described.contains("requestBody")) {
      count += described.at("requestBody")
                   .at("content")
                   .at("application/json")
                   .at("schema")
                   .at("properties")
                   .as_object()
                   .size();
    }
    EXPECT_EQ(count, operation.params.size() + common_params(operation).size()) << operation.name;
    for (const ErrorCode code : operation.errors)
      EXPECT_TRUE(described.at("responses").as_object().contains(std::to_string(row_of(code).status)))
          << operation.name;
    EXPECT_NE(operations_markdown().find("### `" + std::string(operation.name) + "`"), std::string::npos);
  }
}

TEST(Router, SaysWhichMethodsAPathHasAndDecodesWhatStandsInIt) {
  EXPECT_EQ(find_route("PUT", "/api/v1/zones").operation, nullptr);
  EXPECT_EQ(find_route("PUT", "/api/v1/zones").allow, "POST, GET");
  EXPECT_EQ(find_route("GET", "/api/v1/nothing").allow, "");
  EXPECT_EQ(find_route("GET", "/api/v1/zones/").operation, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/zones//online").operation, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/zones/x/online/y").operation, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/zones/%65u/online").path.at("zone"), "eu");
  EXPECT_EQ(find_route("GET", "/api/v1/zones/a%2Fb").path.at("zone"), "a/b")
      << "no further piece of the path";
  EXPECT_EQ(find_route("GET", "/api/v1/zones/%zz").operation, nullptr);
  EXPECT_EQ(find_route("HEAD", "/api/v1/app").operation, find_operation("app.show"));
  EXPECT_EQ(find_route("POST", "/api/v1/servers/s/keys/rotate").operation, find_operation("keys.rotate"));
  EXPECT_EQ(find_route("DELETE", "/api/v1/servers/s/keys/rotate").operation, find_operation("keys.revoke"));
}

/// One operation with a parameter of every type.
const Operation kEvery{
    .name = "every",
    .method = "POST",
    .path = "/x/{ident}",
    .about = About::nothing,
    .params = {
        {.name = "ident", .in = In::path, .type = Type::ident},
        {.name = "id", .in = In::query, .type = Type::id, .required = false},
        {.name = "text", .in = In::body, .type = Type::text, .required = false, .min = 2, .max = 4},
        {.name = "number", .in = In::body, .type = Type::number, .required = false, .min = 3, .max = 5},
        {.name = "choice", .in = In::body, .type = Type::choice, .required = false, .choices = "one|two"},
        {.name = "texts", .in = In::body, .type = Type::texts, .required = false, .max = 2},
        {.name = "object", .in = In::body, .type = Type::object, .required = false},
        {.name = "objects", .in = In::body, .type = Type::objects, .required = false, .max = 1},
        {.name = "flag", .in = In::body, .type = Type::flag, .required = false},
        {.name = "channel", .in = In::body, .type = Type::channel, .required = false},
        {.name = "ids", .in = In::body, .type = Type::ids, .required = false, .min = 1, .max = 2}}};

ApiResult<Arguments> of(const std::string& body, const std::string& query = "",
                        const std::string& ident = "a") {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/x/y" + (query.empty() ? "" : "?" + query);
  request.body = body;
  return Arguments::of_request(kEvery, {{"ident", ident}}, request);
}
bool right(const std::string& body, const std::string& query = "", const std::string& ident = "a") {
  const auto arguments = of(body, query, ident);
  if (!arguments) EXPECT_EQ(arguments.error().code, ErrorCode::bad_request);
  return arguments.has_value();
}

TEST(Arguments, EveryBoundHoldsAtItsEdge) {
  EXPECT_TRUE(right("", "", std::string(64, 'a')));
  EXPECT_FALSE(right("", "", std::string(65, 'a')));
  EXPECT_FALSE(right("", "", "-a"));
  EXPECT_FALSE(right("", "", "a b"));
  EXPECT_FALSE(right("", "", "a\xc3\xa4"));
  EXPECT_TRUE(right("", "id=9007199254740991"));
  EXPECT_FALSE(right("", "id=9007199254740992"));
  EXPECT_FALSE(right("", "id=0"));
  EXPECT_FALSE(right("", "id=-1"));
  EXPECT_FALSE(right("", "id=1e3"));
  EXPECT_FALSE(right("", "id=99999999999999999999"));
  EXPECT_TRUE(right(R"({"text":"ab"})"));
  EXPECT_TRUE(right(R"({"text":"abcd"})"));
  EXPECT_FALSE(right(R"({"text":"a"})"));
  EXPECT_FALSE(right(R"({"text":"abcde"})"));
  EXPECT_FALSE(right(R"({"text":"a\u0000b"})"));
  EXPECT_FALSE(right(R"({"text":5})"));
  EXPECT_TRUE(right(R"({"number":3})"));
  EXPECT_TRUE(right(R"({"number":5})"));
  EXPECT_FALSE(right(R"({"number":2})"));
  EXPECT_FALSE(right(R"({"number":6})"));
  EXPECT_FALSE(right(R"({"number":4.0})"));
  EXPECT_FALSE(right(R"({"number":"4"})"));
  EXPECT_FALSE(right(R"({"number":18446744073709551615})"));
  EXPECT_TRUE(right(R"({"choice":"two"})"));
  EXPECT_FALSE(right(R"({"choice":"three"})"));
  EXPECT_FALSE(right(R"({"choice":"one|two"})"));
  EXPECT_TRUE(right(R"({"texts":["a","b"]})"));
  EXPECT_FALSE(right(R"({"texts":["a","b","c"]})"));
  EXPECT_FALSE(right(R"({"texts":["a",1]})"));
  EXPECT_TRUE(right(R"({"object":{"a":1}})"));
  EXPECT_FALSE(right(R"({"object":[]})"));
  EXPECT_TRUE(right(R"({"objects":[{}]})"));
  EXPECT_FALSE(right(R"({"objects":[{},{}]})"));
  EXPECT_TRUE(right(R"({"flag":false})"));
  EXPECT_FALSE(right(R"({"flag":0})"));
  EXPECT_FALSE(right(R"({"flag":"true"})"));
  EXPECT_TRUE(right(R"({"channel":"a/b:c.d-e_9"})"));
  EXPECT_FALSE(right(R"({"channel":"A"})"));
  EXPECT_FALSE(right(R"({"channel":""})"));
  EXPECT_TRUE(right(R"({"ids":[1,9007199254740991]})"));
  EXPECT_FALSE(right(R"({"ids":[]})"));
  EXPECT_FALSE(right(R"({"ids":[1,2,3]})"));
  EXPECT_FALSE(right(R"({"ids":[0]})"));
  EXPECT_FALSE(right(R"({"ids":["1"]})"));
}

TEST(Arguments, ARefusalNamesTheFieldAndSaysWhatIsRight) {
  const auto wrong = of(R"({"number":6})");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().field, "number");
  EXPECT_EQ(wrong.error().allowed, "a number from 3 to 5");
  EXPECT_EQ(of(R"({"choice":"x"})").error().allowed, "one of one, two");
  const auto unknown = of(R"({"nubmer":4})");
  EXPECT_EQ(unknown.error().field, "nubmer");
  EXPECT_EQ(unknown.error().allowed, "text, number, choice, texts, object, objects, flag, channel, ids");
}

TEST(Arguments, WhatIsUnknownTwiceElsewhereBrokenOrMissingIsRefused) {
  EXPECT_FALSE(right("", "text=ab")) << "it belongs into the body";
  EXPECT_FALSE(right(R"({"id":5})"));
  EXPECT_FALSE(right("", "id=5&id=5"));
  EXPECT_FALSE(right("", "id=%zz"));
  EXPECT_FALSE(right("", "app=x")) << "this operation is about no app";
  EXPECT_FALSE(right("[]"));
  EXPECT_FALSE(right("{"));
  EXPECT_FALSE(right("\xff"));
  const auto missing = Arguments::of_object(kEvery, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().field, "ident");
}

TEST(Arguments, AnObjectHasAllOfThemWhereverTheyStandInHttp) {
  const auto arguments = Arguments::of_object(
      kEvery, json::parse(R"({"ident":"a","id":7,"text":"abc"})").as_object());
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->number("id"), 7U);
  EXPECT_EQ(arguments->text("ident"), "a");
  EXPECT_EQ(arguments->canonical(), of(R"({"text":"abc"})", "id=7")->canonical());
  EXPECT_NE(arguments->canonical(), of(R"({"text":"abd"})", "id=7")->canonical());
  EXPECT_EQ(arguments->target(kEvery), "ident=a id=7");
  const auto more = of(R"({"flag":true,"channel":"news","ids":[3,4]})");
  EXPECT_EQ(more->flag("flag"), std::optional(true));
  EXPECT_EQ(more->flag("flags"), std::nullopt);
  EXPECT_EQ(more->ids("ids"), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(more->target(kEvery), "ident=a channel=news");
}

}  // namespace
}  // namespace plaza::backend
