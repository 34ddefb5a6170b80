#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ports/app_events.h"

namespace plaza::ports {

using WebhookId = Id<struct WebhookTag>;
using DeadLetterId = Id<struct DeadLetterTag>;

/// Where the events of an app are posted to, and how far they are.
struct Webhook {
  WebhookId id;
  AppId app;
  std::string url;
  std::string sealed_secret;  ///< as ApiKey::sealed_secret
  std::int64_t created_ms = 0;
  std::uint64_t position = 0;  ///< events with seq <= position are delivered or given up

  bool operator==(const Webhook&) const = default;
};

/// An event that a webhook did not take in time.
struct DeadLetter {
  DeadLetterId id;
  AppId app;
  WebhookId webhook;
  AppEvent event;
  std::string why;
  std::int64_t failed_ms = 0;  ///< the last time
  bool again = false;          ///< is to be tried once more

  bool operator==(const DeadLetter&) const = default;
};

/// Webhooks with their positions, and what they did not take.
///
/// Contract  Each method is one transaction. What belongs to another app is not_found. Lists are by id, those with id > after, at most
///           limit. give_up() makes letters of the events and moves the position, both or none; when the app has letters_max, its
///           oldest ones are dropped for them. A position never goes back.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class Webhooks {
 public:
  virtual ~Webhooks() = default;

  /// Its position is the head of the app's log now: what happens from now on. limit when the app has webhooks_max.
  virtual DirectoryResult<Webhook> add_webhook(const Webhook& wanted, std::uint32_t webhooks_max) = 0;
  /// Of one app, or (0) of all.
  virtual DirectoryResult<std::vector<Webhook>> webhooks(AppId app, WebhookId after, std::uint32_t limit) = 0;
  virtual DirectoryResult<Webhook> set_secret(AppId app, WebhookId id, const std::string& sealed) = 0;
  /// With its letters.
  virtual DirectoryResult<void> remove_webhook(AppId app, WebhookId id) = 0;
  virtual DirectoryResult<void> delivered(WebhookId id, std::uint64_t upto) = 0;

  /// Gives how many older letters were dropped.
  virtual DirectoryResult<std::uint32_t> give_up(const Webhook& webhook, const std::vector<AppEvent>& events,
                                                 const std::string& why, std::int64_t now_ms,
                                                 std::uint32_t letters_max) = 0;
  virtual DirectoryResult<std::vector<DeadLetter>> dead_letters(AppId app, DeadLetterId after,
                                                                std::uint32_t limit) = 0;
  /// One, or (0) all of the app, are to be tried once more; gives how many. not_found when there is no such one.
  virtual DirectoryResult<std::uint32_t> redeliver(AppId app, DeadLetterId id) = 0;
  /// The same for removing them.
  virtual DirectoryResult<std::uint32_t> drop_letters(AppId app, DeadLetterId id) = 0;
  /// Those of a webhook that are to be tried once more.
  virtual DirectoryResult<std::vector<DeadLetter>> letters_again(WebhookId id, std::uint32_t limit) = 0;
  /// They were taken, or (with a reason) not: then they stay, and are not tried again by themselves.
  virtual DirectoryResult<void> settle_letters(const std::vector<DeadLetterId>& ids, const std::string& why,
                                               std::int64_t now_ms) = 0;
};

}  // namespace plaza::ports
