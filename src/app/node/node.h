#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "app/config/config.h"
#include "base/result.h"

namespace plaza::app {

/// One server on its embedded database: the composition root. The concrete classes are named in node.cpp only.
///
/// Thread   The owner's. Its parts have threads of their own: shards, SQL and password workers, the store's writer.
/// Start    Database (schema checked, created or migrated), services, shards, listeners; whatever fails undoes the rest, and
///          the error is for a person.
/// Stop     stop(): listeners, sessions, shards, store, in this order. The destructor does it with no time for the sessions.
class Node {
 public:
  static Result<std::unique_ptr<Node>, std::string> start(const Config& config);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// The live settings of this configuration, from now on.
  void apply(const Config& config);
  void stop(std::int64_t drain_ms);

  [[nodiscard]] std::uint16_t tcp_port() const;
  [[nodiscard]] std::uint16_t http_port() const;
  /// 0: there is none.
  [[nodiscard]] std::uint16_t backend_port() const;
  [[nodiscard]] std::uint32_t shards() const;

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace plaza::app
