#include "app/admin/admin_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "backend/operation.h"

namespace plaza::app {

namespace json = boost::json;

using backend::Operation;
using backend::Param;
using backend::Type;

namespace {

constexpr std::array kWords{
    AdminWords{"app create", "apps.create", "app"},
    AdminWords{"app list", "apps.list", ""},
    AdminWords{"app rename", "apps.rename", "app name"},
    AdminWords{"app disable", "apps.disable", "app"},
    AdminWords{"app enable", "apps.enable", "app"},
    AdminWords{"app delete", "apps.delete", "app"},
    AdminWords{"zone create", "zones.create", "zone"},
    AdminWords{"zone list", "zones.list", ""},
    AdminWords{"zone rename", "zones.rename", "zone name"},
    AdminWords{"zone disable", "zones.disable", "zone"},
    AdminWords{"zone enable", "zones.enable", "zone"},
    AdminWords{"zone delete", "zones.delete", "zone"},
    AdminWords{"quota show", "quotas.show", ""},
    AdminWords{"quota set", "quotas.set", ""},
    AdminWords{"server register", "servers.register", "server"},
    AdminWords{"server list", "servers.list", ""},
    AdminWords{"server change", "servers.change", "server"},
    AdminWords{"server remove", "servers.remove", "server"},
    AdminWords{"key create", "keys.create", "server"},
    AdminWords{"key rotate", "keys.rotate", "server"},
    AdminWords{"key list", "keys.list", "server"},
    AdminWords{"key revoke", "keys.revoke", "server key"},
    AdminWords{"member show", "members.show", "zone member"},
    AdminWords{"member find", "members.find", "zone nickname"},
    AdminWords{"member set", "members.set", "zone member"},
    AdminWords{"online", "online.list", "zone"},
    AdminWords{"kick", "members.kick", "zone member"},
    AdminWords{"mute", "members.mute", "zone member"},
    AdminWords{"unmute", "members.unmute", "zone member"},
    AdminWords{"ban", "members.ban", "zone member"},
    AdminWords{"unban", "members.unban", "zone member"},
    AdminWords{"sanctions", "sanctions.list", "zone"},
    AdminWords{"room recall", "rooms.recall", "zone room seq"},
    AdminWords{"member recall", "members.recall", "zone member seq"},
    AdminWords{"report list", "reports.list", "zone"},
    AdminWords{"report show", "reports.show", "zone report"},
    AdminWords{"report close", "reports.close", "zone report"},
    AdminWords{"word add", "words.put", "zone text"},
    AdminWords{"word list", "words.list", "zone"},
    AdminWords{"word remove", "words.remove", "zone word"},
    AdminWords{"announce", "announcements.create", "msg"},
    AdminWords{"announcement list", "announcements.list", ""},
    AdminWords{"announcement withdraw", "announcements.withdraw", "announcement"},
    AdminWords{"channel put", "channels.put", "zone channel"},
    AdminWords{"channel list", "channels.list", "zone"},
    AdminWords{"channel remove", "channels.remove", "zone channel"},
    AdminWords{"publish", "channels.publish", "zone channel msg"},
    AdminWords{"room find", "rooms.find", "zone name"},
    AdminWords{"room show", "rooms.show", "zone room"},
    AdminWords{"room dissolve", "rooms.dissolve", "zone room"},
    AdminWords{"room transfer", "rooms.transfer", "zone room member"},
    AdminWords{"account members", "members.of_account", "zone account"},
    AdminWords{"account export", "accounts.export", "zone member"},
    AdminWords{"events show", "events.show", ""},
    AdminWords{"events subscribe", "events.subscribe", "kinds"},
    AdminWords{"room watch", "rooms.watch", "zone room"},
    AdminWords{"room unwatch", "rooms.unwatch", "zone room"},
    AdminWords{"webhook create", "webhooks.create", "url"},
    AdminWords{"webhook list", "webhooks.list", ""},
    AdminWords{"webhook rotate", "webhooks.rotate", "webhook"},
    AdminWords{"webhook remove", "webhooks.remove", "webhook"},
    AdminWords{"letter list", "dead_letters.list", ""},
    AdminWords{"letter redeliver", "dead_letters.redeliver", ""},
    AdminWords{"letter drop", "dead_letters.drop", ""},
    AdminWords{"audit list", "audit.list", ""},
    AdminWords{"audit verify", "audit.verify", ""},
};

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const auto end = std::min(text.find(at), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

std::vector<Param> params_of(const Operation& operation) {
  auto params = operation.params;
  for (auto& param : backend::common_params(operation)) params.push_back(param);
  return params;
}

/// What is no number stays a text, which the server refuses with a reason.
json::value number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return json::string(text);
  return number;
}

/// The text as the operation wants it.
json::value value_of(const Param& param, const std::string& text) {
  if (param.type == Type::texts || param.type == Type::ids) {
    json::array list;
    for (const auto piece : split(text, ','))
      list.emplace_back(param.type == Type::ids ? number_of(piece) : json::value(piece));
    return list;
  }
  if (param.type == Type::flag && (text == "true" || text == "false")) return text == "true";
  return param.type == Type::id || param.type == Type::number ? number_of(text) : json::string(text);
}

/// The entry whose words the arguments begin with; takes them.
const AdminWords* take_words(std::vector<std::string>& arguments) {
  for (const auto& entry : kWords) {
    const auto words = split(entry.words, ' ');
    if (arguments.size() < words.size() || !std::equal(words.begin(), words.end(), arguments.begin()))
      continue;
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(words.size()));
    return &entry;
  }
  return nullptr;
}

struct Said {
  std::vector<std::string> words;                          ///< what is no flag
  std::vector<std::pair<std::string, std::string>> flags;  ///< of the operation, with "--"
};

/// Where a flag belongs that says which server is meant; null for one of the operation.
std::string* own_flag(std::string_view flag, AdminRequest& request) {
  if (flag == "--data-dir") return &request.data_dir;
  if (flag == "--config") return &request.config;
  if (flag == "--url") return &request.url;
  if (flag == "--key-file") return &request.key_file;
  if (flag == "--ca-file") return &request.ca_file;
  return nullptr;
}

/// Flags may stand anywhere. Those that are not the operation's are put where they belong.
Result<Said, std::string> sort_out(const std::vector<std::string>& arguments, AdminRequest& request) {
  Said said;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      request.help = true;
    } else if (argument == "--json") {
      request.json = true;
    } else if (argument == "--all") {
      request.all = true;
    } else if (!argument.starts_with("--")) {
      said.words.push_back(argument);
    } else if (const auto equals = argument.find('='); equals != std::string::npos) {
      said.flags.emplace_back(argument.substr(0, equals), argument.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      said.flags.emplace_back(argument, arguments[++i]);
    } else if (!request.help) {
      return fail(fmt::format("{} needs a value", argument));
    }
  }
  std::erase_if(said.flags, [&request](const auto& flag) {
    std::string* const own = own_flag(flag.first, request);
    if (own) *own = flag.second;
    return own != nullptr;
  });
  return said;
}

std::string usage_of(const AdminWords& entry) {
  std::string text = fmt::format("plaza admin {}", entry.words);
  for (const auto place : split(entry.places, ' ')) {
    text += ' ';
    for (const char c : place) text += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return text;
}

}  // namespace

std::span<const AdminWords> admin_words() { return kWords; }

Result<AdminRequest, std::string> parse_admin(const std::vector<std::string>& given) {
  AdminRequest request;
  auto said = sort_out(given, request);
  if (!said) return fail(std::move(said.error()));
  request.words = take_words(said->words);
  if (request.help || (!request.words && said->words.empty())) {
    request.help = true;
    return request;
  }
  if (!request.words)
    return fail(fmt::format("there is no \"{}\"; `plaza admin --help` lists what there is",
                            fmt::join(said->words, " ")));
  const Operation* operation = backend::find_operation(request.words->operation);
  const auto params = params_of(*operation);
  const auto places = split(request.words->places, ' ');
  if (said->words.size() > places.size())
    return fail(
        fmt::format("what is \"{}\"? It is: {}", said->words[places.size()], usage_of(*request.words)));
  if (said->words.size() < places.size())
    return fail(fmt::format("something is missing. It is: {}", usage_of(*request.words)));
  json::object values;
  for (std::size_t i = 0; i < places.size(); ++i)
    values[places[i]] = value_of(*std::ranges::find(params, places[i], &Param::name), said->words[i]);
  for (const auto& [flag, text] : said->flags) {
    const auto param = std::ranges::find(params, std::string_view(flag).substr(2), &Param::name);
    if (param == params.end())
      return fail(
          fmt::format("`{0}` has no {1}; `{0} --help` lists what it has", usage_of(*request.words), flag));
    values[param->name] = value_of(*param, text);
  }
  const json::object call{{"op", operation->name}, {"params", std::move(values)}};
  request.body = json::serialize(json::object{{"calls", json::array{call}}});
  return request;
}

std::string next_page(const AdminRequest& request, std::string_view result) {
  const json::object answer = json::parse(result).as_object();
  const json::value* next = answer.if_contains("next");
  if (!next) return {};
  json::object body = json::parse(request.body).as_object();
  body["calls"].as_array()[0].as_object()["params"].as_object()["after"] = *next;
  return json::serialize(body);
}

std::string admin_help() {
  std::string text =
      "Does to a running server on this machine what its operators may do, over admin.sock in its data "
      "directory. With --url it asks a server elsewhere, with the key of an app's server, for what that key "
      "may do: --key-file FILE has pk_....sk_... in it, or PLAZA_ADMIN_KEY is in the environment.\n\n"
      "Usage: plaza admin WORDS [--data-dir DIR] [--config FILE] [--json] [--all]\n"
      "       plaza admin WORDS --url https://HOST[:PORT] [--key-file FILE] [--ca-file FILE] [--json] "
      "[--all]\n\n";
  for (const auto& entry : kWords) {
    const auto usage = usage_of(entry).substr(std::string_view("plaza admin ").size());
    text += fmt::format("  {:<30} {}\n", usage, backend::find_operation(entry.operation)->summary);
  }
  return text +
         "\nWith --app NAME it is about that app, otherwise about \"default\". `plaza admin WORDS --help` "
         "lists the flags.\nWith --all a list goes on to its last page; with --json each page is a line.\n";
}

std::string admin_help(const AdminWords& entry) {
  const Operation* operation = backend::find_operation(entry.operation);
  std::string text = fmt::format("{}\n\nUsage: {}\n\n", operation->summary, usage_of(entry));
  const auto places = split(entry.places, ' ');
  for (const auto& param : params_of(*operation)) {
    const bool is_place = std::ranges::find(places, param.name) != places.end();
    text += fmt::format("  {:<20} {}{}\n",
                        is_place ? std::string(param.name) : fmt::format("--{}", param.name), param.help,
                        param.required && !is_place ? " Needed." : "");
    text += fmt::format("  {:<20} ({}{})\n", "", backend::allowed_text(param),
                        param.type == Type::texts || param.type == Type::ids ? ", separated by commas" : "");
  }
  return text;
}

}  // namespace plaza::app
