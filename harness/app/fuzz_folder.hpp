// What a run of `assay fuzz device` keeps: DIR/log (fuzz/device/log.hpp), DIR/corpus/NNNNNN.txt, one file for each
// conversation that led somewhere new, DIR/findings. All of it is on disk before the next execution begins.
#pragma once

#include <cstdio>
#include <expected>
#include <filesystem>
#include <span>
#include <string>

#include "fuzz/device/guide.hpp"
#include "fuzz/device/log.hpp"

namespace assay::app {

class FuzzFolder {
 public:
  FuzzFolder() = default;
  ~FuzzFolder();
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  /// Makes the folder, or reads what an earlier run left there. The error is one sentence.
  std::expected<void, std::string> open(const std::filesystem::path& folder);
  /// A log was there.
  [[nodiscard]] bool continues() const { return continues_; }
  [[nodiscard]] const fuzz::device::Log& log() const { return log_; }
  /// The conversation kept as that number; the error is one sentence.
  [[nodiscard]] std::expected<fuzz::device::Conversation, std::string> kept(std::size_t number) const;

  std::expected<void, std::string> begin(const fuzz::device::LogHead& head);
  std::expected<void, std::string> run(std::uint64_t execution, const fuzz::device::Guide::Choice& choice);
  /// What it led to.
  std::expected<void, std::string> saw(std::uint64_t execution, std::span<const std::uint64_t> features);
  /// Pairs that were tried for the first time; nothing where there are none.
  std::expected<void, std::string> pairs(std::span<const fuzz::device::Pair> pairs);
  /// As the next number.
  std::expected<void, std::string> keep(std::size_t number, const fuzz::device::Kept& kept);
  [[nodiscard]] std::filesystem::path findings() const { return folder_ / "findings"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::expected<void, std::string> write(const std::string& line);
  [[nodiscard]] std::filesystem::path file_of(std::size_t number) const;

  std::filesystem::path folder_;
  fuzz::device::Log log_;
  bool continues_ = false;
  std::FILE* file_ = nullptr;
};

}  // namespace assay::app
