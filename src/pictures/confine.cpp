#include "pictures/confine.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PLAZA_NO_CONFINING
#endif
#endif

namespace plaza::pictures {
namespace {

constexpr rlim_t kProcessorSeconds = 10;

bool at_most(__rlimit_resource what, rlim_t limit) {
  const rlimit both{.rlim_cur = limit, .rlim_max = limit};
  return setrlimit(what, &both) == 0;
}

#ifndef PLAZA_NO_CONFINING
constexpr rlim_t kMemoryBytes = 512U << 20U;
#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name this architecture for seccomp"
#endif

// What memory and pipes need, and clocks where the kernel's page does not serve them.
constexpr std::array kAllowed{SYS_read,      SYS_pread64,      SYS_write,         SYS_writev,
                              SYS_exit,      SYS_exit_group,   SYS_brk,           SYS_mmap,
                              SYS_munmap,    SYS_mremap,       SYS_mprotect,      SYS_madvise,
                              SYS_futex,     SYS_lseek,        SYS_fstat,         SYS_clock_gettime,
                              SYS_getrandom, SYS_rt_sigreturn, SYS_rt_sigprocmask};
#endif

}  // namespace

bool limit_resources() {
#ifndef PLAZA_NO_CONFINING
  if (!at_most(RLIMIT_AS, kMemoryBytes)) return false;
#endif
  return at_most(RLIMIT_CPU, kProcessorSeconds) && at_most(RLIMIT_FSIZE, 0) && at_most(RLIMIT_CORE, 0);
}

bool confine() {
#ifdef PLAZA_NO_CONFINING
  return true;
#else
  std::array<sock_filter, kAllowed.size() + 6> program{};
  std::size_t at = 0;
  const auto add = [&](sock_filter line) { program[at++] = line; };
  const auto kill = static_cast<std::uint8_t>(kAllowed.size() + 2);
  add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, static_cast<std::uint8_t>(kill - 1)));
  add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (std::size_t i = 0; i < kAllowed.size(); ++i) {
    const auto to_allow = static_cast<std::uint8_t>(kAllowed.size() - i);
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(kAllowed[i]), to_allow, 0));
  }
  add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{.len = static_cast<unsigned short>(at), .filter = program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
#endif
}

}  // namespace plaza::pictures
