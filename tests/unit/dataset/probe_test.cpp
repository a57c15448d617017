// What probe says of files of all kinds, under whatever name they come.
#include "harness/dataset/probe.hpp"

#include "harness/dataset/guess_foreign.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "tests/unit/dataset/file_support.hpp"

namespace assay::dataset {
namespace {

Bytes padded(Bytes bytes, std::size_t size = 400) {
  bytes.resize(std::max(bytes.size(), size), 0x20);
  return bytes;
}

struct Case {
  std::string name;
  Bytes bytes;
  Usability usability;
  std::string_view kind;
  std::string_view what;
};

std::vector<Case> cases() {
  using enum Usability;
  const auto right = sample_file();
  const auto part = [&](std::size_t from, std::size_t to) {
    return Bytes(right.begin() + static_cast<std::ptrdiff_t>(from), right.begin() + static_cast<std::ptrdiff_t>(to));
  };
  auto lower = right;
  std::copy_n("dicm", 4, lower.begin() + 128);
  auto shifted = Bytes(1, 0);
  append(shifted, right);
  auto meta = sample_meta();
  meta.sop_class_uid = std::string(media_storage_directory);
  DataSet directory(explicit_le);
  directory.set_text(tags::FileSetID, "SET");
  directory.set_sequence(tags::DirectoryRecordSequence, {});
  DataSet nema(implicit_le);
  nema.set_text(tags::RecognitionCode, "ACR-NEMA 2.0");
  nema.set_text(tags::Modality, "CT");
  nema.set_text(tags::PatientName, "DOE");
  auto nifti = padded({}, 352);
  std::copy_n("\x5c\x01\0\0", 4, nifti.begin());
  std::copy_n("n+1\0", 4, nifti.begin() + 344);
  auto tar = padded({}, 512);
  std::copy_n("ustar", 5, tar.begin() + 257);
  const auto swapped = labelled(uids::ExplicitVRLittleEndian, encode(sample(), explicit_be));
  return {
      {"right name", right, usable, "part10", "DICOM file"},
      {"deflated", sample_file(uids::DeflatedExplicitVRLittleEndian), usable, "part10", "DICOM file"},
      {"directory", build_part10(meta, directory), usable, "dicomdir", "DICOMDIR"},
      {"shifted by one", shifted, doubtful, "shifted", "DICOM file shifted by 1 bytes"},
      {"shifted back by one", part(1, right.size()), doubtful, "shifted", "DICOM file shifted by -1 bytes"},
      {"lower case", lower, doubtful, "part10", "DICOM file"},
      {"131 bytes", part(0, 131), unusable, "foreign", "a file of 131 bytes, too short for a DICOM file"},
      {"132 bytes", part(0, 132), doubtful, "part10", "DICOM file"},
      {"no preamble", part(132, right.size()), doubtful, "no-preamble", "DICOM file without preamble"},
      {"bare implicit", encode(sample(), implicit_le), doubtful, "bare", "bare Data Set"},
      {"bare big endian", encode(sample(), explicit_be), doubtful, "bare", "bare Data Set"},
      {"ACR-NEMA", encode(nema, implicit_le), doubtful, "acr-nema", "ACR-NEMA data set"},
      {"byte swapped", swapped, doubtful, "part10", "DICOM file"},
      {"cut", part(0, right.size() - 9), doubtful, "part10", "DICOM file"},
      {"empty", {}, unusable, "foreign", "an empty file"},
      {"zeros", Bytes(4096, 0), unusable, "foreign", "nothing but zero bytes"},
      {"gzip", padded(hex("1f8b0800")), unusable, "foreign", "a gzip file"},
      {"zip", padded(to_bytes("PK\x03\x04")), unusable, "foreign", "a ZIP archive"},
      {"tar", tar, unusable, "foreign", "a tar archive"},
      {"pdf", padded(to_bytes("%PDF-1.7\n")), unusable, "foreign", "a PDF document"},
      {"png", padded(hex("89504e470d0a1a0a")), unusable, "foreign", "a PNG image"},
      {"jpeg", padded(hex("ffd8ffe000104a464946")), unusable, "foreign", "a JPEG image"},
      {"jpeg-ls", padded(hex("ffd8fff7")), unusable, "foreign", "a JPEG-LS image"},
      {"tiff", padded(hex("49492a0008000000")), unusable, "foreign", "a TIFF image"},
      {"nifti", nifti, unusable, "foreign", "a NIfTI-1 volume"},
      {"pcap", padded(hex("d4c3b2a102000400")), unusable, "foreign", "a network capture (pcap)"},
      {"hl7", to_bytes("MSH|^~\\&|A|B|C|D|202601051015||ADT^A01|1|P|2.3\r"), unusable, "foreign", "an HL7 message"},
      {"program", padded(to_bytes("MZ\x90")), unusable, "foreign", "a program for Windows"},
      {"xml", to_bytes("<?xml version=\"1.0\"?>\n<NativeDicomModel></NativeDicomModel>"), unusable, "foreign",
       "a Data Set as native XML (PS3.19)"},
      {"other xml", to_bytes("<?xml version=\"1.0\"?><a/>"), unusable, "foreign", "an XML document"},
      {"json", to_bytes("[{\"00080060\": {\"vr\": \"CS\", \"Value\": [\"MR\"]}}]"), unusable, "foreign",
       "a Data Set as JSON (PS3.18 F)"},
      {"html", to_bytes("<!DOCTYPE html>\n<html><body>404</body></html>"), unusable, "foreign", "an HTML page"},
      {"text", to_bytes("Please find the images on the disc.\r\n"), unusable, "foreign", "a text"},
      {"dump", to_bytes("\n# Dicom-File-Format\n\n(0008,0060) CS [MR]\n"), unusable, "foreign",
       "a dump of a DICOM file as text"},
      {"command set", hex("00000000 04000000 38000000 00000200 12000000 312e322e3834302e31303030382e312e3100"),
       unusable, "foreign", "a DIMSE Command Set"},
      {"PDUs", padded(hex("0100 000000cd 0001 0000")), unusable, "foreign", "captured PDUs of an association"},
      {"noise", padded(hex("9d3107f2c45580e1"), 4), unusable, "foreign",
       "a file of 8 bytes, too short for a DICOM file"},
  };
}

TEST(Probe, Names_every_variant_by_its_content) {
  const auto all = cases();
  EXPECT_GE(all.size(), 20U);
  for (const auto& c : all) {
    const auto found = probe(c.bytes);
    EXPECT_EQ(found.what, c.what) << c.name << ": " << found.first_fault;
    EXPECT_EQ(found.kind, c.kind) << c.name;
    EXPECT_EQ(found.usability, c.usability) << c.name << ": " << found.first_fault << found.guess;
    EXPECT_EQ(found.size, c.bytes.size()) << c.name;
    EXPECT_TRUE(found.next.ends_with('.')) << c.name;
    EXPECT_GE(found.next.size(), 15U) << c.name;
  }
}

TEST(Probe, Says_class_syntax_frames_and_fault) {
  auto data = sample();
  data.set_text(tags::NumberOfFrames, "12");
  const auto found = probe(build_part10(sample_meta(), data));
  EXPECT_EQ(found.sop_class, "1.2.840.10008.5.1.4.1.1.7");
  EXPECT_EQ(found.syntax, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(found.frames, 12U);
  EXPECT_EQ(found.elements, 23U);
  EXPECT_EQ(found.deviations, 0U);
  const auto wrong = probe(labelled(uids::ImplicitVRLittleEndian, encode(sample(), explicit_le)));
  EXPECT_EQ(wrong.guess, "declared Implicit VR Little Endian, looks like Explicit VR Little Endian");
  EXPECT_EQ(wrong.usability, Usability::doubtful);
}

TEST(Probe, Every_mark_of_a_foreign_format_is_recognised_at_its_place) {
  struct Format {
    std::size_t offset;
    std::string_view magic;
    std::string_view what;
  };
  static constexpr Format formats[] = {
#define ASSAY_FOREIGN(offset, magic, what, next) {offset, magic, what},
#include "harness/dataset/foreign_formats.inc"
#undef ASSAY_FOREIGN
  };
  for (const auto& format : formats) {
    const auto magic = hex(format.magic);
    Bytes bytes(format.offset + magic.size() + 8, 0x20);
    std::copy(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(format.offset));
    const auto found = foreign_by_magic(bytes);
    ASSERT_TRUE(found.has_value()) << format.what;
    EXPECT_EQ(found->what, format.what);
    EXPECT_EQ(probe(bytes).usability, Usability::unusable) << format.what;
    bytes.resize(format.offset + magic.size() - 1);
    const auto cut = foreign_by_magic(bytes);
    EXPECT_TRUE(!cut || cut->what != format.what || format.what.starts_with("a JPEG")) << format.what;
  }
}

}  // namespace
}  // namespace assay::dataset
