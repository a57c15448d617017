#include "harness/diagnose/services.hpp"

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"

namespace assay::diagnose {
namespace {

// Storage first: the classes that most departments send. The survey asks for all of these, one context each.
constexpr std::array<std::string_view, 30> sop_classes = {
    "1.2.840.10008.5.1.4.1.1.2",      // CT
    "1.2.840.10008.5.1.4.1.1.4",      // MR
    "1.2.840.10008.5.1.4.1.1.1",      // CR
    "1.2.840.10008.5.1.4.1.1.1.1",    // DX for presentation
    "1.2.840.10008.5.1.4.1.1.1.2",    // mammography for presentation
    "1.2.840.10008.5.1.4.1.1.6.1",    // US
    "1.2.840.10008.5.1.4.1.1.3.1",    // US multi-frame
    "1.2.840.10008.5.1.4.1.1.7",      // SC
    "1.2.840.10008.5.1.4.1.1.12.1",   // XA
    "1.2.840.10008.5.1.4.1.1.12.2",   // RF
    "1.2.840.10008.5.1.4.1.1.20",     // NM
    "1.2.840.10008.5.1.4.1.1.128",    // PET
    "1.2.840.10008.5.1.4.1.1.2.1",    // enhanced CT
    "1.2.840.10008.5.1.4.1.1.4.1",    // enhanced MR
    "1.2.840.10008.5.1.4.1.1.88.11",  // basic text SR
    "1.2.840.10008.5.1.4.1.1.104.1",  // encapsulated PDF
    "1.2.840.10008.5.1.4.1.1.481.3",  // RT structure set
    "1.2.840.10008.5.1.4.1.1.11.1",   // grayscale softcopy presentation state
    "1.2.840.10008.5.1.4.1.2.2.1",    // 18: study root find
    "1.2.840.10008.5.1.4.1.2.1.1",    // patient root find
    "1.2.840.10008.5.1.4.1.2.2.2",    // 20: study root move
    "1.2.840.10008.5.1.4.1.2.1.2",    // patient root move
    "1.2.840.10008.5.1.4.1.2.2.3",    // 22: study root get
    "1.2.840.10008.5.1.4.1.2.1.3",    // patient root get
    "1.2.840.10008.5.1.4.31",         // 24: worklist
    "1.2.840.10008.3.1.2.3.3",        // 25: MPPS
    "1.2.840.10008.1.20.1",           // 26: storage commitment
    "1.2.840.10008.5.1.1.9",          // 27: grayscale print
    "1.2.840.10008.5.1.1.18",         // colour print
    "1.2.840.10008.1.1",              // 29: verification
};
constexpr std::span<const std::string_view> classes(sop_classes);

constexpr std::array<Service, 8> services = {{
    {"store", "Storage", classes.subspan(0, 18)},
    {"find", "Query", classes.subspan(18, 2)},
    {"move", "Retrieve by C-MOVE", classes.subspan(20, 2)},
    {"get", "Retrieve by C-GET", classes.subspan(22, 2)},
    {"worklist", "Modality Worklist", classes.subspan(24, 1)},
    {"mpps", "Modality Performed Procedure Step", classes.subspan(25, 1)},
    {"commit", "Storage Commitment", classes.subspan(26, 1)},
    {"print", "Print", classes.subspan(27, 2)},
}};

constexpr std::array<std::string_view, 14> transfer_syntaxes = {
    "1.2.840.10008.1.2",        // implicit little endian
    "1.2.840.10008.1.2.1",      // explicit little endian
    "1.2.840.10008.1.2.1.99",   // deflated
    "1.2.840.10008.1.2.2",      // explicit big endian
    "1.2.840.10008.1.2.4.50",   // JPEG baseline
    "1.2.840.10008.1.2.4.51",   // JPEG extended
    "1.2.840.10008.1.2.4.57",   // JPEG lossless
    "1.2.840.10008.1.2.4.70",   // JPEG lossless SV1
    "1.2.840.10008.1.2.4.80",   // JPEG-LS lossless
    "1.2.840.10008.1.2.4.81",   // JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90",   // JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91",   // JPEG 2000
    "1.2.840.10008.1.2.4.201",  // HTJ2K lossless
    "1.2.840.10008.1.2.5",      // RLE
};

}  // namespace

std::span<const Service> all_services() { return services; }

const Service* find_service(std::string_view name) {
  for (const auto& service : services)
    if (service.name == name) return &service;
  return nullptr;
}

const Service* service_of(std::string_view sop_class_uid) {
  for (const auto& service : services)
    if (std::find(service.sop_classes.begin(), service.sop_classes.end(), sop_class_uid) != service.sop_classes.end())
      return &service;
  return sop_class_uid.starts_with("1.2.840.10008.5.1.4.1.1.") ? services.data() : nullptr;
}

std::span<const std::string_view> survey_sop_classes() { return classes; }
std::span<const std::string_view> survey_transfer_syntaxes() { return transfer_syntaxes; }

std::string uid_words(std::string_view uid) {
  const auto* entry = dict::find_uid(uid);
  if (entry == nullptr) return printable(uid);
  std::string name(entry->name);
  if (const auto at = name.find(" SOP Class"); at != std::string::npos) name.resize(at);
  if (const auto at = name.find(": Default"); at != std::string::npos) name.resize(at);
  return name;
}

}  // namespace assay::diagnose
