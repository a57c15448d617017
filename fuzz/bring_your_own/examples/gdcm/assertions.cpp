#include "assertions.hpp"

#include <cstdlib>
#include <new>

Assertion assertion;

// Stands before the one of the C library for everything in this process.
extern "C" [[noreturn]] void __assert_fail(const char* expression, const char* file, unsigned line,
                                           const char*) noexcept {
  if (!assertion.armed) std::abort();
  assertion.armed = false;
  std::string where(file);
  where.erase(0, where.rfind('/') + 1);
  assertion.text = "assertion " + where + ":" + std::to_string(line) + " " + expression;
  std::longjmp(assertion.back, 1);
}

// What it held is lost when GDCM is left by an assertion. What is taken by new[] or an aligned new is still ASan's own,
// and comes back to the delete below.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:alloc_dealloc_mismatch=0:malloc_context_size=5:quarantine_size_mb=1";
}

namespace {

constexpr std::size_t most_at_once = 64U << 20U;

}  // namespace

void* operator new(std::size_t size) {
  if (size > most_at_once && assertion.armed) {
    assertion.greedy = true;
    throw std::bad_alloc();
  }
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
