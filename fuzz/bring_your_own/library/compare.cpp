// Level by level, elements paired by tag. Neither the depth nor the number of pairs exceeds those of our own view,
// whose depth is limited.
#include "fuzz/bring_your_own/library/compare.hpp"

#include <algorithm>
#include <map>

#include "fuzz/bring_your_own/library/describe.hpp"
#include "harness/dict/dict.hpp"

namespace assay::fuzz {
namespace {

using Indexes = std::vector<std::uint32_t>;

struct Found {
  double at;           // place in our order
  std::size_t number;  // of those found
  const char* what;
  const Entry* ours;
  const Entry* theirs;
  std::string path;
};

bool structural(std::string_view what) { return what != "vr" && what != "order" && what != "duplicate"; }

bool same_vr(const Entry& ours, const Entry& theirs) {
  if (theirs.vrs[0] == Vr::none) return true;
  const auto* entry = ours.implicit ? dict::find(ours.tag) : nullptr;
  for (const Vr vr : theirs.vrs) {
    if (vr == Vr::none) continue;
    if (vr == ours.vrs[0] || (entry != nullptr && entry->allows(vr))) return true;
  }
  return false;
}

class Comparison {
 public:
  Comparison(const View& ours, const View& theirs) : ours_(ours), theirs_(theirs) {}

  std::vector<Found> run() {
    level(0, size(ours_), 0, size(theirs_), -1, "");
    std::ranges::sort(found_, {}, [](const Found& one) { return std::pair(one.at, one.number); });
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!structural(found_[i].what)) continue;
      found_.erase(found_.begin() + static_cast<std::ptrdiff_t>(i) + 1, found_.end());
      break;
    }
    return std::move(found_);
  }

 private:
  static std::uint32_t size(const View& view) { return static_cast<std::uint32_t>(view.entries.size()); }

  void add(double at, const char* what, const Entry* ours, const Entry* theirs, std::string path) {
    found_.push_back({at, found_.size(), what, ours, theirs, std::move(path)});
    stopped_ = stopped_ || structural(what);
  }

  // The children of a level; strays of ours are told apart at once.
  Indexes children(const View& view, std::uint32_t from, std::uint32_t to, const std::string& path) {
    Indexes out;
    for (auto i = from; i < to; i = view.entries[i].end) {
      if (view.entries[i].kind == EntryKind::stray)
        add(i, "stray", &view.entries[i], nullptr, path + to_string(view.entries[i].tag));
      else
        out.push_back(i);
    }
    return out;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as our own view
  void pair(std::uint32_t a, std::uint32_t b, const std::string& path) {
    const Entry& mine = ours_.entries[a];
    const Entry& its = theirs_.entries[b];
    if (mine.kind != its.kind && !(nothing_in(ours_, a) && nothing_in(theirs_, b)))
      return add(a, "kind", &mine, &its, path);
    if (mine.kind != EntryKind::item && mine.kind != EntryKind::fragment && !same_vr(mine, its))
      add(a, "vr", &mine, &its, path);
    if (mine.kind != its.kind) return;
    if (mine.kind == EntryKind::element || mine.kind == EntryKind::fragment) {
      if (its.size == Entry::unknown || mine.size == Entry::unknown) return;
      if (mine.size != its.size) return add(a, "size", &mine, &its, path);
      if (its.digest != 0 && mine.digest != its.digest) add(a, "value", &mine, &its, path);
      return;
    }
    if (mine.kind == EntryKind::item) return level(a + 1, mine.end, b + 1, its.end, a, path + "/");
    const auto left = children(ours_, a + 1, mine.end, path);
    const auto right = children(theirs_, b + 1, its.end, path);
    const auto item = [&](std::size_t n) { return path + '[' + std::to_string(n + 1) + ']'; };
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) pair(left[i], right[i], item(i));
    if (left.size() > right.size())
      add(left[right.size()], "items", &ours_.entries[left[right.size()]], nullptr, item(right.size()));
    if (left.size() < right.size())
      add(left.empty() ? a : left.back() + 0.5, "items", left.empty() ? &mine : &ours_.entries[left.back()],
          &theirs_.entries[right[left.size()]], item(left.size()));
  }

  // A sequence without items and an element without a value are written with the same bytes.
  [[nodiscard]] static bool nothing_in(const View& view, std::uint32_t i) {
    const Entry& entry = view.entries[i];
    return entry.kind == EntryKind::element ? entry.size == 0 : entry.kind == EntryKind::sequence && entry.end == i + 1;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as our own view
  void level(std::uint32_t a, std::uint32_t a_end, std::uint32_t b, std::uint32_t b_end, double before,
             const std::string& prefix) {
    const auto left = children(ours_, a, a_end, prefix);
    const auto right = children(theirs_, b, b_end, prefix);
    const auto tag_of_ours = [&](std::uint32_t i) { return ours_.entries[i].tag; };
    const auto tag_of_theirs = [&](std::uint32_t i) { return theirs_.entries[i].tag; };
    if (std::ranges::equal(left, right, {}, tag_of_ours, tag_of_theirs)) {
      for (std::size_t i = 0; i < left.size() && !stopped_; ++i)
        pair(left[i], right[i], prefix + to_string(tag_of_ours(left[i])));
      return;
    }
    uneven(left, right, before, prefix);
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as our own view
  void uneven(const Indexes& left, const Indexes& right, double before, const std::string& prefix) {
    std::map<Tag, Indexes> mine;
    std::map<Tag, Indexes> its;
    for (const auto i : left) mine[ours_.entries[i].tag].push_back(i);
    for (const auto i : right) its[theirs_.entries[i].tag].push_back(i);
    for (const auto& [tag, nodes] : mine) {
      const auto path = prefix + to_string(tag);
      const auto other = its.find(tag);
      if (other == its.end()) {
        add(nodes[0], "only-ours", &ours_.entries[nodes[0]], nullptr, path);
        continue;
      }
      if (nodes.size() > other->second.size())
        add(nodes[1], "duplicate", &ours_.entries[nodes[1]], &theirs_.entries[other->second[0]], path);
      for (std::size_t i = 0; i < std::min(nodes.size(), other->second.size()); ++i)
        pair(nodes[i], other->second[i], path);
      if (nodes.size() < other->second.size())
        add(nodes.back() + 0.5, "only-theirs", &ours_.entries[nodes.back()], &theirs_.entries[other->second.back()],
            path);
    }
    double at = before;
    for (const auto i : right) {
      const auto& entry = theirs_.entries[i];
      if (const auto here = mine.find(entry.tag); here != mine.end())
        at = here->second[0];
      else if (entry.tag.group != 0xfffe)  // that is our stray
        add(at + 0.5, "only-theirs", at < 0 ? nullptr : &ours_.entries[static_cast<std::size_t>(at)], &entry,
            prefix + to_string(entry.tag));
    }
    order(left, right, mine, its, prefix);
  }

  // Whether what both have comes in another order.
  void order(const Indexes& left, const Indexes& right, const std::map<Tag, Indexes>& mine,
             const std::map<Tag, Indexes>& its, const std::string& prefix) {
    std::vector<std::pair<Tag, std::uint32_t>> one;
    std::vector<Tag> other;
    for (const auto i : left)
      if (const auto tag = ours_.entries[i].tag; its.contains(tag) && mine.at(tag)[0] == i) one.emplace_back(tag, i);
    for (const auto i : right)
      if (const auto tag = theirs_.entries[i].tag; mine.contains(tag) && its.at(tag)[0] == i) other.push_back(tag);
    if (std::ranges::equal(one, other, {}, &std::pair<Tag, std::uint32_t>::first)) return;
    // Where our order first goes back: that is where who sorts departs.
    auto out = one.front().second;
    for (std::size_t i = 1; i < left.size(); ++i) {
      if (ours_.entries[left[i - 1]].tag > ours_.entries[left[i]].tag) {
        out = left[i];
        break;
      }
    }
    add(out, "order", &ours_.entries[out], nullptr, prefix + to_string(ours_.entries[out].tag));
  }

  const View& ours_;
  const View& theirs_;
  std::vector<Found> found_;
  bool stopped_ = false;
};

}  // namespace

std::vector<Disagreement> disagreements(const View& ours, const View& theirs) {
  std::vector<Disagreement> out;
  if (ours.refused.empty() != theirs.refused.empty()) {
    const bool we_refuse = !ours.refused.empty();
    Disagreement whole;
    // What excuses a refusal: a fault in how bytes are taken apart, else one in the order of elements.
    const auto first_where = [&](auto wanted) {
      const auto found = std::ranges::find_if(ours.problems, wanted);
      return found == ours.problems.end() ? nullptr : &*found;
    };
    const Problem* first = first_where([&](const Problem& problem) {
      return we_refuse ? problem.gravity == Gravity::error && problem.rule == ours.refused
                       : about_encoding(problem.rule);
    });
    if (first == nullptr)
      first = first_where([](const Problem& problem) { return problem.rule.starts_with("ps3.5/7.1/"); });
    whole.cluster = {we_refuse ? "accepts" : "refuses", first == nullptr ? "-" : first->rule,
                     we_refuse ? "-" : theirs.refused, "-", ours.syntax};
    whole.ours = we_refuse ? "refuses it: " + in_words(*first)
                 : first   ? "reads it to its end, and reports: " + in_words(*first)
                           : "reads it to its end, and finds nothing wrong in the encoding";
    whole.theirs = we_refuse ? "reads it to its end" : "refuses it: " + theirs.refused;
    whole.offset = first == nullptr ? 0 : first->offset;
    out.push_back(std::move(whole));
    return out;
  }
  if (!ours.refused.empty()) return out;
  for (auto& found : Comparison(ours, theirs).run()) {
    Disagreement one;
    one.cluster = {found.what, feature_at(ours, found.what, found.ours), vr_field(found.what, found.ours, found.theirs),
                   tag_class(found.theirs != nullptr && std::string_view(found.what) == "only-theirs" ? *found.theirs
                             : found.ours != nullptr                                                  ? *found.ours
                                                                                                      : *found.theirs),
                   ours.syntax};
    one.path = std::move(found.path);
    one.offset = found.ours == nullptr ? 0 : found.ours->offset;
    const bool beyond = std::string_view(found.what) == "only-theirs" ||
                        (std::string_view(found.what) == "items" && found.theirs != nullptr);
    one.ours = beyond || found.ours == nullptr ? "nothing there" : in_words(*found.ours);
    one.theirs = found.theirs == nullptr ? "nothing there" : in_words(*found.theirs);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace assay::fuzz
