// Instances, their keys, and the store in memory. Tests: tests/unit/service/store_test.cpp
#include "harness/service/store.hpp"

#include <algorithm>

#include "harness/dataset/deflate.hpp"

namespace assay::service {

namespace {

constexpr Tag pixel_data_group{0x7fe0, 0x0000};
constexpr std::size_t max_inflated = 64U << 20;  // bytes a deflated Data Set may grow to
constexpr std::size_t instance_overhead = 512;   // keys, index nodes, tree nodes

constexpr std::string_view level_names[] = {"PATIENT", "STUDY", "SERIES", "IMAGE"};

bool wanted(const std::vector<std::string>& scope, std::string_view uid) {
  return scope.empty() || std::ranges::find(scope, uid) != scope.end();
}

void add_once(std::vector<std::string>& values, std::string_view value) {
  if (!value.empty() && std::ranges::find(values, value) == values.end()) values.emplace_back(value);
}

}  // namespace

std::string_view name(QueryLevel level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<QueryLevel> level_from(std::string_view text) {
  for (std::size_t i = 0; i < std::size(level_names); ++i)
    if (text == level_names[i]) return static_cast<QueryLevel>(i);
  return std::nullopt;
}

std::string_view unpadded_id(std::string_view patient_id) {
  const auto first = patient_id.find_first_not_of(' ');
  const auto last = patient_id.find_last_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : patient_id.substr(first, last - first + 1);
}

std::size_t Instance::size() const {
  std::size_t values = 0;
  for (const auto& node : attributes.nodes()) values += node.value.size();
  return data_set.size() + values + attributes.nodes().size() * sizeof(dataset::Node) + instance_overhead;
}

std::optional<Instance> make_instance(Bytes data_set, std::string_view transfer_syntax) {
  const auto encoding = dataset::encoding_of(transfer_syntax);
  dataset::Inflated inflated;
  if (encoding.deflated) {
    inflated = dataset::inflate(data_set, max_inflated);
    if (!inflated.whole()) return std::nullopt;
  }
  const ByteView plain = encoding.deflated ? ByteView(inflated.bytes) : ByteView(data_set);
  dataset::DecodeOptions options;
  options.stop_before = pixel_data_group;
  const auto view = dataset::decode(plain, encoding, options);
  if (has_error(view.problems)) return std::nullopt;
  auto head = dataset::decode_owned(to_bytes(plain.first(view.consumed)), encoding);
  Instance out;
  out.attributes = std::move(head.data_set);
  out.sop_class_uid = out.attributes.text(tags::SOPClassUID);
  out.sop_instance_uid = out.attributes.text(tags::SOPInstanceUID);
  out.patient_id = unpadded_id(out.attributes.text(tags::PatientID));
  out.study_uid = out.attributes.text(tags::StudyInstanceUID);
  out.series_uid = out.attributes.text(tags::SeriesInstanceUID);
  out.transfer_syntax = transfer_syntax;
  if (out.sop_instance_uid.empty()) return std::nullopt;
  out.data_set = std::move(data_set);
  return out;
}

std::optional<Instance> make_instance(const dataset::DataSet& data_set, std::string_view transfer_syntax) {
  return make_instance(dataset::encode(data_set, dataset::encoding_of(transfer_syntax)), transfer_syntax);
}

PutResult MemoryStore::put(Instance instance, bool replace) {
  const auto before = instances_.find(instance.sop_instance_uid);
  if (before != instances_.end() && !replace) return PutResult::duplicate;
  const auto size = instance.size();
  const auto freed = before == instances_.end() ? 0 : before->second.instance->size();
  const std::size_t one = before == instances_.end() ? 1 : 0;
  const auto fits = [&] {
    return instances_.size() + one <= options_.max_instances && bytes_ - freed + size <= options_.max_bytes;
  };
  if (options_.max_instances == 0 || size > options_.max_bytes) return PutResult::full;
  if (!fits() && !options_.evict_oldest) return PutResult::full;
  const auto result = before == instances_.end() ? PutResult::stored : PutResult::replaced;
  erase(std::string(instance.sop_instance_uid));
  while (!by_age_.empty() && (instances_.size() + 1 > options_.max_instances || bytes_ + size > options_.max_bytes))
    erase(std::string(by_age_.begin()->second));

  auto kept = std::make_shared<const Instance>(std::move(instance));
  bytes_ += size;
  by_age_.emplace(next_age_, kept->sop_instance_uid);
  patients_[kept->patient_id][kept->study_uid][kept->series_uid][kept->sop_instance_uid] = kept;
  instances_.insert_or_assign(kept->sop_instance_uid, Entry{kept, next_age_++});
  return result;
}

bool MemoryStore::erase(std::string_view sop_instance_uid) {
  const auto at = instances_.find(sop_instance_uid);
  if (at == instances_.end()) return false;
  const InstancePtr gone = at->second.instance;
  bytes_ -= gone->size();
  by_age_.erase(at->second.age);
  instances_.erase(at);
  auto& patient = patients_[gone->patient_id];
  auto& study = patient[gone->study_uid];
  auto& series = study[gone->series_uid];
  series.erase(gone->sop_instance_uid);
  if (series.empty()) study.erase(gone->series_uid);
  if (study.empty()) patient.erase(gone->study_uid);
  if (patient.empty()) patients_.erase(gone->patient_id);
  return true;
}

InstancePtr MemoryStore::find(std::string_view sop_instance_uid) const {
  const auto at = instances_.find(sop_instance_uid);
  return at == instances_.end() ? nullptr : at->second.instance;
}

std::vector<InstancePtr> MemoryStore::all() const {
  std::vector<InstancePtr> out;
  out.reserve(instances_.size());
  for (const auto& [uid, entry] : instances_) out.push_back(entry.instance);
  return out;
}

/// Walks a list of paths taken when the search began; what has gone since is passed over.
class MemoryStore::Cursor : public EntityCursor {
 public:
  Cursor(const MemoryStore& store, QueryLevel level, std::vector<std::vector<std::string>> paths)
      : store_(store), level_(level), paths_(std::move(paths)) {}

  std::optional<Entity> next() override {
    while (at_ < paths_.size())
      if (auto found = store_.entity(level_, paths_[at_++])) return found;
    return std::nullopt;
  }

 private:
  const MemoryStore& store_;
  QueryLevel level_;
  std::vector<std::vector<std::string>> paths_;
  std::size_t at_ = 0;
};

std::unique_ptr<EntityCursor> MemoryStore::candidates(QueryLevel level, const Scope& scope) const {
  std::vector<std::vector<std::string>> paths;
  for (const auto& [patient_id, patient] : patients_) {
    if (!scope.patient_id.empty() && patient_id != scope.patient_id) continue;
    if (level == QueryLevel::patient) {
      paths.push_back({patient_id});
      continue;
    }
    for (const auto& [study_uid, study] : patient) {
      if (!wanted(scope.study_uids, study_uid)) continue;
      if (level == QueryLevel::study) {
        paths.push_back({patient_id, study_uid});
        continue;
      }
      for (const auto& [series_uid, series] : study) {
        if (!wanted(scope.series_uids, series_uid)) continue;
        if (level == QueryLevel::series) {
          paths.push_back({patient_id, study_uid, series_uid});
          continue;
        }
        for (const auto& [uid, instance] : series)
          if (wanted(scope.instance_uids, uid)) paths.push_back({patient_id, study_uid, series_uid, uid});
      }
    }
  }
  return std::make_unique<Cursor>(*this, level, std::move(paths));
}

std::optional<Entity> MemoryStore::entity(QueryLevel level, const std::vector<std::string>& path) const {
  const auto patient = patients_.find(path[0]);
  if (patient == patients_.end()) return std::nullopt;
  Entity out;
  out.level = level;
  const auto count_series = [&](const Series& series) {
    ++out.series;
    out.instances += static_cast<std::uint32_t>(series.size());
    if (!out.representative) out.representative = series.begin()->second;
  };
  const auto count_study = [&](const Study& study) {
    ++out.studies;
    for (const auto& [uid, series] : study) count_series(series);
  };
  if (level == QueryLevel::patient) {
    for (const auto& [uid, study] : patient->second) count_study(study);
    return out;
  }
  const auto study = patient->second.find(path[1]);
  if (study == patient->second.end()) return std::nullopt;
  if (level == QueryLevel::study) {
    count_study(study->second);
    for (const auto& [series_uid, series] : study->second)
      for (const auto& [uid, instance] : series) {
        add_once(out.modalities_in_study, instance->attributes.text(tags::Modality));
        add_once(out.sop_classes_in_study, instance->sop_class_uid);
      }
    return out;
  }
  const auto series = study->second.find(path[2]);
  if (series == study->second.end()) return std::nullopt;
  if (level == QueryLevel::series) {
    count_series(series->second);
    return out;
  }
  const auto instance = series->second.find(path[3]);
  if (instance == series->second.end()) return std::nullopt;
  out.representative = instance->second;
  out.instances = 1;
  return out;
}

}  // namespace assay::service
