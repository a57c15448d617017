#include "harness/app/query_identifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/convert_forms.hpp"
#include "harness/app/files.hpp"
#include "harness/app/object_file.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/json.hpp"
#include "harness/dataset/native_xml.hpp"
#include "harness/dataset/text_form.hpp"
#include "harness/service/query_keys.hpp"

namespace assay::app {

namespace {

using dataset::DataSet;

constexpr std::string_view text_form_start = "assay-text-form";

std::unexpected<std::string> at_place(const std::string& path, std::string_view text, const Problem& problem) {
  return std::unexpected(fmt::format("{}: {}: {}: found {}, expected {}", path,
                                     dataset::line_and_column(text, static_cast<std::size_t>(problem.offset)),
                                     problem.field, problem.found, problem.expected));
}

std::expected<DataSet, std::string> from_file(const std::string& path, ByteView bytes) {
  const auto file = dataset::read_file(bytes);
  if (!file) return std::unexpected(not_dicom(path, file.error()));
  if (has_error(file->problems)) return std::unexpected(cut_short(path, file->problems));
  return DataSet(file->data_set);
}

std::expected<DataSet, std::string> from_bytes(const std::string& path, ByteView bytes) {
  const auto text = as_text(bytes);
  if (text.starts_with(text_form_start)) {
    const auto made = dataset::file_from_text_form(text);
    if (!made)
      return std::unexpected(
          fmt::format("{}:{}:{}: {}", path, made.error().line, made.error().column, made.error().message));
    return from_file(path, *made);
  }
  switch (form_of(bytes)) {
    case FileForm::dicom: return from_file(path, bytes);
    case FileForm::exact_xml: {
      const auto exact = dataset::from_exact_xml(text);
      if (!exact) return at_place(path, text, exact.error());
      return from_file(path, *exact);
    }
    case FileForm::json:
    case FileForm::xml: break;
  }
  auto read = form_of(bytes) == FileForm::json ? dataset::from_json(text) : dataset::from_native_xml(text);
  for (const auto& problem : read.problems)
    if (problem.gravity == Gravity::error) return at_place(path, text, problem);
  return std::move(read.data_set);
}

std::optional<service::QueryLevel> level_named(std::string_view word) {
  std::string upper(word);
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  if (upper == "INSTANCE") upper = "IMAGE";
  return service::level_from(upper);
}

std::string in_words(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? to_string(tag) : std::string(keyword);
}

/// The level by --level or by the Identifier, and set there; nothing to set for a worklist.
std::expected<void, std::string> settle_level(const QueryOptions& options, QueryIdentifier& query) {
  const auto root =
      query.model.model == service::Model::study_root ? service::QueryLevel::study : service::QueryLevel::patient;
  const auto typed = std::string(query.identifier.text(tags::QueryRetrieveLevel));
  if (!options.level.empty()) {
    query.level = level_named(options.level);
    if (!query.level)
      return std::unexpected(
          fmt::format("--level '{}' is no level: give PATIENT, STUDY, SERIES or IMAGE", options.level));
    if (!typed.empty() && typed != service::name(*query.level))
      return std::unexpected(fmt::format("--level {} and QueryRetrieveLevel={} contradict each other",
                                         service::name(*query.level), typed));
    if (*query.level < root)
      return std::unexpected("the Study Root model has no PATIENT level (PS3.4 C.6.2.1): ask with --model patient");
  } else if (!typed.empty()) {
    query.level = service::level_from(typed);  // whatever else it says is sent
    if (!query.level)
      query.doubts.push_back(fmt::format("QueryRetrieveLevel is '{}', which is no level of PS3.4 C.6.1.1", typed));
    else if (*query.level < root)
      query.doubts.emplace_back("the Study Root model has no PATIENT level (PS3.4 C.6.2.1)");
    return {};
  } else {
    query.level = root;
  }
  query.identifier.set_text(tags::QueryRetrieveLevel, Vr::CS, service::name(*query.level));
  return {};
}

}  // namespace

std::expected<InformationModel, std::string> information_model(std::string_view word) {
  using service::Model;
  if (word.empty() || word == "study")
    return InformationModel{std::string(uids::StudyRootQueryRetrieveInformationModelFind), Model::study_root};
  if (word == "patient")
    return InformationModel{std::string(uids::PatientRootQueryRetrieveInformationModelFind), Model::patient_root};
  std::string_view keyword = word;
  if (word == "patient-study") keyword = "PatientStudyOnlyQueryRetrieveInformationModelFind";
  if (word == "worklist") keyword = "ModalityWorklistInformationModelFind";
  const auto* known = dict::find_uid_keyword(keyword);
  if (known == nullptr) known = dict::find_uid(word);
  const bool digits = word.find_first_not_of("0123456789.") == std::string_view::npos;
  if (known == nullptr && !digits)
    return std::unexpected(fmt::format(
        "--model '{}' is no SOP Class: give patient, study, patient-study, or the keyword or UID of a FIND SOP Class",
        word));
  if (known != nullptr && known->kind != dict::UidKind::sop_class)
    return std::unexpected(fmt::format("--model '{}' is no SOP Class but {}", word, dict::uid_name(known->uid)));
  const std::string uid(known != nullptr ? known->uid : word);
  return InformationModel{uid, service::find_model(uid)};
}

std::expected<DataSet, std::string> read_object(const std::string& path) {
  const auto bytes = FileBytes::open(path);
  if (!bytes) return std::unexpected(bytes.error());
  auto read = from_bytes(path, bytes->view());
  if (!read) return read;
  std::vector<Tag> out_of_place;
  for (const auto* node : read->root().elements())
    if (node->tag.is_group_length() || node->tag.group < 0x0008) out_of_place.push_back(node->tag);
  for (const Tag tag : out_of_place) read->erase(tag);
  return dataset::decode_owned(dataset::encode(*read, dataset::explicit_le), dataset::explicit_le).data_set;
}

std::expected<QueryIdentifier, std::string> query_identifier(const QueryOptions& options) {
  auto model = information_model(options.worklist ? "worklist" : options.model);
  if (!model) return std::unexpected(model.error());
  QueryIdentifier query;
  query.model = std::move(*model);
  query.identifier = DataSet(dataset::explicit_le);
  if (!options.query_file.empty()) {
    auto read = read_object(options.query_file);
    if (!read) return std::unexpected("--query " + read.error());
    query.identifier = std::move(*read);
  }
  std::vector<service::QueryKey> keys;
  bool wanted = !options.query_file.empty();  // the user says what the answer is to tell
  for (const auto& words : options.keys) {
    auto key = service::parse_query_key(words);
    if (!key) return std::unexpected(key.error());
    wanted = wanted || !key->value;
    keys.push_back(std::move(*key));
  }
  if (auto done = service::add_keys(query.identifier, keys); !done) return std::unexpected("-k: " + done.error());
  std::vector<service::QueryKey> usual;
  if (query.model.model) {
    if (auto done = settle_level(options, query); !done) return std::unexpected(done.error());
    if (query.level) {
      for (const Tag tag : service::missing_unique_keys(query.identifier, *query.level, *query.model.model)) {
        if (options.relational) break;
        query.doubts.push_back(fmt::format(
            "a query at {} level needs one value of {}, unless relational queries were agreed on (PS3.4 C.4.1.2.1)",
            service::name(*query.level), in_words(tag)));
      }
      if (!wanted) usual = service::usual_keys(*query.level, *query.model.model);
      service::QueryKey unique;
      unique.path.steps.push_back({service::unique_key(*query.level), {}, dataset::ItemChoice::none, 0});
      usual.push_back(std::move(unique));
    }
  } else if (!options.level.empty()) {
    return std::unexpected("--level is of the Query/Retrieve models: this one has none");
  } else if (!wanted && options.worklist) {
    usual = service::usual_worklist_keys();
  }
  if (auto done = service::add_keys(query.identifier, usual); !done) return std::unexpected(done.error());
  for (const auto& problem : service::judge_identifier(query.identifier))
    query.doubts.push_back(fmt::format("{} {}: found {}, expected {} ({})", problem.field,
                                       dict::keyword(tag_from(problem.field).value_or(Tag{})), problem.found,
                                       problem.expected, problem.clause));
  return query;
}

}  // namespace assay::app
