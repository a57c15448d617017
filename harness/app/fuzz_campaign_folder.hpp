// A campaign's folder: what lies where, one campaign at a time, and what a kill left half done is put right.
//
//   corpus/TARGET/     inputs that reach something; libFuzzer writes them there as it finds them
//   artifacts/TARGET/  inputs that broke the target and have not been looked into yet
//   set-aside/TARGET/  inputs of the corpus that broke it: they would end each round at its start
//   findings/          one folder each (finding_folder.hpp)
//   logs/TARGET.log    what the target said last
//   state.json         how far the campaign is; history.jsonl: those that are over
//
// Tests: tests/interop/fuzz_campaign_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/campaign/state.hpp"
#include "harness/base/bytes.hpp"

namespace assay::app {

class CampaignFolder {
 public:
  /// Makes the folder where it is not there, and locks it for as long as this lives. The error is one sentence.
  static std::expected<CampaignFolder, std::string> open(const std::filesystem::path& path);
  CampaignFolder(CampaignFolder&& other) noexcept;
  CampaignFolder& operator=(CampaignFolder&&) = delete;
  ~CampaignFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path corpus(const std::string& target) const { return path_ / "corpus" / target; }
  [[nodiscard]] std::filesystem::path artifacts(const std::string& target) const {
    return path_ / "artifacts" / target;
  }
  [[nodiscard]] std::filesystem::path set_aside(const std::string& target) const {
    return path_ / "set-aside" / target;
  }
  [[nodiscard]] std::filesystem::path log(const std::string& target) const {
    return path_ / "logs" / (target + ".log");
  }
  [[nodiscard]] std::filesystem::path findings() const { return path_ / "findings"; }

  /// The folders of one target; finishes or undoes a pruning that a kill interrupted, brings back what was set aside.
  [[nodiscard]] std::expected<void, std::string> prepare(const std::string& target) const;

  /// The state, if there is one. One that cannot be read is put aside as state.json.damaged and said in `complaint`.
  [[nodiscard]] std::optional<fuzz::CampaignState> read_state(std::string& complaint) const;
  [[nodiscard]] std::expected<void, std::string> write_state(const fuzz::CampaignState& state) const;
  [[nodiscard]] fuzz::History history() const;
  [[nodiscard]] std::expected<void, std::string> add_history(const fuzz::CampaignRecord& record) const;

 private:
  CampaignFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_ = -1;
};

/// Files in a folder, without what lies below it; 0 when there is none.
std::uint64_t files_in(const std::filesystem::path& folder);

/// Copies the inputs of a folder that the corpus does not have yet; names are digests of the content, so that the same
/// input comes once. Says how many came.
std::expected<std::uint64_t, std::string> import_inputs(const std::filesystem::path& from,
                                                        const std::filesystem::path& corpus);

/// Bytes of a file; nothing when it cannot be read.
std::optional<Bytes> read_bytes(const std::filesystem::path& file);

}  // namespace assay::app
