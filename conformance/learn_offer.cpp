// What is asked for and how it is proposed; what is known so far. Tests: tests/unit/conformance/learn_contexts_test.cpp
#include <algorithm>

#include "conformance/learn.hpp"
#include "conformance/profile.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::learn {
namespace {

constexpr std::string_view usual_syntaxes[] = {
    uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::DeflatedExplicitVRLittleEndian,
    uids::ExplicitVRBigEndian,
    "1.2.840.10008.1.2.4.50",   // JPEGBaseline8Bit
    "1.2.840.10008.1.2.4.51",   // JPEGExtended12Bit
    "1.2.840.10008.1.2.4.57",   // JPEGLossless
    "1.2.840.10008.1.2.4.70",   // JPEGLosslessSV1
    "1.2.840.10008.1.2.4.80",   // JPEGLSLossless
    "1.2.840.10008.1.2.4.81",   // JPEGLSNearLossless
    "1.2.840.10008.1.2.4.90",   // JPEG2000Lossless
    "1.2.840.10008.1.2.4.91",   // JPEG2000
    "1.2.840.10008.1.2.4.102",  // MPEG4HP41
    "1.2.840.10008.1.2.5",      // RLELossless
};

bool has(const std::vector<std::string>& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

}  // namespace

void Learned::found(std::string policy, std::string value, std::string how) {
  evidence["policy/" + policy] = std::move(how);
  looked.insert("policy/" + policy);
  policies[std::move(policy)] = std::move(value);
}

void Learned::open_question(std::string claim, std::string why) {
  Unknown one{std::move(claim), std::move(why)};
  if (std::ranges::find(unknown, one) == unknown.end()) unknown.push_back(std::move(one));
}

const ClassSeen* Learned::seen(std::string_view uid) const {
  const auto found = std::ranges::find(classes, uid, &ClassSeen::uid);
  return found == classes.end() ? nullptr : &*found;
}

bool Learned::serves(std::string_view uid) const {
  const auto* one = seen(uid);
  return one != nullptr && !one->as_scp.empty();
}

std::vector<std::string> asked_classes(const Settings& settings) {
  std::vector<std::string> out;
#define ASSAY_UID(uid, keyword, name, kind, retired)                                                               \
  if ((dict::UidKind::kind == dict::UidKind::sop_class || dict::UidKind::kind == dict::UidKind::meta_sop_class) && \
      !(settings.quick && retired && !settings.also.contains(uid)))                                                \
    out.emplace_back(uid);
#include "harness/dict/generated_uids.inc"
#undef ASSAY_UID
  return out;
}

std::vector<std::string> asked_syntaxes(const Settings& settings) {
  std::vector<std::string> out;
  if (settings.quick) out.assign(std::begin(usual_syntaxes), std::end(usual_syntaxes));
#define ASSAY_UID(uid, keyword, name, kind, retired)                                                               \
  if (dict::UidKind::kind == dict::UidKind::transfer_syntax && (!settings.quick || settings.also.contains(uid)) && \
      !has(out, uid))                                                                                              \
    out.emplace_back(uid);
#include "harness/dict/generated_uids.inc"
#undef ASSAY_UID
  return out;
}

std::set<std::string> asked_by(const Profile& statement) {
  std::set<std::string> out;
  for (const auto& ae : statement.aes)
    for (const auto& one : ae.services) {
      out.insert(one.sop_class);
      out.insert(one.transfer_syntaxes.begin(), one.transfer_syntaxes.end());
    }
  return out;
}

pdu::AAssociateRq offer(const Settings& settings, const std::vector<Ask>& asks,
                        const std::vector<pdu::UserSubItem>& more) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = settings.called;
  rq.calling_ae_title = settings.calling;
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{settings.maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{settings.implementation_class_uid});
  std::set<std::string> with_role;
  unsigned id = 1;
  for (const auto& ask : asks) {
    if (id > 255) break;
    pdu::PresentationContextItemRq context;
    context.id = static_cast<std::uint8_t>(id);
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{ask.sop_class});
    for (const auto& syntax : ask.syntaxes) context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{syntax});
    rq.items.emplace_back(std::move(context));
    id += 2;
    if (ask.roles && with_role.insert(ask.sop_class).second)
      user.sub_items.emplace_back(pdu::RoleSelectionSubItem{ask.sop_class,
                                                            static_cast<std::uint8_t>(ask.roles->first ? 1 : 0),
                                                            static_cast<std::uint8_t>(ask.roles->second ? 1 : 0)});
  }
  if (!settings.version_name.empty())
    user.sub_items.emplace_back(pdu::ImplementationVersionNameSubItem{settings.version_name});
  user.sub_items.insert(user.sub_items.end(), more.begin(), more.end());
  rq.items.emplace_back(std::move(user));
  return rq;
}

}  // namespace assay::conformance::learn
