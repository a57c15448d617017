#include "fuzz/findings/reduce.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "fuzz/mutators/dissect.hpp"

namespace assay::fuzz {
namespace {

using Range = std::pair<std::size_t, std::size_t>;
using Ranges = std::vector<Range>;

constexpr std::size_t largest_laid_open = std::size_t{1} << 20;  // larger inputs are cut by bytes alone until they fit
constexpr std::size_t most_parts = 20'000;                       // of one kind, tried by themselves
constexpr int most_rounds = 8;

/// How many of `ranges` lie in [begin, end).
std::size_t overlap(std::span<const Range> ranges, std::size_t begin, std::size_t end) {
  std::size_t sum = 0;
  auto at = std::ranges::lower_bound(ranges, begin, {}, &Range::second);
  for (; at != ranges.end() && at->first < end; ++at) {
    const auto from = std::max(at->first, begin);
    const auto to = std::min(at->second, end);
    if (to > from) sum += to - from;
  }
  return sum;
}

void store(std::uint8_t* at, std::size_t width, std::uint64_t value, Endian endian) {
  for (std::size_t i = 0; i < width; ++i) {
    const auto shift = 8 * (endian == Endian::big ? width - 1 - i : i);
    at[i] = static_cast<std::uint8_t>(value >> shift);
  }
}

std::uint64_t number(ByteView bytes, Endian endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8U | bytes[endian == Endian::big ? i : bytes.size() - 1 - i];
  }
  return value;
}

Bytes cut(ByteView bytes, std::span<const Range> ranges) {
  Bytes out;
  out.reserve(bytes.size());
  std::size_t at = 0;
  for (const auto& [begin, end] : ranges) {
    append(out, bytes.subspan(at, begin - at));
    at = end;
  }
  append(out, bytes.subspan(at));
  return out;
}

/// An input that shrinks: whatever is tried and holds becomes the present one.
class Shrinking {
 public:
  Shrinking(ByteView input, const InputForm& form, const std::function<bool(ByteView)>& still, ReduceBudget& budget)
      : bytes(to_bytes(input)), form_(form), still_(still), budget_(budget) {}

  Bytes bytes;

  bool accept(Bytes candidate) {
    if (candidate == bytes || !budget_.one_more() || !still_(candidate)) return false;
    bytes = std::move(candidate);
    return true;
  }
  [[nodiscard]] bool spent() const { return budget_.spent; }
  [[nodiscard]] const InputForm& form() const { return form_; }

  /// Takes away as many of these ranges as can go.
  void drop(const Ranges& ranges, bool repair) {
    if (ranges.empty() || spent()) return;
    const auto whole = bytes;
    const auto with_only = [&](std::span<const std::size_t> kept) {
      Ranges gone;
      std::size_t at = 0;
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (at < kept.size() && kept[at] == i) {
          ++at;
        } else {
          gone.push_back(ranges[i]);
        }
      }
      return repair ? without(whole, form_, gone) : cut(whole, gone);
    };
    const auto left = reduce_indices(
        ranges.size(), [&](std::span<const std::size_t> kept) { return still_(with_only(kept)); }, budget_);
    if (left.size() < ranges.size()) bytes = with_only(left);
  }

 private:
  const InputForm& form_;
  const std::function<bool(ByteView)>& still_;
  ReduceBudget& budget_;
};

Ranges lines_of(ByteView bytes) {
  Ranges out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < bytes.size() && out.size() < most_parts; ++i) {
    if (bytes[i] != '\n') continue;
    out.emplace_back(from, i + 1);
    from = i + 1;
  }
  if (from < bytes.size() && out.size() < most_parts) out.emplace_back(from, bytes.size());
  return out;
}

/// The parts that stand so deep; a length alone is none, for it would only lie.
Ranges parts_at(const Parts& parts, std::size_t depth, std::size_t skip) {
  Ranges out;
  for (const auto& part : parts) {
    if (part.depth == depth && part.kind != layout::Part::length && part.end > part.begin && out.size() < most_parts) {
      out.emplace_back(skip + part.begin, skip + part.end);
    }
  }
  return out;
}

void drop_structure(Shrinking& input) {
  const auto skip = input.form().skip;
  if (input.bytes.size() <= skip) return;
  if (input.form().kind == InputForm::Kind::instructions) return;
  if (input.form().kind == InputForm::Kind::text) {
    input.drop(lines_of(input.bytes), false);
    return;
  }
  for (std::size_t depth = 1; depth < 256 && !input.spent(); ++depth) {
    if (input.bytes.size() <= skip || input.bytes.size() > largest_laid_open) return;
    Parts parts;
    dissect(input.form().format, ByteView(input.bytes).subspan(skip), parts);
    if (std::ranges::none_of(parts, [&](const Part& part) { return part.depth >= depth; })) return;
    input.drop(parts_at(parts, depth, skip), true);
  }
}

/// Pieces of half the input, of a quarter, and so on down to bytes, from the end, each with and without the lengths set
/// right. Not all pieces at once as with parts: one pass of each size over what is left.
void drop_bytes(Shrinking& input) {
  const auto skip = input.form().skip;
  const bool plain = input.form().kind != InputForm::Kind::binary;  // no lengths to set right
  auto size = input.bytes.size() > skip ? std::bit_floor(input.bytes.size() - skip) : 0;
  for (; size > 0 && !input.spent(); size /= 2) {
    auto end = input.bytes.size();
    while (end > skip && !input.spent()) {
      const auto begin = end - std::min(size, end - skip);
      const Range piece{begin, end};
      const Ranges one{piece};
      if (plain || !input.accept(without(input.bytes, input.form(), one))) input.accept(cut(input.bytes, one));
      end = std::min(begin, input.bytes.size());
    }
  }
}

void clear_bytes(Shrinking& input) {
  const std::uint8_t nothing = input.form().kind == InputForm::Kind::text ? ' ' : 0;
  auto size = input.bytes.empty() ? 0 : std::bit_floor(input.bytes.size());
  for (; size > 0 && !input.spent(); size /= 2) {
    for (auto begin = input.form().skip; begin < input.bytes.size() && !input.spent(); begin += size) {
      auto candidate = input.bytes;
      const auto end = std::min(begin + size, candidate.size());
      std::fill(candidate.begin() + static_cast<std::ptrdiff_t>(begin),
                candidate.begin() + static_cast<std::ptrdiff_t>(end), nothing);
      input.accept(std::move(candidate));
    }
  }
}

}  // namespace

InputForm form_of(ByteView input) {
  const auto beginning = input.first(std::min<std::size_t>(input.size(), 4096));
  const auto odd = std::ranges::count_if(
      beginning, [](std::uint8_t byte) { return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t'; });
  const bool text = !input.empty() && odd * 50 < std::ssize(beginning);
  return {text ? InputForm::Kind::text : InputForm::Kind::binary, ASSAY_FORMAT_ANY, 0};
}

bool ReduceBudget::one_more() {
  if (tried >= tries || (give_up && give_up())) spent = true;
  if (spent) return false;
  ++tried;
  return true;
}

std::vector<std::size_t> reduce_indices(std::size_t count,
                                        const std::function<bool(std::span<const std::size_t>)>& still,
                                        ReduceBudget& budget) {
  std::vector<std::size_t> kept(count);
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  // Often nothing of it matters.
  if (count > 1 && budget.one_more() && still({})) return {};
  auto size = count > 1 ? std::bit_floor(count) / (std::has_single_bit(count) ? 2 : 1) : count;
  while (size > 0 && !budget.spent) {
    bool gone = false;
    // From the end: what comes first is more often what the rest depends on.
    for (auto end = kept.size(); end > 0;) {
      const auto begin = end - std::min(size, end);
      std::vector<std::size_t> candidate(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(begin));
      candidate.insert(candidate.end(), kept.begin() + static_cast<std::ptrdiff_t>(end), kept.end());
      if (!budget.one_more()) return kept;
      if (still(candidate)) {
        kept = std::move(candidate);
        gone = true;
      }
      end = begin;
    }
    // Single units again until none can go alone; larger pieces once.
    if (size > 1 || !gone) size /= 2;
  }
  return kept;
}

Bytes without(ByteView bytes, const InputForm& form, std::span<const Range> ranges) {
  if (form.kind != InputForm::Kind::binary || bytes.size() <= form.skip || bytes.size() > largest_laid_open) {
    return cut(bytes, ranges);
  }
  Parts parts;
  const auto laid_open = bytes.subspan(form.skip);
  dissect(form.format, laid_open, parts);
  auto repaired = to_bytes(bytes);
  for (const auto& part : parts) {
    const std::size_t width = part.end - part.begin;
    if (part.kind != layout::Part::length || part.lies || width == 0 || width > 8) continue;
    const auto value = number(laid_open.subspan(part.begin, width), part.endian);
    if (value == 0 || value > laid_open.size() - part.end) continue;  // undefined, or counts something else
    const auto from = form.skip + part.end;
    const auto gone = overlap(ranges, from, from + static_cast<std::size_t>(value));
    if (gone > 0) store(repaired.data() + form.skip + part.begin, width, value - gone, part.endian);
  }
  return cut(repaired, ranges);
}

Bytes reduce_input(ByteView input, const InputForm& form, const std::function<bool(ByteView)>& still,
                   ReduceBudget& budget) {
  Shrinking work(input, form, still, budget);
  for (int round = 0; round < most_rounds && !budget.spent; ++round) {
    const auto before = work.bytes.size();
    drop_structure(work);
    drop_bytes(work);
    if (work.bytes.size() == before) break;
  }
  clear_bytes(work);
  return work.bytes;
}

}  // namespace assay::fuzz
