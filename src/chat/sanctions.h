#pragma once
#include "chat/answers.h"
#include "ports/moderation.h"

namespace plaza::chat {

/// What a muted or banned member is told: why, and until when.
Refusal refusal_of(const ports::Sanction& sanction);
protocol::GoodbyePush goodbye_of(const ports::Sanction& sanction);

}  // namespace plaza::chat
