#include "harness/pdu/report.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "harness/base/hex.hpp"
#include "harness/base/limits.hpp"

namespace assay::pdu::detail {
namespace {

constexpr std::size_t max_uid_length = 64;       // PS3.5 9.1
constexpr std::size_t longest_quoted_text = 80;  // a problem shows the place, not the whole field

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Which of up to 64 characters are dots, zeros, or neither dot nor digit: one bit each.
struct UidBits {
  std::uint64_t dots = 0;
  std::uint64_t zeros = 0;
  std::uint64_t others = 0;
};

constexpr std::uint64_t each_byte = 0x0101010101010101ULL;

/// The top bits of eight bytes as eight bits, first byte lowest.
std::uint64_t gather(std::uint64_t tops) { return ((tops >> 7) * 0x0102040810204080ULL) >> 56; }

/// Top bit set in every byte of `word` that is zero.
std::uint64_t zero_bytes(std::uint64_t word) {
  constexpr auto low = 0x7f * each_byte;
  return ~(((word & low) + low) | word | low);
}

void classify(std::uint64_t word, std::size_t at, UidBits& bits) {
  const auto less_zero = word ^ ('0' * each_byte);  // a digit becomes its value
  const auto dots = zero_bytes(word ^ ('.' * each_byte));
  const auto no_digits = ((less_zero & (0x7f * each_byte)) + 0x76 * each_byte) | less_zero;
  bits.dots |= gather(dots) << at;
  bits.zeros |= gather(zero_bytes(less_zero)) << at;
  bits.others |= gather(no_digits & ~dots & (0x80 * each_byte)) << at;
}

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

/// True for a UID without fault. Eight characters at a time: this runs three times per presentation context.
bool is_good_uid(std::string_view uid) {
  const auto size = uid.size();
  if (size == 0 || size > max_uid_length) return false;
  UidBits bits;
  if (size < 8) {
    std::array<char, 8> padded{'1', '1', '1', '1', '1', '1', '1', '1'};
    std::copy(uid.begin(), uid.end(), padded.begin());
    classify(eight_bytes(padded.data()), 0, bits);
  } else {
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) classify(eight_bytes(uid.data() + at), at, bits);
    if (at < size) classify(eight_bytes(uid.data() + size - 8), size - 8, bits);  // overlaps, which changes nothing
  }
  const auto last = std::uint64_t{1} << (size - 1);
  const auto starts = (bits.dots << 1) | 1;  // where a component begins
  const auto ends = (bits.dots >> 1) | last;
  const auto leading_zeros = bits.zeros & starts & ~ends;
  return (bits.others | (bits.dots & (starts | last)) | leading_zeros) == 0;
}

std::string rule_id(std::string_view clause, std::string_view slug) {
  std::string rule;
  rule.reserve(clause.size() + 1 + slug.size());
  rule.append(clause);
  rule[0] = 'p';
  rule[1] = 's';
  rule[rule.find(' ')] = '/';
  return rule.append("/").append(slug);
}

}  // namespace

std::string hex8(std::uint8_t value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {digits[value >> 4], digits[value & 0x0f], 'H'};
}

std::string quote(std::string_view text) {
  const auto shown = printable(text.substr(0, longest_quoted_text));
  std::string out;
  out.reserve(shown.size() + 2);
  out.append("\"").append(shown).append("\"");
  if (text.size() > longest_quoted_text) out.append("... (").append(byte_count(text.size())).append(")");
  return out;
}

std::string byte_count(std::uint64_t count) { return std::to_string(count).append(count == 1 ? " byte" : " bytes"); }

void Report::add(Gravity gravity, std::string_view clause, std::string_view slug, std::size_t position,
                 std::string_view leaf, std::string found, std::string expected) {
  // An error is always told: it is the reason why there is no value.
  if (problems_.size() >= limits::max_problems && gravity != Gravity::error) return;
  constexpr std::size_t around = 8;  // "/" and "[12345]"
  auto length = leaf.size();
  for (std::size_t i = 0; i < depth_; ++i) length += path_[i].name.size() + around;
  std::string field;
  field.reserve(length);  // with room for what stands around names: it grows once, not with each of them
  for (std::size_t i = 0; i < depth_; ++i) {
    if (!field.empty()) field += '/';
    field += path_[i].name;
    if (path_[i].repeats || path_[i].index > 1) {
      field.append("[").append(std::to_string(path_[i].index)).append("]");
    }
  }
  if (!leaf.empty()) {
    if (!field.empty()) field += '/';
    field += leaf;
  }
  constexpr std::size_t usually = 4;  // who has one problem seldom has it alone
  if (problems_.empty()) problems_.reserve(usually);
  problems_.push_back({rule_id(clause, slug), std::string(clause), base_ + position, std::move(field), std::move(found),
                       std::move(expected), gravity});
}

void Report::reserved_not_zero(std::string_view clause, ByteView bytes, std::size_t position, std::string_view leaf) {
  deviation(clause, "reserved", position, leaf, to_hex_short(bytes), "00H as sent; receivers do not test it");
}

void Report::uid(std::string_view clause, std::string_view uid, std::size_t position, std::string_view leaf) {
  if (!is_good_uid(uid)) [[unlikely]]
    bad_uid(clause, uid, position, leaf);
}

void Report::bad_uid(std::string_view clause, std::string_view uid, std::size_t position, std::string_view leaf) {
  const auto all = uid;
  if (uid.empty()) {
    deviation(clause, "uid-empty", position, leaf, "no character", "a UID of 1 to 64 characters");
    return;
  }
  const auto last = uid.find_last_not_of(std::string_view("\0 ", 2));
  const auto length = last == std::string_view::npos ? 0 : last + 1;
  if (length < uid.size()) {
    deviation(clause, "uid-padding", position + length, leaf, quote(all), "a UID without padding, as in every PDU");
    uid = uid.substr(0, length);
  }
  if (uid.size() > max_uid_length) {
    deviation(clause, "uid-too-long", position + max_uid_length, leaf, std::to_string(uid.size()) + " characters",
              "at most 64 characters");
  }
  bool character = false;
  bool component = false;
  bool zero = false;
  for (std::size_t i = 0; i < uid.size(); ++i) {
    const bool starts = i == 0 || uid[i - 1] == '.';
    if (!is_digit(uid[i]) && uid[i] != '.') {
      if (!character) deviation(clause, "uid-character", position + i, leaf, quote(all), "digits and dots");
      character = true;
    } else if (uid[i] == '.' && (starts || i + 1 == uid.size())) {
      if (!component) deviation(clause, "uid-empty-component", position + i, leaf, quote(all), "no empty component");
      component = true;
    } else if (uid[i] == '0' && starts && i + 1 < uid.size() && is_digit(uid[i + 1])) {
      if (!zero) deviation(clause, "uid-leading-zero", position + i, leaf, quote(all), "no leading zero");
      zero = true;
    }
  }
}

}  // namespace assay::pdu::detail
