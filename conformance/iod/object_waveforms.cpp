// Waveforms (PS3.3 C.10.9): samples, channels and bits agree with the data.
#include <fmt/format.h>

#include <cmath>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"

namespace assay::conformance::iod {

using dataset::NodeKind;

namespace {

class Group {
 public:
  Group(ObjectReport& report, const Scope& group) : report_(report), group_(group) {}

  void run() {
    const auto channels = number(tags::NumberOfWaveformChannels);
    const auto samples = number(tags::NumberOfWaveformSamples);
    const auto bits = number(tags::WaveformBitsAllocated);
    if (bits) stored(*bits);
    const auto definitions = group_.find(tags::ChannelDefinitionSequence);
    if (channels && definitions != Scope::none && item_count(report_.data_set(), definitions) != *channels)
      report_.at(definitions, "ps3.3/C.10.9/channel-count",
                 fmt::format("{} channels described", item_count(report_.data_set(), definitions)),
                 fmt::format("{}, the Number of Waveform Channels", *channels));
    const auto data = group_.find(tags::WaveformData);
    if (!channels || !samples || !bits || data == Scope::none || std::fmod(*bits, 8) != 0) return;
    if (group_.nodes()[data].kind != NodeKind::element) return;
    const double wanted = *channels * *samples * (*bits / 8);  // below 2^53 with 16, 32 and 16 bits
    const auto size = static_cast<double>(group_.nodes()[data].value.size());
    if (size != wanted && size != wanted + 1)
      report_.at(data, "ps3.3/C.10.9/waveform-length", fmt::format("{} bytes", size),
                 fmt::format("{} bytes for {} channels of {} samples of {} bits", wanted, *channels, *samples, *bits));
  }

 private:
  /// A whole number from 1.
  [[nodiscard]] std::optional<double> number(Tag tag) const { return number(group_, tag); }
  [[nodiscard]] static std::optional<double> number(const Scope& scope, Tag tag) {
    const auto found = scope.find(tag);
    if (found == Scope::none) return std::nullopt;
    const auto value = number_value(scope.nodes()[found], scope.endian(), 0);
    return value && *value >= 1 && *value <= 4294967295.0 ? value : std::nullopt;
  }

  void stored(double allocated) {
    const auto definitions = group_.find(tags::ChannelDefinitionSequence);
    const auto& nodes = group_.nodes();
    if (definitions == Scope::none || nodes[definitions].kind != NodeKind::sequence) return;
    for (auto item = definitions + 1; item < nodes[definitions].end; item = nodes[item].end) {
      if (nodes[item].kind != NodeKind::item) continue;
      const Scope channel(group_, item, endian_inside(nodes[definitions], group_.endian()));
      const auto bits = number(channel, tags::WaveformBitsStored);
      if (bits && *bits > allocated)
        report_.at(channel.find(tags::WaveformBitsStored), "ps3.3/C.10.9/waveform-bits", fmt::format("{}", *bits),
                   fmt::format("at most {}, the Waveform Bits Allocated", allocated));
    }
  }

  ObjectReport& report_;
  const Scope& group_;
};

}  // namespace

void check_waveforms(ObjectReport& report, const ObjectOptions& options) {
  const auto sequence = report.root().find(tags::WaveformSequence);
  const auto& nodes = report.root().nodes();
  if (options.cut || sequence == Scope::none || nodes[sequence].kind != NodeKind::sequence) return;
  for (auto item = sequence + 1; item < nodes[sequence].end; item = nodes[item].end) {
    if (nodes[item].kind != NodeKind::item) continue;
    const Scope group(report.root(), item, endian_inside(nodes[sequence], report.root().endian()));
    Group(report, group).run();
  }
}

}  // namespace assay::conformance::iod
