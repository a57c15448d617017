#include "harness/app/received_files.hpp"

#include <algorithm>
#include <filesystem>

#include "harness/app/files.hpp"
#include "harness/base/digest.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/scenario/builder.hpp"

namespace assay::app {

namespace {

/// A UID that the peer sent is no file name until it is seen to be a UID (PS3.5 9.1).
std::string file_name(const std::string& uid) {
  const bool right = !uid.empty() && uid.size() <= 64 && uid.front() != '.' &&
                     std::ranges::all_of(uid, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (right) return uid + ".dcm";
  Digest digest;
  digest.update(as_bytes(uid));
  return "no-uid-" + std::to_string(digest.value()) + ".dcm";
}

class Nothing final : public service::EntityCursor {
 public:
  std::optional<service::Entity> next() override { return std::nullopt; }
};

}  // namespace

service::PutResult ReceivedFiles::put(service::Instance instance, bool) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) {
    if (error_.empty()) error_ = folder_ + ": " + failed.message();
    return service::PutResult::full;
  }
  dataset::FileMeta meta;
  meta.sop_class_uid = instance.sop_class_uid;
  meta.sop_instance_uid = instance.sop_instance_uid;
  meta.transfer_syntax_uid = instance.transfer_syntax;
  meta.implementation_class_uid = scenario::implementation_class_uid;
  const auto path = std::filesystem::path(folder_) / file_name(instance.sop_instance_uid);
  const auto size = instance.data_set.size();
  if (const auto written = write_file(path.string(), dataset::build_part10(meta, instance.data_set)); !written) {
    if (error_.empty()) error_ = written.error();
    return service::PutResult::full;
  }
  ++count_;
  bytes_ += size;
  return service::PutResult::stored;
}

std::unique_ptr<service::EntityCursor> ReceivedFiles::candidates(service::QueryLevel, const service::Scope&) const {
  return std::make_unique<Nothing>();
}

}  // namespace assay::app
