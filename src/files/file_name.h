#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace plaza::files {

inline constexpr std::size_t kNameBytesMax = 200;

/// A name as it is shown to others: what a client called it, without folders, characters that are not seen or turn the direction of
/// reading, and what Windows forbids; never empty, never "." or "..". It is for people: nothing is opened by it.
[[nodiscard]] std::string display_name(std::string_view wanted);

/// The value of Content-Disposition that makes a browser store the file under this name (RFC 6266) and never show it as a page.
[[nodiscard]] std::string attachment_header(std::string_view name);

}  // namespace plaza::files
