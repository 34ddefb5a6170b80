#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "backend/api_error.h"

namespace plaza::backend {

struct Call;

/// Where a parameter stands in HTTP. In a batch, all are fields of one object.
enum class In : std::uint8_t { path, query, body };

/// What a parameter may be.
enum class Type : std::uint8_t {
  ident,    ///< the name of an app, zone or server: letters, digits, '.', '_', '-'; 1..64
  id,       ///< the number of a member or room
  text,     ///< UTF-8, min..max bytes
  number,   ///< a whole number, min..max
  flag,     ///< true or false
  choice,   ///< one of the words of `choices`
  channel,  ///< the name of a channel (channels/channel_key.h)
  texts,    ///< a list of at most max texts
  ids,      ///< a list of min..max numbers of members
  object,   ///< a JSON object
  objects,  ///< a list of at most max JSON objects
};

struct Param {
  std::string_view name;
  In in = In::body;
  Type type = Type::text;
  bool required = true;
  std::string_view help;
  std::int64_t min = 0, max = 0;
  std::string_view choices = {};  ///< "a|b|c"
};

/// A field of the answer, for the documents.
struct Field {
  std::string_view name, type, help;
};

enum class Who : std::uint8_t {
  servers,    ///< an app's server for its own app; an operator for any
  operators,  ///< only who may open admin.sock
};

/// Which app a call is about.
enum class About : std::uint8_t {
  app,      ///< the key's app; an operator names it by `app` (default: "default")
  nothing,  ///< no app
};

using Answer = ApiResult<boost::json::object>;

/// Something that can be asked for, declared once: routing, checks, documents and the page come from this.
struct Operation {
  std::string_view name;  ///< stable: in batches and in the audit log
  std::string_view method, path, summary;
  Who who = Who::servers;
  About about = About::app;
  bool changes = false;  ///< is audited, and takes an idempotency_key
  std::vector<Param> params;
  std::vector<Field> answer;
  std::vector<ErrorCode> errors;   ///< besides those that every call may get
  Answer (*run)(Call&) = nullptr;  ///< null: by the Api itself (batch)
};

/// All, in the order of the documents.
std::span<const Operation> operations();
const Operation* find_operation(std::string_view name);

/// What this parameter may be, for people.
std::string allowed_text(const Param& param);
/// Parameters that are not in Operation::params since they come with every operation of a kind: idempotency_key, app.
std::vector<Param> common_params(const Operation& operation);

}  // namespace plaza::backend
