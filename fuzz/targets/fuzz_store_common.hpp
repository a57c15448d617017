// A store for the targets of whole acceptors: a few instances that are always there, and room for a few more.
#pragma once

#include "fuzz/targets/property.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/store.hpp"

namespace assay::fuzz {

inline dataset::DataSet instance_attributes(std::string_view patient, std::string_view study,
                                            std::string_view instance) {
  dataset::DataSet data(dataset::explicit_le);
  data.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data.set_text(tags::SOPInstanceUID, instance);
  data.set_text(tags::StudyDate, "20260102");
  data.set_text(tags::Modality, "CT");
  data.set_text(tags::PatientName, patient);
  data.set_text(tags::PatientID, patient);
  data.set_text(tags::StudyInstanceUID, study);
  data.set_text(tags::SeriesInstanceUID, std::string(study) + ".1");
  return data;
}

/// A few instances that are always there; what a run stores goes into a store of its own, made when it is needed.
class Store final : public service::InstanceStore {
 public:
  service::PutResult put(service::Instance instance, bool replace) override {
    if (!own_) {
      service::MemoryStoreOptions options;
      options.max_instances = 8;
      options.max_bytes = 1U << 20;
      own_.emplace(options);
    }
    const auto result = own_->put(std::move(instance), replace);
    require(own_->count() <= 8 && own_->bytes() <= (1U << 20), "the store keeps its bounds");
    return result;
  }
  [[nodiscard]] service::InstancePtr find(std::string_view uid) const override { return used().find(uid); }
  [[nodiscard]] std::unique_ptr<service::EntityCursor> candidates(service::QueryLevel level,
                                                                  const service::Scope& scope) const override {
    return used().candidates(level, scope);
  }

 private:
  [[nodiscard]] const service::MemoryStore& used() const { return own_ ? *own_ : always(); }
  static const service::MemoryStore& always() {
    static const auto store = [] {
      service::MemoryStore made;
      for (const auto& [patient, study, instance] :
           {std::array{"Doe", "1.2.3", "1.2.3.1.1"}, std::array{"Doe", "1.2.4", "1.2.4.1.1"},
            std::array{"Roe", "1.2.5", "1.2.5.1.1"}}) {
        auto one = service::make_instance(instance_attributes(patient, study, instance), uids::ExplicitVRLittleEndian);
        require(one.has_value(), "the synthetic instances are instances");
        (void)made.put(std::move(*one), true);
      }
      return made;
    }();
    return store;
  }
  std::optional<service::MemoryStore> own_;
};

}  // namespace assay::fuzz
