// A small parser with one bug for each first byte, for fuzz_findings_test.py. -DFIXED: without them. -DMAIN: as a
// program that reads files, without an engine. -DWIRE: PDUs instead, with one bug in the user information.
#include <cassert>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace toy {
namespace {

volatile int sink;

#define APART __attribute__((noinline))
APART int heap_read(const std::uint8_t* at, std::size_t index) { return at[index]; }
APART void heap_write(std::uint8_t* at, std::size_t index) { at[index] = 1; }
APART int after_free(const char* at) { return at[3]; }
APART int deep(int n) {
  volatile char room[200];
  room[n % 200] = 1;
  return deep(n + 1) + room[3];
}
APART int overflow(int a) { return a + 0x7fffffff; }
APART void leak() { sink = *new int[10](); }
APART void spin() {
  for (;;) sink = sink ^ 1;
}
APART void eat(std::size_t size) {
  char* all = new char[size];
  std::memset(all, 1, 1000);
  sink = all[5];
  delete[] all;
}
APART void property() {
  std::fprintf(stderr, "property broken: encoder and layout agree\n");
  std::abort();
}
APART void throws() { throw std::out_of_range("vector"); }

/// Every third byte from the second on: X and later Y break it.
APART void markers(const std::uint8_t* data, std::size_t size) {
  bool x = false;
  for (std::size_t i = 1; i < size; ++i) {
    x = x || data[i] == 'X';
    if (x && data[i] == 'Y') sink = heap_read(std::vector<std::uint8_t>(4).data(), 5);
  }
}

APART void run(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> copy(data, data + size);
  switch (size == 0 ? 0 : data[0]) {
    case 'r': sink = heap_read(copy.data(), size + 2); break;
    case 'w': heap_write(copy.data(), size); break;
    case 'f': {
      char* volatile gone = new char[8];
      delete[] gone;
      sink = after_free(gone);
      break;
    }
    case 's': sink = deep(1); break;
    case 'o': sink = overflow(static_cast<int>(size)); break;
    case 'l': leak(); break;
    case 't': spin(); break;
    case 'm': eat(std::size_t{3} << 30U); break;
    case 'p': property(); break;
    case 'e': throws(); break;
    case 'a': assert(size > 1000 && "too short"); break;
    case 'A': std::abort();
    case 'M': markers(data, size); break;
    default: break;
  }
}

/// The length of the Maximum Length item is believed.
APART std::uint32_t maximum_length(const std::uint8_t* item) {
  const std::size_t length = item[2] << 8U | item[3];
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8U | item[4 + i];
  return value;
}

APART void wire(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> copy(data, data + size);
  if (size < 74 || copy[0] != 1) return;
  for (std::size_t at = 74; at + 4 <= size;) {
    if (copy[at] == 0x50) {
      at += 4;
      continue;
    }
    if (copy[at] == 0x51) sink = static_cast<int>(maximum_length(copy.data() + at));
    at += 4U + (copy[at + 2] << 8U | copy[at + 3]);
  }
}

}  // namespace
}  // namespace toy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
#if defined(WIRE)
  toy::wire(data, size);
#elif !defined(FIXED)
  toy::run(data, size);
#endif
  return 0;
}

#ifdef MAIN
#include <fstream>
#include <iterator>
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
}
#endif
