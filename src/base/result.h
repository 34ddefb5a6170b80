#pragma once
// Expected failures are values. Each folder names its own error type E; exceptions do not cross a folder.
#include <expected>

namespace plaza {

template <class T, class E>
using Result = std::expected<T, E>;

template <class E>
constexpr std::unexpected<E> fail(E error) {
  return std::unexpected<E>(std::move(error));
}

}  // namespace plaza
