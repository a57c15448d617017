// Mutators for inputs that are little programs: bytes of set-up, then instructions of an opcode and its operands. An
// instruction is doubled, taken out, swapped with another, put elsewhere, or its bytes are changed as the PDUs or the
// Data Set that they are; lengths are written again. Half of the calls stay with the engine, as elsewhere.
//
// A target says how its instructions are read with a struct that has
//   static constexpr std::size_t setup = 1;                     bytes before the first instruction
//   static Instruction read(ByteReader& in);                    the next one
// and ASSAY_PROGRAM_MUTATOR(ThatStruct).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/mutators/assay_mutators.h"
#include "harness/base/bytes.hpp"

namespace assay::fuzz {

struct Instruction {
  Bytes head;                        // opcode and operands before the length
  std::optional<std::size_t> width;  // of the length of the bytes, 1 or 2 (little endian), where there are bytes
  Bytes bytes;                       // what an operand holds
  assay_format format = ASSAY_FORMAT_WIRE;
  std::optional<std::uint8_t> pdu;  // bytes are the body of a PDU of this type, which stands last in the head
  Bytes tail;                       // operands behind the bytes
};

inline Bytes take(ByteReader& in, std::size_t count) { return to_bytes(in.take_at_most(count)); }

/// Reads length and bytes into the instruction.
inline void read_operand(ByteReader& in, std::size_t width, Instruction& into) {
  std::size_t length = in.u8().value_or(0);
  if (width == 2) length += std::size_t{256} * in.u8().value_or(0);
  into.width = width;
  into.bytes = take(in, length);
}

inline void write(const Instruction& one, Bytes& out) {
  append(out, one.head);
  if (one.width) {
    const auto most = *one.width == 1 ? std::size_t{0xff} : std::size_t{0xffff};
    const auto size = std::min(one.bytes.size(), most);
    out.push_back(static_cast<std::uint8_t>(size));
    if (*one.width == 2) out.push_back(static_cast<std::uint8_t>(size >> 8U));
    append(out, ByteView(one.bytes).first(size));
  }
  append(out, one.tail);
}

/// A program of at most this many instructions; the rest of the bytes is left as it is.
inline constexpr std::size_t longest_program = 64;

struct Program {
  Bytes setup;
  std::vector<Instruction> steps;
  Bytes rest;
};

template <typename Grammar>
Program read_program(ByteView input) {
  ByteReader in(input);
  Program out;
  out.setup = take(in, Grammar::setup);
  while (!in.empty() && out.steps.size() < longest_program) out.steps.push_back(Grammar::read(in));
  out.rest = take(in, input.size());
  return out;
}

inline Bytes write(const Program& program) {
  Bytes out = program.setup;
  for (const auto& step : program.steps) write(step, out);
  append(out, program.rest);
  return out;
}

/// A small generator that the seed alone decides.
class StepChance {
 public:
  explicit StepChance(unsigned seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::size_t below(std::size_t count) {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return static_cast<std::size_t>((state_ * 0x2545f4914f6cdd1dULL >> 33U) % count);
  }

 private:
  std::uint64_t state_;
};

/// The bytes of one instruction as what they are. False when nothing could be changed.
inline bool mutate_operand(Instruction& one, std::size_t room, unsigned seed) {
  Bytes work;
  if (one.pdu) {
    work = {*one.pdu, 0};
    store(work, static_cast<std::uint32_t>(one.bytes.size()), Endian::big);
  }
  append(work, one.bytes);
  const auto size = work.size();
  if (size == 0) return false;
  work.resize(size + std::min<std::size_t>(room, 1024));
  const auto made = assay_mutate(one.format, work.data(), size, work.size(), seed, LLVMFuzzerMutate);
  if (made == 0) return false;
  work.resize(made);
  if (!one.pdu) {
    one.bytes = std::move(work);
    return true;
  }
  constexpr std::size_t header = 6;
  if (made < header || one.head.empty()) return false;
  one.head.back() = *one.pdu = work[0];
  one.bytes.assign(work.begin() + header, work.end());
  return true;
}

/// Changes the order or the number of the instructions, or the bytes of one.
inline bool mutate_steps(std::vector<Instruction>& steps, std::size_t room, StepChance& chance) {
  if (steps.empty()) return false;
  const auto at = chance.below(steps.size());
  const auto place = [&](std::size_t i) { return steps.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (chance.below(8)) {
    case 0: steps.insert(place(chance.below(steps.size() + 1)), Instruction(steps[at])); return true;
    case 1:
      if (steps.size() == 1) return false;
      steps.erase(place(at));
      return true;
    case 2: {
      const auto other = chance.below(steps.size());
      if (other == at) return false;
      std::swap(steps[at], steps[other]);
      return true;
    }
    case 3: {
      const auto other = chance.below(steps.size());
      if (!steps[at].width || !steps[other].width || at == other) return false;
      steps[at].bytes = Bytes(steps[other].bytes);
      return true;
    }
    default: break;
  }
  std::vector<std::size_t> with_bytes;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].width && (!steps[i].bytes.empty() || steps[i].pdu)) with_bytes.push_back(i);
  if (with_bytes.empty()) return false;
  return mutate_operand(steps[with_bytes[chance.below(with_bytes.size())]], room,
                        static_cast<unsigned>(chance.below(1U << 30U)));
}

template <typename Grammar>
std::size_t mutate_program(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  auto program = read_program<Grammar>({data, size});
  StepChance chance(seed);
  if (!mutate_steps(program.steps, max_size - size, chance)) return 0;
  const auto made = write(program);
  if (made.empty() || made.size() > max_size) return 0;
  std::copy(made.begin(), made.end(), data);
  return made.size();
}

/// The beginning of one program with the end of another, cut between instructions.
template <typename Grammar>
std::size_t cross_programs(ByteView first, ByteView second, std::uint8_t* out, std::size_t max_size, unsigned seed) {
  auto one = read_program<Grammar>(first);
  auto other = read_program<Grammar>(second);
  if (one.steps.empty() || other.steps.empty()) return 0;
  StepChance chance(seed);
  one.steps.resize(1 + chance.below(one.steps.size()));
  const auto from = chance.below(other.steps.size());
  one.steps.insert(one.steps.end(), other.steps.begin() + static_cast<std::ptrdiff_t>(from), other.steps.end());
  one.rest.clear();
  const auto made = write(one);
  if (made.size() > max_size) return 0;
  std::copy(made.begin(), made.end(), out);
  return made.size();
}

}  // namespace assay::fuzz

#define ASSAY_PROGRAM_MUTATOR(Grammar)                                                                            \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,      \
                                                 unsigned int seed) {                                             \
    if ((seed & 1U) == 0 && assay_mutators_wanted()) {                                                            \
      if (const auto made = assay::fuzz::mutate_program<Grammar>(data, size, max_size, seed >> 1U)) return made;  \
    }                                                                                                             \
    return LLVMFuzzerMutate(data, size, max_size);                                                                \
  }                                                                                                               \
  extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,             \
                                                   const std::uint8_t* second, std::size_t second_size,           \
                                                   std::uint8_t* out, std::size_t max_size, unsigned int seed) {  \
    if (!assay_mutators_wanted()) return 0;                                                                       \
    return assay::fuzz::cross_programs<Grammar>({first, first_size}, {second, second_size}, out, max_size, seed); \
  }
