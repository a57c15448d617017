#include "harness/app/store_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/app/files.hpp"
#include "harness/app/object_file.hpp"

namespace assay::app {

namespace {

constexpr std::string_view media_storage_directory = "1.2.840.10008.1.3.10";

bool uncompressed(std::string_view uid) {
  return uid == uids::ImplicitVRLittleEndian || uid == uids::ExplicitVRLittleEndian || uid == uids::ExplicitVRBigEndian;
}

std::string_view uncompressed_syntax(dataset::Encoding encoding) {
  if (!encoding.explicit_vr) return uids::ImplicitVRLittleEndian;
  return encoding.endian == Endian::big ? uids::ExplicitVRBigEndian : uids::ExplicitVRLittleEndian;
}

class Planner {
 public:
  Planner(std::string_view transfer_syntax, Console& console) : transfer_syntax_(transfer_syntax), console_(console) {}

  void look_at(const std::string& path, ByteView bytes) {
    dataset::FileOptions how;
    how.stop_before = tags::StudyDate;  // behind SOP Class and Instance UID
    const auto file = dataset::read_file(bytes, how);
    if (!file) {
      skip(not_dicom(path, file.error()));
      return;
    }
    const auto of = [&](Tag tag, Tag meta) {
      const auto text = file->data_set.text(tag);
      return std::string(text.empty() ? file->meta.text(meta) : text);
    };
    const auto sop_class = of(tags::SOPClassUID, tags::MediaStorageSOPClassUID);
    if (sop_class == media_storage_directory) {
      ++plan.dicomdirs;
      return;
    }
    FileToStore entry;
    entry.sop_instance_uid = of(tags::SOPInstanceUID, tags::MediaStorageSOPInstanceUID);
    if (sop_class.empty() || entry.sop_instance_uid.empty()) {
      skip(fmt::format("{}: has no {}", path, sop_class.empty() ? "SOP Class UID" : "SOP Instance UID"));
      return;
    }
    entry.path = path;
    entry.size = bytes.size();
    entry.data_set_offset = file->data_set_offset;
    entry.transfer_syntax = file->transfer_syntax_uid;
    if (entry.transfer_syntax.empty() || !file->guess.empty()) {
      // Sent as what it is: what it claims to be would only break the peer.
      if (!entry.transfer_syntax.empty())
        console_.error(fmt::format("{}: {}; sent as {}", path, file->guess, dataset::encoding_name(file->encoding)));
      entry.transfer_syntax = uncompressed_syntax(file->encoding);
    }
    entry.context = context_for(sop_class, entry.transfer_syntax);
    plan.files.push_back(std::move(entry));
  }

  void skip(const std::string& line) {
    console_.error(line + "; skipped");
    ++plan.skipped;
  }

  StorePlan plan;

 private:
  std::size_t context_for(const std::string& sop_class, const std::string& syntax) {
    const bool changed = !transfer_syntax_.empty() && uncompressed(syntax);
    const auto& wanted = changed ? transfer_syntax_ : syntax;
    const auto [at, fresh] = known_.emplace(std::pair(sop_class, wanted), plan.contexts.size());
    if (fresh)
      plan.contexts.push_back(changed ? peers::ProposedContext{sop_class, {transfer_syntax_}}
                                      : peers::storage_context(sop_class, syntax));
    return at->second;
  }

  std::string transfer_syntax_;
  Console& console_;
  std::map<std::pair<std::string, std::string>, std::size_t> known_;
};

}  // namespace

StorePlan plan_store(const std::vector<std::string>& paths, std::string_view transfer_syntax, Console& console) {
  Planner planner(transfer_syntax, console);
  const InterruptGuard guard;
  const auto files = files_below(paths, console, planner.plan.unusable);
  Progress progress(console, files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (InterruptGuard::asked()) {
      planner.plan.interrupted = true;
      break;
    }
    progress.at(i, files[i]);
    std::error_code error;
    if (std::filesystem::is_regular_file(files[i], error) && std::filesystem::file_size(files[i], error) == 0) {
      planner.skip(files[i] + ": is empty");
      continue;
    }
    const auto bytes = FileBytes::open(files[i]);
    if (!bytes) {
      console.error(bytes.error());
      ++planner.plan.unusable;
      continue;
    }
    planner.look_at(files[i], bytes->view());
  }
  console.clear_progress();
  return std::move(planner.plan);
}

std::expected<service::Instance, std::string> load_instance(const StorePlan& plan, const FileToStore& file) {
  auto data_set =
      read_from(file.path, static_cast<std::size_t>(file.data_set_offset), static_cast<std::size_t>(file.size));
  if (!data_set) return std::unexpected(data_set.error());
  service::Instance instance;
  instance.sop_class_uid = plan.sop_class(file);
  instance.sop_instance_uid = file.sop_instance_uid;
  instance.transfer_syntax = file.transfer_syntax;
  instance.data_set = std::move(*data_set);
  return instance;
}

}  // namespace assay::app
