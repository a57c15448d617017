// A modality as a device of a file. Tests: tests/interop/device_files_test.py
#include <fmt/format.h>

#include "harness/app/modality.hpp"

namespace assay::app {
namespace {

class ServedModality final : public ServedDevice {
 public:
  ServedModality(peers::Loop& loop, DeviceDescription description, Console& console)
      : ServedDevice(std::move(description), console), loop_(loop) {}

  [[nodiscard]] std::vector<std::string> begun() const override {
    return {fmt::format("plays a modality as {}", description_.ae_title)};
  }
  [[nodiscard]] std::uint16_t port() const override { return description_.port; }
  bool meet(const DeviceDirectory& directory) override {
    auto options = modality_options(description_, directory, unwritten_, console_);
    if (!options) {
      complain(console_, description_, "", "this modality cannot begin");
      return false;
    }
    modality_ = std::make_unique<peers::Modality>(loop_, std::move(*options));
    const auto polled = [this](const peers::ModalityReport& report) { say(report_line(report)); };
    if (description_.modality.every)
      modality_->poll_every(*description_.modality.every, polled);
    else
      modality_->poll(polled);
    return true;
  }
  [[nodiscard]] std::vector<std::string> controls() const override { return {"poll"}; }
  ControlResult control(const ControlWords& words) override {
    if (words.size() != 1 || words.front() != "poll") return not_understood(words);
    if (!modality_ || modality_->busy()) return std::unexpected("a poll is going on");
    modality_->poll([this](const peers::ModalityReport& report) { say(report_line(report)); });
    return ControlAnswer{"asks the worklist", {}, 0};
  }
  void rest() override {
    if (modality_) modality_->stop();
  }
  [[nodiscard]] bool acting() const override { return modality_ && modality_->busy(); }

 private:
  peers::Loop& loop_;
  bool unwritten_ = false;
  std::unique_ptr<peers::Modality> modality_;
};

}  // namespace

std::unique_ptr<ServedDevice> start_modality(peers::Loop& loop, DeviceDescription device, Console& console) {
  return std::make_unique<ServedModality>(loop, std::move(device), console);
}

}  // namespace assay::app
