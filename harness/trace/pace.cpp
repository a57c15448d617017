#include "harness/trace/pace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/dimse/status.hpp"

namespace assay::trace {
namespace {

/// Below this nobody complains, and the shares are noise.
constexpr Duration worth_a_verdict = std::chrono::seconds(1);

class Stopwatch {
 public:
  explicit Stopwatch(const Trace& trace) { out_.all_bytes = trace.bytes_from_requestor + trace.bytes_from_acceptor; }

  void take(const Entry& entry) {
    if (begun_) spend(entry.at - before_);
    if (!begun_) opened_ = entry.at;
    begun_ = true;
    before_ = entry.at;
    if (const auto* pdu = std::get_if<PduSeen>(&entry.what)) {
      take(*pdu);
    } else if (const auto* message = std::get_if<MessageSeen>(&entry.what)) {
      take(*message, entry.at);
    }
  }

  [[nodiscard]] const Pace& result() const { return out_; }

 private:
  void spend(Duration time) {
    if (time < Duration::zero()) return;
    if (!associated_) {
      out_.association += time;
    } else if (partial_[0] || partial_[1]) {
      out_.moving += time;
    } else if (outstanding_ > 0) {
      out_.waiting += time;
    } else {
      out_.idle += time;
      out_.longest_idle = std::max(out_.longest_idle, time);
    }
  }

  void take(const PduSeen& pdu) {
    switch (static_cast<pdu::PduType>(pdu.type)) {
      case pdu::PduType::a_associate_ac:
        associated_ = true;
        ++out_.associations;
        break;
      case pdu::PduType::p_data_tf: partial_[static_cast<std::size_t>(pdu.from)] = true; break;
      case pdu::PduType::a_release_rq:
      case pdu::PduType::a_abort: associated_ = false; break;
      default: break;
    }
  }

  void take(const MessageSeen& seen, Instant at) {
    partial_[static_cast<std::size_t>(seen.from)] = false;
    if (seen.message == nullptr) return;
    out_.data_bytes += seen.message->data_set_length;
    const auto field = seen.message->command.field().value_or(0);
    if (dimse::is_response(field)) {
      const auto status = seen.message->command.status().value_or(0);
      if (dimse::status_class(status) != dimse::StatusClass::pending && outstanding_ > 0) --outstanding_;
      return;
    }
    if (field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq)) return;
    ++out_.operations;
    ++outstanding_;
    if (field != static_cast<std::uint16_t>(dimse::CommandField::c_store_rq)) return;
    if (out_.objects++ == 0) out_.first_object = at - opened_;
  }

  Pace out_;
  Instant opened_;
  Instant before_;
  bool begun_ = false;
  bool associated_ = false;
  std::array<bool, 2> partial_{};
  std::uint64_t outstanding_ = 0;
};

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string_view where_it_went(const Pace& pace) {
  const auto most = std::max({pace.association, pace.moving, pace.waiting, pace.idle});
  if (pace.total() < worth_a_verdict || most * 2 <= pace.total()) return {};
  if (most == pace.association) return "associating takes most of the time: send more on each association";
  if (most == pace.moving) return "moving the data takes most of the time: the line, or the sizes";
  if (most == pace.waiting) return "most of the time is waited for answers: the side that answers is slow";
  return "most of the time nothing is asked: the side that asks is slow";
}

}  // namespace

void Pace::add(const Pace& other) {
  if (objects == 0) first_object = other.first_object;
  association += other.association;
  moving += other.moving;
  waiting += other.waiting;
  idle += other.idle;
  longest_idle = std::max(longest_idle, other.longest_idle);
  associations += other.associations;
  operations += other.operations;
  objects += other.objects;
  data_bytes += other.data_bytes;
  all_bytes += other.all_bytes;
}

Pace pace(const Trace& trace) {
  Stopwatch watch(trace);
  for (const auto& entry : trace.entries) watch.take(entry);
  return watch.result();
}

std::string to_text(const Pace& pace) {
  if (pace.operations == 0) return {};
  const auto share = [&](Duration part) {
    return pace.total() > Duration::zero() ? 100.0 * seconds(part) / seconds(pace.total()) : 0.0;
  };
  auto out = fmt::format(
      "{} operation{} in {:.2f} s: association {:.0f} %, moving data {:.0f} %, waiting for answers {:.0f} %, idle "
      "{:.0f} "
      "% (at most {:.2f} s at once)",
      pace.operations, pace.operations == 1 ? "" : "s", seconds(pace.total()), share(pace.association),
      share(pace.moving), share(pace.waiting), share(pace.idle), seconds(pace.longest_idle));
  if (pace.data_bytes > 0 && pace.all_bytes >= pace.data_bytes)
    out += fmt::format(
        "; {} bytes of Data Sets, {:.1f} % of the bytes are protocol", pace.data_bytes,
        100.0 * static_cast<double>(pace.all_bytes - pace.data_bytes) / static_cast<double>(pace.all_bytes));
  if (pace.objects > 0)
    out += fmt::format("; {} object{}, the first after {:.2f} s", pace.objects, pace.objects == 1 ? "" : "s",
                       seconds(pace.first_object));
  if (const auto where = where_it_went(pace); !where.empty()) out += fmt::format("; {}", where);
  return out;
}

}  // namespace assay::trace
