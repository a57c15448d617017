// Every attribute of the object held against its row of Table E.1-1. The marks of the de-identifier are in marks.cpp.
#include "conformance/deidentification/check.hpp"

#include <fmt/format.h>

#include "conformance/deidentification/marks.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::deidentification {

using dataset::Cursor;
using dataset::NodeKind;

namespace {

/// What an attribute may be after its action was done. Absent it may always be.
struct Allowed {
  bool empty = false;
  bool value = false;
};

/// PS3.15 E.1.1: the action that is chosen is the first that leaves the object conformant to its IOD. An attribute of
/// Type 1 in a module that cannot be left out must have some value even where the table says X.
Allowed allowed_by(Action action, Need need) {
  const bool any = need == Need::unknown;
  const bool type_1 = need == Need::value;
  const bool type_2 = need == Need::present;
  switch (action) {
    case Action::X: return {type_2, type_1};
    case Action::Z: return {true, true};
    case Action::D:
    case Action::U: return {false, true};
    case Action::Z_D: return {!type_1, true};
    case Action::X_D: return {type_2, any || type_1 || type_2};
    case Action::X_Z:
    case Action::X_Z_D:
    case Action::X_Z_U: return {any || type_2, any || type_1 || type_2};
  }
  return {};
}

/// The walk through one Data Set.
class Walk {
 public:
  Walk(const dataset::DataSet& data_set, const iod::Iod* iod, const Options& options, IodNeeds& needs, Judged& judged)
      : data_set_(data_set), iod_(iod), options_(options), needs_(needs), judged_(judged) {}

  void run(bool with_original) {
    with_original_ = with_original;
    Cursor at(data_set_);
    bool more = at.next();
    while (more) {
      const auto kind = at.node().kind;
      const bool attribute = kind == NodeKind::element || kind == NodeKind::sequence || kind == NodeKind::fragments;
      more = attribute && judge(at) ? at.skip_subtree() : at.next();
    }
  }

 private:
  /// True when the attribute was found wanting with all that is in it.
  bool judge(const Cursor& at) {
    const auto* row = protection_of(at.node().tag);
    if (row == nullptr) return false;
    if (at.node().tag.is_private()) return private_attribute(at);
    if (row->left(options_)) {
      if (row->cleaned(options_) && at.node().kind == NodeKind::sequence) cleaned_until_ = at.node().end;
      if (row->cleaned(options_) && !row->kept(options_)) ++judged_.unproven;
      return false;
    }
    return value(at, *row);
  }

  bool value(const Cursor& at, const Protected& row) {
    const auto need = needs_.of(iod_, at, row.basic == Action::X);
    const auto allowed = allowed_by(row.basic, need);
    const bool items = at.node().kind == NodeKind::sequence && at.node().end > at.index() + 1;
    const bool empty = at.node().kind == NodeKind::sequence ? !items : is_empty(at.node());
    if (empty) {
      if (allowed.empty) return false;
      const bool only_removed = row.basic == Action::X || !allowed.value;
      judged_.findings.at(at, only_removed ? "ps3.15/E.1.1/attribute-left-empty" : "ps3.15/E.1.1/replacement-missing",
                          "no value",
                          fmt::format("{} (action {})", only_removed ? "the attribute removed" : "a value in its place",
                                      name(row.basic)));
      return true;
    }
    if (!allowed.value) {
      if (at.index() < cleaned_until_) {
        ++judged_.unproven;  // cleaning may have put a harmless value there (PS3.15 E.1.1)
        return false;
      }
      judged_.findings.at(
          at, "ps3.15/E.1.1/attribute-left", size_of_value(data_set_, at.index()),
          fmt::format("the attribute removed{} (action {})", allowed.empty ? " or empty" : "", name(row.basic)));
      return true;
    }
    ++judged_.unproven;
    if (row.basic == Action::Z && !with_original_ && need != Need::value)
      judged_.findings.at(at, "ps3.15/E.1.1/dummy-unproven", size_of_value(data_set_, at.index()),
                          "no value, or one that is known to be a dummy (action Z)");
    return false;
  }

  bool private_attribute(const Cursor& at) {
    const Tag tag = at.node().tag;
    const bool creator = tag.element >= 0x0010 && tag.element <= 0x00ff;
    if (!options_.has(Option::retain_safe_private)) {
      judged_.findings.at(at, "ps3.15/E.1.1/private-left",
                          creator ? "a Private Creator" : size_of_value(data_set_, at.index()),
                          "no private attribute (action X)");
      return true;
    }
    if (creator) return false;
    switch (safety_of(data_set_, tag, at.creator())) {
      case Safety::safe: return false;
      case Safety::unsafe:
        judged_.findings.at(at, "ps3.15/E.3.10/private-unsafe", size_of_value(data_set_, at.index()),
                            "no private attribute that the object itself calls identifying");
        return true;
      case Safety::unknown:
        judged_.findings.at(at, "ps3.15/E.3.10/private-unproven", size_of_value(data_set_, at.index()),
                            "a private attribute that (0008,0300) of the object calls safe");
        return false;
    }
    return false;
  }

  const dataset::DataSet& data_set_;
  const iod::Iod* iod_;
  const Options& options_;
  IodNeeds& needs_;
  Judged& judged_;
  std::uint32_t cleaned_until_ = 0;  // node behind the sequence that an option cleans
  bool with_original_ = false;
};

}  // namespace

Safety safety_of(const dataset::DataSet& data_set, Tag tag, std::string_view creator) {
  for (const auto& block : data_set.items(tags::PrivateDataElementCharacteristicsSequence)) {
    if (block.u16(tags::PrivateGroupReference) != tag.group) continue;
    if (dataset::trimmed(block.text(tags::PrivateCreatorReference)) != creator) continue;
    const auto status = dataset::trimmed(block.text(tags::BlockIdentifyingInformationStatus));
    if (status == "SAFE") return Safety::safe;
    if (status == "UNSAFE") return Safety::unsafe;
    if (status != "MIXED") continue;
    const auto* elements = block.find(tags::NonidentifyingPrivateElements);
    if (elements == nullptr) return Safety::unsafe;
    for (std::size_t i = 0; i + 1 < elements->value.size(); i += 2) {
      const auto number = load<std::uint16_t>(elements->value.data() + i, data_set.encoding().endian);
      if (number == (tag.element & 0xffU)) return Safety::safe;
    }
    return Safety::unsafe;
  }
  return Safety::unknown;
}

Judged check_deidentified(const Subject& subject, const Options& options, IodNeeds& needs, bool with_original) {
  Judged judged;
  const auto* iod = iod::iod_of(dataset::without_padding(subject.data_set.text(tags::SOPClassUID)));
  if (subject.meta != nullptr) Walk(*subject.meta, nullptr, options, needs, judged).run(with_original);
  Walk(subject.data_set, iod, options, needs, judged).run(with_original);
  check_marks(subject, options, judged.findings);
  check_pixels(subject, options, judged.findings);
  check_encrypted(subject, judged.findings);
  if (!with_original) check_file_meta(subject, judged.findings);
  return judged;
}

}  // namespace assay::conformance::deidentification
