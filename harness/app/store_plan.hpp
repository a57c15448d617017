// What 'assay store' is to send: files looked at one by one, and the Presentation Contexts they need (PS3.4 B.3).
// Tests: tests/interop/scu_commands_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "harness/app/scu.hpp"
#include "harness/service/store.hpp"
#include "peers/scu.hpp"

namespace assay::app {

/// As many as an association has (PS3.8 9.3.2.2: odd ids of one byte).
inline constexpr std::size_t contexts_per_association = 128;

struct FileToStore {
  std::string path;
  std::string sop_instance_uid;
  std::string transfer_syntax;  // of the file as it stands
  std::uint64_t size = 0;
  std::uint64_t data_set_offset = 0;
  std::size_t context = 0;  // of StorePlan::contexts
};

struct StorePlan {
  std::vector<FileToStore> files;
  std::vector<peers::ProposedContext> contexts;
  std::size_t skipped = 0;   // no DICOM files, or without SOP Class and Instance; each has had its line
  std::size_t unusable = 0;  // could not be read; each has had its line
  std::size_t dicomdirs = 0;
  bool interrupted = false;

  [[nodiscard]] const std::string& sop_class(const FileToStore& file) const { return contexts[file.context].first; }
};

/// Opens every file once. `transfer_syntax`: what uncompressed ones are to be re-encoded to; "" = none.
StorePlan plan_store(const std::vector<std::string>& paths, std::string_view transfer_syntax, Console& console);

/// A file read when it is its turn; the error is one sentence.
std::expected<service::Instance, std::string> load_instance(const StorePlan& plan, const FileToStore& file);

}  // namespace assay::app
