// The text form both ways: any Data Set leads back to its bytes, any text is read or refused. The first byte of the
// input chooses the encoding.
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/diff.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/text_form.hpp"

namespace {

using namespace assay;
using namespace assay::dataset;
using fuzz::require;

void check_lines(const DataSetDecode& decoded) {
  std::size_t lines = 0;
  const LineSink count = [&](std::string_view line) {
    for (const char c : line) {
      const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
      require(!control && c != 0x7f, "no control character comes out");
    }
    ++lines;
  };
  element_lines(decoded.data_set, "f", count);
  require(lines == decoded.data_set.nodes().size(), "a line per node");
  DumpStyle style;
  style.problems = &decoded.problems;
  style.file = "f";
  for (const bool json : {false, true}) {
    style.json = json;
    dump_lines(decoded.data_set, style, count);
  }
  style.json = false;
  style.full = true;
  style.depth = 1;
  dump_lines(decoded.data_set, style, count);
  style.only.push_back(TagPath{{TagStep{.tag = Tag{0x0008, 0x0060}, .creator = {}}}});
  style.only.push_back(TagPath{{TagStep{.tag = Tag{0x0040, 0x0100}, .creator = {}, .items = ItemChoice::all},
                                TagStep{.tag = Tag{0x0008, 0x0060}, .creator = {}}}});
  dump_lines(decoded.data_set, style, count);
  style.colour = true;
  dump_lines(decoded.data_set, style, [](std::string_view) {});
}

void check_differences(const DataSet& data_set, std::string_view text) {
  DataSet other(data_set);
  other.set_text(tags::PatientID, "CHANGED");
  other.set_sequence(Tag{0x0040, 0x0100}, {data_set});
  IgnoreList ignored;
  ignored.all_uids();
  const auto line = text.substr(0, std::min<std::size_t>(text.find('\n'), 40));
  const auto added = ignored.add(line);
  require(added.has_value() || !added.error().empty(), "a refusal has a reason");
  require(ignored.add("(0010,*)").has_value(), "a pattern is taken");
  for (const bool digest : {false, true}) {
    DiffOptions options;
    options.encoding = options.digest_bulk = digest;
    std::size_t told = 0;
    const auto tell = [&](const Difference& one) {
      require(!name(one.kind).empty() && !one.path.empty(), "a difference says what and where");
      told += one.kind != DifferenceKind::same && one.kind != DifferenceKind::encoding;
    };
    require(diff(data_set, other, options, tell) == told, "as many as are told");
    told = 0;
    options.ignore = &ignored;
    require(diff(other, data_set, options, tell) == told, "as many as are told");
  }
}

void check_file_form(ByteView input, const Encoding& encoding) {
  const auto file = read_file(input);
  if (!file) return;
  std::string text;
  file_text_form(*file, [&](std::string_view line) {
    text += line;
    text += '\n';
  });
  const auto back = file_from_text_form(text);
  require(back.has_value(), "the text form of a file can be read");
  require(file->inflated || std::ranges::equal(*back, input), "the text form leads back to the file");
  (void)from_text_form(text, encoding);
}

}  // namespace

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_ANY, 1)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encodings[] = {explicit_le, implicit_le, explicit_be, {true, Endian::little, false, true}};
  const Encoding encoding = encodings[data[0] % 4];
  const ByteView input(data + 1, size - 1);
  const auto decoded = decode(input, encoding, fuzz::usual_options(input));
  constexpr std::size_t groups = 5;
  if (fuzz::wanted(0, groups, input)) {
    const auto text = to_text_form(decoded.data_set);
    const auto back = from_text_form(text, encoding);
    require(back.has_value(), "the text form can be read");
    require(*back == rewrite(decoded.data_set), "the text form leads back to the bytes");
  }
  if (fuzz::wanted(1, groups, input)) check_lines(decoded);
  if (fuzz::wanted(2, groups, input)) {
    DiffOptions everything;
    everything.same = everything.encoding = true;
    const auto differences = diff(decoded.data_set, decoded.data_set, everything, [](const Difference&) {});
    require(differences == 0, "equal to itself");
    check_differences(decoded.data_set, as_text(input));
    // Two Data Sets in one input, of which the last byte says how long the first is.
    const auto first = input.empty() ? 0 : std::min<std::size_t>(input.back(), input.size());
    const auto one = decode(input.first(first), encoding);
    const auto two = decode(input.subspan(first), encoding);
    const auto there = diff(one.data_set, two.data_set, everything, [](const Difference&) {});
    require(there == diff(two.data_set, one.data_set, everything, [](const Difference&) {}), "both ways alike");
  }
  if (fuzz::wanted(4, groups, input)) check_file_form(input, encoding);
  if (fuzz::wanted(3, groups, input)) {
    const auto made = from_text_form(as_text(input), encoding);
    if (!made) {
      require(made.error().line >= 1 && made.error().column >= 1, "an error has a place");
      require(!made.error().message.empty(), "an error has a message");
    }
  }
  return 0;
}
