#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {

Endian Bench::endian() const {
  for (const auto& part : parts()) {
    if (part.name == "tag") return part.endian;
  }
  return Endian::little;
}

std::uint64_t Bench::number(std::size_t at) const {
  const auto& field = part(at);
  const auto* first = shop_.bytes.data() + field.begin;
  switch (size_of(field)) {
    case 1: return *first;
    case 2: return load<std::uint16_t>(first, field.endian);
    case 4: return load<std::uint32_t>(first, field.endian);
    default: return 0;
  }
}

void Bench::write_number(const Part& part, std::uint64_t value) {
  const auto width = size_of(part);
  for (std::size_t i = 0; i < width; ++i) {
    const auto shift = 8 * (part.endian == Endian::big ? width - 1 - i : i);
    shop_.bytes[part.begin + i] = shift < 64 ? static_cast<std::uint8_t>(value >> shift) : std::uint8_t{0};
  }
}

/// The lengths that counted what changed count the change: in `block` those before `from`, then those of the blocks
/// around. `changed` is the part of the block that the change lies in; `none` when its parts are others than before.
void Bench::grow_lengths(std::size_t block, std::size_t changed, std::size_t from, std::int64_t by) {
  while (true) {
    for (std::size_t i = block + 1; i < parts().size() && part(i).begin < from; ++i) {
      const auto& length = part(i);
      if (length.up != block || !is_length(length) || length.lies) continue;
      if (size_of(length) == 4 && number(i) == 0xFFFFFFFF) continue;  // undefined
      if (length.of_next && (changed == none || length.end != part(changed).begin)) continue;
      write_number(length, number(i) + static_cast<std::uint64_t>(by));
    }
    if (block == 0) return;
    changed = block;
    from = part(block).begin;
    block = part(block).up;
  }
}

bool Bench::splice(std::size_t from, std::size_t to, ByteView value, std::size_t changed, std::size_t block) {
  if (from == to && value.empty()) return false;
  grow_lengths(block, changed, from, static_cast<std::int64_t>(value.size()) - static_cast<std::int64_t>(to - from));
  // The value may be a piece of the same bytes.
  shop_.scratch.assign(value.begin(), value.end());
  auto& bytes = shop_.bytes;
  const auto at =
      bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to));
  bytes.insert(at, shop_.scratch.begin(), shop_.scratch.end());
  stale_ = true;
  return true;
}

bool Bench::set(std::size_t at, ByteView value) {
  const auto here = part(at);
  return splice(here.begin, here.end, value, at, here.up);
}

bool Bench::set_number(std::size_t at, std::uint64_t value) {
  const auto before = number(at);
  write_number(part(at), value);
  const bool changed = number(at) != before;
  stale_ = changed;
  return changed;
}

bool Bench::add_number(std::size_t at, std::int64_t value) {
  return set_number(at, number(at) + static_cast<std::uint64_t>(value));
}

bool Bench::xor_byte(std::size_t at, std::size_t index, std::uint8_t mask) {
  shop_.bytes[part(at).begin + index] ^= mask;
  stale_ = true;
  return mask != 0;
}

bool Bench::insert_into(std::size_t at, std::size_t index, ByteView value) {
  return splice(part(at).begin + index, part(at).begin + index, value, at, part(at).up);
}

bool Bench::insert_before(std::size_t at, ByteView value) {
  return splice(part(at).begin, part(at).begin, value, none, part(at).up);
}

bool Bench::insert_after(std::size_t at, ByteView value) {
  return splice(part(at).end, part(at).end, value, none, part(at).up);
}

bool Bench::append(std::size_t block, ByteView value) {
  return splice(part(block).end, part(block).end, value, none, block);
}

bool Bench::erase(std::size_t at) { return splice(part(at).begin, part(at).end, {}, none, part(at).up); }

bool Bench::erase_run(std::size_t from, std::size_t to) {
  return splice(part(from).begin, part(to).end, {}, none, part(from).up);
}

bool Bench::truncate(std::size_t at, std::size_t keep) {
  const auto here = part(at);
  if (keep >= size_of(here)) return false;
  // What a length inside of a block counts is no longer there, which is the point; those around follow.
  return splice(here.begin + keep, here.end, {}, at, here.up);
}

bool Bench::drop_behind(std::size_t block, std::size_t from) { return splice(from, part(block).end, {}, none, block); }

bool Bench::end_at(std::size_t size) {
  if (size >= shop_.bytes.size()) return false;
  shop_.bytes.resize(size);
  stale_ = true;
  return true;
}

void Bench::repair() {
  bool repaired = false;
  for (std::size_t i = 0; i < parts().size(); ++i) {
    const auto& length = part(i);
    if (!is_length(length) || !length.lies) continue;
    auto end = part(length.up).end;
    if (length.of_next && i + 1 < parts().size()) end = part(i + 1).end;
    write_number(length, end - length.end);
    repaired = true;
  }
  stale_ = repaired;
}

bool is_value(const Part& part) {
  const auto name = part.name;
  return part.kind == layout::Part::field && (name == "value" || name == "raw" || name == "name" || name == "uid" ||
                                              name == "called-ae-title" || name == "calling-ae-title");
}

void put_header(Bytes& out, bool with_vr, std::string_view vr, std::size_t length, Endian endian) {
  if (with_vr) append(out, vr);
  if (with_vr && !has_long_length(vr)) {
    store(out, static_cast<std::uint16_t>(length), endian);
    return;
  }
  if (with_vr) store(out, std::uint16_t{0}, endian);
  store(out, static_cast<std::uint32_t>(length), endian);
}

}  // namespace assay::fuzz
