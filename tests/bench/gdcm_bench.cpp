// The same Data Sets through GDCM (PS3.5 7): decoded from a stream over memory and touched, encoded to a stream over
// memory that is already there.
#include <benchmark/benchmark.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <gdcmDataSet.h>
#include <gdcmExplicitDataElement.h>
#include <gdcmImplicitDataElement.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmSwapper.h>
#pragma clang diagnostic pop

#include <cstdint>
#include <cstring>
#include <istream>
#include <ostream>
#include <set>
#include <streambuf>
#include <string>

#include "tests/bench/inputs.hpp"

namespace assay::bench {
namespace {

/// A stream over memory, without a copy.
class MemoryIn : public std::streambuf {
 public:
  explicit MemoryIn(ByteView bytes) {
    auto* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    setg(begin, begin, begin + bytes.size());
  }

 protected:
  pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
    char* const base = from == std::ios_base::beg ? eback() : from == std::ios_base::cur ? gptr() : egptr();
    if (base + by < eback() || base + by > egptr()) return pos_type(off_type(-1));
    setg(eback(), base + by, egptr());
    return pos_type(gptr() - eback());
  }
  pos_type seekpos(pos_type at, std::ios_base::openmode mode) override {
    return seekoff(off_type(at), std::ios_base::beg, mode);
  }
  std::streamsize xsgetn(char* to, std::streamsize size) override {
    const auto got = std::min<std::streamsize>(size, egptr() - gptr());
    std::memcpy(to, gptr(), static_cast<std::size_t>(got));
    setg(eback(), gptr() + got, egptr());
    return got;
  }
};

/// A stream into a buffer that is there already.
class MemoryOut : public std::streambuf {
 public:
  explicit MemoryOut(Bytes& buffer)
      : start_(reinterpret_cast<char*>(buffer.data())), at_(start_), end_(start_ + buffer.size()) {}
  [[nodiscard]] std::size_t used() const { return static_cast<std::size_t>(at_ - start_); }

 protected:
  std::streamsize xsputn(const char* from, std::streamsize size) override {
    if (size > end_ - at_) return 0;
    std::memcpy(at_, from, static_cast<std::size_t>(size));
    at_ += size;
    return size;
  }
  int_type overflow(int_type byte) override {
    const char c = traits_type::to_char_type(byte);
    return xsputn(&c, 1) == 1 ? byte : traits_type::eof();
  }
  pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
    return by == 0 && from == std::ios_base::cur ? pos_type(at_ - start_) : pos_type(off_type(-1));
  }

 private:
  char* start_;
  char* at_;
  char* end_;
};

/// Implicit VR leaves sequences of defined length as bytes until somebody asks.
bool looks_like_items(const gdcm::DataElement& element) {
  const auto* bytes = element.GetByteValue();
  return bytes != nullptr && bytes->GetLength() >= 8 && std::memcmp(bytes->GetPointer(), "\xfe\xff\x00\xe0", 4) == 0;
}

std::uint64_t touch(const gdcm::DataSet& data_set, std::size_t& elements) {
  std::uint64_t sum = 0;
  for (const auto& element : data_set.GetDES()) {
    ++elements;
    sum += element.GetTag().GetElementTag() ^ static_cast<std::uint64_t>(gdcm::VR::VRType(element.GetVR())) ^
           static_cast<std::uint32_t>(element.GetVL());
    const bool items =
        element.GetVR() == gdcm::VR::SQ || (element.GetVR() == gdcm::VR::INVALID && looks_like_items(element));
    if (items) {
      const auto sequence = element.GetValueAsSQ();
      if (!sequence) continue;
      for (gdcm::SequenceOfItems::SizeType i = 1; i <= sequence->GetNumberOfItems(); ++i)
        sum += touch(sequence->GetItem(i).GetNestedDataSet(), elements);
    } else if (const auto* bytes = element.GetByteValue(); bytes != nullptr && bytes->GetLength() > 0) {
      sum += static_cast<std::uint64_t>(bytes->GetPointer()[0]);
    }
  }
  return sum;
}

void read(gdcm::DataSet& data_set, const Input& input) {
  MemoryIn memory(input.bytes);
  std::istream stream(&memory);
  if (input.encoding.explicit_vr)
    data_set.Read<gdcm::ExplicitDataElement, gdcm::SwapperNoOp>(stream);
  else
    data_set.Read<gdcm::ImplicitDataElement, gdcm::SwapperNoOp>(stream);
}

void count(benchmark::State& state, const Input& input) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(iterations * static_cast<std::int64_t>(input.elements));
  state.SetBytesProcessed(iterations * static_cast<std::int64_t>(input.bytes.size()));
}

void decode_gdcm(benchmark::State& state, const Input& input) {
  for (auto _ : state) {
    gdcm::DataSet data_set;
    read(data_set, input);
    std::size_t elements = 0;
    benchmark::DoNotOptimize(touch(data_set, elements));
    if (elements != input.elements) return fail(state, "GDCM did not read every element");
  }
  count(state, input);
}

void encode_gdcm(benchmark::State& state, const Input& input) {
  gdcm::DataSet data_set;
  read(data_set, input);
  std::size_t elements = 0;
  benchmark::DoNotOptimize(touch(data_set, elements));
  Bytes out(input.bytes.size() + 1024);
  std::size_t used = 0;
  for (auto _ : state) {
    MemoryOut memory(out);
    std::ostream stream(&memory);
    if (input.encoding.explicit_vr)
      data_set.Write<gdcm::ExplicitDataElement, gdcm::SwapperNoOp>(stream);
    else
      data_set.Write<gdcm::ImplicitDataElement, gdcm::SwapperNoOp>(stream);
    used = memory.used();
    benchmark::DoNotOptimize(out.data());
  }
  if (used != input.bytes.size()) return fail(state, "GDCM's encoded size differs");
  count(state, input);
}

void headers_gdcm(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t found = 0;
    for (const auto& file : many_files()) {
      MemoryIn memory(file);
      std::istream stream(&memory);
      gdcm::Reader reader;
      reader.SetStream(stream);
      if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0010))) return fail(state, "GDCM cannot read a file");
      found += reader.GetFile().GetDataSet().FindDataElement(gdcm::Tag(0x0020, 0x0013)) ? 1 : 0;
    }
    if (found != many_files().size()) return fail(state, "GDCM misses an element");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(many_files().size()));
}

bool register_all() {
  for (const auto& input : inputs()) {
    benchmark::RegisterBenchmark(("gdcm/dataset/decode/" + std::string(input.name)).c_str(),
                                 [&input](benchmark::State& state) { decode_gdcm(state, input); });
    benchmark::RegisterBenchmark(("gdcm/dataset/encode/" + std::string(input.name)).c_str(),
                                 [&input](benchmark::State& state) { encode_gdcm(state, input); });
  }
  benchmark::RegisterBenchmark("gdcm/dataset/headers/1000_files", headers_gdcm);
  return true;
}

const bool registered = register_all();

}  // namespace
}  // namespace assay::bench
