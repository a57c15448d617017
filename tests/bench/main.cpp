// Runs the benchmarks. Says how this binary was built, because Google Benchmark's own "library_build_type" speaks of
// the library that Debian packages and not of the code that is measured; and fails when one of them could not do its
// work, which Google Benchmark alone would only print.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "harness/version.hpp"
#include "tests/bench/inputs.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASSAY_BENCH_SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ASSAY_BENCH_SANITIZED
#endif

namespace {

/// The inputs as files, for a rival that is no C++ library.
int write_inputs(const std::string& folder) {
  namespace fs = std::filesystem;
  using assay::Bytes;
  fs::create_directories(fs::path(folder) / "files");
  const auto write = [](const fs::path& path, const Bytes& bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return out.good();
  };
  bool good = true;
  std::ofstream list(fs::path(folder) / "inputs.tsv");
  for (const auto& input : assay::bench::inputs()) {
    good = write(fs::path(folder) / input.name, input.bytes) && good;
    list << input.name << '\t' << (input.encoding.explicit_vr ? 1 : 0) << '\t' << input.elements << '\n';
  }
  int number = 1000;
  for (const auto& file : assay::bench::many_files())
    good = write(fs::path(folder) / "files" / (std::to_string(++number) + ".dcm"), file) && good;
  return good && list.good() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view write_option = "--write-inputs=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(write_option))
    return write_inputs(std::string(argv[1]).substr(write_option.size()));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("assay_version", ASSAY_VERSION);
  benchmark::AddCustomContext("assay_build_type", ASSAY_BUILD_TYPE);
#ifdef __OPTIMIZE__
  benchmark::AddCustomContext("assay_optimised", "yes");
#else
  benchmark::AddCustomContext("assay_optimised", "no");
#endif
#ifdef ASSAY_BENCH_SANITIZED
  benchmark::AddCustomContext("assay_sanitized", "yes");
#else
  benchmark::AddCustomContext("assay_sanitized", "no");
#endif
  benchmark::AddCustomContext("compiler", __VERSION__);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return assay::bench::anything_failed() ? 1 : 0;
}
