// The webhooks' half of MemoryAppEvents.
#include <algorithm>

#include "memory/memory_app_events.h"

namespace plaza::memory {

using namespace ports;  // NOLINT: a twin of one header

namespace {
std::unexpected<DirectoryError> no_such(const char* what) {
  return fail(DirectoryError{DirectoryCode::not_found, what});
}
}  // namespace

Webhook* MemoryAppEvents::find_locked(AppId app, WebhookId id) {
  const auto at = webhooks_.find(id);
  return at == webhooks_.end() || at->second.app != app ? nullptr : &at->second;
}

DirectoryResult<Webhook> MemoryAppEvents::add_webhook(const Webhook& wanted, std::uint32_t webhooks_max) {
  return guarded([&]() -> DirectoryResult<Webhook> {
    const auto count = std::ranges::count_if(webhooks_,
                                             [&](const auto& one) { return one.second.app == wanted.app; });
    if (count >= webhooks_max)
      return fail(DirectoryError{DirectoryCode::limit, "webhooks of an app " + std::to_string(webhooks_max)});
    Webhook made = wanted;
    made.id = WebhookId{++last_webhook_};
    const auto log = logs_.find(wanted.app);
    made.position = log == logs_.end() ? 0 : log->second.state.head;
    return webhooks_.emplace(made.id, made).first->second;
  });
}

DirectoryResult<std::vector<Webhook>> MemoryAppEvents::webhooks(AppId app, WebhookId after,
                                                                std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<Webhook>> {
    std::vector<Webhook> found;
    for (const auto& [id, hook] : webhooks_) {
      if (id > after && (!app || hook.app == app) && found.size() < limit) found.push_back(hook);
    }
    return found;
  });
}

DirectoryResult<Webhook> MemoryAppEvents::set_secret(AppId app, WebhookId id, const std::string& sealed) {
  return guarded([&]() -> DirectoryResult<Webhook> {
    Webhook* hook = find_locked(app, id);
    if (!hook) return no_such("webhook");
    hook->sealed_secret = sealed;
    return *hook;
  });
}

DirectoryResult<void> MemoryAppEvents::remove_webhook(AppId app, WebhookId id) {
  return guarded([&]() -> DirectoryResult<void> {
    if (!find_locked(app, id)) return no_such("webhook");
    webhooks_.erase(id);
    std::erase_if(letters_, [&](const auto& one) { return one.second.webhook == id; });
    return {};
  });
}

DirectoryResult<void> MemoryAppEvents::delivered(WebhookId id, std::uint64_t upto) {
  return guarded([&]() -> DirectoryResult<void> {
    const auto at = webhooks_.find(id);
    if (at != webhooks_.end()) at->second.position = std::max(at->second.position, upto);
    return {};
  });
}

DirectoryResult<std::uint32_t> MemoryAppEvents::give_up(const Webhook& webhook,
                                                        const std::vector<AppEvent>& events,
                                                        const std::string& why, std::int64_t now_ms,
                                                        std::uint32_t letters_max) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    Webhook* hook = find_locked(webhook.app, webhook.id);
    if (!hook) return no_such("webhook");
    for (const auto& event : events) {
      if (event.seq <= hook->position) continue;
      const DeadLetterId id{++last_letter_};
      letters_.emplace(id, DeadLetter{.id = id,
                                      .app = webhook.app,
                                      .webhook = webhook.id,
                                      .event = event,
                                      .why = why,
                                      .failed_ms = now_ms});
    }
    if (!events.empty()) hook->position = std::max(hook->position, events.back().seq);
    const auto of_app = [&](const auto& one) { return one.second.app == webhook.app; };
    std::uint32_t dropped = 0;
    for (auto count = std::ranges::count_if(letters_, of_app); count > letters_max; --count) {
      letters_.erase(std::ranges::find_if(letters_, of_app));
      ++dropped;
    }
    return dropped;
  });
}

DirectoryResult<std::vector<DeadLetter>> MemoryAppEvents::dead_letters(AppId app, DeadLetterId after,
                                                                       std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<DeadLetter>> {
    std::vector<DeadLetter> found;
    for (const auto& [id, letter] : letters_) {
      if (id > after && letter.app == app && found.size() < limit) found.push_back(letter);
    }
    return found;
  });
}

DirectoryResult<std::uint32_t> MemoryAppEvents::redeliver(AppId app, DeadLetterId wanted) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    std::uint32_t count = 0;
    for (auto& [id, letter] : letters_) {
      if (letter.app != app || (wanted && id != wanted)) continue;
      letter.again = true;
      ++count;
    }
    if (wanted && count == 0) return no_such("letter");
    return count;
  });
}

DirectoryResult<std::uint32_t> MemoryAppEvents::drop_letters(AppId app, DeadLetterId wanted) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    const auto count = std::erase_if(
        letters_, [&](const auto& one) { return one.second.app == app && (!wanted || one.first == wanted); });
    if (wanted && count == 0) return no_such("letter");
    return static_cast<std::uint32_t>(count);
  });
}

DirectoryResult<std::vector<DeadLetter>> MemoryAppEvents::letters_again(WebhookId webhook,
                                                                        std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<DeadLetter>> {
    std::vector<DeadLetter> found;
    for (const auto& [id, letter] : letters_) {
      if (letter.webhook == webhook && letter.again && found.size() < limit) found.push_back(letter);
    }
    return found;
  });
}

DirectoryResult<void> MemoryAppEvents::settle_letters(const std::vector<DeadLetterId>& ids,
                                                      const std::string& why, std::int64_t now_ms) {
  return guarded([&]() -> DirectoryResult<void> {
    for (const DeadLetterId id : ids) {
      const auto at = letters_.find(id);
      if (at == letters_.end()) continue;
      if (why.empty()) {
        letters_.erase(at);
        continue;
      }
      at->second.why = why;
      at->second.failed_ms = now_ms;
      at->second.again = false;
    }
    return {};
  });
}

}  // namespace plaza::memory
