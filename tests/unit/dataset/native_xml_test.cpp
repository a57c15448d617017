// The Native DICOM Model (PS3.19 A.1): what is written, what is read back, what is refused and where.
#include "harness/dataset/native_xml.hpp"

#include "support.hpp"

namespace assay::dataset {
namespace {

const std::string head =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">\n";
const std::string tail = "</NativeDicomModel>\n";

DataSet one(Tag tag, Vr vr, std::string_view value) {
  DataSet data_set(explicit_le);
  data_set.set_bytes(tag, vr, as_bytes(value));
  return data_set;
}

TEST(NativeXml, Writes_values_and_reads_them_back) {
  struct Row {
    Tag tag;
    Vr vr;
    std::string value;
    std::string_view expected;
  };
  const auto bytes = [](std::string_view text) { return std::string(as_text(hex(text))); };
  const Row rows[] = {
      {tags::PatientID, Vr::LO, "a<b&c>\"d\"",
       "<DicomAttribute tag=\"00100020\" vr=\"LO\" keyword=\"PatientID\">\n"
       "<Value number=\"1\">a&lt;b&amp;c&gt;\"d\"</Value>\n</DicomAttribute>\n"},
      {tags::ImageType, Vr::CS, "A\\\\C",
       "<DicomAttribute tag=\"00080008\" vr=\"CS\" keyword=\"ImageType\">\n"
       "<Value number=\"1\">A</Value>\n<Value number=\"2\"></Value>\n<Value "
       "number=\"3\">C</Value>\n</DicomAttribute>\n"},
      {tags::PatientComments, Vr::LT, "a\r\n \tb",
       "<DicomAttribute tag=\"00104000\" vr=\"LT\" keyword=\"PatientComments\">\n"
       "<Value number=\"1\">a&#13;\n \tb</Value>\n</DicomAttribute>\n"},
      {tags::PatientName, Vr::PN, "Doe^Jane^^Dr=^X",
       "<DicomAttribute tag=\"00100010\" vr=\"PN\" keyword=\"PatientName\">\n<PersonName number=\"1\">\n"
       "<Alphabetic><FamilyName>Doe</FamilyName><GivenName>Jane</GivenName><NamePrefix>Dr</NamePrefix></Alphabetic>\n"
       "<Ideographic><GivenName>X</GivenName></Ideographic>\n</PersonName>\n</DicomAttribute>\n"},
      {tags::PatientName, Vr::PN, "A^=",
       "<DicomAttribute tag=\"00100010\" vr=\"PN\" keyword=\"PatientName\">\n<PersonName number=\"1\">\n"
       "<Alphabetic><FamilyName>A</FamilyName><GivenName></GivenName></Alphabetic>\n<Ideographic></Ideographic>\n"
       "</PersonName>\n</DicomAttribute>\n"},
      {tags::PatientName, Vr::PN, "1^2^3^4^5^6",
       "<DicomAttribute tag=\"00100010\" vr=\"UN\" keyword=\"PatientName\">\n"
       "<InlineBinary>MV4yXjNeNF41XjYg</InlineBinary>\n</DicomAttribute>\n"},
      {tags::PatientID, Vr::LO, std::string("a\x0c\x01z", 4),
       "<DicomAttribute tag=\"00100020\" vr=\"UN\" keyword=\"PatientID\">\n<InlineBinary>YQwBeg==</InlineBinary>\n"
       "</DicomAttribute>\n"},
      {tags::Rows, Vr::US, bytes("0002ffff"),
       "<DicomAttribute tag=\"00280010\" vr=\"US\" keyword=\"Rows\">\n<Value number=\"1\">512</Value>\n"
       "<Value number=\"2\">65535</Value>\n</DicomAttribute>\n"},
      {tags::PatientID, Vr::LO, "",
       "<DicomAttribute tag=\"00100020\" vr=\"LO\" keyword=\"PatientID\">\n</DicomAttribute>\n"},
      {Tag(0x0009, 0x1001), Vr::OB, bytes("0102"),
       "<DicomAttribute tag=\"00091001\" vr=\"OB\">\n<InlineBinary>AQI=</InlineBinary>\n</DicomAttribute>\n"},
  };
  for (const auto& row : rows) {
    const auto data_set = one(row.tag, row.vr, row.value);
    const auto xml = to_native_xml(data_set);
    EXPECT_EQ(xml.text, head + std::string(row.expected) + tail);
    const auto back = from_native_xml(xml.text);
    EXPECT_TRUE(back.problems.empty()) << listed(back.problems);
    EXPECT_TRUE(back.data_set.equal_in_value(data_set)) << row.expected << to_text(back.data_set);
  }
}

TEST(NativeXml, Names_private_attributes_by_their_creator) {
  DataSet data_set(explicit_le);
  data_set.set_text(Tag(0x0009, 0x0010), Vr::LO, "FIRST");
  data_set.set_text(Tag(0x0009, 0x0011), Vr::LO, "SECOND");
  data_set.set_text(Tag(0x0009, 0x0012), Vr::LO, "FIRST");
  data_set.set_text(Tag(0x0009, 0x1001), Vr::LO, "a");
  data_set.set_text(Tag(0x0009, 0x1101), Vr::LO, "b");
  data_set.set_text(Tag(0x0009, 0x1201), Vr::LO, "c");
  data_set.set_text(Tag(0x0009, 0x1301), Vr::LO, "d");
  const auto xml = to_native_xml(data_set).text;
  for (const auto* expected :
       {"tag=\"00090001\" vr=\"LO\" privateCreator=\"FIRST\"", "tag=\"00090001\" vr=\"LO\" privateCreator=\"SECOND\"",
        "tag=\"00091201\" vr=\"LO\" privateCreator=\"FIRST\"", "tag=\"00091301\" vr=\"LO\">"}) {
    EXPECT_NE(xml.find(expected), std::string::npos) << expected << xml;
  }
  EXPECT_TRUE(from_native_xml(xml).data_set.equal_in_value(data_set)) << to_text(from_native_xml(xml).data_set);

  const auto reserved = from_native_xml(
      "<NativeDicomModel><DicomAttribute tag='00090001' vr='LO' privateCreator='X'><Value number='1'>v</Value>"
      "</DicomAttribute></NativeDicomModel>");
  EXPECT_TRUE(reserved.problems.empty());
  EXPECT_EQ(reserved.data_set.text(Tag(0x0009, 0x0010)), "X");
  EXPECT_EQ(reserved.data_set.text(Tag(0x0009, 0x1001)), "v");
}

TEST(NativeXml, Nests_sequences_and_keeps_fragments) {
  DataSet item(explicit_le);
  item.set_text(tags::CodeValue, "T-1");
  DataSet data_set(explicit_le);
  data_set.set_sequence(tags::ConceptNameCodeSequence, {item, DataSet(explicit_le)}, true);
  data_set.set_fragments(tags::PixelData, {hex(""), hex("0102")});
  const auto xml = to_native_xml(data_set);
  EXPECT_EQ(xml.losses.problems.size(), 4U) << listed(xml.losses.problems);
  EXPECT_TRUE(xml.losses.keeps_values());
  const auto back = from_native_xml(xml.text);
  EXPECT_TRUE(back.problems.empty()) << listed(back.problems);
  EXPECT_TRUE(back.data_set.equal_in_value(data_set)) << to_text(back.data_set);
}

TEST(NativeXml, Says_what_it_does_not_say) {
  struct Row {
    std::string_view bytes;
    std::string_view rule;
    std::uint64_t offset;
    bool keeps_values;
  };
  const Row rows[] = {
      {"0800 0000 554c 0400 0a000000  0800 6000 4353 0200 4354", "ps3.19/A.1/group-length-left-out", 0, true},
      {"4000 75a0 5351 0000 ffffffff  feff dde0 00000000", "ps3.19/A.1/length-form-lost", 0, true},
      {"1000 2000 4c4f 0400 41202020", "ps3.19/A.1/padding-lost", 0, true},
      {"1000 2000 4c4f 0200 4142  0800 6000 4353 0200 4354", "ps3.19/A.1/order-lost", 10, false},
      {"1000 2000 4c4f 0200 4142  1000 2000 4c4f 0200 4344", "ps3.19/A.1/duplicate-left-out", 10, false},
      {"feff 0de0 00000000", "ps3.19/A.1/stray-left-out", 0, true},
      {"1000 2000 4c4f 0200 4101", "ps3.19/A.1/written-as-un", 0, true},
      {"1000 2000 4c4f 0200 41e4", "ps3.19/A.1/text-undecodable", 0, false},
      {"0800 5994 464c 0400 0000807f", "ps3.19/A.1/not-a-number", 0, true},
  };
  for (const auto& row : rows) {
    const auto input = hex(row.bytes);
    const auto decoded = decode(input, explicit_le);
    const auto xml = to_native_xml(decoded.data_set);
    bool found = false;
    for (const auto& loss : xml.losses.problems) found = found || (loss.rule == row.rule && loss.offset == row.offset);
    EXPECT_TRUE(found) << row.rule << "\n" << listed(xml.losses.problems);
    EXPECT_EQ(xml.losses.keeps_values(), row.keeps_values) << row.rule;
    EXPECT_FALSE(has_error(from_native_xml(xml.text).problems)) << xml.text;
  }
}

TEST(NativeXml, Reads_other_encodings_prefixes_and_white_space) {
  const auto read = from_native_xml(
      "<?xml version='1.0' encoding='ISO-8859-1'?><n:NativeDicomModel xmlns:n='urn:x'>\n"
      " <n:DicomAttribute tag='00100020' vr='LO'>\n  <n:Value number='1'> \xe4 <![CDATA[<]]></n:Value>\n"
      " </n:DicomAttribute>\n</n:NativeDicomModel>");
  EXPECT_TRUE(read.problems.empty()) << listed(read.problems);
  ASSERT_NE(read.data_set.find(tags::PatientID), nullptr);
  EXPECT_EQ(as_text(read.data_set.find(tags::PatientID)->value), " \xc3\xa4 < ");
}

TEST(NativeXml, Names_what_is_wrong_and_where) {
  struct Row {
    std::string_view content;
    std::uint64_t offset;  // in the content
    std::string_view rule;
    bool error = true;
  };
  const Row rows[] = {
      {"<Study/>", 1, "ps3.19/A.1/content"},
      {"text", 0, "ps3.19/A.1/content"},
      {"<DicomAttribute vr='LO'/>", 1, "ps3.19/A.1/tag"},
      {"<DicomAttribute tag='0010002' vr='LO'/>", 1, "ps3.19/A.1/tag"},
      {"<DicomAttribute tag='00100020' vr='XX'/>", 1, "ps3.19/A.1/vr"},
      {"<DicomAttribute tag='00100020'/>", 1, "ps3.19/A.1/vr", false},
      {"<DicomAttribute tag='00100000' vr='UL'/>", 1, "ps3.19/A.1/group-length", false},
      {"<DicomAttribute tag='00100020' vr='LO'><Text/></DicomAttribute>", 40, "ps3.19/A.1/content"},
      {"<DicomAttribute tag='00100020' vr='LO'>A</DicomAttribute>", 39, "ps3.19/A.1/content"},
      {"<DicomAttribute tag='00100020' vr='LO'><Value number='1'><b/></Value></DicomAttribute>", 40,
       "ps3.19/A.1/content"},
      {"<DicomAttribute tag='00100020' vr='LO'><Value>A</Value></DicomAttribute>", 40, "ps3.19/A.1/number", false},
      {"<DicomAttribute tag='00100010' vr='PN'><Value number='1'>A</Value></DicomAttribute>", 40, "ps3.19/A.1/content"},
      {"<DicomAttribute tag='00100010' vr='PN'><PersonName number='1'><Name/></PersonName></DicomAttribute>", 40,
       "ps3.19/A.1/content"},
      {"<DicomAttribute tag='00091001' vr='UN'><InlineBinary>AQI=</InlineBinary><BulkData uri='a'/></DicomAttribute>",
       73, "ps3.19/A.1/several-forms"},
      {"<DicomAttribute tag='00091001' vr='UN'><InlineBinary>?</InlineBinary></DicomAttribute>", 1,
       "ps3.19/A.1/base64"},
      {"<DicomAttribute tag='00091001' vr='UN'><Value number='1'>A</Value></DicomAttribute>", 1,
       "ps3.19/A.1/binary-as-value"},
      {"<DicomAttribute tag='00091001' vr='UN'><BulkData uuid='1'/></DicomAttribute>", 1, "ps3.19/A.1/bulk-data"},
      {"<DicomAttribute tag='00280010' vr='US'><Value number='1'>-1</Value></DicomAttribute>", 1,
       "ps3.19/A.1/wrong-value"},
      {"<DicomAttribute tag='00104000' vr='LT'><Value number='1'>a</Value><Value number='2'>b</Value>"
       "</DicomAttribute>",
       1, "ps3.19/A.1/several-values"},
      {"<DicomAttribute tag='00100020' vr='LO'/><DicomAttribute tag='00100020' vr='LO'/>", 41,
       "ps3.19/A.1/attribute-twice"},
      {"<DicomAttribute tag='0040A730' vr='SQ'><Value number='1'>A</Value></DicomAttribute>", 40, "ps3.19/A.1/content"},
  };
  const std::string begin = "<NativeDicomModel>";
  for (const auto& row : rows) {
    const auto read = from_native_xml(begin + std::string(row.content) + "</NativeDicomModel>");
    ASSERT_EQ(read.problems.size(), 1U) << row.content << "\n" << listed(read.problems);
    EXPECT_EQ(read.problems[0].rule, row.rule) << row.content;
    EXPECT_EQ(read.problems[0].offset, row.offset + begin.size()) << row.content;
    EXPECT_EQ(has_error(read.problems), row.error) << row.content;
  }
  std::string creators = begin;
  for (int i = 0; i < 241; ++i)
    creators += "<DicomAttribute tag='00090001' vr='LO' privateCreator='C" + std::to_string(i) + "'/>";
  const auto many = from_native_xml(creators + "</NativeDicomModel>");
  ASSERT_EQ(many.problems.size(), 1U);
  EXPECT_EQ(many.problems[0].rule, "ps3.19/A.1/private-block");
  EXPECT_EQ(from_native_xml("<Study/>").problems.at(0).rule, "ps3.19/A.1/root");
  for (const std::string_view text : {"", "<", "<NativeDicomModel>", "no XML"})
    EXPECT_TRUE(has_error(from_native_xml(text).problems)) << text;
}

TEST(NativeXml, Survives_a_hundred_thousand_levels) {
  constexpr std::size_t levels = 100'000;
  std::string xml = "<NativeDicomModel>";
  for (std::size_t i = 0; i < levels; ++i) xml += "<DicomAttribute tag='0040A730' vr='SQ'><Item number='1'>";
  for (std::size_t i = 0; i < levels; ++i) xml += "</Item></DicomAttribute>";
  xml += "</NativeDicomModel>";
  EXPECT_EQ(from_native_xml(xml).problems.at(0).rule, "ps3.19/A.1/nesting");
  FormReadOptions deep;
  deep.max_depth = levels;
  const auto read = from_native_xml(xml, deep);
  EXPECT_TRUE(read.problems.empty()) << listed(read.problems);
  EXPECT_EQ(read.data_set.nodes().size(), 2 * levels);
  EXPECT_TRUE(from_native_xml(to_native_xml(read.data_set).text, deep).data_set.equal_in_value(read.data_set));
}

}  // namespace
}  // namespace assay::dataset
