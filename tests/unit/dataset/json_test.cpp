// The DICOM JSON Model (PS3.18 F): what is written, what is read back, what is refused and where, what is lost.
#include "harness/dataset/json.hpp"

#include "support.hpp"

namespace assay::dataset {
namespace {

constexpr Tag private_creator{0x0009, 0x0010};

DataSet one(Tag tag, Vr vr, std::string_view value) {
  DataSet data_set(explicit_le);
  data_set.set_bytes(tag, vr, as_bytes(value));
  return data_set;
}

std::string json_of(const DataSet& data_set) { return to_json(data_set).text; }

FormReadOptions deep() {
  FormReadOptions options;
  options.max_depth = 4'000'000;
  return options;
}

TEST(Json, Writes_each_VR_as_F_2_3_says) {
  struct Row {
    Tag tag;
    Vr vr;
    std::string value;  // little endian
    std::string_view expected;
  };
  const auto bytes = [](std::string_view text) { return std::string(as_text(hex(text))); };
  const Row rows[] = {
      {tags::RetrieveAETitle, Vr::AE, "ONE\\TWO ", R"("00080054":{"vr":"AE","Value":["ONE","TWO"]})"},
      {tags::PatientID, Vr::LO, "A\"B\\\\C", R"("00100020":{"vr":"LO","Value":["A\"B",null,"C"]})"},
      {tags::PatientComments, Vr::LT, "a\\b\r\n", R"("00104000":{"vr":"LT","Value":["a\\b\u000d\u000a"]})"},
      {tags::PatientName, Vr::PN, "Doe^Jane", R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^Jane"}]})"},
      {tags::PatientName, Vr::PN, "A==C\\\\D=",
       R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"A","Phonetic":"C"},null,{"Alphabetic":"D","Ideographic":""}]})"},
      {tags::PatientID, Vr::LO, "", R"("00100020":{"vr":"LO"})"},
      {tags::SliceThickness, Vr::DS, "1.5", R"("00180050":{"vr":"DS","Value":[1.5]})"},
      {tags::SliceThickness, Vr::DS, "1.50\\+1\\1E3\\7", R"("00180050":{"vr":"DS","Value":["1.50","+1","1E3",7]})"},
      {tags::InstanceNumber, Vr::IS, "-12\\007", R"("00200013":{"vr":"IS","Value":[-12,"007"]})"},
      {tags::Rows, Vr::US, bytes("0002ffff"), R"("00280010":{"vr":"US","Value":[512,65535]})"},
      {tags::TagAngleSecondAxis, Vr::SS, bytes("feff"), R"("00189219":{"vr":"SS","Value":[-2]})"},
      {tags::RecommendedDisplayFrameRateInFloat, Vr::FL, bytes("cdcccc3d00000080"),
       R"("00089459":{"vr":"FL","Value":[0.1,-0.0]})"},
      {tags::RecommendedDisplayFrameRateInFloat, Vr::FL, bytes("0000c07f000080ff"),
       R"("00089459":{"vr":"FL","Value":["NaN","-Infinity"]})"},
      {tags::FrameIncrementPointer, Vr::AT, bytes("18006310"), R"("00280009":{"vr":"AT","Value":["00181063"]})"},
      {Tag(0x0009, 0x1001), Vr::SV, bytes("ffffffffffffffffffffffffffffff7f"),
       R"("00091001":{"vr":"SV","Value":[-1,"9223372036854775807"]})"},
      {Tag(0x0009, 0x1001), Vr::UN, bytes("0102"), R"("00091001":{"vr":"UN","InlineBinary":"AQI="})"},
      {tags::PixelData, Vr::OW, bytes("01020304"), R"("7FE00010":{"vr":"OW","InlineBinary":"AQIDBA=="})"},
      {tags::SimpleFrameList, Vr::UL, bytes("000203040506"), R"("00081161":{"vr":"UN","InlineBinary":"AAIDBAUG"})"},
  };
  for (const auto& row : rows) {
    auto data_set = one(row.tag, row.vr, row.value);
    EXPECT_EQ(json_of(data_set), "{\n" + std::string(row.expected) + "\n}\n");
    const auto back = from_json(json_of(data_set));
    EXPECT_TRUE(back.problems.empty()) << row.expected << "\n" << listed(back.problems);
    EXPECT_TRUE(back.data_set.equal_in_value(data_set)) << row.expected << "\n" << to_text(back.data_set);
  }
}

TEST(Json, Writes_numbers_of_a_big_endian_Data_Set_alike) {
  for (const auto& encoding : {explicit_le, explicit_be}) {
    DataSet data_set(encoding);
    data_set.set_u16(tags::Rows, 513);
    data_set.set_u32(tags::FrameIncrementPointer, 0x00181063);
    Bytes words;
    for (const int word : {0x0102, 0x0304}) store(words, static_cast<std::uint16_t>(word), encoding.endian);
    data_set.set_bytes(tags::PixelData, Vr::OW, words);
    EXPECT_EQ(
        json_of(data_set),
        "{\n\"00280009\":{\"vr\":\"AT\",\"Value\":[\"00181063\"]},\n\"00280010\":{\"vr\":\"US\",\"Value\":[513]},\n"
        "\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"AgEEAw==\"}\n}\n");
    EXPECT_TRUE(from_json(json_of(data_set)).data_set.equal_in_value(data_set));
  }
}

TEST(Json, Nests_sequences_and_keeps_private_elements_and_fragments) {
  DataSet item(explicit_le);
  item.set_text(tags::CodeValue, "T-1");
  DataSet data_set(explicit_le);
  data_set.set_text(private_creator, Vr::LO, "ASSAY TEST");
  data_set.set_bytes(Tag(0x0009, 0x1002), Vr::UN, hex("00ff"));
  data_set.set_sequence(tags::ConceptNameCodeSequence, {item, DataSet(explicit_le)});
  data_set.set_sequence(tags::ContentSequence, {});
  data_set.set_fragments(tags::PixelData, {hex(""), hex("0102"), hex("030405")});
  const auto json = to_json(data_set);
  EXPECT_NE(json.text.find(R"("0040A043":{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["T-1"]}},{}]})"),
            std::string::npos)
      << json.text;
  EXPECT_NE(json.text.find(R"("0040A730":{"vr":"SQ"})"), std::string::npos) << json.text;
  const auto back = from_json(json.text);
  EXPECT_TRUE(back.problems.empty()) << listed(back.problems);
  EXPECT_TRUE(back.data_set.equal_in_value(data_set)) << to_text(back.data_set);
  ASSERT_EQ(json.losses.problems.size(), 1U) << listed(json.losses.problems);
  EXPECT_EQ(json.losses.problems[0].rule, "ps3.18/F.2.7/encapsulated");
  EXPECT_TRUE(json.losses.keeps_values());
}

TEST(Json, Says_what_it_does_not_say) {
  struct Row {
    std::string_view bytes;
    std::string_view rule;
    std::uint64_t offset;
    bool keeps_values;
  };
  const Row rows[] = {
      {"0800 0000 554c 0400 0a000000  0800 6000 4353 0200 4354", "ps3.18/F.2.2/group-length-left-out", 0, true},
      {"4000 75a0 5351 0000 ffffffff  feff dde0 00000000", "ps3.18/F.2.2/length-form-lost", 0, true},
      {"1000 2000 4c4f 0400 41202020", "ps3.18/F.2.4/padding-lost", 0, true},
      {"1000 2000 4c4f 0300 414243", "ps3.18/F.2.4/padding-lost", 0, true},
      {"1000 2000 4c4f 0200 4142  0800 6000 4353 0200 4354", "ps3.18/F.2.2/order-lost", 10, false},
      {"1000 2000 4c4f 0200 4142  1000 2000 4c4f 0200 4344", "ps3.18/F.2.2/duplicate-left-out", 10, false},
      {"feff 0de0 00000000", "ps3.18/F.2.2/stray-left-out", 0, true},
      {"2800 1000 5553 0300 010203", "ps3.18/F.2.3/written-as-un", 0, true},
      {"0800 0500 4353 0a00 49534f5f4952203130 30  1000 2000 4c4f 0200 41e4", "ps3.18/F.2/text-transcoded", 0, true},
      {"1000 2000 4c4f 0200 41e4", "ps3.18/F.2/text-undecodable", 0, false},
      {"0800 5994 464c 0400 0000807f", "ps3.18/F.2.3/not-a-number", 0, true},
  };
  for (const auto& row : rows) {
    const auto input = hex(row.bytes);
    const auto decoded = decode(input, explicit_le);
    const auto json = to_json(decoded.data_set);
    bool found = false;
    for (const auto& loss : json.losses.problems) found = found || (loss.rule == row.rule && loss.offset == row.offset);
    EXPECT_TRUE(found) << row.rule << "\n" << listed(json.losses.problems);
    EXPECT_EQ(json.losses.keeps_values(), row.keeps_values) << row.rule;
    EXPECT_FALSE(has_error(from_json(json.text).problems)) << json.text;
  }
  DataSet plain(explicit_le);
  plain.set_text(tags::PatientID, "ABC");
  plain.set_u16(tags::Rows, 4);
  EXPECT_TRUE(to_json(plain).losses.empty());
}

TEST(Json, Turns_every_text_into_UTF_8_and_says_so) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data_set.set_text(tags::PatientName, Vr::PN, "M\xfcller^J\xf6rg");
  const auto json = to_json(data_set);
  EXPECT_NE(json.text.find("[\"ISO_IR 192\"]"), std::string::npos) << json.text;
  EXPECT_NE(json.text.find("{\"Alphabetic\":\"M\xc3\xbcller^J\xc3\xb6rg\"}"), std::string::npos) << json.text;
  const auto back = from_json(json.text);
  EXPECT_EQ(back.data_set.text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(back.data_set.text(tags::PatientName), "M\xc3\xbcller^J\xc3\xb6rg");

  // Without a declaration the text is a guess, and the character set is added.
  data_set.erase(tags::SpecificCharacterSet);
  const auto guessed = to_json(data_set);
  EXPECT_FALSE(guessed.losses.keeps_values());
  EXPECT_NE(guessed.text.find("\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]},\n\"00100010\""),
            std::string::npos)
      << guessed.text;

  // A double-byte character set in which the second half of a character is a backslash.
  DataSet korean(explicit_le);
  korean.set_text(tags::SpecificCharacterSet, "GB18030");
  korean.set_bytes(tags::PatientID, Vr::LO, hex("81 5c 5c 41"));
  EXPECT_NE(to_json(korean).text.find("[\"\xe4\xb9\x97\",\"A\"]"), std::string::npos) << to_json(korean).text;
}

TEST(Json, Reads_what_others_write) {
  struct Row {
    std::string_view json;
    std::string_view text;  // of the only element
  };
  const Row rows[] = {
      {R"({"00200013":{"Value":["5"],"vr":"IS"}})", "5"},
      {R"([{"00200013":{"vr":"IS","Value":[5]}}])", "5"},
      {R"({"00180050":{"vr":"DS","Value":[1.50]}})", "1.50"},
      {R"({"00100010":{"vr":"PN","Value":[{"Phonetic":"C","Alphabetic":"A"}]}})", "A==C"},
      {R"({"00100010":{"vr":"PN","Value":[{}]}})", ""},
      {R"({"00100010":{"vr":"PN","Value":["Doe^John"]}})", "Doe^John"},
      {R"({"00100020":{"vr":"LO","Value":[null]}})", ""},
      {R"({"00100020":{"vr":"LO","Value":[]}})", ""},
  };
  for (const auto& row : rows) {
    const auto read = from_json(row.json);
    EXPECT_TRUE(read.problems.empty()) << row.json << "\n" << listed(read.problems);
    ASSERT_EQ(read.data_set.nodes().size(), 1U) << row.json;
    EXPECT_EQ(read.data_set.text(read.data_set.nodes()[0].tag), row.text) << row.json;
  }
  const auto unordered = from_json(R"({"00200013":{"vr":"IS"},"00080060":{"vr":"CS","Value":["CT"]}})");
  EXPECT_TRUE(unordered.problems.empty());
  ASSERT_EQ(unordered.data_set.nodes().size(), 2U);
  EXPECT_EQ(unordered.data_set.nodes()[0].tag, tags::Modality);
  EXPECT_EQ(from_json(R"({"00280010":{"vr":"US","Value":[5.0e1]}})").data_set.u16(tags::Rows), 50);
}

TEST(Json, Names_what_is_wrong_and_where) {
  struct Row {
    std::string_view json;  // the caret of the next line points at the offending byte
    std::uint64_t offset;
    std::string_view rule;
    bool error = true;
  };
  const Row rows[] = {
      {"", 0, "ps3.18/F.2/not-json"},
      {"{", 0, "ps3.18/F.2/not-json"},
      {R"({"00100020":{"vr":"LO",}})", 23, "ps3.18/F.2/not-json"},
      {"{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"\xe4\"]}}", 34, "ps3.18/F.2/not-json"},
      {"{} {}", 3, "ps3.18/F.2/not-json"},
      {"5", 0, "ps3.18/F.2.1/no-data-set"},
      {"[]", 1, "ps3.18/F.2.1/no-data-set"},
      {"[{},{}]", 4, "ps3.18/F.2.1/no-data-set"},
      {R"({"PatientID":{"vr":"LO"}})", 11, "ps3.18/F.2.2/attribute-name"},
      {R"({"7fe00010":{"vr":"OB"}})", 10, "ps3.18/F.2.2/attribute-name", false},
      {R"({"00100020":["A"]})", 12, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":"A"})", 14, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":5}})", 19, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"LO","Value":"A"}})", 33, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"LO","Value":[["A"]]}})", 32, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"LO","Value":[true]}})", 35, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"LO","Value":[{"Alphabetic":"A"}]}})", 10, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"LO","Value":[{"00100020":{"vr":"LO"}}]}})", 10, "ps3.18/F.2.3/wrong-type"},
      {R"({"0040A730":{"vr":"SQ","Value":["A"]}})", 10, "ps3.18/F.2.3/wrong-type"},
      {R"({"00100020":{"vr":"XX"}})", 10, "ps3.18/F.2.3/unknown-vr"},
      {R"({"00100020":{"Value":["A"]}})", 10, "ps3.18/F.2.2/vr-missing", false},
      {R"({"00100020":{"vr":"LO","value":["A"]}})", 29, "ps3.18/F.2.2/member-name", false},
      {R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"A","Kana":"B"}]}})", 55, "ps3.18/F.2.2/member-name"},
      {R"({"00091001":{"vr":"UN","InlineBinary":"AQI=","BulkDataURI":"a"}})", 57, "ps3.18/F.2.2/several-forms"},
      {R"({"00100000":{"vr":"UL","Value":[5]}})", 10, "ps3.18/F.2.2/group-length", false},
      {R"({"00100020":{"vr":"LO"},"00100020":{"vr":"LO"}})", 33, "ps3.18/F.2.2/attribute-twice"},
      {R"({"00280010":{"vr":"US","Value":[65536]}})", 10, "ps3.18/F.2.3/wrong-value"},
      {R"({"00280010":{"vr":"US","Value":[1.5]}})", 10, "ps3.18/F.2.3/wrong-value"},
      {R"({"00280010":{"vr":"US","Value":[null,1]}})", 10, "ps3.18/F.2.3/wrong-value"},
      {R"({"00280009":{"vr":"AT","Value":["Rows"]}})", 10, "ps3.18/F.2.3/wrong-value"},
      {R"({"00104000":{"vr":"LT","Value":["a","b"]}})", 10, "ps3.18/F.2.4/several-values"},
      {R"({"00091001":{"vr":"UN","InlineBinary":"A?"}})", 10, "ps3.18/F.2.7/base64"},
      {R"({"00091001":{"vr":"UN","Value":["A"]}})", 10, "ps3.18/F.2.7/binary-as-value"},
      {R"({"00091001":{"vr":"UN","BulkDataURI":"file:///etc/passwd"}})", 10, "ps3.18/F.2.6/bulk-data"},
  };
  for (const auto& row : rows) {
    const auto read = from_json(row.json);
    ASSERT_EQ(read.problems.size(), 1U) << row.json << "\n" << listed(read.problems);
    EXPECT_EQ(read.problems[0].rule, row.rule) << row.json;
    EXPECT_EQ(read.problems[0].offset, row.offset) << row.json << "\n" << listed(read.problems);
    EXPECT_EQ(has_error(read.problems), row.error) << row.json;
  }
}

TEST(Json, Asks_for_bulk_data_and_hands_it_out) {
  DataSet data_set(explicit_be);
  data_set.set_bytes(tags::PixelData, Vr::OW, hex("0102030405060708"));
  Bytes stored;
  FormOptions options;
  options.bulk_from = 8;
  options.bulk = [&](const Cursor& at, ByteView bytes) {
    stored = to_bytes(bytes);
    return "bulk/" + at.path();
  };
  const auto json = to_json(data_set, options);
  EXPECT_EQ(json.text, "{\n\"7FE00010\":{\"vr\":\"OW\",\"BulkDataURI\":\"bulk/(7FE0,0010)\"}\n}\n");
  EXPECT_EQ(stored, hex("0201040306050807"));
  FormReadOptions reading;
  reading.bulk = [&](std::string_view uri) -> std::expected<Bytes, std::string> {
    if (uri == "bulk/(7FE0,0010)") return stored;
    return std::unexpected("no such file");
  };
  EXPECT_TRUE(from_json(json.text, reading).data_set.equal_in_value(data_set));
}

TEST(Json, Survives_a_hundred_thousand_levels) {
  constexpr std::size_t levels = 100'000;
  std::string json;
  for (std::size_t i = 0; i < levels; ++i) json += R"({"0040A730":{"vr":"SQ","Value":[)";
  json += "{}";
  for (std::size_t i = 0; i < levels; ++i) json += "]}}";
  const auto refused = from_json(json);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].rule, "ps3.18/F.2/nesting");
  const auto read = from_json(json, deep());
  EXPECT_TRUE(read.problems.empty()) << listed(read.problems);
  EXPECT_EQ(read.data_set.nodes().size(), 2 * levels);
  const auto again = to_json(read.data_set);
  EXPECT_EQ(again.text.size(), json.size() + 3);  // the line ends of the outermost
  EXPECT_TRUE(from_json(again.text, deep()).data_set.equal_in_value(read.data_set));
  std::string open;
  for (std::size_t i = 0; i < levels; ++i) open += '[';
  EXPECT_TRUE(has_error(from_json(open, deep()).problems));
}

TEST(Json, Formats_numbers_that_read_back_alike) {
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(1e300), "1e+300");
  EXPECT_TRUE(survives_as_number("0.0001"));
  EXPECT_TRUE(survives_as_number("-17"));
  for (const auto* text : {"", "01", "1.", ".5", "+1", "1.50", "1e5", "NaN", "12345678901234567890", "-0", "1 "})
    EXPECT_FALSE(survives_as_number(text)) << text;
  EXPECT_EQ(line_and_column("ab\ncd\n", 4), "line 2, column 2");
  EXPECT_EQ(line_and_column("ab", 9), "line 1, column 3");
  for (const auto* bytes : {"", "00", "0001", "000102", "fffefdfc"})
    EXPECT_EQ(from_base64(to_base64(hex(bytes))), hex(bytes)) << bytes;
  EXPECT_EQ(from_base64(" AQ I=\n"), hex("0102"));
  for (const auto* text : {"A", "AQ", "AQI", "AQ=I", "AQI==", "?QI="}) EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace assay::dataset
