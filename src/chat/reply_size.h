#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "ports/stream_store.h"

namespace plaza::chat {

// How large an answer becomes. The store counts the bytes of bodies; in JSON a control character takes six, so that a page of the store
// can be several times as large on the wire. An answer that does not fit into the outbound queue ends the connection, and
// would do so again at every try: what is listed is therefore cut by these.

/// Bytes of a text as a JSON string, quotes included.
std::size_t json_bytes(std::string_view text);

/// Bytes of a message in a list, at most.
std::size_t listed_bytes(const ports::Message& message);

/// Keeps the first entries whose bytes together are at most `bytes_max`, at least one. False when some were dropped.
bool keep_what_fits(std::vector<ports::Entry>& entries, std::size_t bytes_max);

}  // namespace plaza::chat
