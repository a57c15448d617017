// Print Jobs and Presentation LUTs of a Print SCP. Tests: tests/unit/service/print_test.cpp
#include <algorithm>

#include "harness/dataset/value_text.hpp"
#include "harness/service/print_state.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t invalid_value = 0x0106;
constexpr std::uint16_t duplicate_instance = 0x0111;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t invalid_instance = 0x0117;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::uint16_t empty_film = 0xb603;

std::uint16_t worst_fit(const std::vector<const FilmBox*>& films) {
  for (const auto* film : films)
    for (const auto& one : film->images)
      if (one.fit_status != 0) return one.fit_status;
  return 0;
}

}  // namespace

PrintAnswer print_films(const PrintRequest& request, const std::vector<const FilmBox*>& films, std::uint16_t full) {
  const auto& shared = request.shared;
  PrintJob job;
  job.uid = shared->options.new_uid();
  job.originator = request.association->calling_ae_title;
  job.film_session = request.association->session->attributes;
  bool empty = false;
  for (const auto* film : films) {
    PrintPage page;
    page.film_box = film->attributes;
    page.sheet = sheet_of(*film, *shared, *request.association);
    for (const auto& one : film->annotations)
      if (!one.text.empty()) page.annotations.push_back(one.text);
    empty = empty || std::ranges::none_of(film->images, [](const auto& one) { return one.image != nullptr; });
    job.pages.push_back(std::move(page));
  }
  const auto uid = job.uid;
  auto tell = [service = std::weak_ptr(shared), association = std::weak_ptr(request.association), uid](
                  JobStatus status, std::string info) {
    const auto still = service.lock();
    if (!still) return;
    const auto found = still->jobs.find(uid);
    if (found == still->jobs.end()) return;
    found->second.status = status;
    found->second.info = info;
    const auto one = association.lock();
    if (!one) return;
    Notification told{std::string(uids::PrintJob), uid, static_cast<std::uint16_t>(static_cast<int>(status) + 1), {}};
    told.information.emplace(dataset::explicit_le);
    told.information->set_text(tags::ExecutionStatusInfo, info);
    told.information->set_text(tags::PrinterName, still->options.printer_name);
    one->notify(std::move(told));
  };
  PrintService::Shared::Job record;
  record.priority = job.film_session.text(tags::PrintPriority);
  record.originator = job.originator;
  if (shared->options.now) std::tie(record.date, record.time) = shared->options.now();
  if (!shared->options.spool || !shared->options.spool(std::move(job), std::move(tell)))
    return refusal(full, "the print queue is full");
  shared->jobs[uid] = std::move(record);
  shared->job_order.push_back(uid);
  if (shared->job_order.size() > shared->options.max_jobs) {
    shared->jobs.erase(shared->job_order.front());
    shared->job_order.pop_front();
  }
  PrintAnswer out;
  out.status = empty ? empty_film : worst_fit(films);
  if (request.association->context_for(uids::PrintJob) != nullptr) {
    out.data_set.emplace(dataset::explicit_le);
    out.data_set->set_sequence(Tag{0x2100, 0x0500}, {reference_to(uids::PrintJob, uid)});
  }
  return out;
}

PrintAnswer answer_presentation_lut(const PrintRequest& request) {
  auto& luts = request.association->luts;
  const auto given = request.message.command.sop_instance_uid();
  if (request.message.command.field() == static_cast<std::uint16_t>(dimse::CommandField::n_delete_rq)) {
    if (luts.erase(std::string(given)) == 0)
      return refusal(no_such_instance, "no such Presentation LUT", tags::RequestedSOPInstanceUID);
    if (request.association->session)
      for (auto& box : request.association->session->boxes)
        if (box.lut == given) box.lut.clear();
    return {};
  }
  constexpr std::size_t most = 64;
  const auto uid = uid_for(request);
  if (!uid) return refusal(invalid_instance, "Affected SOP Instance UID is no UID", tags::AffectedSOPInstanceUID);
  if (luts.contains(*uid))
    return refusal(duplicate_instance, "this Presentation LUT exists", tags::AffectedSOPInstanceUID);
  if (luts.size() >= most) return refusal(resource_limitation, "no more Presentation LUTs fit");
  dataset::DataSet attributes(dataset::explicit_le);
  const auto taken = take_attributes(PrintObject::presentation_lut, true, request.data_set, {}, attributes);
  auto out = answer_from(taken);
  if (taken.failed()) return out;
  std::shared_ptr<const Bytes> lut;  // null: IDENTITY and LIN OD are shown as they are
  const auto items = request.data_set.items(tags::PresentationLUTSequence);
  if (!items.empty()) {
    // LUT Descriptor: entries, first value mapped (0), bits of an entry from 10 to 16 (PS3.3 C.11.4).
    const auto* descriptor = items.front().find(tags::LUTDescriptor);
    const auto* data = items.front().find(tags::LUTData);
    const auto word = [](const dataset::Node& node, std::size_t i) {
      return static_cast<std::uint16_t>(node.value[2 * i] | (node.value[2 * i + 1] << 8U));
    };
    if (descriptor == nullptr || descriptor->value.size() != 6)
      return refusal(invalid_value, "LUT Descriptor has not three values", tags::LUTDescriptor);
    const std::size_t entries = word(*descriptor, 0) == 0 ? 65536 : word(*descriptor, 0);
    const auto bits = word(*descriptor, 2);
    if (bits < 8 || bits > 16) return refusal(invalid_value, "entries have 10 to 16 bits", tags::LUTDescriptor);
    if (data == nullptr || data->value.size() < 2 * entries)
      return refusal(invalid_value, "LUT Data has fewer entries than its descriptor", tags::LUTData);
    Bytes table(256);
    for (std::size_t i = 0; i < table.size(); ++i) {
      const auto value = word(*data, i * (entries - 1) / 255);
      table[i] = static_cast<std::uint8_t>(std::min<unsigned>(value >> (bits - 8U), 255U));
    }
    lut = std::make_shared<const Bytes>(std::move(table));
  } else if (attributes.text(tags::PresentationLUTShape).empty()) {
    return refusal(missing_attribute, "neither Presentation LUT Sequence nor Shape", tags::PresentationLUTShape);
  }
  luts[*uid] = std::move(lut);
  out.created = *uid;
  return out;
}

}  // namespace assay::service
