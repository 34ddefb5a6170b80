// Webhooks, and the events that one did not take.
#include "backend/call.h"
#include "backend/event_views.h"
#include "net/http_client.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr const char* kInternet = "https:// and a host of the internet";
constexpr const char* kInternetOrInside =
    "https:// and a host of the internet, or http:// or https:// and one in a private network";

json::object shown(const ports::Webhook& hook) {
  return {{"webhook", hook.id.value},
          {"url", hook.url},
          {"created_ms", hook.created_ms},
          {"position", hook.position}};
}

json::object shown(const ports::DeadLetter& letter) {
  return {{"letter", letter.id.value}, {"webhook", letter.webhook.value},
          {"why", letter.why},         {"failed_ms", letter.failed_ms},
          {"again", letter.again},     {"event", shown_event(letter.event)}};
}

/// What can be said of it without asking anybody; a name is looked up when something is posted there.
ApiResult<void> check_url(const Call& call) {
  const bool inside = call.services.events.private_networks;
  const auto wrong = [&](std::string why) {
    return refuse(ErrorCode::bad_request, std::move(why), "url", inside ? kInternetOrInside : kInternet);
  };
  const auto url = net::HttpUrl::parse(call.args.text("url"));
  if (!url) return wrong(url.error());
  if (!url->tls && !inside) return wrong("only https");
  const bool v6 = url->host.find(':') != std::string::npos;
  const auto address = net::Address::parse((v6 ? "[" + url->host + "]" : url->host) + ":1");
  if (!address) return {};
  if (auto allowed = net::allowed_to(*url, *address, inside); !allowed) return wrong(allowed.error());
  return {};
}

std::string new_secret() { return "whs_" + random_text(32); }

ports::WebhookId webhook_id(const Call& call) { return ports::WebhookId{call.args.number("webhook")}; }

}  // namespace

Answer create_webhook(Call& call) {
  if (auto good = check_url(call); !good) return fail(good.error());
  const auto& events = call.services.events;
  const std::string secret = new_secret();
  const auto made = events.webhooks.add_webhook({.id = {},
                                                 .app = call.app.id,
                                                 .url = call.args.text("url"),
                                                 .sealed_secret = events.box.seal(secret),
                                                 .created_ms = call.services.clock.wall_ms(),
                                                 .position = 0},
                                                events.webhooks_per_app_max);
  if (!made) return fail(of_directory(made.error()));
  events.desk.webhooks_changed();
  json::object answer = shown(*made);
  answer["secret"] = secret;
  return answer;
}

Answer list_webhooks(Call& call) {
  const auto limit = page_limit(call);
  const auto hooks = call.services.events.webhooks.webhooks(
      call.app.id, ports::WebhookId{call.args.number("after")}, limit);
  if (!hooks) return fail(of_directory(hooks.error()));
  json::array list;
  for (const auto& hook : *hooks) list.emplace_back(shown(hook));
  json::object answer{{"webhooks", std::move(list)}};
  add_next(answer, hooks->size(), limit, hooks->empty() ? ports::WebhookId{} : hooks->back().id);
  return answer;
}

Answer rotate_webhook(Call& call) {
  const auto& events = call.services.events;
  const std::string secret = new_secret();
  const auto changed = events.webhooks.set_secret(call.app.id, webhook_id(call), events.box.seal(secret));
  if (!changed) return fail(of_directory(changed.error(), "webhook"));
  events.desk.webhooks_changed();
  json::object answer = shown(*changed);
  answer["secret"] = secret;
  return answer;
}

Answer remove_webhook(Call& call) {
  const auto removed = call.services.events.webhooks.remove_webhook(call.app.id, webhook_id(call));
  if (!removed) return fail(of_directory(removed.error(), "webhook"));
  call.services.events.desk.webhooks_changed();
  return json::object{{"webhook", webhook_id(call).value}, {"removed", true}};
}

Answer list_dead_letters(Call& call) {
  const auto limit = page_limit(call);
  const auto letters = call.services.events.webhooks.dead_letters(
      call.app.id, ports::DeadLetterId{call.args.number("after")}, limit);
  if (!letters) return fail(of_directory(letters.error()));
  json::array list;
  for (const auto& letter : *letters) list.emplace_back(shown(letter));
  json::object answer{{"letters", std::move(list)}};
  add_next(answer, letters->size(), limit, letters->empty() ? ports::DeadLetterId{} : letters->back().id);
  return answer;
}

Answer redeliver_dead_letters(Call& call) {
  const auto count = call.services.events.webhooks.redeliver(call.app.id,
                                                             ports::DeadLetterId{call.args.number("letter")});
  if (!count) return fail(of_directory(count.error(), "letter"));
  call.services.events.desk.webhooks_changed();
  return json::object{{"letters", *count}};
}

Answer drop_dead_letters(Call& call) {
  const auto count = call.services.events.webhooks.drop_letters(
      call.app.id, ports::DeadLetterId{call.args.number("letter")});
  if (!count) return fail(of_directory(count.error(), "letter"));
  return json::object{{"letters", *count}};
}

}  // namespace plaza::backend
