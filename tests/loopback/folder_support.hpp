// Archive folders and instances for the tests of peers/devices/folder_store.hpp.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "harness/dataset/part10.hpp"
#include "peers/devices/folder_store.hpp"
#include "tests/loopback/scratch.hpp"

namespace assay::peers::test {

using service::Instance;
using service::PutResult;
using service::QueryLevel;
using service::Scope;
namespace fs = std::filesystem;

inline std::unique_ptr<FolderStore> open(const fs::path& folder, const std::string& index = "",
                                         std::vector<std::string>* told = nullptr) {
  FolderStoreOptions options;
  options.folder = folder;
  options.index = index;
  options.sync = false;
  if (told != nullptr) options.log = [told](std::string line) { told->push_back(std::move(line)); };
  auto out = FolderStore::open(std::move(options));
  EXPECT_TRUE(out) << out.error();
  return out ? std::move(*out) : nullptr;
}

inline Instance make(const std::string& uid, const std::string& study = "2.25.2", const std::string& series = "2.25.3",
                     const std::string& patient = "P", std::size_t pixels = 10,
                     std::string_view syntax = uids::ExplicitVRLittleEndian) {
  dataset::DataSet data(dataset::encoding_of(syntax));
  data.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data.set_text(tags::SOPInstanceUID, Vr::UI, uid);
  data.set_text(tags::Modality, "CT");
  data.set_text(tags::PatientID, patient);
  data.set_text(tags::StudyInstanceUID, Vr::UI, study);
  data.set_text(tags::SeriesInstanceUID, Vr::UI, series);
  data.set_bytes(tags::PixelData, Vr::OW, Bytes(pixels, 7));
  return *service::make_instance(data, syntax);
}

inline Bytes file_of(const Instance& instance) {
  dataset::FileMeta meta;
  meta.sop_class_uid = instance.sop_class_uid;
  meta.sop_instance_uid = instance.sop_instance_uid;
  meta.transfer_syntax_uid = instance.transfer_syntax;
  meta.implementation_class_uid = "2.25.9";
  return dataset::build_part10(meta, ByteView(instance.data_set));
}

inline void write(const fs::path& file, ByteView bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << as_text(bytes);
}

inline Bytes read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return to_bytes(std::string(std::istreambuf_iterator<char>(in), {}));
}

inline std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& one : fs::recursive_directory_iterator(folder))
    if (one.is_regular_file() && !one.path().filename().string().starts_with("index.sqlite"))
      out.push_back(fs::relative(one.path(), folder));
  std::ranges::sort(out);
  return out;
}

/// All that a cursor tells, in words.
inline std::vector<std::string> told_by(const service::InstanceStore& store, QueryLevel level, const Scope& scope) {
  std::vector<std::string> out;
  const auto cursor = store.candidates(level, scope);
  while (const auto entity = cursor->next()) {
    const auto& one = *entity->representative;
    std::string line(name(entity->level));
    for (const auto& key :
         {one.patient_id, one.study_uid, one.series_uid, one.sop_instance_uid, one.sop_class_uid, one.transfer_syntax})
      line += '|' + key;
    for (const auto& value : entity->modalities_in_study) line += " m=" + value;
    for (const auto& value : entity->sop_classes_in_study) line += " c=" + value;
    line += " " + std::to_string(entity->studies) + "/" + std::to_string(entity->series) + "/" +
            std::to_string(entity->instances) + "\n" + dataset::to_text(one.attributes, 1000);
    out.push_back(std::move(line));
  }
  return out;
}

inline constexpr QueryLevel levels[] = {QueryLevel::patient, QueryLevel::study, QueryLevel::series, QueryLevel::image};

/// Both stores give the same answers, for `rounds` scopes made of their own keys and some that nobody has.
inline void expect_equal(const service::MemoryStore& memory, const FolderStore& folder, std::mt19937& random,
                         int rounds = 200) {
  const auto all = memory.all();
  const auto pick = [&] { return all[random() % all.size()]; };
  for (int round = 0; round < rounds; ++round) {
    Scope scope;
    if (round > 0) {
      const auto chance = [&] { return random() % 3 == 0; };
      if (chance()) scope.patient_id = pick()->patient_id;
      for (auto n = random() % 4; n > 0 && chance(); --n) scope.study_uids.push_back(pick()->study_uid);
      for (auto n = random() % 4; n > 0 && chance(); --n) scope.series_uids.push_back(pick()->series_uid);
      for (auto n = random() % 9; n > 0 && chance(); --n) scope.instance_uids.push_back(pick()->sop_instance_uid);
      if (chance()) scope.study_uids.emplace_back("1.2.3.nobody");
      if (random() % 9 == 0) scope.instance_uids.emplace_back("");
    }
    for (const auto level : levels)
      ASSERT_EQ(told_by(memory, level, scope), told_by(folder, level, scope)) << name(level) << " round " << round;
  }
  for (const auto& one : all) {
    const auto found = folder.find(one->sop_instance_uid);
    ASSERT_NE(found, nullptr) << one->sop_instance_uid;
    EXPECT_EQ(found->data_set, one->data_set) << "byte for byte";
    EXPECT_EQ(found->transfer_syntax, one->transfer_syntax);
    EXPECT_TRUE(found->attributes.equal_in_value(one->attributes));
  }
  EXPECT_EQ(folder.count(), memory.count());
}

}  // namespace assay::peers::test
