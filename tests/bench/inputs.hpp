// The inputs that Assay, DCMTK, GDCM and pydicom are measured on, made by Assay's own encoder: no file, no patient,
// always the same bytes. Their shapes are those that tell toolkits apart: a header of many short values, and deep
// nesting.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/pdu/pdu.hpp"

namespace assay::bench {

struct Input {
  std::string_view name;
  dataset::Encoding encoding;
  Bytes bytes;
  std::size_t elements = 0;  // sequences and what stands in their items included
};

/// hdr_ele, hdr_ile: 104 elements, 1.7 KB, as in front of an image; explicit and implicit little endian.
/// nest_und, nest_def: 6467 elements in 1940 items, sequences six deep; undefined and defined lengths.
/// ct_ele: the explicit header with 512 x 512 x 16 bit of pixels; mf100_ele: with 200 such frames, 105 MB.
const std::array<Input, 6>& inputs();

/// 1000 files of a header and 8 KB of pixels each, as when a folder is indexed.
const std::vector<Bytes>& many_files();

/// 128 contexts of two transfer syntaxes each: the most an A-ASSOCIATE-RQ can propose.
pdu::AAssociateRq associate_rq_128();

/// Ends a benchmark that cannot do its work; the program then exits with 1.
void fail(benchmark::State& state, const char* why);
bool anything_failed();

/// How many elements and sequences there are, items not counted.
std::size_t elements_of(const dataset::DataSet& data_set);

}  // namespace assay::bench
