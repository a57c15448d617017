// Stands in for libFuzzer where it is absent (g++, or a build without -fsanitize=fuzzer): runs the target once on every
// file given, folders with all that is in them. Part of libassay_fuzz.a, taken only when nothing else has a main().
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.starts_with('-')) continue;  // what libFuzzer would be told
    std::error_code failed;
    if (!std::filesystem::is_directory(name, failed)) {
      files.emplace_back(name);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(name, failed))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr,
                 "This target was built without libFuzzer: it replays inputs.\n"
                 "  %s FILE|FOLDER...\n"
                 "Built by clang with -fsanitize=fuzzer,address it looks for new ones.\n",
                 argc > 0 ? argv[0] : "target");
    return 2;
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", path.c_str());
      return 2;
    }
    std::fprintf(stderr, "%s\n", path.c_str());  // the last one told is the one that ended it
    // A copy of exactly the right size, so that a sanitizer sees a read past the end of the input.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("replayed %zu inputs\n", files.size());
  return 0;
}
