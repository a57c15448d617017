// Files of other people, whole and broken: what was read is written back byte by byte, and encoded anew in each
// uncompressed syntax it means the same. ASSAY_CORPUS names a folder of files (tests/interop/real_files_test.py and
// differential_test.py make them); without it the files of tests/golden/dataset are taken. ASSAY_PROBLEMS names a file
// that gets one line per problem found: file, offset, rule, gravity.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "harness/base/hex.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dict/dict.hpp"
#include "harness/version.hpp"

namespace assay::dataset {
namespace {

namespace fs = std::filesystem;

struct File {
  fs::path path;
  Bytes bytes;
};

std::vector<File> corpus() {
  const char* named = std::getenv("ASSAY_CORPUS");
  const fs::path folder = named ? fs::path(named) : fs::path(ASSAY_SOURCE_DIR) / "tests/golden/dataset";
  std::set<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && (named || entry.path().extension() == ".dcm")) paths.insert(entry.path());
  }
  std::vector<File> files;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    files.push_back({path, {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()}});
  }
  return files;
}

bool is_stray(const Node& node) { return node.kind == NodeKind::element && node.vr == Vr::none; }

// Implicit VR keeps no VR: an element that named another than the dictionary's, or one that the dictionary does not
// know, comes back as what the dictionary says, and that may even be a sequence. True when this is all.
bool differs_only_by_dictionary(const DataSet& before, const DataSet& after) {
  std::size_t j = 0;
  for (const Node& node : before.nodes()) {
    if (is_stray(node)) continue;
    const auto& others = after.nodes();
    while (j < others.size() && is_stray(others[j])) ++j;
    const bool own_vr = node.kind != NodeKind::item && node.kind != NodeKind::fragment &&
                        (dict::implicit_vr(node.tag) != node.vr || dict::find(node.tag) == nullptr ||
                         dict::find(node.tag)->other_vr != Vr::none);
    if (j == others.size()) return own_vr;
    const Node& other = others[j];
    if (node.tag != other.tag || node.kind != other.kind || node.depth != other.depth || node.vr != other.vr)
      return own_vr;
    ++j;
  }
  return true;
}

std::string_view gravity_name(Gravity gravity) {
  return gravity == Gravity::error ? "error" : gravity == Gravity::deviation ? "deviation" : "note";
}

// An empty string, or what went wrong.
std::string round_trip(ByteView bytes, std::ofstream* problems = nullptr, const std::string& name = {}) {
  const auto file = read_file(bytes);
  if (!file) {
    if (problems) *problems << name << '\t' << file.error().offset << '\t' << file.error().rule << "\terror\n";
    return "";
  }
  if (problems) {
    for (const auto& problem : file->problems) {
      *problems << name << '\t' << problem.offset << '\t' << problem.rule << '\t' << gravity_name(problem.gravity)
                << '\n';
    }
  }
  const Bytes again = rewrite(*file);
  if (!std::ranges::equal(again, bytes)) {
    const auto [at, _] = std::ranges::mismatch(again, bytes);
    return "rewritten with a difference at byte " + std::to_string(at - again.begin()) + " of " +
           std::to_string(bytes.size());
  }
  for (const Encoding encoding : {implicit_le, explicit_le, explicit_be}) {
    const Bytes encoded = encode(file->data_set, encoding);
    const auto decoded = decode(encoded, encoding);
    const std::string in = encoding == implicit_le   ? "implicit little endian"
                           : encoding == explicit_le ? "explicit little endian"
                                                     : "explicit big endian";
    const bool same = file->data_set.equal_in_value(decoded.data_set);
    if (!same && (encoding.explicit_vr || !differs_only_by_dictionary(file->data_set, decoded.data_set)))
      return "another meaning in " + in;
    if (same && has_error(decoded.problems) && !has_error(file->problems))
      return "encoded in " + in + " it has an error: " + decoded.problems.front().rule;
    if (rewrite(decoded.data_set) != encoded && !has_error(decoded.problems)) return "rewritten otherwise in " + in;
  }
  return "";
}

TEST(DataRoundTrip, Every_file_of_the_corpus_comes_back_byte_by_byte_and_in_every_uncompressed_syntax) {
  const auto files = corpus();
  ASSERT_GE(files.size(), 10U);
  std::ofstream problems;
  if (const char* to = std::getenv("ASSAY_PROBLEMS")) problems.open(to);
  std::size_t wrong = 0;
  for (const auto& file : files) {
    const std::string message = round_trip(file.bytes, problems.is_open() ? &problems : nullptr, file.path.string());
    if (message.empty()) continue;
    if (++wrong <= 20) ADD_FAILURE() << file.path << ": " << message;
  }
  EXPECT_EQ(wrong, 0U) << "of " << files.size();
}

// Damage without a plan; tests/interop/mutants.py does it with one.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : state_(seed) {}

  Bytes of(Bytes bytes) {
    for (std::size_t strokes = 1 + below(3); strokes != 0 && !bytes.empty(); --strokes) {
      const std::size_t at = below(bytes.size());
      switch (below(5)) {
        case 0: bytes[at] ^= static_cast<std::uint8_t>(1U << below(8)); break;
        case 1: bytes[at] = static_cast<std::uint8_t>(below(2) == 0 ? 0xff : below(256)); break;
        case 2: bytes.resize(at); break;
        case 3: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
        default: {
          const std::size_t size = std::min<std::size_t>(1 + below(64), bytes.size() - at);
          const Bytes piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                            bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
          const auto to = bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size()));
          bytes.insert(to, piece.begin(), piece.end());
        }
      }
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) {  // splitmix64
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((x ^ (x >> 31)) % limit);
  }

  std::uint64_t state_;
};

TEST(DataRoundTrip, Ten_thousand_damaged_files_come_back_byte_by_byte_and_in_every_uncompressed_syntax) {
  auto files = corpus();
  std::erase_if(files, [](const File& file) { return file.bytes.size() > 12'000; });
  ASSERT_GE(files.size(), 10U);
  std::size_t wrong = 0;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    const File& from = files[n % files.size()];
    const Bytes bytes = Damage(n).of(from.bytes);
    const std::string message = round_trip(bytes);
    if (message.empty()) continue;
    if (++wrong > 10) continue;
    const fs::path kept = fs::temp_directory_path() / ("assay-damaged-" + std::to_string(n) + ".dcm");
    std::ofstream(kept, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    ADD_FAILURE() << from.path << " with damage " << n << ", kept as " << kept << ": " << message;
  }
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace assay::dataset
