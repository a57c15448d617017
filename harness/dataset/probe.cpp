#include "harness/dataset/probe.hpp"

#include <algorithm>
#include <charconv>

#include "harness/dataset/file.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {

namespace {

// About the file, not about single values, which are the business of `validate`.
bool is_about_the_file(const Problem& problem) {
  if (problem.gravity == Gravity::note) return false;
  return problem.gravity == Gravity::error || problem.rule.starts_with("ps3.10/") ||
         problem.rule.starts_with("ps3.5/A.5/") || problem.rule == "ps3.5/7.3/byte-swapped";
}

const Problem* find_rule(const Problems& problems, std::string_view rule) {
  const auto found = std::find_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.rule == rule; });
  return found == problems.end() ? nullptr : &*found;
}

void name_kind(const DicomFile& file, Probe& out) {
  const auto* shifted = find_rule(file.problems, "ps3.10/7.1/prefix-shifted");
  switch (file.kind) {
    case FileKind::part10:
      out.kind = "part10";
      out.what = "DICOM file";
      break;
    case FileKind::no_preamble:
      out.kind = "no-preamble";
      out.what = "DICOM file without preamble";
      break;
    case FileKind::bare_data_set:
      out.kind = "bare";
      out.what = "bare Data Set";
      break;
    case FileKind::acr_nema:
      out.kind = "acr-nema";
      out.what = "ACR-NEMA data set";
      break;
  }
  if (shifted != nullptr && file.kind == FileKind::bare_data_set) {
    out.what += " behind " + std::to_string(shifted->offset) + " bytes of something else";
  } else if (shifted != nullptr) {
    const auto by = static_cast<std::int64_t>(shifted->offset) - static_cast<std::int64_t>(preamble_size);
    out.kind = "shifted";
    out.what = "DICOM file shifted by " + std::to_string(by) + " bytes";
  } else if (out.sop_class == media_storage_directory || file.data_set.has(tags::DirectoryRecordSequence)) {
    out.kind = "dicomdir";
    out.what = "DICOMDIR";
  }
}

std::string next_step(const DicomFile& file, const Probe& probe) {
  const auto has = [&](std::string_view rule) { return find_rule(file.problems, rule) != nullptr; };
  if (has("ps3.10/7.1/transfer-syntax-mismatch"))
    return "Ask whoever wrote it to correct (0002,0010), or to encode the Data Set as it says.";
  if (probe.kind == "dicomdir") return "Check it with assay dicomdir verify.";
  if (probe.kind == "shifted") return "Cut off the bytes before its preamble, then probe it again.";
  if (probe.kind == "bare" || probe.kind == "acr-nema" || probe.kind == "no-preamble")
    return "Turn it into a DICOM file with assay convert before giving it to others.";
  if (has_error(file.problems))
    return "Fetch it again: it cannot be read to its end; assay validate says where it breaks.";
  if (probe.usability == Usability::doubtful) return "Look at what is wrong with assay validate.";
  return "Look into it with assay dump.";
}

}  // namespace

Probe probe(ByteView bytes) {
  Probe out;
  out.size = bytes.size();
  const auto read = read_file(bytes);
  if (!read) {
    const auto& why = read.error();
    out.kind = "foreign";
    out.what = why.found;
    auto next = why.expected.substr(why.expected.find(": ") + 2);
    if (!next.empty() && next[0] >= 'a' && next[0] <= 'z') next[0] = static_cast<char>(next[0] - 32);
    out.next = next + '.';
    return out;
  }
  const auto& file = *read;
  out.sop_class = std::string(file.meta.text(tags::MediaStorageSOPClassUID));
  if (const auto inside = file.data_set.text(tags::SOPClassUID); !inside.empty()) out.sop_class = std::string(inside);
  out.syntax = file.transfer_syntax_uid;
  out.writer = std::string(file.meta.text(tags::ImplementationClassUID));
  out.version = std::string(file.meta.text(tags::ImplementationVersionName));
  out.encoding = encoding_name(file.encoding);
  out.guess = file.guess;
  name_kind(file, out);
  out.elements = file.data_set.nodes().size();
  const bool pixels = file.data_set.has(tags::PixelData) || file.data_set.has(tags::FloatPixelData) ||
                      file.data_set.has(tags::DoubleFloatPixelData);
  if (pixels) {
    out.frames = 1;
    const auto frames = file.data_set.text(tags::NumberOfFrames);
    const auto at = frames.find_first_not_of(' ');
    if (at != std::string_view::npos) std::from_chars(frames.data() + at, frames.data() + frames.size(), out.frames);
  }
  for (const auto& problem : file.problems) {
    if (problem.gravity != Gravity::note) ++out.deviations;
    if (out.first_fault.empty() && is_about_the_file(problem))
      out.first_fault =
          problem.field + (problem.field.empty() ? "" : ": ") + problem.found + ", expected " + problem.expected;
  }
  out.deviations += file.more_problems;
  out.usability = out.first_fault.empty() && out.guess.empty() ? Usability::usable : Usability::doubtful;
  out.next = next_step(file, out);
  return out;
}

}  // namespace assay::dataset
