#include "conformance/deidentification/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/deidentification/pair.hpp"
#include "conformance/deidentification/search.hpp"
#include "conformance/iod/validate.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::deidentification {

using dataset::Cursor;
using dataset::DataSet;
using dataset::DicomFile;
using dataset::Node;
using dataset::NodeKind;

namespace {

/// A found value: at most one for each element and attribute of the original.
struct Hit {
  std::uint64_t offset = 0;
  const Sought* value = nullptr;
};
using Hits = std::map<std::pair<std::uint32_t, std::uint32_t>, Hit>;  // by node and tag of the original

constexpr std::size_t max_hits = 200;
constexpr std::uint32_t outside = ~std::uint32_t{0};

bool holds_numbers(Vr vr) {
  static constexpr Vr some[] = {Vr::AS, Vr::DA, Vr::DS, Vr::DT, Vr::IS, Vr::TM, Vr::UI};
  return std::ranges::find(some, vr) != std::end(some);
}

/// The element in whose bytes an offset lies, by the order of the nodes; `outside` when there is none.
std::uint32_t element_at(const DataSet& data_set, std::uint64_t offset) {
  const auto& nodes = data_set.nodes();
  const auto behind = std::ranges::upper_bound(nodes, offset, {}, [](const Node& node) { return node.offset; });
  if (behind == nodes.begin()) return outside;
  const auto index = static_cast<std::uint32_t>(behind - nodes.begin() - 1);
  return offset < nodes[index].end_offset ? index : outside;
}

/// The parts of a cleaned file in which an original may have left something.
class LeftBytes {
 public:
  LeftBytes(const DicomFile& file, const Searcher& searcher, const Problems& before, Findings& findings)
      : file_(file), searcher_(searcher), findings_(findings) {
    // What must not be there at all was told, with all that is in it.
    for (const auto& problem : before)
      if (problem.rule == "ps3.15/E.1.1/attribute-left" || problem.rule == "ps3.15/E.1.1/value-kept")
        offsets_.insert(problem.offset);
  }

  void search() {
    const ByteView plain = file_.inflated ? file_.bytes.first(std::min<std::size_t>(
                                                file_.bytes.size(), static_cast<std::size_t>(file_.data_set_offset)))
                                          : file_.bytes;
    run(plain, file_.inflated ? nullptr : &file_.data_set);
    if (file_.inflated) run(*file_.inflated, &file_.data_set);
  }

 private:
  void run(ByteView bytes, const DataSet* data_set) {
    told_.clear();
    if (!file_.inflated || data_set == nullptr) leave_out(file_.meta);
    if (data_set != nullptr) leave_out(*data_set);
    Hits in_data;
    Hits in_meta;
    Hits around;
    searcher_.run(bytes, [&](std::size_t offset, const Sought& value) {
      const auto node = data_set == nullptr ? outside : element_at(*data_set, offset);
      const bool before = node == outside && (!file_.inflated || data_set == nullptr);
      const auto meta = before ? element_at(file_.meta, offset) : outside;
      auto& hits = node != outside ? in_data : meta != outside ? in_meta : around;
      if (told(offset) || (node != outside && !counts(data_set->nodes()[node], value))) return;
      if (hits.size() >= max_hits) return;
      auto& hit = hits.try_emplace({node != outside ? node : meta, value.from.packed()}, offset, &value).first->second;
      if (!hit.value->certain && value.certain) hit = {offset, &value};
    });
    if (data_set != nullptr) tell(*data_set, in_data);
    tell(file_.meta, in_meta);
    for (const auto& [key, hit] : around) put(hit, hit.offset < file_.meta_offset ? "preamble" : "behind the Data Set");
  }

  /// Elements of which all was told; their offsets count in the bytes that are searched.
  void leave_out(const DataSet& data_set) {
    for (const auto& node : data_set.nodes())
      if (offsets_.contains(node.offset) && (told_.empty() || told_.back().second <= node.offset))
        told_.emplace_back(node.offset, node.end_offset);
  }

  /// Text in pixels is found by chance when it is short, and digits among other digits.
  [[nodiscard]] static bool counts(const Node& node, const Sought& value) {
    const bool bulk = node.kind == NodeKind::fragment || node.vr == Vr::OW || node.vr == Vr::OB;
    if (bulk && node.value.size() > 4096) return value.bytes.size() >= shortest_in_pixels;
    const bool digits = std::ranges::all_of(value.bytes, [](char c) { return c >= '0' && c <= '9'; });
    return !digits || !holds_numbers(node.vr) || value.bytes.size() >= shortest_among_numbers;
  }

  /// In an element that was told with all that is in it.
  [[nodiscard]] bool told(std::uint64_t offset) const {
    const auto behind = std::ranges::upper_bound(told_, offset, {}, &std::pair<std::uint64_t, std::uint64_t>::first);
    return behind != told_.begin() && offset < std::prev(behind)->second;
  }

  void tell(const DataSet& data_set, const Hits& hits) {
    auto next = hits.begin();
    for (Cursor at(data_set); next != hits.end() && at.next();)
      for (; next != hits.end() && next->first.first == at.index(); ++next) put(next->second, at.path());
  }

  void put(const Hit& hit, std::string path) {
    const auto name = dataset::element_name(hit.value->from, {});
    findings_.put(hit.value->certain ? "ps3.15/E.1.1/original-value" : "ps3.15/E.1.1/original-value-likely", hit.offset,
                  std::move(path),
                  fmt::format("{} of {} {} of the original", hit.value->certain ? "the value" : "words",
                              to_string(hit.value->from), name),
                  "no value of the original");
  }

  const DicomFile& file_;
  const Searcher& searcher_;
  Findings& findings_;
  std::set<std::uint64_t> offsets_;                            // of what was found wanting
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told_;  // bytes of elements, in order
};

/// PS3.15 E.1.1 step 7: File Meta Information and preamble are those of the de-identifying software.
void file_meta(const DicomFile& cleaned, const DicomFile& original, Findings& findings) {
  const auto preamble = [](const DicomFile& file) {
    return file.kind == dataset::FileKind::part10 && file.bytes.size() >= 128 ? file.bytes.first(128) : ByteView();
  };
  const auto now = preamble(cleaned);
  const bool zero = std::ranges::all_of(now, [](std::uint8_t byte) { return byte == 0; });
  if (!zero && std::ranges::equal(now, preamble(original)))
    findings.put("ps3.15/E.1.1/file-meta-kept", 0, "preamble", "the preamble of the original",
                 "a preamble that the de-identifying software has written");
  for (const Tag tag : {tags::SourceApplicationEntityTitle, tags::SendingApplicationEntityTitle,
                        tags::ReceivingApplicationEntityTitle, tags::PrivateInformation}) {
    const auto* node = cleaned.meta.find(tag);
    const auto* before = original.meta.find(tag);
    if (node == nullptr || before == nullptr || text_of(*node).empty() || text_of(*node) != text_of(*before)) continue;
    findings.put("ps3.15/E.1.1/file-meta-kept", place_of(*node), to_string(tag), "the value of the original",
                 "File Meta Information of the de-identifying software");
  }
}

/// What the IOD asks for and the original had (PS3.15 E.1.1 step 2, note 1).
void lost_conformance(const DicomFile& cleaned, const DicomFile& original, Findings& findings) {
  const auto asked = [](const Problem& problem) { return problem.rule.starts_with("ps3.5/7.4"); };
  std::set<std::pair<std::string, std::string>> before;
  for (auto& problem : iod::check_iod(original.data_set, {.meta = &original.meta, .notes = false}).problems)
    if (asked(problem)) before.emplace(std::move(problem.rule), std::move(problem.field));
  for (auto& problem : iod::check_iod(cleaned.data_set, {.meta = &cleaned.meta, .notes = false}).problems)
    if (asked(problem) && !before.contains({problem.rule, problem.field}))
      findings.put("ps3.15/E.1.1/iod-broken", problem.offset, std::move(problem.field),
                   problem.found + ", which the original did not lack", std::move(problem.expected));
}

}  // namespace

Problem without_original(std::string found) {
  return {.rule = "ps3.15/E.1.1/no-original",
          .clause = "PS3.15 E.1.1",
          .offset = 0,
          .field = "",
          .found = std::move(found),
          .expected = "the object that this one was made from, by file name, UID or numbers",
          .gravity = Gravity::deviation};
}

Compared Comparison::add(std::string_view name, const DicomFile& cleaned, const DicomFile& original,
                         const Problems& before) {
  Compared result;
  Pair data(*this, name, cleaned.data_set, original.data_set, before, result.findings);
  data.run();
  data.patient();
  Pair(*this, name, cleaned.meta, original.meta, before, result.findings).run();
  file_meta(cleaned, original, result.findings);
  lost_conformance(cleaned, original, result.findings);
  const auto sought = values_of_original(original.data_set, options_);
  result.sought = sought.values.size();
  result.left_out = sought.left_out;
  Problems told = before;
  told.insert(told.end(), result.findings.problems.begin(), result.findings.problems.end());
  LeftBytes(cleaned, Searcher(sought.values), told, result.findings).search();
  return result;
}

}  // namespace assay::conformance::deidentification
