// Stands in for libFuzzer where it is absent: runs a fuzz target once on every file named on the command line, so
// that the seeds and every input found by a campaign are regression tests of every build.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) {
      std::cerr << "cannot read " << argv[i] << '\n';
      return 2;
    }
    // A copy of exactly the right size, so that a sanitizer sees a read past the end of the input.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::cout << "replayed " << argc - 1 << " inputs\n";
  return 0;
}
