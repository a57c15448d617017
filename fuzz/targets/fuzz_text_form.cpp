// The text form both ways: any Data Set leads back to its bytes, any text is read or refused. The first byte of the
// input chooses the encoding.
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
  for (const bool json : {false, true}) {
    style.json = json;
    dump_lines(decoded.data_set, style, count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encodings[] = {explicit_le, implicit_le, explicit_be, {true, Endian::little, false, true}};
  const Encoding encoding = encodings[data[0] % 4];
  const ByteView input(data + 1, size - 1);
  const auto decoded = decode(input, encoding, fuzz::usual_options(input));
  constexpr std::size_t groups = 4;
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
  }
  if (fuzz::wanted(3, groups, input)) {
    const auto made = from_text_form(as_text(input), encoding);
    if (!made) {
      require(made.error().line >= 1 && made.error().column >= 1, "an error has a place");
      require(!made.error().message.empty(), "an error has a message");
    }
  }
  return 0;
}
