#include "harness/app/proxy_story.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/status.hpp"
#include "harness/pdu/describe.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

using trace::Side;
using trace::Termination;

/// Requests without an answer that are remembered, and different outcomes that are counted; more is noise.
constexpr std::size_t most_asked = 4096;
constexpr std::size_t most_operations = 200;
constexpr std::size_t most_troubles = 200;

std::string short_name(std::string_view uid) {
  const auto* entry = dict::find_uid(uid);
  if (entry == nullptr) return printable(uid.empty() ? "(no UID)" : uid);
  auto name = entry->name;
  for (const std::string_view tail : {" SOP Class", ": Default Transfer Syntax for DICOM"})
    if (name.ends_with(tail)) name.remove_suffix(tail.size());
  return std::string(name);
}

std::string title_of(std::string_view field) { return printable(pdu::trimmed_ae_title(field)); }

}  // namespace

std::string to_text(const Party& party) {
  return fmt::format("{} {} ({})", trace::name(party.side), party.title.empty() ? "without a title" : party.title,
                     party.address);
}

std::string host_of(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  return colon == std::string::npos ? endpoint : endpoint.substr(0, colon);
}

ConnectionStory::ConnectionStory(std::string name, std::string requestor, std::string acceptor)
    : name_(std::move(name)),
      parties_{{Side::requestor, "", host_of(requestor)}, {Side::acceptor, "", acceptor}},
      requestor_(std::move(requestor)),
      acceptor_(std::move(acceptor)) {}

std::string ConnectionStory::who(Side side) const {
  const auto& title = party(side).title;
  return title.empty() ? "the " + std::string(trace::name(side)) : title;
}

bool ConnectionStory::end(Termination how, std::string text) {
  if (termination_ != Termination::none) return false;
  termination_ = how;
  ending_ = std::move(text);
  return true;
}

void ConnectionStory::trouble(std::string text) {
  if (troubles_.size() < most_troubles) troubles_.push_back(std::move(text));
}

std::vector<std::string> ConnectionStory::seen(const trace::Entry& entry, const trace::Negotiated& negotiated) {
  if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what)) return this->message(*message);
  if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what)) {
    const auto how = closed->how == trace::Closing::fin ? Termination::fin : Termination::rst;
    end(how, fmt::format("{} closed the connection ({}){}", who(closed->by), trace::name(closed->how),
                         associated_   ? " without release or abort"
                         : introduced_ ? " before there was an association"
                                       : ""));
    return {};
  }
  const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
  if (seen == nullptr || seen->pdu == nullptr) return {};
  if (const auto* rq = std::get_if<pdu::AAssociateRq>(seen->pdu.get()); rq != nullptr && !introduced_) {
    association(*rq);
    return {};
  }
  return answer(*seen, negotiated);
}

void ConnectionStory::association(const pdu::AAssociateRq& rq) {
  introduced_ = true;
  parties_[0].title = title_of(rq.calling_ae_title);
  parties_[1].title = title_of(rq.called_ae_title);
}

std::vector<std::string> ConnectionStory::answer(const trace::PduSeen& seen, const trace::Negotiated& negotiated) {
  const auto introduction =
      fmt::format("{} ({}) -> {} ({})", who(Side::requestor), requestor_, who(Side::acceptor), acceptor_);
  if (const auto* rj = std::get_if<pdu::AAssociateRj>(seen.pdu.get())) {
    const auto why = pdu::describe_reject(rj->result, rj->source, rj->reason);
    if (end(Termination::reject, fmt::format("{} rejected the association: {}", who(seen.from), why))) trouble(ending_);
    return {line(introduction + ": rejected, " + why)};
  }
  if (const auto* abort = std::get_if<pdu::AAbort>(seen.pdu.get())) {
    const auto why = pdu::describe_abort(abort->source, abort->reason);
    if (end(Termination::abort, fmt::format("{} aborted: {}", who(seen.from), why))) trouble(ending_);
    return {};
  }
  if (std::holds_alternative<pdu::AReleaseRq>(*seen.pdu)) {
    if (!release_asked_by_) release_asked_by_ = seen.from;
    return {};
  }
  if (std::holds_alternative<pdu::AReleaseRp>(*seen.pdu)) {
    if (release_asked_by_) end(Termination::release, fmt::format("released by {}", who(*release_asked_by_)));
    return {};
  }
  const auto* ac = std::get_if<pdu::AAssociateAc>(seen.pdu.get());
  if (ac == nullptr || associated_) return {};
  associated_ = true;
  std::vector<std::string> lines;
  std::size_t accepted = 0;
  std::string good;
  std::string bad;
  for (const auto& context : negotiated.contexts) {
    const auto abstract = short_name(context.abstract_syntax);
    std::string text;
    if (context.result == 0) {
      text = fmt::format("{} in {}", abstract, short_name(context.transfer_syntax));
      if (++accepted <= 3) good += (good.empty() ? "" : ", ") + text;
      if (accepted == 4) good += ", ...";
    } else {
      text = fmt::format("{} not accepted: {}", abstract,
                         context.result ? pdu::context_result(*context.result) : "no answer to it");
      trouble(fmt::format("{} did not accept {} ({})", who(Side::acceptor), abstract,
                          context.result ? pdu::context_result(*context.result) : "no answer"));
      bad += (bad.empty() ? "" : "; ") + text;
    }
    contexts_.push_back(std::move(text));
  }
  lines.push_back(line(fmt::format("{}: associated, {} of {} accepted{}", introduction, accepted,
                                   reports::detail::counted(negotiated.contexts.size(), "context"),
                                   good.empty() ? "" : ": " + good)));
  if (!bad.empty()) lines.push_back(line("  " + bad));
  return lines;
}

std::vector<std::string> ConnectionStory::message(const trace::MessageSeen& seen) {
  const auto& command = seen.message->command;
  const auto field = command.field().value_or(0);
  if (!dimse::is_response(field)) {
    const auto id = command.message_id();
    if (!id || asked_.size() >= most_asked) return {};
    auto what = command.name();
    if (what.ends_with("-RQ")) what.resize(what.size() - 3);
    if (const auto uid = command.sop_class_uid(); !uid.empty()) {
      const auto name = short_name(uid);
      if (name != "Verification") what += " of " + name;
    }
    if (seen.from == Side::acceptor) what += " from " + who(Side::acceptor);
    asked_[{seen.from, *id}] = {std::move(what), 0};
    return {};
  }
  const auto id = command.responded_to();
  const auto found = id ? asked_.find({trace::other(seen.from), *id}) : asked_.end();
  const auto status = command.status();
  if (found == asked_.end() || !status) return {};
  const auto status_class = dimse::status_class(*status);
  if (status_class == dimse::StatusClass::pending) {
    ++found->second.pending;
    return {};
  }
  auto text = found->second.what + ": " + dimse::describe_status(*status, field, command.sop_class_uid());
  if (found->second.pending > 0) text += fmt::format(" after {} pending", found->second.pending);
  asked_.erase(found);
  if (const auto comment = command.elements().text(tags::ErrorComment); !comment.empty())
    text += fmt::format(" (\"{}\")", printable(comment));
  if (status_class == dimse::StatusClass::failure) trouble(fmt::format("{} answered {}", who(seen.from), text));
  const auto same = std::ranges::find_if(operations_, [&](const auto& one) { return one.first == text; });
  if (same != operations_.end()) {
    ++same->second;
  } else if (operations_.size() < most_operations) {
    operations_.emplace_back(text, 1);
  }
  if (text == last_operation_) {
    ++repeated_;
    return {};
  }
  auto lines = unrepeated();
  last_operation_ = text;
  lines.push_back(line("  " + text));
  return lines;
}

std::vector<std::string> ConnectionStory::unrepeated() {
  if (repeated_ == 0) return {};
  std::vector<std::string> lines{line(fmt::format("  and {} more like it", repeated_))};
  repeated_ = 0;
  return lines;
}

std::vector<std::string> ConnectionStory::ended(const trace::Trace& trace, bool cut_off, bool encrypted) {
  auto lines = unrepeated();
  if (encrypted) {
    ending_ = "TLS on both sides: passed on unread, nothing of it can be judged";
  } else if (cut_off && termination_ == Termination::none) {
    termination_ = Termination::open;
    ending_ = "still open when the proxy was stopped";
  } else if (trace.bytes_from_requestor == 0 && trace.bytes_from_acceptor == 0) {
    ending_ += " without a byte";
  }
  for (const auto& [key, asked] : asked_)
    trouble(fmt::format("{} was not answered by {}", asked.what, who(trace::other(key.first))));
  const auto taken = trace.entries.size() < 2 ? Duration{} : trace.entries.back().at - trace.entries.front().at;
  const auto introduction =
      associated_ || termination_ == Termination::reject
          ? std::string()
          : fmt::format("{} ({}) -> {} ({}): ", who(Side::requestor), requestor_, who(Side::acceptor), acceptor_);
  lines.push_back(
      line(fmt::format("{}{}{}; {} and {} bytes in {}", associated_ ? "  " : "", introduction, ending_,
                       trace.bytes_from_requestor, trace.bytes_from_acceptor, reports::detail::seconds(taken))));
  return lines;
}

}  // namespace assay::app
