// The exact XML: any bytes come back as they were, and what the document says can be read and changed by people.
#include "harness/dataset/exact_xml.hpp"

#include <random>

#include "harness/dataset/deflate.hpp"
#include "support.hpp"

namespace assay::dataset {
namespace {

// Bytes in front of a Data Set that make it a file in the given syntax.
Bytes file_of(std::string_view transfer_syntax, ByteView data_set) {
  FileMeta meta;
  meta.sop_class_uid = uids::SecondaryCaptureImageStorage;
  meta.sop_instance_uid = "1.2.3";
  meta.transfer_syntax_uid = transfer_syntax;
  meta.implementation_class_uid = "1.2.4";
  return build_part10(meta, data_set);
}

DataSet sample(Encoding encoding) {
  DataSet item(encoding);
  item.set_text(tags::CodeValue, "T-1");
  item.set_text(tags::CodeMeaning, "Tee  ");
  DataSet data_set(encoding);
  data_set.set_text(tags::SOPInstanceUID, "1.2.3");
  data_set.set_text(tags::PatientName, Vr::PN, "M\xfcller^J=X");
  data_set.set_text(tags::PatientComments, Vr::LT, "line\r\nand <line>");
  data_set.set_u16(tags::Rows, 513);
  data_set.set_u32(tags::FrameIncrementPointer, 0x00181063);
  data_set.set_sequence(tags::ConceptNameCodeSequence, {item, DataSet(encoding)});
  data_set.set_sequence(tags::ContentSequence, {item}, true);
  data_set.set_bytes(Tag(0x0009, 0x1001), Vr::UN, hex("00010203"));
  data_set.set_bytes(tags::PixelData, Vr::OW, hex("0102030405060708"));
  return data_set;
}

std::string why(const std::expected<Bytes, Problem>& read) {
  return read ? std::string("read") : listed({read.error()});
}

void expect_exact(const Bytes& bytes, bool laid_out) {
  FileOptions deep;
  deep.max_depth = 1'000'000;
  const auto xml = to_exact_xml(bytes, deep);
  const auto back = from_exact_xml(xml.xml);
  ASSERT_TRUE(back) << why(back) << xml.xml;
  EXPECT_EQ(*back, bytes) << xml.xml;
  if (laid_out) {
    EXPECT_FALSE(xml.raw) << xml.xml;
  }
}

TEST(ExactXml, Gives_back_files_in_every_uncompressed_syntax) {
  expect_exact(file_of(uids::ExplicitVRLittleEndian, encode(sample(explicit_le), explicit_le)), true);
  expect_exact(file_of(uids::ImplicitVRLittleEndian, encode(sample(explicit_le), implicit_le)), true);
  expect_exact(file_of(uids::ExplicitVRBigEndian, encode(sample(explicit_be), explicit_be)), true);
  const auto plain = encode(sample(explicit_le), explicit_le);
  for (const int level : {0, 1, 6, 9})
    expect_exact(file_of(uids::DeflatedExplicitVRLittleEndian, deflate(plain, level)), true);
  expect_exact(plain, true);
  DataSet compressed = sample(explicit_le);
  compressed.set_fragments(tags::PixelData, {hex(""), hex("ffd8ffd9"), hex("0102")});
  expect_exact(file_of("1.2.840.10008.1.2.4.50", encode(compressed, explicit_le)), true);
}

TEST(ExactXml, Says_in_attributes_what_the_model_cannot) {
  struct Row {
    std::string_view bytes;  // of a Data Set in explicit VR little endian
    std::string_view expected;
  };
  const Row rows[] = {
      {"0800 6000 4353 0200 4354", "keyword=\"Modality\">\n<Value number=\"1\">CT</Value>"},
      {"1000 2000 4c4f 0400 41202020", "assay:padding=\"202020\">\n<Value number=\"1\">A</Value>"},
      {"1000 2000 4c4f 0300 414243", "assay:padding=\"\">\n<Value number=\"1\">ABC</Value>"},
      {"1000 2000 4c4f 0200 41e4", "assay:bytes=\"41e4\">\n<Value number=\"1\">A\xc3\xa4</Value>"},
      {"1000 2000 4c4f 0200 4101", "assay:bytes=\"4101\">\n</DicomAttribute>"},
      {"0900 0110 554e 0101 02000000 0102", "assay:header=\"09000110554e010102000000\""},
      {"1000 2000 5858 0000 02000000 4142",
       "vr=\"UN\" keyword=\"PatientID\" assay:header=\"100020005858000002000000\""},
      {"2800 1000 5553 0300 010203", "assay:bytes=\"010203\""},
      {"4000 75a0 5351 0000 ffffffff  feff 00e0 ffffffff feff 0de0 00000000 feff dde0 00000000",
       "assay:length=\"undefined\">\n<Item number=\"1\" assay:length=\"undefined\">\n</Item>\n</DicomAttribute>"},
      {"4000 75a0 5351 0000 ffffffff  feff 00e0 00000000 feff dde0 04000000",
       "<assay:end>feffdde004000000</assay:end>"},
      {"0800 0000 554c 0400 0a000000  0800 6000 4353 0200 4354", "<DicomAttribute tag=\"00080000\" vr=\"UL\""},
      {"0800 6000 4353 0200 4354  feff 0de0 00000000", "<assay:raw>feff0de000000000</assay:raw>"},
      {"0800 6000 4353 0200 4354  1000 2000 4c4f ff00 41", "<assay:raw>100020004c4fff0041</assay:raw>"},
      {"1000 2000 4c4f 0200 4142  0800 6000 4353 0200 4354  0800 6000 4353 0200 4d52",
       "<Value number=\"1\">MR</Value>"},
  };
  for (const auto& row : rows) {
    const auto file = file_of(uids::ExplicitVRLittleEndian, hex(row.bytes));
    const auto xml = to_exact_xml(file).xml;
    EXPECT_NE(xml.find(row.expected), std::string::npos) << row.expected << "\n" << xml;
    expect_exact(file, true);
  }
}

TEST(ExactXml, Takes_bytes_that_are_no_DICOM_file_as_they_are) {
  for (const auto* text : {"", "00", "ffffffff", "474946383961"}) {
    const auto bytes = hex(text);
    expect_exact(bytes, false);
  }
  EXPECT_TRUE(to_exact_xml(hex("474946383961")).raw);
}

TEST(ExactXml, Gives_back_every_truncation_and_every_changed_byte) {
  for (const auto& encoding : {explicit_le, implicit_le}) {
    const auto uid = encoding.explicit_vr ? uids::ExplicitVRLittleEndian : uids::ImplicitVRLittleEndian;
    const auto file = file_of(uid, encode(sample(explicit_le), encoding));
    for (std::size_t size = 0; size < file.size(); ++size) {
      const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
      const auto back = from_exact_xml(to_exact_xml(cut).xml);
      ASSERT_TRUE(back && *back == cut) << size;
    }
    std::mt19937 random(20261122);
    for (int round = 0; round < 2000; ++round) {
      Bytes changed = file;
      for (int i = 0; i < 3; ++i)
        changed[128 + random() % (changed.size() - 128)] = static_cast<std::uint8_t>(random());
      const auto xml = to_exact_xml(changed);
      const auto back = from_exact_xml(xml.xml);
      ASSERT_TRUE(back && *back == changed) << round;
      EXPECT_EQ(xml.raw, !read_file(changed)) << round << xml.xml;
    }
  }
}

TEST(ExactXml, Reads_documents_written_by_people) {
  const auto read = from_exact_xml(
      "<NativeDicomModel><DicomAttribute tag='00080060' vr='CS'><Value number='1'>CT</Value></DicomAttribute>"
      "<DicomAttribute tag='0040A730' vr='SQ'><Item number='1'><DicomAttribute tag='00100020' vr='LO'>"
      "<Value number='1'>A</Value></DicomAttribute></Item></DicomAttribute></NativeDicomModel>");
  ASSERT_TRUE(read) << why(read);
  EXPECT_EQ(*read, hex("0800 6000 4353 0200 4354  4000 30a7 5351 0000 12000000 feff 00e0 0a000000"
                       "1000 2000 4c4f 0200 4120"));
  const auto lying = from_exact_xml(
      "<NativeDicomModel xmlns:assay='urn:assay:exact:1' assay:encoding='implicit-le'>"
      "<DicomAttribute tag='00080060' vr='CS' assay:length='100'><Value number='1'>CT</Value></DicomAttribute>"
      "</NativeDicomModel>");
  ASSERT_TRUE(lying) << why(lying);
  EXPECT_EQ(*lying, hex("0800 6000 64000000 4354"));
}

TEST(ExactXml, Names_what_is_wrong_and_where) {
  struct Row {
    std::string_view content;
    std::uint64_t offset;  // in the content
    std::string_view rule;
  };
  const Row rows[] = {
      {"<assay:raw>0</assay:raw>", 1, "ps3.19/A.1/exact-form"},
      {"<assay:preamble>00</assay:preamble>", 1, "ps3.19/A.1/exact-form"},
      {"<assay:meta assay:encoding='x'/>", 1, "ps3.19/A.1/exact-form"},
      {"<assay:other/>", 1, "ps3.19/A.1/content"},
      {"text", 0, "ps3.19/A.1/content"},
      {"<DicomAttribute vr='CS'/>", 1, "ps3.19/A.1/tag"},
      {"<DicomAttribute tag='00080060' vr='%%'/>", 1, "ps3.19/A.1/vr"},
      {"<DicomAttribute tag='00080060' vr='CS' assay:bytes='x'/>", 1, "ps3.19/A.1/exact-form"},
      {"<DicomAttribute tag='00080060' vr='CS' assay:length='-1'/>", 1, "ps3.19/A.1/exact-form"},
      {"<DicomAttribute tag='00280010' vr='US'><Value number='1'>A</Value></DicomAttribute>", 1,
       "ps3.19/A.1/wrong-value"},
      {"<DicomAttribute tag='00091001' vr='OB'><InlineBinary>?</InlineBinary></DicomAttribute>", 40,
       "ps3.19/A.1/base64"},
      {"<DicomAttribute tag='00091001' vr='OB'><Text/></DicomAttribute>", 40, "ps3.19/A.1/content"},
  };
  const std::string begin = "<NativeDicomModel>";
  for (const auto& row : rows) {
    const auto read = from_exact_xml(begin + std::string(row.content) + "</NativeDicomModel>");
    ASSERT_FALSE(read) << row.content;
    EXPECT_EQ(read.error().rule, row.rule) << row.content;
    EXPECT_EQ(read.error().offset, row.offset + begin.size()) << row.content;
  }
  EXPECT_EQ(from_exact_xml("<a/>").error().rule, "ps3.19/A.1/root");
  EXPECT_EQ(from_exact_xml("<a>").error().rule, "ps3.19/A.1/not-xml");
}

TEST(ExactXml, Survives_a_hundred_thousand_levels) {
  Bytes data_set;
  for (int i = 0; i < 100'000; ++i) append(data_set, hex("4000 30a7 5351 0000 ffffffff feff 00e0 ffffffff"));
  expect_exact(file_of(uids::ExplicitVRLittleEndian, data_set), true);
}

}  // namespace
}  // namespace assay::dataset
