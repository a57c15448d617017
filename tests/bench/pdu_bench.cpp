// PDUs to structure and back (PS3.8 9.3). DCMTK does not export its PDU codec, so these stand alone.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "harness/pdu/codec.hpp"
#include "tests/bench/inputs.hpp"

namespace assay::bench {
namespace {

constexpr std::size_t fragment_length = 16384 - 6;  // PDV length, context id and control header come on top

Bytes p_data_16384() {
  Bytes bytes;
  pdu::encode_p_data(bytes, 1, 2, Bytes(fragment_length, 0x5a));
  return bytes;
}

void count_bytes(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
}

void decode_associate_rq(benchmark::State& state) {
  const auto bytes = pdu::encode(associate_rq_128());
  if (!pdu::decode(bytes).problems.empty()) return fail(state, "the input is not sound");
  for (auto _ : state) {
    auto decoded = pdu::decode(bytes);
    benchmark::DoNotOptimize(decoded);
  }
  count_bytes(state, bytes.size());
}

void encode_associate_rq(benchmark::State& state) {
  const pdu::Pdu rq = associate_rq_128();
  std::size_t size = 0;
  for (auto _ : state) {
    auto bytes = pdu::encode(rq);
    size = bytes.size();
    benchmark::DoNotOptimize(bytes.data());
  }
  count_bytes(state, size);
}

void decode_p_data_copied(benchmark::State& state) {
  const auto bytes = p_data_16384();
  if (!pdu::decode(bytes).problems.empty()) return fail(state, "the input is not sound");
  for (auto _ : state) {
    auto decoded = pdu::decode(bytes);
    benchmark::DoNotOptimize(decoded);
  }
  count_bytes(state, bytes.size());
}

void decode_p_data_viewed(benchmark::State& state) {
  const auto bytes = p_data_16384();
  std::vector<pdu::PdvView> values;
  Problems problems;
  for (auto _ : state) {
    values.clear();
    if (!pdu::decode_p_data(bytes, 0, values, problems)) return fail(state, "the input is not sound");
    benchmark::DoNotOptimize(values.data());
  }
  count_bytes(state, bytes.size());
}

// From the socket's bytes to whole PDUs: what every received byte passes through.
void frame_p_data(benchmark::State& state) {
  const auto bytes = p_data_16384();
  pdu::Framer framer;
  for (auto _ : state) {
    framer.push(bytes);
    const auto frame = framer.next();
    if (frame.status != pdu::Framer::Status::pdu) return fail(state, "the input is not sound");
    benchmark::DoNotOptimize(frame.bytes.data());
    if (framer.next().status != pdu::Framer::Status::need_more) return fail(state, "bytes are left over");
  }
  count_bytes(state, bytes.size());
}

void encode_p_data(benchmark::State& state) {
  const Bytes fragment(fragment_length, 0x5a);
  Bytes bytes;
  for (auto _ : state) {
    bytes.clear();
    pdu::encode_p_data(bytes, 1, 2, fragment);
    benchmark::DoNotOptimize(bytes.data());
  }
  count_bytes(state, bytes.size());
}

bool register_all() {
  benchmark::RegisterBenchmark("pdu/decode/associate_rq_128", decode_associate_rq);
  benchmark::RegisterBenchmark("pdu/encode/associate_rq_128", encode_associate_rq);
  benchmark::RegisterBenchmark("pdu/decode/p_data_16384", decode_p_data_viewed);
  benchmark::RegisterBenchmark("pdu/decode/p_data_16384_copied", decode_p_data_copied);
  benchmark::RegisterBenchmark("pdu/frame/p_data_16384", frame_p_data);
  benchmark::RegisterBenchmark("pdu/encode/p_data_16384", encode_p_data);
  return true;
}

const bool registered = register_all();

}  // namespace
}  // namespace assay::bench
