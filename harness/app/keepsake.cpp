#include "harness/app/keepsake.hpp"

#include <fmt/format.h>

#include "harness/app/home.hpp"
#include "harness/base/bulk_digest.hpp"
#include "harness/base/bytes.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/store.hpp"
#include "peers/uid.hpp"

namespace assay::app {
namespace {

namespace fs = std::filesystem;
using peers::Failure;

constexpr std::size_t most_kept = 16;
constexpr std::size_t most_files = 20'000;      // that are looked into for one object
constexpr std::uintmax_t longest_file = 65536;  // ours have about 1 KB
constexpr int edge = 16;

dataset::DataSet object(const std::string& instance, const std::string& study, const std::string& series,
                        unsigned number) {
  dataset::DataSet out{dataset::explicit_le};
  out.set_text(tags::SOPClassUID, uids::SecondaryCaptureImageStorage);
  out.set_text(tags::SOPInstanceUID, instance);
  out.set_text(tags::StudyDate, "20260105");
  out.set_text(tags::StudyTime, "101500");
  out.set_text(tags::AccessionNumber, "");
  out.set_text(tags::Modality, "OT");
  out.set_text(tags::ConversionType, "WSD");
  out.set_text(tags::ReferringPhysicianName, "");
  out.set_text(tags::PatientName, "KEEPSAKE^ASSAY");
  out.set_text(tags::PatientID, fmt::format("ASSAY-KEEPSAKE-{}", number));
  out.set_text(tags::PatientBirthDate, "");
  out.set_text(tags::PatientSex, "O");
  out.set_text(tags::StudyInstanceUID, study);
  out.set_text(tags::SeriesInstanceUID, series);
  out.set_text(tags::StudyID, "1");
  out.set_text(tags::SeriesNumber, "1");
  out.set_text(tags::InstanceNumber, "1");
  out.set_text(tags::PatientOrientation, "");
  out.set_u16(tags::SamplesPerPixel, 1);
  out.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  out.set_u16(tags::Rows, edge);
  out.set_u16(tags::Columns, edge);
  out.set_u16(tags::BitsAllocated, 8);
  out.set_u16(tags::BitsStored, 8);
  out.set_u16(tags::HighBit, 7);
  out.set_u16(tags::PixelRepresentation, 0);
  Bytes pixels(edge * edge);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 + number);
  out.set_bytes(tags::PixelData, Vr::OB, pixels);
  return out;
}

std::uint64_t digest_of(ByteView bytes) {
  BulkDigest digest;
  digest.update(bytes);
  return digest.value();
}

std::string content(const fs::path& file) { return read_text(file).value_or(""); }

/// It was asked, and answered.
bool answered(Failure failure) { return failure == Failure::none || failure == Failure::status; }

}  // namespace

Keepsakes::Keepsakes(peers::Loop& loop, KeepsakeOptions options) : loop_(loop), options_(std::move(options)) {}

std::expected<Keepsakes::Kept, std::string> Keepsakes::store_one() {
  Kept kept{peers::new_uid(), peers::new_uid(), peers::new_uid(), {}, 0};
  auto instance = service::make_instance(object(kept.instance_uid, kept.study_uid, kept.series_uid, ++number_),
                                         uids::ExplicitVRLittleEndian);
  if (!instance) return std::unexpected("no object could be made");
  ++associations_;
  const auto result = peers::store(loop_, options_.requestor, {std::move(*instance)});
  if (result.failure != Failure::none) return std::unexpected(result.message);
  if (result.statuses.size() != 1 || result.statuses[0] != 0)
    return std::unexpected("a small Secondary Capture is not stored with Success");
  return kept;
}

bool Keepsakes::learn() {
  auto first = store_one();
  if (!first) {
    note_ = "off: " + first.error();
    return false;
  }
  for (const auto way : {Way::folder, Way::get, Way::find}) {
    if (way == Way::folder && options_.stored.empty()) continue;
    const auto found = look(way, *first);
    if (!found || !*found) continue;
    way_ = way;
    first->digest = **found;
    kept_.push_back(std::move(*first));
    note_ = fmt::format("on: objects of ours are looked for {}",
                        way == Way::folder ? "in " + options_.stored.string()
                                           : std::string(way == Way::get ? "by C-GET" : "by C-FIND"));
    return true;
  }
  note_ =
      options_.stored.empty()
          ? "off: what it stores can be looked for neither by C-GET nor by C-FIND (--stored DIR: in its folder)"
          : fmt::format("off: what it stores is found neither in {} nor by C-GET or C-FIND", options_.stored.string());
  return false;
}

void Keepsakes::store() {
  if (!on() || kept_.size() >= most_kept) return;
  auto one = store_one();
  if (!one) return;
  const auto found = look(way_, *one);
  // One that is not there at once was not kept even by a device that nobody has hurt: lost() is to say so.
  if (!found) return;
  one->digest = found->value_or(0);
  kept_.push_back(std::move(*one));
}

Keepsakes::Found Keepsakes::look(Way way, Kept& kept) {
  switch (way) {
    case Way::folder: return in_folder(kept);
    case Way::get: return by_get(kept);
    case Way::find: return by_find(kept);
    case Way::none: break;
  }
  return std::unexpected(std::string());
}

Keepsakes::Found Keepsakes::in_folder(Kept& kept) const {
  const auto holds = [&](const fs::path& file) -> std::optional<std::uint64_t> {
    std::error_code error;
    if (const auto size = fs::file_size(file, error); error || size > longest_file) return std::nullopt;
    const auto bytes = content(file);
    if (!bytes.contains(kept.instance_uid)) return std::nullopt;
    return digest_of(as_bytes(bytes));
  };
  std::error_code error;
  if (!kept.file.empty() && fs::exists(kept.file, error)) {
    if (const auto digest = holds(kept.file)) return digest;
    return std::optional<std::uint64_t>{0};  // there, and no longer ours
  }
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator at(options_.stored, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end && seen < most_files; at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    ++seen;
    // A name that holds the UID is looked at first by whoever named it so; others are opened.
    if (const auto digest = holds(at->path())) {
      kept.file = at->path();
      return digest;
    }
  }
  if (error) return std::unexpected(fmt::format("{}: {}", options_.stored.string(), error.message()));
  if (seen == most_files) return std::unexpected(std::string("too many files"));
  return std::nullopt;
}

Keepsakes::Found Keepsakes::by_get(const Kept& kept) {
  peers::GetRequest request;
  request.identifier.set_text(tags::QueryRetrieveLevel, "IMAGE");
  request.identifier.set_text(tags::StudyInstanceUID, kept.study_uid);
  request.identifier.set_text(tags::SeriesInstanceUID, kept.series_uid);
  request.identifier.set_text(tags::SOPInstanceUID, kept.instance_uid);
  request.sop_classes = {std::string(uids::SecondaryCaptureImageStorage)};
  const auto store = std::make_shared<service::MemoryStore>();
  request.into = store;
  ++associations_;
  const auto result = peers::get(loop_, options_.requestor, std::move(request));
  if (!answered(result.failure)) return std::unexpected(result.message);
  const auto instance = store->find(kept.instance_uid);
  if (!instance) return std::nullopt;
  // The Transfer Syntax may differ from one time to the other: what must stay are the pixels.
  const auto pixels = ByteView(instance->data_set).last(std::min<std::size_t>(instance->data_set.size(), edge * edge));
  return digest_of(pixels);
}

Keepsakes::Found Keepsakes::by_find(const Kept& kept) {
  dataset::DataSet identifier{dataset::explicit_le};
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyInstanceUID, kept.study_uid);
  identifier.set_text(tags::PatientID, "");
  ++associations_;
  const auto result = peers::find(loop_, options_.requestor, identifier);
  if (!answered(result.failure)) return std::unexpected(result.message);
  if (result.identifiers.empty()) return std::nullopt;
  return std::optional<std::uint64_t>{result.identifiers.size()};
}

std::optional<std::string> Keepsakes::lost() {
  if (!on() || kept_.empty()) return std::nullopt;
  const auto wrong = [&](Kept& kept) -> std::optional<std::string> {
    for (int i = 0; i < 2; ++i) {  // asked twice: once more for a device that is still writing
      const auto found = look(way_, kept);
      if (!found) return std::nullopt;
      if (*found && **found == kept.digest) return std::nullopt;
      if (i == 0) {
        loop_.wait_until([] { return false; }, std::chrono::milliseconds(200));
        continue;
      }
      return fmt::format("an object of ours ({}) was stored with Success and {}", kept.instance_uid,
                         *found ? "is not what was stored any more" : "is not there any more");
    }
    return std::nullopt;
  };
  auto said = wrong(kept_.front());
  if (!said && kept_.size() > 1) said = wrong(kept_.back());
  if (said || kept_.size() >= most_kept) kept_.pop_front();
  return said;
}

void Keepsakes::forget() { kept_.clear(); }

}  // namespace assay::app
