#include "harness/app/proxy_record.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "harness/app/home.hpp"
#include "harness/scenario/replay.hpp"

namespace assay::app {
namespace fs = std::filesystem;
namespace {

/// Longer Data Sets become files of their own.
constexpr std::size_t inline_bytes = 16U << 10;
/// Once so many bytes have passed, every Data Set does: the Trace will not keep them much longer.
constexpr std::uint64_t trace_nearly_full = 1U << 20;

}  // namespace

ConnectionRecord::~ConnectionRecord() {
  if (file_ == nullptr) return;
  if (writer_) {
    const auto rest = writer_->finish();
    std::fwrite(rest.data(), 1, rest.size(), file_);
  }
  std::fclose(file_);
}

std::expected<void, std::string> ConnectionRecord::open(const fs::path& folder, const std::string& requestor,
                                                        const std::string& acceptor, Duration origin, Instant now) {
  folder_ = folder;
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return std::unexpected(fmt::format("{} cannot be made: {}", folder.string(), code.message()));
  const auto name = folder / "traffic.pcapng";
  file_ = std::fopen(name.c_str(), "wb");
  if (file_ == nullptr)
    return std::unexpected(fmt::format("{} cannot be written: {}", name.string(), std::strerror(errno)));
  capture::WriterOptions options;
  options.unix_time_of_origin = origin;
  writer_.emplace(std::move(options));
  connection_ = writer_->add_connection(capture::endpoint(requestor).value_or(capture::Endpoint{}),
                                        capture::endpoint(acceptor).value_or(capture::Endpoint{}));
  writer_->opened(connection_, now);
  flush();
  return {};
}

void ConnectionRecord::flush() {
  if (file_ == nullptr) return;
  const auto more = writer_->take();
  if (std::fwrite(more.data(), 1, more.size(), file_) == more.size() && std::fflush(file_) == 0) return;
  troubles_.push_back(fmt::format("traffic.pcapng ends early: {}", std::strerror(errno)));
  std::fclose(file_);
  file_ = nullptr;
}

void ConnectionRecord::bytes(trace::Side from, ByteView bytes, Instant now) {
  if (file_ == nullptr) return;
  passed_ += bytes.size();
  writer_->bytes(connection_, from, bytes, now);
  flush();
}

void ConnectionRecord::closed(trace::Side by, trace::Closing how, Instant now) {
  if (file_ == nullptr) return;
  writer_->closed(connection_, by, how, now);
  flush();
}

void ConnectionRecord::message(const trace::MessageSeen& seen, const trace::Negotiated& negotiated) {
  const auto& message = *seen.message;
  if (folder_.empty() || message.data_set.empty() || !message.data_set_kept()) return;
  if (message.data_set.size() <= inline_bytes && passed_ < trace_nearly_full) return;
  const auto* context = negotiated.context(message.context_id);
  if (context == nullptr || context->transfer_syntax.empty()) return;
  auto& stored = stored_[static_cast<std::size_t>(seen.from)];
  std::error_code code;
  fs::create_directories(folder_ / "objects", code);
  const auto name = fmt::format("objects/from-{}-{:05}.dcm", trace::name(seen.from), stored.size() + 1);
  const auto file = scenario::replay_object(message, context->transfer_syntax);
  if (auto written = write_text(folder_ / name, as_text(file)); !written) {
    if (troubles_.empty()) troubles_.push_back(written.error());
    return;
  }
  stored.emplace(seen.offset, name);
}

bool ConnectionRecord::write(const std::string& name, std::string_view text, Result& result) {
  if (auto written = write_text(folder_ / name, text); !written) {
    result.remarks.push_back(written.error());
    return false;
  }
  result.files.push_back(name);
  return true;
}

void ConnectionRecord::scenario(const trace::Trace& trace, trace::Side side, const std::vector<std::string>& about,
                                const std::string& title, Result& result) {
  scenario::ReplayOptions options;
  options.side = side;
  options.id = fmt::format("recorded/{}/{}", trace.connection, trace::name(side));
  options.title = title;
  options.remarks = about;
  // Two hyphens must not stand in a comment of XML.
  options.remarks.emplace_back(side == trace::Side::requestor
                                   ? "Assay plays the requestor: assay run FILE, with the option target HOST:PORT."
                                   : "Assay plays the acceptor: assay run FILE, with the option dut-act 'COMMAND "
                                     "{host} {port}' that makes the device call.");
  options.inline_bytes = inline_bytes;
  options.stored = stored_[static_cast<std::size_t>(side)];
  options.read_file = [this](std::string_view path) -> std::optional<Bytes> {
    const auto text = read_text(folder_ / path);
    return text ? std::optional(to_bytes(*text)) : std::nullopt;
  };
  const auto name = fmt::format("replay-{}.xml", trace::name(side));
  auto replay = scenario::write_replay(trace, options);
  if (!replay) {
    result.remarks.push_back(fmt::format("no {}: {}", name, replay.error()));
    return;
  }
  std::error_code code;
  if (!replay->files.empty()) fs::create_directories(folder_ / "objects", code);
  for (const auto& file : replay->files) write(file.name, as_text(file.bytes), result);
  for (const auto& remark : replay->remarks) result.remarks.push_back(fmt::format("{}: {}", name, remark));
  write(name, replay->xml, result);
}

ConnectionRecord::Result ConnectionRecord::finish(const trace::Trace& trace, const std::vector<std::string>& about,
                                                  const std::string& title) {
  Result result;
  if (folder_.empty()) return result;
  if (file_ != nullptr) {
    // What the rules found stands beside the packets.
    for (const auto& finding : trace.findings)
      if (finding.severity != trace::Severity::note) writer_->comment(connection_, trace::to_line(finding));
    const auto rest = writer_->finish();
    const bool complete = std::fwrite(rest.data(), 1, rest.size(), file_) == rest.size();
    if (std::fclose(file_) != 0 || !complete) troubles_.push_back("traffic.pcapng ends early: the disk is full?");
    file_ = nullptr;
  }
  result.remarks = troubles_;
  result.files.emplace_back("traffic.pcapng");
  for (const auto& stored : stored_)
    for (const auto& [offset, name] : stored) result.files.push_back(name);
  write("trace.txt", trace::to_text(trace, true), result);
  if (trace.bytes_from_requestor + trace.bytes_from_acceptor == 0) return result;
  scenario(trace, trace::Side::requestor, about, title, result);
  scenario(trace, trace::Side::acceptor, about, title, result);
  return result;
}

}  // namespace assay::app
