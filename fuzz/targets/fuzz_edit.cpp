// Edits of any Data Set: what was not edited stays byte by byte, and the index is that of the bytes. The first byte of
// the input chooses the encoding, the second the kind of edit, the third its path, the fourth the length of a path that
// is read from the input instead.
#include <iterator>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/edit.hpp"
#include "harness/dataset/edit_value.hpp"

namespace {

constexpr std::string_view paths[] = {"PatientName",
                                      "(0008,0060)",
                                      "(0040,0100)[1]/(0008,0060)",
                                      "(0040,0100)[*]/PatientID",
                                      "(0040,0100)[+]",
                                      "(0040,0100)[1]",
                                      "(0040,0100)[1]/(0040,0008)[1]/CodeValue",
                                      "(0029,xx01,ACME)",
                                      "PixelData",
                                      "(0008,0000)",
                                      "Rows"};

// Any text as the value of every VR: refused with a reason, or bytes that are written as they are read.
void ask_for_values(std::string_view text) {
  using namespace assay;
  using namespace assay::dataset;
  constexpr Vr vrs[] = {Vr::AE, Vr::AS, Vr::AT, Vr::CS, Vr::DA, Vr::DS, Vr::DT, Vr::FD, Vr::FL, Vr::IS, Vr::LO,
                        Vr::LT, Vr::OB, Vr::OD, Vr::OF, Vr::OL, Vr::OV, Vr::OW, Vr::PN, Vr::SH, Vr::SL, Vr::SS,
                        Vr::ST, Vr::SV, Vr::TM, Vr::UC, Vr::UI, Vr::UL, Vr::UN, Vr::UR, Vr::US, Vr::UT, Vr::UV};
  for (const auto vr : vrs) {
    for (const auto endian : {Endian::little, Endian::big}) {
      const ValueSetting setting{.endian = endian, .character_set = "ISO_IR 100", .force = false};
      const auto bytes = value_from_text(vr, text, setting);
      if (!bytes) {
        fuzz::require(!bytes.error().empty(), "a refusal has a reason");
        continue;
      }
      const auto written = number_text(vr, *bytes, endian);
      if (!written) continue;
      const auto again = value_from_text(vr, *written, setting);
      fuzz::require(again && *again == *bytes, "numbers are written as they are read");
    }
    (void)text_fault(vr, text);
  }
  (void)is_plain_utf8(text);
  // Measures the distance to every keyword, which costs more than all the rest.
  if (fuzz::wanted(0, 128, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})) {
    fuzz::require(similar_keyword(text).size() < 80, "a keyword is proposed, or none");
  }
}

}  // namespace

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_ANY, 4)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::dataset;
  if (size < 4) return 0;
  const fuzz::MemoryBound memory(size, 2048, std::size_t{1} << 20U);
  const Encoding encodings[] = {explicit_le, implicit_le, explicit_be, {true, Endian::little, false, true}};
  const Encoding encoding = encodings[data[0] % 4];
  const auto kind = static_cast<EditKind>(data[1] % 4);
  const std::size_t path_size = std::min<std::size_t>(data[3] % 64, size - 4);
  const std::string_view own(reinterpret_cast<const char*>(data + 4), path_size);
  // "PATH", "PATH=TEXT" or "PATH:VR=TEXT"
  const auto assigned = own.find('=', own.starts_with('(') ? own.rfind(')') + 1 : 0);
  auto place = own.substr(0, assigned);
  Vr own_vr = Vr::none;
  if (assigned != std::string_view::npos && place.size() > 3 && place[place.size() - 3] == ':') {
    own_vr = vr_from(place.substr(place.size() - 2));
    place.remove_suffix(3);
  }
  if (path_size > 0 && fuzz::wanted(0, 4, {data, size}))
    ask_for_values(assigned == std::string_view::npos ? own : own.substr(assigned + 1));
  const auto path = parse_tag_path(path_size > 0 ? place : paths[data[2] % std::size(paths)]);
  if (!path) {
    fuzz::require(path.error().position <= path_size, "a mistake lies in the path");
    return 0;
  }
  fuzz::require(parse_tag_path(to_string(*path)).has_value(), "a path is read as it is written");
  const ByteView input(data + 4 + path_size, size - 4 - path_size);
  auto data_set = decode(input, encoding).data_set;
  const Bytes before = rewrite(data_set);
  for (const auto index : find_all(data_set, *path))
    fuzz::require(index < data_set.nodes().size(), "what is found is there");

  Edit edit{.kind = kind, .path = *path, .vr = Vr::none, .text = {}, .bytes = {}};
  if ((data[1] & 4) != 0) edit.vr = (data[1] & 8) != 0 ? Vr::LO : Vr::UT;
  if (own_vr != Vr::none) edit.vr = own_vr;
  if (assigned != std::string_view::npos)
    edit.text = std::string(own.substr(assigned + 1));
  else if ((data[1] & 16) != 0)
    edit.text = "12";
  else if (kind == EditKind::set)
    edit.bytes = Bytes(data[1] >> 5, 0x41);
  const EditOptions options{.create_missing = (data[2] & 0x80) != 0, .force = (data[2] & 0x40) != 0};

  std::vector<std::pair<Tag, Bytes>> others;
  const Tag top = path->steps.front().tag;
  const auto gather = [&](std::vector<std::pair<Tag, Bytes>>& into) {
    const auto& nodes = data_set.nodes();
    for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end)
      if (nodes[i].tag.group != top.group) into.emplace_back(nodes[i].tag, to_bytes(data_set.raw(nodes[i])));
  };
  gather(others);
  const auto changes = apply(data_set, edit, options);
  const Bytes after = rewrite(data_set);
  if (!changes) {
    fuzz::require(after == before, "a refused edit changes nothing");
    fuzz::require(!changes.error().empty(), "a refusal has a reason");
    return 0;
  }
  fuzz::require(!changes->empty(), "an edit tells what it changed");
  std::vector<std::pair<Tag, Bytes>> others_after;
  gather(others_after);
  fuzz::require(others == others_after, "elements of other groups stay byte by byte");

  // The nodes are a tree over exactly these bytes.
  const auto& nodes = data_set.nodes();
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    fuzz::require(nodes[i].end > i && nodes[i].end <= nodes.size(), "subtrees in order");
    total += data_set.raw(nodes[i]).size();
  }
  fuzz::require(total == after.size(), "the top-level elements are the bytes");
  fuzz::require(rewrite(DataSet(data_set)) == after, "a copy is written alike");
  return 0;
}
