#include "harness/app/retrieve_words.hpp"

#include <string>

namespace assay::app {

std::optional<service::QueryLevel> retrieve_level(std::string_view word) {
  std::string upper(word);
  for (auto& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return service::level_from(upper == "INSTANCE" ? "IMAGE" : upper);
}

std::optional<service::Model> retrieve_model(std::string_view word) {
  if (word == "study") return service::Model::study_root;
  if (word == "patient") return service::Model::patient_root;
  if (word == "patient-study") return service::Model::patient_study_only;
  return std::nullopt;
}

}  // namespace assay::app
