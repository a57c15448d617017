// What a profile as a whole says that cannot be true together. Tests: tests/unit/conformance/profile_load_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance {
namespace {

using scenario::LoadError;

class Checker {
 public:
  Checker(const Profile& profile, std::vector<LoadError>& errors) : profile_(profile), errors_(errors) {}

  void check() {
    if (profile_.product.empty()) wrong(profile_.at, "<profile> needs the attribute product");
    if (profile_.version.empty()) wrong(profile_.at, "<profile> needs the attribute version");
    if (profile_.aes.empty()) wrong(profile_.at, "<profile> needs a <ae>");
    for (std::size_t i = 0; i < profile_.aes.size(); ++i)
      for (std::size_t k = i + 1; k < profile_.aes.size(); ++k)
        if (profile_.aes[i].title == profile_.aes[k].title)
          between(profile_.aes[k].at, fmt::format("two AEs have the title {}", profile_.aes[k].title),
                  profile_.aes[i].at);
    for (const auto& one : profile_.aes) ae(one);
    if (profile_.plain == false && profile_.tls.empty())
      wrong(profile_.plain_at, "plain=\"no\" without <tls>: then nothing is spoken at all");
  }

 private:
  void wrong(const Place& at, std::string message) {
    errors_.push_back({at.file, at.line, at.column, std::move(message)});
  }
  void between(const Place& at, std::string message, const Place& other) {
    errors_.push_back(error_between(at, std::move(message), other));
  }

  static bool offers(const ApplicationEntity& ae, std::string_view what, std::optional<Role> role) {
    return std::ranges::any_of(ae.services, [&](const ServiceClaim& one) {
      return (!role || one.role == *role) && (kind_of(one.sop_class) == what || short_name(one.sop_class) == what);
    });
  }

  void ae(const ApplicationEntity& one) {
    for (const auto& [name, claim] : one.policies) {
      const auto* spec = policy_spec(name);
      if (spec == nullptr || spec->service.empty() || one.services.empty()) continue;
      if (!offers(one, spec->service, std::nullopt))
        between(claim.at,
                fmt::format("{} is about a service ({}) that the AE {} does not claim", name, spec->service, one.title),
                one.at);
    }
    const auto titles = one.policies.find("calling-ae-titles");
    const auto checks = one.policies.find("checks-calling-ae-title");
    if (titles != one.policies.end() && checks != one.policies.end() && checks->second.value == "no")
      between(titles->second.at, "calling-ae-titles are listed, but checks-calling-ae-title is no", checks->second.at);
    const auto opens = one.number("opens-associations");
    const auto needs = one.number("needs-associations");
    if (opens && needs && *needs > *opens)
      between(one.policies.at("needs-associations").at,
              fmt::format("it needs {} associations but opens at most {}", *needs, *opens),
              one.policies.at("opens-associations").at);
    for (const auto& service : one.services)
      for (const auto& item : service.extended)
        if (one.says(item, "no"))
          between(service.at,
                  fmt::format("{} agrees to {}, but that policy is no", short_name(service.sop_class), item),
                  one.policies.at(item).at);
    keys(one);
  }

  void keys(const ApplicationEntity& one) {
    for (const auto& key : one.keys) {
      const auto has = [&](std::initializer_list<std::string_view> classes) {
        return std::ranges::any_of(classes, [&](auto uid) { return one.service(uid, key.role) != nullptr; });
      };
      const bool study = has({uids::StudyRootQueryRetrieveInformationModelFind});
      const bool patient = has({uids::PatientRootQueryRetrieveInformationModelFind});
      const bool only = has({uids::PatientStudyOnlyQueryRetrieveInformationModelFind});
      bool good = false;
      switch (key.level) {
        case KeyLevel::patient: good = patient || only; break;
        case KeyLevel::study: good = study || patient || only; break;
        case KeyLevel::series:
        case KeyLevel::image: good = study || patient; break;
        case KeyLevel::worklist: good = has({uids::ModalityWorklistInformationModelFind}); break;
      }
      if (good) continue;
      std::string why = fmt::format("the AE {} claims no FIND service as {} that has the level {}", one.title,
                                    name(key.role), name(key.level));
      if (key.level == KeyLevel::patient && study)
        why += " (in Study Root the patient's keys stand at the level study, PS3.4 C.6.2.1)";
      between(key.at, std::move(why), one.at);
    }
  }

  const Profile& profile_;
  std::vector<LoadError>& errors_;
};

}  // namespace

void check_whole(const Profile& profile, std::vector<LoadError>& errors) { Checker(profile, errors).check(); }

}  // namespace assay::conformance
