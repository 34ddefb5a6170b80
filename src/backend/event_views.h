#pragma once
// What the handlers about events have in common. Private to handlers_events.cpp and handlers_webhooks.cpp.
#include <boost/json/object.hpp>

#include "ports/app_events.h"

namespace plaza::backend {

/// As it is posted to webhooks.
boost::json::object shown_event(const ports::AppEvent& event);

}  // namespace plaza::backend
