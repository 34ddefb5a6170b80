#pragma once
#include <string>
#include <string_view>

#include "backend/arguments.h"
#include "backend/operation.h"

namespace plaza::backend {

struct Route {
  const Operation* operation = nullptr;  ///< null: there is no such path, or not with this method
  PathValues path;
  std::string allow;  ///< the methods of the path when it has others: "GET, POST"
};

/// The operation of a method and a path. What stands in the path is percent-decoded. HEAD counts as GET.
Route find_route(std::string_view method, std::string_view path);

}  // namespace plaza::backend
