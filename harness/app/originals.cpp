#include "harness/app/originals.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <set>

#include "harness/app/files.hpp"
#include "harness/app/object_file.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::app {

namespace {

/// What an object is recognised by.
struct Known {
  std::string path;
  std::string place;  // below the folder it was found in
  std::string sop_class;
  std::string instance;
  std::string traits;  // what de-identification leaves
};

/// Attributes that Table E.1-1 of PS3.15 does not list and that tell the objects of a patient apart.
std::string traits_of(const dataset::DataSet& data) {
  std::string traits;
  for (const Tag tag : {tags::SOPClassUID, tags::Modality, tags::SeriesNumber, tags::AcquisitionNumber,
                        tags::InstanceNumber, tags::NumberOfFrames, tags::ImagePositionPatient, tags::SliceLocation}) {
    traits += dataset::trimmed(dataset::without_padding(data.text(tag)));
    traits += '\n';
  }
  for (const Tag tag : {tags::Rows, tags::Columns}) traits += std::to_string(data.u16(tag).value_or(0)) + '\n';
  return traits;
}

std::optional<Known> known(const std::string& path, const std::vector<std::string>& arguments, std::string& why) {
  const auto bytes = FileBytes::open(path);
  if (!bytes) {
    why = bytes.error();
    return std::nullopt;
  }
  dataset::FileOptions header;
  header.stop_before = Tag(0x7fe0, 0x0000);
  const auto file = dataset::read_file(bytes->view(), header);
  if (!file) {
    why = not_dicom(path, file.error());
    return std::nullopt;
  }
  return Known{path, place_below_argument(arguments, path).string(),
               std::string(dataset::without_padding(file->data_set.text(tags::SOPClassUID))),
               std::string(dataset::without_padding(file->data_set.text(tags::SOPInstanceUID))),
               traits_of(file->data_set)};
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// The files that can be read; complaints about them are left to the walk that judges them.
std::vector<Known> silently(const std::vector<std::string>& arguments) {
  const std::unique_ptr<std::FILE, Closer> nowhere(std::fopen("/dev/null", "w"));
  std::vector<Known> list;
  if (!nowhere) return list;
  Console mute(nowhere.get(), nowhere.get());
  std::size_t unusable = 0;
  std::string why;
  for (const auto& path : files_below(arguments, mute, unusable)) {
    if (path == "-") continue;  // can be read once only
    if (auto one = known(path, arguments, why)) list.push_back(std::move(*one));
  }
  return list;
}

/// Pairs files and originals that are still without the other.
class Pairing {
 public:
  Pairing(std::vector<Known> files, std::vector<Known> originals, std::map<std::string, std::string, std::less<>>& out)
      : files_(std::move(files)), originals_(std::move(originals)), out_(out) {}

  void run() {
    if (files_.size() == 1 && originals_.size() == 1) {
      out_[files_.front().path] = originals_.front().path;
      return;
    }
    by(&Known::place, true);
    by(&Known::instance, false);
    by_order();
    by(&Known::place, false);
  }

 private:
  /// One original with the same value, and of the same class, or alike in all that stays.
  void by(std::string Known::* value, bool alike) {
    std::multimap<std::string, const Known*> free;
    for (const auto& original : originals_)
      if (!taken_.contains(original.path) && !(original.*value).empty()) free.emplace(original.*value, &original);
    for (const auto& file : files_) {
      if (out_.contains(file.path) || free.count(file.*value) != 1) continue;
      const Known* original = free.find(file.*value)->second;
      if (original->sop_class == file.sop_class && (!alike || original->traits == file.traits)) take(file, *original);
    }
  }

  /// The same traits as often on both sides: in the order of the names.
  void by_order() {
    std::map<std::string, std::pair<std::vector<const Known*>, std::vector<const Known*>>> alike;
    for (const auto& file : files_)
      if (!out_.contains(file.path)) alike[file.traits].first.push_back(&file);
    for (const auto& original : originals_)
      if (!taken_.contains(original.path)) alike[original.traits].second.push_back(&original);
    for (const auto& [traits, both] : alike) {
      if (both.first.size() != both.second.size()) continue;
      for (std::size_t i = 0; i < both.first.size(); ++i) take(*both.first[i], *both.second[i]);
    }
  }

  void take(const Known& file, const Known& original) {
    if (!taken_.insert(original.path).second) return;
    out_[file.path] = original.path;
  }

  std::vector<Known> files_;
  std::vector<Known> originals_;
  std::map<std::string, std::string, std::less<>>& out_;
  std::set<std::string> taken_;
};

}  // namespace

Originals::Originals(const std::vector<std::string>& originals, const std::vector<std::string>& files,
                     Console& console) {
  std::vector<Known> list;
  for (const auto& path : files_below(originals, console, unreadable_)) {
    std::string why;
    if (auto one = known(path, originals, why)) {
      list.push_back(std::move(*one));
    } else {
      console.error(why);
      ++unreadable_;
    }
  }
  count_ = list.size();
  Pairing(silently(files), std::move(list), original_).run();
}

std::string Originals::of(const std::string& file) const {
  const auto found = original_.find(file);
  return found == original_.end() ? std::string() : found->second;
}

}  // namespace assay::app
