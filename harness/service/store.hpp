// Where instances are kept: an interface that devices implement over whatever they have, and a bounded store in
// memory for fuzzing and the embedded device. The tree is patient, study, series, image (PS3.4 C.6).
// Single-threaded. Tests: tests/unit/service/store_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::service {

/// Query/Retrieve levels, upper first (PS3.4 C.6.1.1).
enum class QueryLevel : std::uint8_t { patient, study, series, image };

/// "PATIENT", "STUDY", "SERIES", "IMAGE".
std::string_view name(QueryLevel level);
std::optional<QueryLevel> level_from(std::string_view text);

/// One composite instance as it was received.
struct Instance {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::string patient_id;  // unpadded_id()
  std::string study_uid;
  std::string series_uid;
  std::string transfer_syntax;
  Bytes data_set;               // in that transfer syntax, byte for byte
  dataset::DataSet attributes;  // of the same, up to Pixel Data; owns its bytes

  /// What it costs the store.
  [[nodiscard]] std::size_t size() const;
};
using InstancePtr = std::shared_ptr<const Instance>;

/// A Patient ID without the blanks around it: in an LO they mean nothing, with and without them it is the same patient
/// (PS3.5 6.2).
std::string_view unpadded_id(std::string_view patient_id);

/// Reads the keys out of a Data Set. Nothing when it cannot be decoded or has no SOP Instance UID.
std::optional<Instance> make_instance(Bytes data_set, std::string_view transfer_syntax);
/// As above, from a Data Set in memory, encoded in this transfer syntax (an uncompressed one).
std::optional<Instance> make_instance(const dataset::DataSet& data_set, std::string_view transfer_syntax);

/// One patient, study, series or image that a query may match, with what only the store can count.
struct Entity {
  QueryLevel level = QueryLevel::study;
  // Any instance below it: its attributes stand for the entity. A store on disk leaves its Data Set out, which find()
  // reads.
  InstancePtr representative;
  std::vector<std::string> modalities_in_study;   // (0008,0061), each once
  std::vector<std::string> sop_classes_in_study;  // (0008,0062), each once
  std::uint32_t studies = 0;                      // below this patient
  std::uint32_t series = 0;                       // below this patient or study
  std::uint32_t instances = 0;                    // below this patient, study or series
};

/// Unique keys that narrow a search; empty means any. More candidates than asked for are allowed, fewer are not.
struct Scope {
  std::string patient_id;  // unpadded_id()
  std::vector<std::string> study_uids;
  std::vector<std::string> series_uids;
  std::vector<std::string> instance_uids;
};

/// Yields candidates one at a time, so that ten thousand matches never stand in memory together.
class EntityCursor {
 public:
  virtual ~EntityCursor() = default;
  virtual std::optional<Entity> next() = 0;
};

enum class PutResult : std::uint8_t {
  stored,
  replaced,   // an instance with this UID was there
  duplicate,  // an instance with this UID was there and stays
  full,       // out of resources
};

class InstanceStore {
 public:
  virtual ~InstanceStore() = default;
  /// Keeps an instance; `replace` decides what happens to one with the same SOP Instance UID.
  virtual PutResult put(Instance instance, bool replace) = 0;
  /// The instance, or null.
  [[nodiscard]] virtual InstancePtr find(std::string_view sop_instance_uid) const = 0;
  /// The entities of a level within the scope, in an order that stays the same. Instances stored or evicted
  /// meanwhile may or may not be seen; the cursor must not outlive the store.
  [[nodiscard]] virtual std::unique_ptr<EntityCursor> candidates(QueryLevel level, const Scope& scope) const = 0;
};

struct MemoryStoreOptions {
  std::size_t max_instances = 20'000;
  std::size_t max_bytes = 256U << 20;  // of Data Sets and their attributes
  bool evict_oldest = false;           // else a full store refuses
};

class MemoryStore : public InstanceStore {
 public:
  explicit MemoryStore(MemoryStoreOptions options = {}) : options_(options) {}

  PutResult put(Instance instance, bool replace) override;
  [[nodiscard]] InstancePtr find(std::string_view sop_instance_uid) const override;
  [[nodiscard]] std::unique_ptr<EntityCursor> candidates(QueryLevel level, const Scope& scope) const override;

  bool erase(std::string_view sop_instance_uid);
  [[nodiscard]] std::size_t count() const { return instances_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// All of it, in the order of the SOP Instance UIDs.
  [[nodiscard]] std::vector<InstancePtr> all() const;

 private:
  class Cursor;
  using Series = std::map<std::string, InstancePtr, std::less<>>;
  using Study = std::map<std::string, Series, std::less<>>;
  using Patient = std::map<std::string, Study, std::less<>>;
  struct Entry {
    InstancePtr instance;
    std::uint64_t age = 0;  // key into by_age_
  };

  [[nodiscard]] std::optional<Entity> entity(QueryLevel level, const std::vector<std::string>& path) const;

  MemoryStoreOptions options_;
  std::map<std::string, Entry, std::less<>> instances_;
  std::map<std::string, Patient, std::less<>> patients_;  // patient -> study -> series -> instance
  std::map<std::uint64_t, std::string> by_age_;
  std::uint64_t next_age_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace assay::service
