#include "harness/app/recorder.hpp"

#include <chrono>
#include <optional>

#include "harness/capture/pcapng_writer.hpp"
#include "harness/trace/finding.hpp"

namespace assay::app {
namespace {

/// Payload of one case; what goes beyond is kept without its bytes.
constexpr std::uint64_t keep_bytes = 64U << 20;
/// Where nobody told, the acceptor listens where DICOM is registered.
constexpr std::uint16_t usual_port = 104;
constexpr std::uint16_t first_made_up_port = 50000;

std::optional<capture::Endpoint> endpoint_in(std::string_view text) {
  if (auto whole = capture::endpoint(text)) return whole;
  // A name: the port is known, the address is not.
  const auto colon = text.rfind(':');
  return colon == std::string_view::npos ? std::nullopt
                                         : capture::endpoint("127.0.0.1" + std::string(text.substr(colon)));
}

}  // namespace

struct CaseRecorder::Shared {
  explicit Shared(capture::WriterOptions options) : writer(std::move(options)) {}
  capture::PcapngWriter writer;
  std::size_t connections = 0;
  bool any = false;
};

/// One connection. It is added to the file with its first event after the opening, when the addresses are known.
class CaseRecorder::Line final : public observe::Tap {
 public:
  Line(std::shared_ptr<Shared> shared, bool we_opened, std::string_view description)
      : shared_(std::move(shared)), we_opened_(we_opened) {
    const auto arrow = description.find(" -> ");
    requestor_ = endpoint_in(description.substr(0, arrow));
    if (arrow != std::string_view::npos) acceptor_ = endpoint_in(description.substr(arrow + 4));
    made_up_ = static_cast<std::uint16_t>(first_made_up_port + shared_->connections++ % 10'000);
  }

  void opened(Instant now) override { opened_ = now; }
  void bytes(trace::Side from, ByteView bytes, Instant now) override {
    shared_->writer.bytes(begun(now), from, bytes, now);
  }
  void closed(trace::Side by, trace::Closing how, Instant now) override {
    shared_->writer.closed(begun(now), by, how, now);
  }
  void mark(std::string_view text, Instant now) override {
    // Our own address is told by the first mark of a connection that we opened.
    if (!number_ && we_opened_ && text.starts_with("from ")) {
      if (const auto from = capture::endpoint(text.substr(5))) requestor_ = from;
    }
    shared_->writer.comment(begun(now), text);
  }
  void found(const trace::Finding& finding) override {
    if (!number_) return;
    shared_->writer.comment(*number_, trace::to_line(finding) + (finding.provoked ? " (on purpose)" : ""));
  }

  std::size_t begun(Instant now) {
    if (number_) return *number_;
    number_ = shared_->writer.add_connection(requestor_.value_or(*capture::endpoint("127.0.0.1", made_up_)),
                                             acceptor_.value_or(*capture::endpoint("127.0.0.1", usual_port)));
    shared_->any = true;
    shared_->writer.opened(*number_, opened_.value_or(now));
    return *number_;
  }

 private:
  std::shared_ptr<Shared> shared_;
  bool we_opened_;
  std::optional<capture::Endpoint> requestor_;
  std::optional<capture::Endpoint> acceptor_;
  std::uint16_t made_up_ = 0;
  std::optional<Instant> opened_;
  std::optional<std::size_t> number_;
};

CaseRecorder::CaseRecorder(std::string case_id, Duration unix_time_of_origin) {
  capture::WriterOptions options;
  options.unix_time_of_origin = unix_time_of_origin;
  options.keep_bytes = keep_bytes;
  options.comment = "Case " + std::move(case_id) +
                    ", written by Assay from the bytes of each connection as it sent and received them (before "
                    "encryption, after decryption). The payload, its order, its times and who closed are as seen; "
                    "Ethernet, IP and TCP around it are made up.";
  shared_ = std::make_shared<Shared>(std::move(options));
}

CaseRecorder::~CaseRecorder() = default;

std::shared_ptr<observe::Tap> CaseRecorder::connection(bool we_opened, std::string_view description) {
  return std::make_shared<Line>(shared_, we_opened, description);
}

Bytes CaseRecorder::finish() { return shared_->any ? shared_->writer.finish() : Bytes{}; }

Duration unix_time_of_origin(Instant now) {
  const auto unix_now = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
  return unix_now - now.since_origin;
}

}  // namespace assay::app
