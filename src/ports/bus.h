#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "ports/presence.h"

namespace plaza::ports {

/// What a node gets from the bus.
class BusReceiver {
 public:
  virtual ~BusReceiver() = default;
  /// Entries of one sender arrive in the order sent, each at most once.
  virtual void bus_entry(NodeId from, const std::string& entry) = 0;
  /// Entries may have been lost (the bus restarted, a queue was cut): re-read what was derived from them.
  virtual void bus_gap() = 0;
};

/// Carries hints between the nodes of a region: "push this", "this member's friends changed", "this token is revoked".
///
/// Contract  Best effort, bounded: an entry may be lost, and then the receiver is told by bus_gap() before it gets any later
///           entry. Nothing durable depends on it (promise 4). send() to oneself and broadcast() reach the own receiver
///           too, in order.
/// Thread    Any thread may send; the receiver is called on one thread of the bus, never from within send().
/// Limit     An entry is at most 1 MiB; send() gives false for a larger one and when the queue to that node is full.
class Bus {
 public:
  virtual ~Bus() = default;
  virtual void start(BusReceiver& receiver) = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual NodeId self() const = 0;
  virtual bool send(NodeId to, std::string entry) = 0;
  virtual bool broadcast(std::string entry) = 0;
};

}  // namespace plaza::ports
