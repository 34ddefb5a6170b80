#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plaza::app {

/// What can be said to `plaza admin`: words for one operation of the server API (backend/operation.h).
struct AdminWords {
  std::string_view words;      ///< "app create"
  std::string_view operation;  ///< "apps.create"
  /// Parameters that are given without a flag, in their order, separated by blanks: "app". The others are flags: --networks.
  std::string_view places;
};
std::span<const AdminWords> admin_words();

/// A command line, understood.
struct AdminRequest {
  const AdminWords* words = nullptr;
  std::string data_dir;  ///< empty: as the configuration says
  std::string config;
  std::string url;  ///< of a server elsewhere; empty: the one on this data directory
  std::string key_file, ca_file;
  bool json = false;
  bool help = false;
  bool all = false;  ///< goes on to the last page
  std::string body;  ///< of POST /api/v1/batch with this one call
};
/// The error is for a person.
Result<AdminRequest, std::string> parse_admin(const std::vector<std::string>& arguments);

/// The request for the page behind this one, whose result was `result`; empty when it is the last one.
std::string next_page(const AdminRequest& request, std::string_view result);

/// What can be said, and how.
std::string admin_help();
std::string admin_help(const AdminWords& words);

/// Where an answer stands among the pages of one list.
struct AdminPage {
  bool first = true;
  bool goes_on = false;  ///< the next one comes behind it
};
/// An answer as a person reads it: a list as a table, an object as lines.
std::string admin_text(std::string_view json, AdminPage page = {});

}  // namespace plaza::app
