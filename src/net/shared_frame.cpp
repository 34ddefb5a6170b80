#include "net/shared_frame.h"

#include <cstring>
#include <new>

namespace plaza::net {

SharedFrame::SharedFrame(std::string_view first, std::string_view second) {
  const std::size_t size = first.size() + second.size();
  void* memory = ::operator new(sizeof(Block) + size + 1);
  block_ = new (memory) Block{{1}, static_cast<std::uint32_t>(size)};
  char* bytes = reinterpret_cast<char*>(block_ + 1);
  std::memcpy(bytes, first.data(), first.size());
  if (!second.empty()) std::memcpy(bytes + first.size(), second.data(), second.size());
  bytes[size] = '\n';
}

void SharedFrame::release() {
  // Release, so that what other holders read happened before; acquire in the last, before it frees.
  if (block_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}

}  // namespace plaza::net
