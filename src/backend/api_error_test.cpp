#include "backend/api_error.h"

#include <gtest/gtest.h>

namespace plaza::backend {
namespace {

TEST(ApiError, IsASentenceAlsoWhereOnlyTheThingIsKnown) {
  const auto text = [](ErrorCode code, std::string message) {
    return to_json(refuse(code, std::move(message)).error());
  };
  EXPECT_EQ(text(ErrorCode::not_found, "room"),
            R"({"error":{"code":"not_found","message":"there is no such room"}})");
  EXPECT_EQ(text(ErrorCode::name_taken, "app"),
            R"({"error":{"code":"name_taken","message":"this name is taken by another app"}})");
  EXPECT_EQ(text(ErrorCode::not_found, "there is no such path"),
            R"({"error":{"code":"not_found","message":"there is no such path"}})");
  EXPECT_EQ(text(ErrorCode::name_taken, ""),
            R"({"error":{"code":"name_taken","message":"Something else has this name."}})");
}

}  // namespace
}  // namespace plaza::backend
