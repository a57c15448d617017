// Dates and times of an object (PS3.3 C.7.1.1, C.7.2.2, C.7.6.1, C.7.10.1, C.12.1): pairs, the order of acquisition,
// content and creation, age and birth, clocks that run ahead.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;

struct Pair {
  Tag date;
  Tag time;
};

constexpr auto pairs = std::to_array<Pair>({
#define ASSAY_DATE_TIME(date, time) {tags::date, tags::time},
#include "conformance/iod/date_time_pairs.inc"
#undef ASSAY_DATE_TIME
});

bool filled(const Node& node) { return node.kind == NodeKind::element && !text_value(node, 0).empty(); }

/// A time whose date is missing or empty at its level says nothing. The dates have smaller tags and mostly came before.
class Pairs {
 public:
  explicit Pairs(ObjectReport& report) : report_(report), nodes_(report.root().nodes()) {}

  void run() {
    std::vector<Level> open{{0, static_cast<std::uint32_t>(nodes_.size()), 0}};
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      while (i >= open.back().end) open.pop_back();
      const Node& node = nodes_[i];
      if (node.kind == NodeKind::item) open.push_back({i + 1, node.end, 0});
      if (node.vr != Vr::DA && node.vr != Vr::TM) continue;
      for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
        if (node.tag == pairs[pair].date && filled(node)) open.back().dates |= 1U << pair;
        if (node.tag == pairs[pair].time && filled(node) && (open.back().dates >> pair & 1U) == 0)
          judge(open.back(), i, pairs[pair]);
      }
    }
  }

 private:
  struct Level {
    std::uint32_t first;
    std::uint32_t end;
    std::uint32_t dates;  // bits: which pairs have one so far
  };
  static_assert(pairs.size() <= 32);

  void judge(const Level& level, std::uint32_t time, const Pair& pair) {
    for (auto i = nodes_[time].end; i < level.end; i = nodes_[i].end)
      if (nodes_[i].tag == pair.date && filled(nodes_[i])) return;
    report_.at(time, "ps3.3/C/time-without-date", quoted(text_value(nodes_[time], 0)),
               fmt::format("a date in {} {} beside it, or no time", to_string(pair.date), dict::keyword(pair.date)));
  }

  ObjectReport& report_;
  const std::vector<Node>& nodes_;
};

/// Acquisition, then content, then creation of the object; each may be missing (PS3.3 C.7.6.1, C.7.10.1, C.12.1).
void check_order(ObjectReport& report) {
  struct Stage {
    Tag date;
    Tag time;
    std::string_view name;
  };
  static constexpr Stage stages[] = {{tags::AcquisitionDate, tags::AcquisitionTime, "Acquisition"},
                                     {tags::ContentDate, tags::ContentTime, "Content"},
                                     {tags::InstanceCreationDate, tags::InstanceCreationTime, "Instance Creation"}};
  const Stage* before = nullptr;
  std::optional<dataset::Interval> earlier;
  for (const auto& stage : stages) {
    const auto now = report.when(stage.date, stage.time);
    if (!now) continue;
    // Fractions are cut off in one and not in the other.
    if (earlier && earlier->first > now->last + second) {
      report.at(stage.time, "ps3.3/C.7.6.1/times-out-of-order",
                fmt::format("{} {}", stage.name, report.when_text(stage.date, stage.time)),
                fmt::format("not before {} {}", before->name, report.when_text(before->date, before->time)));
      continue;
    }
    earlier = now;
    before = &stage;
  }
}

void check_acquisition(ObjectReport& report) {
  const auto whole = dataset::parse_date_time(report.text(tags::AcquisitionDateTime));
  const auto parts = report.when(tags::AcquisitionDate, tags::AcquisitionTime);
  if (!whole || !parts) return;
  auto local = *whole;
  local.offset.reset();  // date and time are local as well
  const auto one = dataset::interval_of(local);
  if (one.first > parts->last + second || parts->first > one.last + second)
    report.at(
        tags::AcquisitionDateTime, "ps3.3/C.7.10.1/acquisition-times-differ",
        quoted(report.text(tags::AcquisitionDateTime)),
        "the time of Acquisition Date and Time: " + report.when_text(tags::AcquisitionDate, tags::AcquisitionTime));
}

/// How old somebody was, in completed units.
double completed(const dataset::Date& born, const dataset::Date& then, char unit) {
  const auto start = dataset::interval_of(born, dataset::Time{}, 0).first;
  const auto end = dataset::interval_of(then, dataset::Time{}, 0).first;
  const double days = static_cast<double>(end - start) / static_cast<double>(day);
  int months = (then.year - born.year) * 12 + then.month - born.month;
  if (then.day < born.day) --months;
  switch (unit) {
    case 'D': return days;
    case 'W': return std::floor(days / 7);
    case 'M': return months;
    default: return std::floor(months / 12.0);
  }
}

void check_age(ObjectReport& report) {
  const auto born = dataset::parse_date(report.text(tags::PatientBirthDate), dataset::Spelling::historic);
  const auto then = dataset::parse_date(report.text(tags::StudyDate), dataset::Spelling::historic);
  if (!born || !then) return;
  if (completed(*born, *then, 'D') < 0) {
    report.at(tags::PatientBirthDate, "ps3.3/C.7.1.1/born-after-study", quoted(report.text(tags::PatientBirthDate)),
              "not later than the Study Date " + dataset::format(*then));
    return;
  }
  const auto age = dataset::parse_age(report.text(tags::PatientAge), dataset::Spelling::historic);
  if (!age) return;
  const double right = completed(*born, *then, age->unit);
  // Rounded up instead of down, or taken on another day of the study.
  if (std::abs(right - age->number) > 1)
    report.at(tags::PatientAge, "ps3.3/C.7.2.2/age-differs", quoted(report.text(tags::PatientAge)),
              fmt::format("{:03.0f}{}, from Patient's Birth Date to Study Date", std::min(right, 9999.0), age->unit));
}

/// Local times of anywhere are less than a day ahead of UTC: what is further ahead is in the future.
void check_clock(ObjectReport& report, std::int64_t now) {
  for (const auto& [date, time] :
       {Pair{tags::InstanceCreationDate, tags::InstanceCreationTime}, Pair{tags::ContentDate, tags::ContentTime},
        Pair{tags::AcquisitionDate, tags::AcquisitionTime}}) {
    const auto told = report.when(date, time);
    if (!told || told->first <= now + day) continue;
    report.at(date, "ps3.3/C.12.1/in-the-future", report.when_text(date, time),
              "a time before now: the clock of the device runs ahead, or the clock here is slow");
    return;
  }
}

}  // namespace

void check_times(ObjectReport& report, const ObjectOptions& options) {
  Pairs(report).run();
  check_order(report);
  check_acquisition(report);
  check_age(report);
  if (options.now) check_clock(report, *options.now);
}

}  // namespace assay::conformance::iod
