// Reading a whole file: where it begins, what its meta information says, what its Data Set looks like, and which of the
// two is believed. The order of looking: prefix, File Meta Information without a prefix, bare Data Set.
#include "harness/dataset/file.hpp"

#include <algorithm>

#include "harness/dataset/deflate.hpp"
#include "harness/dataset/guess.hpp"
#include "harness/dataset/guess_foreign.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {

namespace {

constexpr std::size_t shift_searched = 64U << 10;  // how far from its place a prefix is looked for
constexpr std::size_t look_size = 64U << 10;       // what is inflated for a look

Problem part10_problem(Gravity gravity, std::string rule, std::uint64_t offset, std::string field, std::string found,
                       std::string expected) {
  return {std::move(rule), "PS3.10 7.1", offset, std::move(field), std::move(found), std::move(expected), gravity};
}

bool has_text_at(ByteView bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() && as_text(bytes.subspan(at, text.size())) == text;
}

// Where the parts of the file begin.
struct Place {
  FileKind kind = FileKind::part10;
  std::size_t start = 0;  // of group 0002, or of the Data Set where there is none
  bool has_meta = false;
  bool found = false;
};

bool deflated_data_set(ByteView bytes) {
  if (!starts_deflated(bytes)) return false;
  const auto head = inflate(bytes, look_size);
  return look_at(head.bytes, explicit_le).plausible();
}

bool is_data_set(ByteView bytes) { return sniff(bytes).has_value(); }

Place place_at(ByteView file, std::size_t start, FileKind kind) {
  return {.kind = kind, .start = start, .has_meta = looks_like_meta(file.subspan(start)), .found = true};
}

// A prefix in a wrong place, other letters in its place, or none at all.
Place find_shifted(ByteView file, Problems& problems) {
  const auto deviation = [&](std::string rule, std::uint64_t offset, std::string found, std::string expected) {
    problems.push_back(
        part10_problem(Gravity::deviation, std::move(rule), offset, "prefix", std::move(found), std::move(expected)));
  };
  const std::string expected = "DICM at byte 128, after the preamble";
  for (const std::size_t start : {preamble_size + 4, preamble_size}) {
    if (file.size() < start + 8) continue;
    const auto rest = file.subspan(start);
    if (!looks_like_meta(rest) && !(start > preamble_size && has_text_at(file, preamble_size, "dicm"))) continue;
    const bool no_letters = start == preamble_size;
    deviation("ps3.10/7.1/prefix-letters", preamble_size,
              no_letters ? "group 0002 at once" : "\"" + std::string(as_text(file.subspan(preamble_size, 4))) + '"',
              expected);
    // What is not printable would only confuse.
    for (auto& c : problems.back().found)
      if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
    return place_at(file, start, FileKind::part10);
  }
  const auto head = as_text(file.first(std::min(file.size(), shift_searched)));
  for (auto at = head.find(dicom_prefix); at != std::string_view::npos; at = head.find(dicom_prefix, at + 1)) {
    if (at == 0 || file.size() < at + 12 || !looks_like_meta(file.subspan(at + 4))) continue;
    deviation("ps3.10/7.1/prefix-shifted", at, "DICM at byte " + std::to_string(at), expected);
    return place_at(file, at + 4, FileKind::part10);
  }
  return {};
}

Place find_place(ByteView file, Problems& problems) {
  const auto deviation = [&](std::string rule, std::uint64_t offset, std::string found, std::string expected) {
    problems.push_back(
        part10_problem(Gravity::deviation, std::move(rule), offset, "prefix", std::move(found), std::move(expected)));
  };
  if (has_text_at(file, preamble_size, dicom_prefix)) {
    problems = check_preamble(file.first(preamble_size));
    return place_at(file, preamble_size + 4, FileKind::part10);
  }
  const std::string expected = "a preamble of 128 bytes and DICM";
  if (has_text_at(file, 0, dicom_prefix) && (looks_like_meta(file.subspan(4)) || is_data_set(file.subspan(4)))) {
    deviation("ps3.10/7.1/preamble-missing", 0, "DICM at byte 0", expected);
    return place_at(file, 4, FileKind::no_preamble);
  }
  if (looks_like_meta(file)) {
    deviation("ps3.10/7.1/preamble-missing", 0, "group 0002 at byte 0", expected);
    return place_at(file, 0, FileKind::no_preamble);
  }
  if (is_data_set(file)) return {FileKind::bare_data_set, 0, false, true};
  if (foreign_by_magic(file)) return {};
  if (const auto shifted = find_shifted(file, problems); shifted.found) return shifted;
  if (deflated_data_set(file)) return {FileKind::bare_data_set, 0, false, true};
  for (const std::size_t start : {preamble_size, preamble_size + 4}) {
    if (file.size() <= start || !is_data_set(file.subspan(start))) continue;
    deviation("ps3.10/7.1/prefix-letters", preamble_size, "a Data Set without prefix and meta information", expected);
    return {FileKind::part10, start, false, true};
  }
  // A Data Set behind a few bytes of something else.
  for (std::size_t start = 1; start <= 16 && start < file.size(); ++start) {
    const auto encoding = sniff(file.subspan(start));
    if (!encoding || look_at(file.subspan(start), *encoding).known < 6) continue;
    deviation("ps3.10/7.1/prefix-shifted", start, "a Data Set at byte " + std::to_string(start), expected);
    return {FileKind::bare_data_set, start, false, true};
  }
  return {};
}

bool is_acr_nema(const DataSet& data_set) {
  if (data_set.text(tags::RecognitionCode).starts_with("ACR-NEMA")) return true;
  const auto& nodes = data_set.nodes();
  return !nodes.empty() && nodes.front().tag.group == 8 && data_set.has(tags::LengthToEnd) &&
         !data_set.has(tags::SOPClassUID);
}

bool same_bytes(Encoding a, Encoding b) {
  return a.explicit_vr == b.explicit_vr && a.endian == b.endian && a.deflated == b.deflated;
}

class Reader {
 public:
  Reader(ByteView file, const FileOptions& options) : options_(options) { file_.bytes = file; }

  std::expected<DicomFile, Problem> run() {
    const auto bytes = file_.bytes;
    const auto place = find_place(bytes, file_.problems);
    if (!place.found) return std::unexpected(no_dicom_file());
    file_.kind = place.kind;
    file_.meta_offset = file_.data_set_offset = place.start;
    bool meta_broken = false;
    if (place.has_meta) meta_broken = !read_group_2(place.start);
    const auto rest = bytes.subspan(static_cast<std::size_t>(file_.data_set_offset));
    const auto* known = find_transfer_syntax(file_.transfer_syntax_uid);
    if (options_.as) {
      file_.encoding = *options_.as;
    } else if (known != nullptr) {
      file_.encoding = known->encoding;
    } else {
      file_.encoding = encoding_of(file_.transfer_syntax_uid);
      if (file_.transfer_syntax_uid.empty()) file_.encoding = explicit_le;
    }
    if (!place.has_meta) missing_meta(place, rest);
    if (meta_broken) {
      file_.data_set = DataSet(file_.encoding);
      return std::move(file_);
    }
    if (options_.guess && !options_.as) choose(rest, place.has_meta, known != nullptr);
    read_data_set(rest);
    finish(place);
    return std::move(file_);
  }

 private:
  Problem no_dicom_file() const {
    const auto foreign = name_foreign(file_.bytes);
    return part10_problem(Gravity::error, "ps3.10/7.1/not-dicom", 0, "file", foreign.what,
                          "a DICOM file: " + foreign.next);
  }

  // False when group 0002 cannot be read to its end.
  bool read_group_2(std::size_t start) {
    const auto bytes = file_.bytes;
    const auto encoding = meta_encoding(bytes.subspan(start));
    auto meta = read_meta(bytes, start, encoding);
    if (encoding != explicit_le) {
      const Tag first(2, load<std::uint16_t>(bytes.data() + start + 2, encoding.endian));
      file_.problems.push_back(part10_problem(Gravity::deviation, "ps3.10/7.1/meta-encoding",
                                              start + (encoding.endian == Endian::big ? 0 : 4), to_string(first),
                                              encoding_name(encoding), "Explicit VR Little Endian, whatever follows"));
    }
    file_.meta = std::move(meta.data_set);
    file_.data_set_offset = start + meta.consumed;
    file_.transfer_syntax_uid = std::string(file_.meta.text(tags::TransferSyntaxUID));
    add(std::move(meta.problems));
    file_.more_problems += meta.more_problems;
    add(check_required_meta(file_.meta, start));
    return !has_error(file_.problems);
  }

  void missing_meta(const Place& place, ByteView rest) {
    const bool readable = is_data_set(rest) || deflated_data_set(rest);
    file_.problems.push_back(
        part10_problem(place.kind == FileKind::part10 && !readable ? Gravity::error : Gravity::deviation,
                       "ps3.10/7.1/meta-missing", place.start, "group 0002",
                       place.start == 0 ? "a Data Set at byte 0"
                       : readable       ? "a Data Set"
                                        : "other bytes",
                       "the File Meta Information"));
  }

  [[nodiscard]] Look look(ByteView rest, ByteView head_inflated, Encoding encoding) const {
    return look_at(encoding.deflated ? head_inflated : rest, encoding);
  }

  // Whether the declared encoding fits, and which other does when it does not.
  void choose(ByteView rest, bool has_meta, bool declared) {
    if (rest.empty()) return;
    Bytes head;
    if (file_.encoding.deflated || !look_at(rest, file_.encoding).plausible())
      if (starts_deflated(rest)) head = inflate(rest, look_size).bytes;
    const auto as_declared = look(rest, head, file_.encoding);
    if (has_meta && as_declared.plausible()) return;
    std::optional<Encoding> best;
    Look best_look;
    for (const bool deflated : {false, true}) {
      for (const bool explicit_vr : {true, false}) {
        for (const auto endian : {Endian::little, Endian::big}) {
          const Encoding other{explicit_vr, endian, deflated, file_.encoding.encapsulated};
          const auto looks = look(rest, head, other);
          if (!looks.plausible() || looks.known < 1) continue;
          if (best &&
              (looks.known < best_look.known || (looks.known == best_look.known && looks.seen <= best_look.seen)))
            continue;
          best = other;
          best_look = looks;
        }
      }
    }
    if (!best && has_meta && file_.transfer_syntax_uid.empty()) {
      // Nothing is declared and no tag is known: what reads with the least trouble, and to its end, is believed.
      const auto trouble = [&](Encoding encoding) {
        const auto problems = decode(rest, encoding).problems;
        return has_error(problems) ? 2 : clean(problems) ? 0 : 1;
      };
      int least = trouble(file_.encoding);
      for (const auto& other : {implicit_le, explicit_be}) {
        const int here = least == 0 ? 2 : trouble(other);
        if (here >= least) continue;
        least = here;
        best = other;
      }
    }
    if (!best || (has_meta && same_bytes(*best, file_.encoding))) return;
    const std::string looks = encoding_name(*best);
    if (!has_meta) {
      file_.guess = "no Transfer Syntax is named; looks like " + looks;
    } else if (file_.transfer_syntax_uid.empty()) {
      file_.guess = "no Transfer Syntax is named; looks like " + looks;
    } else if (!declared) {
      file_.guess = "unknown Transfer Syntax " + file_.transfer_syntax_uid + "; looks like " + looks;
    } else {
      file_.guess = "declared " + encoding_name(file_.encoding) + ", looks like " + looks;
      file_.problems.push_back(
          part10_problem(Gravity::deviation, "ps3.10/7.1/transfer-syntax-mismatch", file_.data_set_offset,
                         to_string(tags::TransferSyntaxUID), "a Data Set that looks like " + looks,
                         encoding_name(file_.encoding) + ", as " + file_.transfer_syntax_uid + " says"));
    }
    if (!has_meta || file_.transfer_syntax_uid.empty()) best->encapsulated = false;
    file_.encoding = *best;
  }

  void read_data_set(ByteView rest) {
    ByteView plain = rest;
    std::uint64_t base = file_.data_set_offset;
    if (file_.encoding.deflated) {
      auto inflated = inflate(rest, options_.max_inflated, file_.data_set_offset);
      file_.deflated_size = inflated.consumed;
      add(std::move(inflated.problems));
      file_.inflated = std::make_shared<const Bytes>(std::move(inflated.bytes));
      plain = *file_.inflated;
      base = 0;
    }
    DecodeOptions decoding;
    decoding.base_offset = base;
    decoding.strict = options_.strict;
    decoding.max_depth = options_.max_depth;
    decoding.stop_before = options_.stop_before;
    auto decoded = decode(plain, file_.encoding, decoding);
    std::optional<Problem> tail;
    if (const auto end = end_of_data_set(decoded, plain, base, tail); end < plain.size() || tail) {
      decoded = decode(plain.first(end), file_.encoding, decoding);
      if (tail) decoded.problems.push_back(std::move(*tail));
    }
    file_.decoded = decoded.consumed;
    file_.data_set = std::move(decoded.data_set);
    file_.more_problems += decoded.more_problems;
    data_problems_ = std::move(decoded.problems);
  }

  // Where the Data Set ends before the bytes do: behind Data Set Trailing Padding, before zeros, before what is no
  // Data Element behind the Pixel Data (PS3.10 7.2).
  static std::size_t end_of_data_set(const DataSetDecode& decoded, ByteView plain, std::uint64_t base,
                                     std::optional<Problem>& tail) {
    const auto report = [&](std::string rule, std::size_t at, std::string found, std::string expected) {
      tail = Problem{std::move(rule),  "PS3.10 7.2",        base + at,         "end of the Data Set",
                     std::move(found), std::move(expected), Gravity::deviation};
      return at;
    };
    const auto& nodes = decoded.data_set.nodes();
    std::optional<std::size_t> zeros_from;  // looked for once, and only when it matters
    const auto all_zero = [&](std::size_t at) {
      if (!zeros_from) {
        zeros_from = plain.size();
        while (*zeros_from > 0 && plain[*zeros_from - 1] == 0) --*zeros_from;
      }
      return at >= *zeros_from;
    };
    std::size_t last_end = 0;
    Tag last;
    for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
      const Node& node = nodes[i];
      const auto at = static_cast<std::size_t>(node.offset - base);
      if (node.tag.packed() == 0 && i > 0 && all_zero(at))
        return report("ps3.10/7.2/trailing-zeros", at, std::to_string(plain.size() - at) + " zero bytes",
                      "the end of the file, or Data Set Trailing Padding (FFFC,FFFC)");
      last_end = static_cast<std::size_t>(node.end_offset - base);
      last = node.tag;
      if (node.tag == tags::DataSetTrailingPadding && last_end < plain.size())
        return report("ps3.10/7.2/after-trailing-padding", last_end, std::to_string(plain.size() - last_end) + " bytes",
                      "nothing after Data Set Trailing Padding");
    }
    if (!has_error(decoded.problems) || last_end == 0 || last_end != decoded.consumed || last_end == plain.size())
      return plain.size();
    const std::string size = std::to_string(plain.size() - last_end);
    if (all_zero(last_end))
      return report("ps3.10/7.2/trailing-zeros", last_end, size + " zero bytes",
                    "the end of the file, or Data Set Trailing Padding (FFFC,FFFC)");
    const bool behind_pixels =
        last == tags::PixelData || last == tags::FloatPixelData || last == tags::DoubleFloatPixelData;
    if (behind_pixels)
      return report("ps3.10/7.2/trailing-bytes", last_end, size + " bytes that are no Data Element",
                    "the end of the file, or Data Set Trailing Padding (FFFC,FFFC)");
    return plain.size();
  }

  void finish(const Place& place) {
    if (place.has_meta) add(check_meta(file_.meta, file_.data_set));
    if (place.kind == FileKind::bare_data_set && is_acr_nema(file_.data_set)) {
      file_.kind = FileKind::acr_nema;
      const auto code = file_.data_set.text(tags::RecognitionCode);
      add({part10_problem(Gravity::deviation, "ps3.10/7.1/acr-nema", 0, to_string(tags::RecognitionCode),
                          code.empty() ? "an ACR-NEMA data set" : std::string(code), "a DICOM file")});
    }
    if (auto swapped = swapped_numbers(file_.data_set)) data_problems_.push_back(std::move(*swapped));
    const auto by_offset = [](const Problem& a, const Problem& b) {
      return a.offset != b.offset ? a.offset < b.offset : a.rule < b.rule;
    };
    std::sort(file_.problems.begin(), file_.problems.end(), by_offset);
    std::sort(data_problems_.begin(), data_problems_.end(), by_offset);
    add(std::move(data_problems_));
  }

  void add(Problems problems) {
    for (auto& problem : problems) file_.problems.push_back(std::move(problem));
  }

  const FileOptions& options_;
  DicomFile file_;
  Problems data_problems_;
};

}  // namespace

std::expected<DicomFile, Problem> read_file(ByteView file, const FileOptions& options) {
  return Reader(file, options).run();
}

Bytes rewrite(const DicomFile& file) {
  const auto bytes = file.bytes;
  Bytes out = to_bytes(bytes.first(static_cast<std::size_t>(file.meta_offset)));
  append(out, rewrite(file.meta));
  const auto rest = bytes.subspan(static_cast<std::size_t>(file.data_set_offset));
  if (!file.inflated) {
    append(out, rewrite(file.data_set));
    append(out, rest.subspan(file.decoded));
    return out;
  }
  Bytes plain = rewrite(file.data_set);
  append(plain, ByteView(*file.inflated).subspan(file.decoded));
  if (plain == *file.inflated) {
    append(out, rest);
  } else {
    append(out, deflate(plain));
    append(out, rest.subspan(file.deflated_size));
  }
  return out;
}

}  // namespace assay::dataset
