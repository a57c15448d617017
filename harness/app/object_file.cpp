#include "harness/app/object_file.hpp"

#include <fmt/format.h>

#include "harness/app/files.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"

namespace assay::app {

namespace {

/// Every level costs eight bytes of input, so the input bounds it.
constexpr std::size_t as_deep_as_it_goes = std::size_t{1} << 24;

std::expected<dict::PrivateDictionary, std::string> dictionary_of(const std::string& path) {
  const auto bytes = FileBytes::open(path);
  if (!bytes) return std::unexpected("--private-dictionary " + bytes.error());
  auto parsed = dict::PrivateDictionary::parse(as_text(bytes->view()));
  if (parsed) return std::move(*parsed);
  const auto& faults = parsed.error();
  std::string text = fmt::format("--private-dictionary {}:{}: {}", path, faults[0].line, faults[0].message);
  if (faults.size() > 1) text += fmt::format("; and {} more lines are wrong", faults.size() - 1);
  return std::unexpected(text);
}

}  // namespace

std::expected<Reading, std::string> reading_from(const ReadingOptions& options) {
  Reading reading;
  reading.how.max_depth = options.max_nesting.value_or(as_deep_as_it_goes);
  if (!options.as.empty()) {
    reading.transfer_syntax = transfer_syntax_named(options.as);
    if (reading.transfer_syntax.empty())
      return std::unexpected(
          fmt::format("--as '{}' is no transfer syntax: give its UID or keyword, or implicit, explicit, big-endian, "
                      "deflated",
                      options.as));
    reading.how.as = dataset::encoding_of(reading.transfer_syntax);
  }
  if (!options.private_dictionary.empty()) {
    auto own = dictionary_of(options.private_dictionary);
    if (!own) return std::unexpected(own.error());
    reading.own = std::move(*own);
  }
  return reading;
}

std::string_view transfer_syntax_named(std::string_view word) {
  if (word == "implicit") return uids::ImplicitVRLittleEndian;
  if (word == "explicit") return uids::ExplicitVRLittleEndian;
  if (word == "big-endian") return uids::ExplicitVRBigEndian;
  if (word == "deflated") return uids::DeflatedExplicitVRLittleEndian;
  const auto* entry = dict::find_uid(word);
  if (entry == nullptr) entry = dict::find_uid_keyword(word);
  return entry != nullptr && entry->kind == dict::UidKind::transfer_syntax ? entry->uid : std::string_view();
}

std::string not_dicom(const std::string& path, const Problem& problem) {
  constexpr std::string_view wanted = "a DICOM file";
  std::string_view expected = problem.expected;
  if (!expected.starts_with(wanted)) return fmt::format("{}: found {}, expected {}", path, problem.found, expected);
  expected.remove_prefix(wanted.size());  // what to do with the file may follow
  return fmt::format("{}: is no DICOM file but {}{}", path, problem.found, expected);
}

std::string cut_short(const std::string& path, const Problems& problems) {
  for (const auto& problem : problems)
    if (problem.gravity == Gravity::error)
      return fmt::format("{}: cannot be read past byte {} (0x{:X}){}{}: found {}, expected {} ({})", path,
                         problem.offset, problem.offset, problem.field.empty() ? "" : ", ", problem.field,
                         problem.found, problem.expected, problem.clause);
  return path;
}

bool same_objects(const std::string& one, const std::string& other, const dataset::FileOptions& how) {
  if (one == "-" || other == "-") return false;
  const auto bytes = FileBytes::open(one);
  const auto others = FileBytes::open(other);
  if (!bytes || !others) return false;
  const auto first = dataset::read_file(bytes->view(), how);
  const auto second = dataset::read_file(others->view(), how);
  return first && second && !has_error(first->problems) && !has_error(second->problems) &&
         first->data_set.equal_in_value(second->data_set);
}

}  // namespace assay::app
