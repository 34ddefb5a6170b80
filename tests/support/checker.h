#pragma once
#include <string>
#include <vector>

#include "tests/support/client_log.h"

namespace plaza::tests {

/// Proves the promises about messages from what clients noted themselves, without trusting anything that the server counts.
///
///   1 every acknowledged message once in the sender's and in every recipient's inbox, a refused one nowhere, nothing that
///     was never sent, and what an acknowledgement said is what stands in the inbox
///   2 in every inbox the messages of a device in the order in which it sent them; one order of a conversation for all; the
///     send_ids of a device are 1, 2, 3... (a refused send has consumed none)
///   3 inboxes and conversations are 1, 2, 3... without a hole; each device's application saw every entry of its inbox
///     once, in order, and reached the end; it was told of what retention had removed before, and of no other gap
///   5 nobody got a message of a group he was surely not in
///   blocks: nothing was accepted that was sent after the recipient had been told that its block is in force
///
///   changes: an acknowledged recall or edit is an entry like any message; what the entries of a conversation say, in its order, is
///     what everybody finds: a recalled message has no body any more, nor has an edit of it, an edited one that of its newest edit
///
/// A page of a conversation's history has no hole, and the messages that the inboxes have at these positions.
///
/// Large groups: a message behind "grown" needs to be in the group's own stream only, once. An application got what either gave it,
/// each message once, and what the group's stream gave in that order; who is in the group to the end got everything since it came.
///
/// A classic client is shown every entry of others that was not on its way to it when a connection broke, none twice or out
/// of order on one connection, and none passed over.
///
/// Gives one line per violation, at most `lines_max`; empty = all kept.
std::vector<std::string> check(const RunLog& run, std::size_t lines_max = 20);

}  // namespace plaza::tests
