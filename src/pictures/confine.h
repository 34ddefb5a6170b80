#pragma once

namespace plaza::pictures {

/// This process may use so much from now on: 512 MiB of memory, 10 s of processor, no file that grows.
[[nodiscard]] bool limit_resources();

/// From now on this process can compute, take memory, read and write what is open, and end; any other system call ends it at once
/// (seccomp): no file, no socket, no program, no other process. False: the kernel cannot do that.
///
/// Not in builds with a sanitizer, whose own calls it would forbid: there it does nothing and gives true.
[[nodiscard]] bool confine();

}  // namespace plaza::pictures
