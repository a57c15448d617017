// The headers of a thousand files in memory, up to the pixels, as when a folder is indexed: Assay by tokens and by
// tree, DCMTK up to the tag.
#include <benchmark/benchmark.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <cstdint>

#include "harness/dataset/part10.hpp"
#include "harness/dataset/scan.hpp"
#include "tests/bench/inputs.hpp"

namespace assay::bench {
namespace {

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(many_files().size()));
}

void headers_tree(benchmark::State& state) {
  dataset::DecodeOptions options;
  options.stop_before = tags::PixelData;
  for (auto _ : state) {
    std::size_t found = 0;
    for (const auto& file : many_files()) {
      const auto parts = dataset::parse_part10(file);
      const auto decoded = dataset::decode(parts.data_set, parts.encoding(), options);
      found += decoded.data_set.has(tags::InstanceNumber);
    }
    if (found != many_files().size()) return fail(state, "an element is missing");
  }
  count(state);
}

void headers_tokens(benchmark::State& state) {
  dataset::DecodeOptions options;
  options.stop_before = tags::PixelData;
  for (auto _ : state) {
    std::size_t found = 0;
    for (const auto& file : many_files()) {
      const auto parts = dataset::parse_part10(file);
      dataset::scan(parts.data_set, parts.encoding(), options, [&](const dataset::Token& token) {
        found += token.node->tag == tags::InstanceNumber;
        return dataset::Next::go_on;
      });
    }
    if (found != many_files().size()) return fail(state, "an element is missing");
  }
  count(state);
}

void headers_dcmtk(benchmark::State& state) {
  OFLog::configure(OFLogger::ERROR_LOG_LEVEL);  // it would say of each file that it stops where it was told to
  for (auto _ : state) {
    std::size_t found = 0;
    for (const auto& file : many_files()) {
      DcmInputBufferStream stream;
      stream.setBuffer(file.data(), static_cast<offile_off_t>(file.size()));
      stream.setEos();
      DcmFileFormat format;
      format.transferInit();
      const auto condition = format.readUntilTag(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
      format.transferEnd();
      if (condition.bad()) return fail(state, "DCMTK cannot read a file");
      found += format.getDataset()->tagExists(DCM_InstanceNumber) ? 1 : 0;
    }
    if (found != many_files().size()) return fail(state, "DCMTK misses an element");
  }
  count(state);
}

BENCHMARK(headers_tree)->Name("dataset/headers/1000_files");
BENCHMARK(headers_tokens)->Name("dataset/headers_by_token/1000_files");
BENCHMARK(headers_dcmtk)->Name("dcmtk/dataset/headers/1000_files");

}  // namespace
}  // namespace assay::bench
