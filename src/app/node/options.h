#pragma once
// From settings to the options of each part: the only place that knows both.
#include <cstdint>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/node/janitor.h"
#include "app/node/node_files.h"
#include "app/node/node_search.h"
#include "backend/api.h"
#include "cache/member_lists_cache.h"
#include "edge/limits.h"
#include "events/event_feed.h"
#include "events/webhook_sender.h"
#include "login/local_login_service.h"
#include "login/password_hasher.h"
#include "net/listener.h"
#include "net/shard.h"
#include "ports/stream_store.h"
#include "servers/port_options.h"
#include "sql/sql_directory.h"
#include "sqlite/embedded_stream_store.h"

namespace plaza::app {

std::uint32_t shard_count(const Config& config);
net::ShardOptions shard_options(const Config& config);
net::ConnectionOptions connection_options(const Config& config);
net::ConnectionLimitsOptions connection_limits(const Config& config);
ports::Quotas app_quotas(const Config& config);
edge::Limits edge_limits(const Config& config);
/// Whose connections begin with a PROXY header, and how long that may take.
void put_balancers(net::ListenerOptions& options, const std::vector<std::string>& networks,
                   const Config& config);
servers::PortOptions port_options(const Config& config);
backend::ApiOptions api_options(const Config& config);
events::FeedOptions feed_options(const Config& config);
events::SenderOptions sender_options(const Config& config);
login::PasswordHasherOptions hasher_options(const Config& config);
login::LocalLoginOptions login_options(const Config& config, const ports::Clock& clock);
sql::SqlDirectoryOptions directory_options(const Config& config, std::int64_t installation,
                                           std::string audit_key = {});
cache::MemberListsCacheOptions member_lists_options(const Config& config);
sqlite::EmbeddedStreamStoreOptions store_options(const Config& config, std::int64_t installation);
ports::Retention retention(const Config& config);
JanitorOptions janitor_options(const Config& config);
NodeSearchOptions search_options(const Config& config);
NodeFilesOptions files_options(const Config& config);
ports::Zone default_zone(const Config& config);
std::string data_path(const Config& config, const std::string& file);

}  // namespace plaza::app
