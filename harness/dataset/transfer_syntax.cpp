#include "harness/dataset/transfer_syntax.hpp"

#include "harness/dict/dict.hpp"

namespace assay::dataset {

namespace {

constexpr Encoding deflated{true, Endian::little, true, false};
constexpr Encoding encapsulated{true, Endian::little, false, true};

constexpr TransferSyntax table[] = {
#define ASSAY_TRANSFER_SYNTAX(uid, encoding, codec, loss) {uid, encoding, Codec::codec, Loss::loss},
#include "harness/dataset/transfer_syntaxes.inc"
#undef ASSAY_TRANSFER_SYNTAX
};

}  // namespace

bool TransferSyntax::retired() const {
  const auto* entry = dict::find_uid(uid);
  return entry != nullptr && entry->retired;
}

std::string_view TransferSyntax::name() const {
  const auto* entry = dict::find_uid(uid);
  return entry != nullptr ? entry->name : uid;
}

std::span<const TransferSyntax> transfer_syntaxes() { return table; }

const TransferSyntax* find_transfer_syntax(std::string_view uid) {
  while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.remove_suffix(1);
  for (const auto& row : table)
    if (row.uid == uid) return &row;
  return nullptr;
}

Encoding encoding_of(std::string_view transfer_syntax_uid) {
  const auto* known = find_transfer_syntax(transfer_syntax_uid);
  return known != nullptr ? known->encoding : encapsulated;
}

std::string encoding_name(Encoding encoding) {
  std::string text = encoding.explicit_vr ? "Explicit VR " : "Implicit VR ";
  text += encoding.endian == Endian::big ? "Big Endian" : "Little Endian";
  if (encoding.deflated) text += ", deflated";
  return text;
}

std::string_view family_default(std::string_view uid) {
  const auto* syntax = find_transfer_syntax(uid);
  if (syntax == nullptr || syntax->codec != Codec::jpeg) return {};
  if (syntax->loss == Loss::none) return "1.2.840.10008.1.2.4.70";
  return syntax->uid.ends_with(".50") ? "1.2.840.10008.1.2.4.50" : "1.2.840.10008.1.2.4.51";
}

}  // namespace assay::dataset
