// Data Sets to elements and back (PS3.5 7), Assay and DCMTK on the very same bytes in one run. Both decode and then
// touch tag, VR, length and value of every element; both encode into a buffer that is already there.
#include <benchmark/benchmark.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcwcache.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/scan.hpp"
#include "tests/bench/inputs.hpp"

namespace assay::bench {
namespace {

void count(benchmark::State& state, const Input& input) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(iterations * static_cast<std::int64_t>(input.elements));
  state.SetBytesProcessed(iterations * static_cast<std::int64_t>(input.bytes.size()));
}

/// Sums what a reader of every element would look at, so that no work can be put off; counts the elements.
std::uint64_t touch(const dataset::DataSet& data_set, std::size_t& elements) {
  std::uint64_t sum = 0;
  for (const auto& node : data_set.nodes()) {
    if (node.kind == dataset::NodeKind::item) continue;
    ++elements;
    sum += node.tag.packed() ^ static_cast<std::uint64_t>(node.vr) ^ node.length;
    if (!node.value.empty()) sum += node.value.front() + node.value.back();
  }
  return sum;
}

void decode_ours(benchmark::State& state, const Input& input) {
  if (!dataset::decode(input.bytes, input.encoding).problems.empty()) return fail(state, "the input is not sound");
  for (auto _ : state) {
    const auto decoded = dataset::decode(input.bytes, input.encoding);
    std::size_t elements = 0;
    benchmark::DoNotOptimize(touch(decoded.data_set, elements));
    if (elements != input.elements) return fail(state, "not every element was read");
  }
  count(state, input);
}

void encode_ours(benchmark::State& state, const Input& input) {
  const auto decoded = dataset::decode(input.bytes, input.encoding);
  Bytes out = dataset::encode(decoded.data_set, input.encoding);  // the buffer is there already, for DCMTK as well
  for (auto _ : state) {
    out.clear();
    dataset::encode_to(out, decoded.data_set, input.encoding);
    benchmark::DoNotOptimize(out.data());
  }
  if (out != input.bytes) return fail(state, "the encoded bytes differ");
  count(state, input);
}

void scan_ours(benchmark::State& state, const Input& input) {
  for (auto _ : state) {
    std::uint64_t sum = 0;
    std::size_t elements = 0;
    const auto result = dataset::scan(input.bytes, input.encoding, {}, [&](const dataset::Token& token) {
      const auto& node = *token.node;
      if (token.kind == dataset::TokenKind::end || node.kind == dataset::NodeKind::item) return dataset::Next::go_on;
      ++elements;
      sum += node.tag.packed() ^ static_cast<std::uint64_t>(node.vr) ^ node.length;
      if (!node.value.empty()) sum += node.value.front() + node.value.back();
      return dataset::Next::go_on;
    });
    benchmark::DoNotOptimize(sum);
    if (elements != input.elements || !result.problems.empty()) return fail(state, "not every element was read");
  }
  count(state, input);
}

/// Into a buffer that is used again and again, as a receiver does; values are views into the copy.
void decode_owned_ours(benchmark::State& state, const Input& input) {
  Bytes buffer(input.bytes);
  for (auto _ : state) {
    buffer.assign(input.bytes.begin(), input.bytes.end());
    const auto decoded = dataset::decode(buffer, input.encoding);
    std::size_t elements = 0;
    benchmark::DoNotOptimize(touch(decoded.data_set, elements));
    if (elements != input.elements) return fail(state, "not every element was read");
  }
  count(state, input);
}

/// Pieces to hand to one writev: long values are not copied.
void gather_ours(benchmark::State& state, const Input& input) {
  const auto decoded = dataset::decode(input.bytes, input.encoding);
  dataset::Gather gather;
  for (auto _ : state) {
    dataset::encode_gather(gather, decoded.data_set, input.encoding);
    benchmark::DoNotOptimize(gather.pieces.data());
  }
  Bytes joined;
  for (const auto piece : gather.pieces) append(joined, piece);
  if (joined != input.bytes) return fail(state, "the pieces are not the encoded bytes");
  count(state, input);
}

/// The floor of everything that owns its bytes: fresh memory and one copy.
void malloc_memcpy(benchmark::State& state, const Input& input) {
  for (auto _ : state) {
    Bytes copy(input.bytes);
    benchmark::DoNotOptimize(copy.data());
  }
  count(state, input);
}

/// The same into memory that is there already.
void warm_memcpy(benchmark::State& state, const Input& input) {
  Bytes copy(input.bytes.size());
  for (auto _ : state) {
    std::memcpy(copy.data(), input.bytes.data(), input.bytes.size());
    benchmark::DoNotOptimize(copy.data());
  }
  count(state, input);
}

E_TransferSyntax dcmtk_syntax(const Input& input) {
  return input.encoding.explicit_vr ? EXS_LittleEndianExplicit : EXS_LittleEndianImplicit;
}

/// The dictionary is loaded once, before anything is measured.
void load_dictionary(benchmark::State& state) {
  if (!dcmDataDict.isDictionaryLoaded()) fail(state, "DCMTK has no data dictionary here");
}

std::unique_ptr<DcmDataset> dcmtk_decode(const Input& input) {
  DcmInputBufferStream stream;
  stream.setBuffer(input.bytes.data(), static_cast<offile_off_t>(input.bytes.size()));
  stream.setEos();
  auto data_set = std::make_unique<DcmDataset>();
  data_set->transferInit();
  const auto condition = data_set->read(stream, dcmtk_syntax(input));
  data_set->transferEnd();
  if (condition.bad()) data_set.reset();
  return data_set;
}

std::uint64_t dcmtk_touch(DcmDataset& data_set, std::size_t& elements) {
  std::uint64_t sum = 0;
  DcmStack stack;
  while (data_set.nextObject(stack, OFTrue).good()) {
    auto* const object = stack.top();
    if (object->ident() == EVR_item) continue;
    ++elements;
    sum +=
        object->getGTag() ^ object->getETag() ^ static_cast<std::uint64_t>(object->getVR()) ^ object->getLengthField();
    if (!object->isLeaf()) continue;
    auto& element = static_cast<DcmElement&>(*object);
    char* text = nullptr;
    Uint16* numbers = nullptr;
    Uint32 length = 0;
    if (element.isaString() && element.getString(text, length).good() && text != nullptr && length > 0)
      sum += static_cast<std::uint64_t>(text[0]) + static_cast<std::uint64_t>(text[length - 1]);
    else if (element.ident() == EVR_US && element.getUint16Array(numbers).good() && numbers != nullptr)
      sum += numbers[0];
  }
  return sum;
}

void decode_dcmtk(benchmark::State& state, const Input& input) {
  load_dictionary(state);
  for (auto _ : state) {
    const auto data_set = dcmtk_decode(input);
    if (!data_set) return fail(state, "DCMTK cannot read the input");
    std::size_t elements = 0;
    benchmark::DoNotOptimize(dcmtk_touch(*data_set, elements));
    if (elements != input.elements) return fail(state, "DCMTK did not read every element");
  }
  count(state, input);
}

void encode_dcmtk(benchmark::State& state, const Input& input) {
  load_dictionary(state);
  const auto data_set = dcmtk_decode(input);
  if (!data_set) return fail(state, "DCMTK cannot read the input");
  std::size_t elements = 0;
  benchmark::DoNotOptimize(dcmtk_touch(*data_set, elements));
  const auto lengths = input.name == "nest_und" ? EET_UndefinedLength : EET_ExplicitLength;
  Bytes out(input.bytes.size() + 1024);
  std::size_t size = 0;
  for (auto _ : state) {
    DcmOutputBufferStream stream(out.data(), static_cast<offile_off_t>(out.size()));
    DcmWriteCache cache;
    data_set->transferInit();
    const auto condition = data_set->write(stream, dcmtk_syntax(input), lengths, &cache, EGL_noChange);
    data_set->transferEnd();
    if (condition.bad()) return fail(state, "DCMTK cannot write the data set");
    void* written = nullptr;
    offile_off_t length = 0;
    stream.flushBuffer(written, length);
    size = static_cast<std::size_t>(length);
    benchmark::DoNotOptimize(written);
  }
  if (!std::ranges::equal(ByteView(out).first(size), input.bytes)) return fail(state, "DCMTK's encoded bytes differ");
  count(state, input);
}

bool register_all() {
  using Measured = void (*)(benchmark::State&, const Input&);
  struct Row {
    const char* stage;
    Measured function;
  };
  // Neighbours are compared, so they also run one after the other.
  static constexpr Row rows[] = {
      {"dataset/decode", decode_ours},
      {"dcmtk/dataset/decode", decode_dcmtk},
      {"dataset/scan", scan_ours},
      {"dataset/encode", encode_ours},
      {"dcmtk/dataset/encode", encode_dcmtk},
      {"dataset/decode_owned", decode_owned_ours},
      {"dataset/gather", gather_ours},
      {"floor/malloc_memcpy", malloc_memcpy},
      {"floor/warm_memcpy", warm_memcpy},
  };
  for (const auto& input : inputs())
    for (const auto& row : rows)
      benchmark::RegisterBenchmark((std::string(row.stage) + "/" + std::string(input.name)).c_str(),
                                   [&row, &input](benchmark::State& state) { row.function(state, input); });
  return true;
}

const bool registered = register_all();

}  // namespace
}  // namespace assay::bench
