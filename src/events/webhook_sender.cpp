#include "events/webhook_sender.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "events/webhook_rules.h"

namespace plaza::events {

using ports::AppEvent;

namespace {

constexpr std::uint32_t kPage = 500;
constexpr std::int64_t kStorageRetryMs = 1'000;
constexpr std::size_t kWhyBytesMax = 200;

const metrics::Counter g_taken{
    "plaza_webhook_posts_total", "Posts of events to the apps' servers.", {{"outcome", "taken"}}};
const metrics::Counter g_failed{
    "plaza_webhook_posts_total", "Posts of events to the apps' servers.", {{"outcome", "failed"}}};
const metrics::Counter g_dead{"plaza_webhook_dead_letters_total",
                              "Events that an app's server did not take in time."};
const metrics::Counter g_dropped{"plaza_webhook_dead_letters_dropped_total",
                                 "Dead letters removed since their app had too many."};

bool is_taken(const net::HttpPosted& posted) { return posted.status >= 200 && posted.status < 300; }

std::string reason(const net::HttpPosted& posted) {
  return (posted.status == 0 ? posted.error : "status " + std::to_string(posted.status))
      .substr(0, kWhyBytesMax);
}

}  // namespace

WebhookSender::WebhookSender(SenderParts parts, SenderOptions options) : parts_(parts), options_(options) {}

WebhookSender::~WebhookSender() { stop(); }

void WebhookSender::changed() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  wake();
}

void WebhookSender::happened(AppId app) {
  const std::lock_guard lock(mutex_);
  happened_.insert(app);
  wake();
}

void WebhookSender::wake() {
  awake_ = true;
  wake_.notify_one();
}

// A turn -------------------------------------------------------------------------------------------------------------

std::int64_t WebhookSender::turn() {
  bool changed = false;
  std::set<AppId> happened;
  std::vector<std::pair<ports::WebhookId, net::HttpPosted>> answers;
  {
    const std::lock_guard lock(mutex_);
    awake_ = false;
    if (stopping_) return kIdleMs;
    changed = std::exchange(changed_, false);
    happened.swap(happened_);
    answers.swap(answers_);
  }
  for (const auto& [id, posted] : answers) {
    if (const auto at = lines_.find(id); at != lines_.end()) settle(at->second, posted);
  }
  bool works = true;
  if (changed && !load()) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    works = false;
  }
  std::int64_t wait_ms = works ? kIdleMs : kStorageRetryMs;
  for (auto& [id, line] : lines_) {
    line.behind = line.behind || happened.contains(line.hook.app);
    if (!line.usable || line.posting || !line.behind) continue;
    const std::int64_t early_ms = line.not_before_ms - parts_.clock.steady_ms();
    if (early_ms <= 0 && !advance(line)) wait_ms = std::min(wait_ms, kStorageRetryMs);
    if (early_ms > 0) wait_ms = std::min(wait_ms, early_ms);
    if (early_ms <= 0 && line.given_up) wait_ms = 0;
  }
  return wait_ms;
}

/// Reads which webhooks there are. What goes on goes on.
bool WebhookSender::load() {
  Lines now;
  for (ports::WebhookId last;;) {
    const auto page = parts_.webhooks.webhooks({}, last, kPage);
    if (!page) return false;
    for (const auto& hook : *page) {
      Line line = line_of(hook);
      if (const auto before = lines_.find(hook.id); before != lines_.end()) {
        Line& old = before->second;
        line.hook.position = std::max(line.hook.position, old.hook.position);
        line.posting = old.posting;
        line.failures = old.failures;
        line.failing_since_ms = old.failing_since_ms;
        line.not_before_ms = old.not_before_ms;
        line.why = std::move(old.why);
        line.upto = old.upto;
        line.again = std::move(old.again);
      }
      now.emplace(hook.id, std::move(line));
    }
    if (page->size() < kPage) break;
    last = page->back().id;
  }
  lines_ = std::move(now);
  return true;
}

WebhookSender::Line WebhookSender::line_of(const ports::Webhook& hook) const {
  Line line;
  line.hook = hook;
  const auto url = net::HttpUrl::parse(hook.url);
  const auto secret = parts_.box.open(hook.sealed_secret);
  line.usable = url.has_value() && secret.has_value();
  if (!secret) {
    PLAZA_LOG(error, "webhooks",
              "the secret of webhook {} cannot be read: is secrets.key the one of this data directory?",
              hook.id.value);
  }
  if (!line.usable) return line;
  line.url = *url;
  line.secret = *secret;
  if (const auto apps = parts_.apps.apps(AppId{hook.app.value - 1}, 1);
      apps && !apps->empty() && apps->front().id == hook.app)
    line.app_name = apps->front().name;
  return line;
}

/// One page: posted, or given up. False when the storage does not answer.
bool WebhookSender::advance(Line& line) {
  line.given_up = false;
  return post_letters(line) && (line.posting || post_events(line));
}

bool WebhookSender::post_letters(Line& line) {
  const auto letters = parts_.webhooks.letters_again(line.hook.id, options_.events_per_post);
  if (!letters) return false;
  if (letters->empty()) return true;
  std::vector<AppEvent> events;
  for (const auto& letter : *letters) {
    line.again.push_back(letter.id);
    events.push_back(letter.event);
  }
  post(line, 0, events);
  return true;
}

bool WebhookSender::post_events(Line& line) {
  auto page = parts_.events.read(line.hook.app, line.hook.position, options_.events_per_post,
                                 options_.bytes_per_post);
  if (!page) return false;
  if (page->events.empty()) {
    line.behind = false;
    return true;
  }
  if (!give_up(line, *page)) return false;
  line.given_up = page->events.empty();  // all of them: what comes behind is looked at in the next turn
  if (line.given_up) return true;
  line.upto = page->events.back().seq;
  post(line, page->events.front().seq - line.hook.position - 1, page->events);
  return true;
}

/// Takes those that have been tried long enough from the page. False when the storage does not answer.
bool WebhookSender::give_up(Line& line, ports::EventPage& page) {
  const bool long_enough = line.failures > 0 &&
                           parts_.clock.steady_ms() - line.failing_since_ms >= options_.retry_for_ms;
  if (!long_enough) return true;
  const std::int64_t before_ms = parts_.clock.wall_ms() - options_.retry_for_ms;
  const auto rest = std::ranges::find_if(page.events,
                                         [&](const AppEvent& event) { return event.time_ms > before_ms; });
  const std::vector<AppEvent> old(page.events.begin(), rest);
  if (old.empty()) return true;
  const auto dropped = parts_.webhooks.give_up(line.hook, old, line.why, parts_.clock.wall_ms(),
                                               options_.letters_per_app_max);
  if (!dropped && dropped.error().code == ports::DirectoryCode::unavailable) return false;
  if (dropped) {
    g_dead.add(old.size());
    g_dropped.add(*dropped);
    PLAZA_LOG(warn, "webhooks", "webhook {}: {} events are dead letters now: {}", line.hook.id.value,
              old.size(), line.why);
  }
  line.hook.position = old.back().seq;
  page.events.erase(page.events.begin(), rest);
  return true;
}

void WebhookSender::post(Line& line, std::uint64_t lost, const std::vector<AppEvent>& events) {
  const std::int64_t now_ms = parts_.clock.wall_ms();
  std::string body = webhook_json(
      {.app = line.app_name, .webhook = line.hook.id, .lost = lost, .again = !line.again.empty()}, events);
  std::string signature = webhook_signature(line.secret, now_ms, body);
  line.posting = true;
  parts_.poster.post({.url = line.url,
                      .headers = {{"Content-Type", "application/json"},
                                  {"Plaza-Webhook", std::to_string(line.hook.id.value)},
                                  {"Plaza-Time", std::to_string(now_ms)},
                                  {"Plaza-Signature", std::move(signature)}},
                      .body = std::move(body),
                      .deadline_ms = options_.deadline_ms,
                      .share = line.hook.app.value},
                     [this, id = line.hook.id](net::HttpPosted posted) {
                       const std::lock_guard lock(mutex_);
                       answers_.emplace_back(id, std::move(posted));
                       wake();
                     });
}

// Answers ------------------------------------------------------------------------------------------------------------

void WebhookSender::settle(Line& line, const net::HttpPosted& posted) {
  line.posting = false;
  const bool taken = is_taken(posted);
  (taken ? g_taken : g_failed).add();
  if (!taken) line.why = reason(posted);
  if (!line.again.empty()) return settle_letters(line, taken);
  if (!taken) return failed(line);
  if (line.failures > 0) PLAZA_LOG(info, "webhooks", "webhook {} takes events again", line.hook.id.value);
  line.failures = 0;
  line.not_before_ms = 0;
  line.hook.position = line.upto;
  // Should that fail, the next position says it as well, and until then a start posts them again.
  if (!parts_.webhooks.delivered(line.hook.id, line.upto))
    PLAZA_LOG(warn, "webhooks", "the position of webhook {} could not be stored", line.hook.id.value);
}

/// One try, whatever comes of it; so they do not keep the events behind them waiting for long.
void WebhookSender::settle_letters(Line& line, bool taken) {
  const auto ids = std::exchange(line.again, {});
  if (!parts_.webhooks.settle_letters(ids, taken ? "" : line.why, parts_.clock.wall_ms())) {
    PLAZA_LOG(warn, "webhooks", "what became of dead letters of webhook {} could not be stored",
              line.hook.id.value);
    failed(line);
  }
}

void WebhookSender::failed(Line& line) {
  const std::int64_t now_ms = parts_.clock.steady_ms();
  if (line.failures++ == 0) {
    line.failing_since_ms = now_ms;
    PLAZA_LOG(warn, "webhooks", "webhook {} does not take events: {}; tried again", line.hook.id.value,
              line.why);
  }
  line.not_before_ms = now_ms + backoff_ms(line.failures, options_.retry_first_ms, options_.retry_longest_ms,
                                           random_());
}

// Its thread ---------------------------------------------------------------------------------------------------------

void WebhookSender::start() {
  thread_ = std::thread([this] { work(); });
}

void WebhookSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake();
  }
  if (thread_.joinable()) thread_.join();
}

void WebhookSender::work() {
  pthread_setname_np(pthread_self(), "webhooks");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const std::int64_t wait_ms = turn();
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return awake_ || stopping_; });
  }
}

}  // namespace plaza::events
