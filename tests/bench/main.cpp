// Runs the benchmarks. Says how this binary was built, because Google Benchmark's own "library_build_type" speaks of
// the library that Debian packages and not of the code that is measured; and fails when one of them could not do its
// work, which Google Benchmark alone would only print.
#include <benchmark/benchmark.h>

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

int main(int argc, char** argv) {
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
