// Memory and file descriptors of this process.
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "peers/load.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace assay::peers {

std::uint64_t resident_memory() {
  unsigned long long size = 0;
  unsigned long long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  const int read = std::fscanf(file, "%llu %llu", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const auto before = limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
  return limit.rlim_cur;
}

void keep_memory(std::size_t expected) {
#ifdef __GLIBC__
  // By default every block of 128 KB and more comes fresh from the system and goes back when it is freed: then the
  // pages of each image are faulted in several times over, which costs more than all the work on it.
  constexpr int largest_block = 32 << 20;  // the most that glibc takes
  constexpr std::size_t kept = 64U << 20;
  constexpr std::size_t most_expected = 512U << 20;
  expected = std::min(expected, most_expected);
  (void)::mallopt(M_MMAP_THRESHOLD, largest_block);
  (void)::mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept + 2 * expected));
  // Addresses only, no memory: what is used of them later comes in pages of 2 MB instead of 4 KB.
  constexpr std::size_t each = largest_block - (1U << 20);
  std::array<void*, most_expected / each + 1> blocks{};
  for (auto& block : blocks) {
    const auto length = std::min(expected, each);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    if (length <= 2 * page || (block = std::malloc(length)) == nullptr) break;
    const auto begin = (reinterpret_cast<std::uintptr_t>(block) + page - 1) / page * page;
    (void)::madvise(reinterpret_cast<void*>(begin), (length - page) / page * page, MADV_HUGEPAGE);
    expected -= length;
  }
  for (auto* block : blocks) std::free(block);
#else
  (void)expected;
#endif
}

}  // namespace assay::peers
