// The memory that an input makes its parser hold is bounded by the input itself: nothing is allocated because a length
// in it says so. Measured where AddressSanitizer allocates (presets fuzz and dev); elsewhere nothing is counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

extern "C" __attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                                                   std::size_t),
                                                                               void (*free_hook)(const volatile void*));
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_allocated_size(const volatile void* pointer);

namespace assay::fuzz {

/// From its making to its end no more may be held than `factor` times the input and `constant`. One at a time. The very
/// first one of a process is not judged: tables that are made once are made then.
class MemoryBound {
 public:
  /// What is not `judged` is not counted either, which is quicker.
  MemoryBound(std::size_t input, std::size_t factor, std::size_t constant = std::size_t{256} << 10U, bool judged = true)
      : bound_(static_cast<std::int64_t>(input * factor + constant)) {
    install();
    held() = most() = 0;
    active() = judged;
  }
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;
  ~MemoryBound() {
    active() = false;
    if (std::exchange(first(), false) || most() <= bound_) return;
    std::fprintf(stderr, "property broken: memory is bounded by the input: %lld bytes held, %lld are allowed\n",
                 static_cast<long long>(most()), static_cast<long long>(bound_));
    std::abort();
  }

 private:
  static bool& active() {
    static bool value = false;
    return value;
  }
  static bool& first() {
    static bool value = true;
    return value;
  }
  static std::int64_t& held() {
    static std::int64_t value = 0;
    return value;
  }
  static std::int64_t& most() {
    static std::int64_t value = 0;
    return value;
  }
  static void allocated(const volatile void* /*pointer*/, std::size_t size) {
    if (!active()) return;
    held() += static_cast<std::int64_t>(size);
    most() = std::max(most(), held());
  }
  static void freed(const volatile void* pointer) {
    if (!active() || pointer == nullptr) return;
    held() -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(pointer));
  }
  static void install() {
    if (__sanitizer_install_malloc_and_free_hooks == nullptr || __sanitizer_get_allocated_size == nullptr) return;
    static const int installed = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
    (void)installed;
  }

  std::int64_t bound_;
};

}  // namespace assay::fuzz
