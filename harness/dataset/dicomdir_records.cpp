#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/dataset/dicomdir.hpp"

namespace assay::dataset {

namespace {

constexpr RecordType record_types[] = {
#define ASSAY_RECORD(type, parents, leaf, retired) {type, parents, leaf, retired},
#define ASSAY_KEY(type, keyword, kind)
#include "harness/dataset/dicomdir_records.inc"
#undef ASSAY_RECORD
#undef ASSAY_KEY
};

struct KeyRow {
  std::string_view type;
  RecordKey key;
};

constexpr KeyRow keys[] = {
#define ASSAY_RECORD(type, parents, leaf, retired)
#define ASSAY_KEY(type, keyword, kind) {type, {tags::keyword, kind}},
#include "harness/dataset/dicomdir_records.inc"
#undef ASSAY_RECORD
#undef ASSAY_KEY
};

struct ClassRow {
  std::string_view uid;  // with a dot at the end: all below it
  std::string_view type;
};

// Longer ones first where one begins another. Everything else below the root of storage classes is an image.
constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";
constexpr ClassRow classes[] = {
    {"1.2.840.10008.5.1.4.1.1.481.23", "IMAGE"},
    {"1.2.840.10008.5.1.4.1.1.481.24", "IMAGE"},
    {"1.2.840.10008.5.1.4.1.1.481.1", "IMAGE"},
    {"1.2.840.10008.5.1.4.1.1.481.2", "RT DOSE"},
    {"1.2.840.10008.5.1.4.1.1.481.3", "RT STRUCTURE SET"},
    {"1.2.840.10008.5.1.4.1.1.481.4", "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.5", "RT PLAN"},
    {"1.2.840.10008.5.1.4.1.1.481.6", "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.7", "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.8", "RT PLAN"},
    {"1.2.840.10008.5.1.4.1.1.481.9", "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.", "RADIOTHERAPY"},
    {"1.2.840.10008.5.1.4.34.7", "PLAN"},
    {"1.2.840.10008.5.1.4.34.10", "PLAN"},
    {"1.2.840.10008.5.1.4.1.1.11.", "PRESENTATION"},
    {"1.2.840.10008.5.1.4.1.1.9.", "WAVEFORM"},
    {"1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"},
    {"1.2.840.10008.5.1.4.1.1.88.", "SR DOCUMENT"},
    {"1.2.840.10008.5.1.4.1.1.4.2", "SPECTROSCOPY"},
    {"1.2.840.10008.5.1.4.1.1.66", "RAW DATA"},
    {"1.2.840.10008.5.1.4.1.1.66.1", "REGISTRATION"},
    {"1.2.840.10008.5.1.4.1.1.66.2", "FIDUCIAL"},
    {"1.2.840.10008.5.1.4.1.1.66.3", "REGISTRATION"},
    {"1.2.840.10008.5.1.4.1.1.66.5", "SURFACE"},
    {"1.2.840.10008.5.1.4.1.1.66.6", "TRACT"},
    {"1.2.840.10008.5.1.4.1.1.67", "VALUE MAP"},
    {"1.2.840.10008.5.1.4.1.1.68.", "SURFACE SCAN"},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.3", "STEREOMETRIC"},
    {"1.2.840.10008.5.1.4.1.1.78.", "MEASUREMENT"},
    {"1.2.840.10008.5.1.4.1.1.79.1", "MEASUREMENT"},
    {"1.2.840.10008.5.1.4.1.1.80.1", "MEASUREMENT"},
    {"1.2.840.10008.5.1.4.1.1.90.1", "ASSESSMENT"},
    {"1.2.840.10008.5.1.4.1.1.91.1", "ANNOTATION"},
    {"1.2.840.10008.5.1.4.1.1.104.", "ENCAP DOC"},
    {"1.2.840.10008.5.1.4.1.1.200.", ""},
    {"1.2.840.10008.5.1.4.1.1.201.", "INVENTORY"},
    {"1.2.840.10008.5.1.4.38.1", "HANGING PROTOCOL"},
    {"1.2.840.10008.5.1.4.39.1", "PALETTE"},
    {"1.2.840.10008.5.1.4.43.1", "IMPLANT"},
    {"1.2.840.10008.5.1.4.44.1", "IMPLANT ASSY"},
    {"1.2.840.10008.5.1.4.45.1", "IMPLANT GROUP"},
};

}  // namespace

const RecordType* find_record_type(std::string_view name) {
  for (const auto& type : record_types)
    if (type.name == name) return &type;
  return nullptr;
}

std::vector<RecordKey> record_keys(std::string_view type) {
  std::vector<RecordKey> found;
  for (const auto& row : keys)
    if (row.type == type) found.push_back(row.key);
  return found;
}

std::vector<RecordKey> all_record_keys() {
  std::vector<RecordKey> all;
  for (const auto& row : keys) all.push_back(row.key);
  return all;
}

bool may_stand_below(const RecordType& type, std::string_view parent) {
  if (type.name == "PRIVATE" || parent == "PRIVATE" || type.parents == "*") return true;
  auto rest = type.parents;
  for (;;) {
    const auto bar = rest.find('|');
    if (rest.substr(0, bar) == parent) return true;
    if (bar == std::string_view::npos) return false;
    rest.remove_prefix(bar + 1);
  }
}

std::string_view record_type_of(std::string_view sop_class_uid) {
  for (const auto& row : classes)
    if (row.uid.ends_with('.') ? sop_class_uid.starts_with(row.uid) : sop_class_uid == row.uid) return row.type;
  return sop_class_uid.starts_with(storage_root) ? "IMAGE" : "";
}

std::string fault_of_file_id(std::span<const std::string> components) {
  if (components.empty()) return "no component";
  if (components.size() > 8) return std::to_string(components.size()) + " components";
  for (const auto& component : components) {
    if (component.empty()) return "an empty component";
    const bool legal = std::all_of(component.begin(), component.end(),
                                   [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
    if (component.size() > 8) return "a component of " + std::to_string(component.size()) + " characters";
    if (!legal) return "the component \"" + component + '"';
  }
  return "";
}

std::string fault_of_file_set_id(std::string_view id) {
  const bool legal = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ' ';
  });
  if (legal && id.size() <= 16) return "";
  return "\"" + printable(id.substr(0, 40)) + "\", expected at most 16 of A to Z, 0 to 9, space and _";
}

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components(1);
  for (const char c : path) {
    if (c == '/' || c == '\\')
      components.emplace_back();
    else
      components.back() += c;
  }
  return components;
}

}  // namespace assay::dataset
