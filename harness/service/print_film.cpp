// Film Sessions, Film Boxes, Image Boxes, and what is printed of them. Tests: tests/unit/service/print_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <variant>

#include "harness/dataset/value_text.hpp"
#include "harness/service/print_state.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

using dimse::CommandField;

constexpr std::uint16_t invalid_value = 0x0106;
constexpr std::uint16_t processing_failure = 0x0110;
constexpr std::uint16_t duplicate_instance = 0x0111;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t invalid_instance = 0x0117;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t no_such_action = 0x0123;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::uint16_t not_collated = 0xb601;
constexpr std::uint16_t empty_session = 0xb602;
constexpr std::uint16_t empty_film = 0xb603;
constexpr std::uint16_t no_film_box = 0xc600;
constexpr std::uint16_t session_queue_full = 0xc601;
constexpr std::uint16_t film_queue_full = 0xc602;
constexpr std::uint16_t larger_than_box = 0xc603;
constexpr std::uint16_t film_not_printed = 0xc616;
constexpr double mm_per_inch = 25.4;

CommandField field_of(const PrintRequest& request) {
  return static_cast<CommandField>(request.message.command.field().value_or(0));
}

/// The LUT that a Referenced Presentation LUT Sequence names, if there is one; false when nobody knows it.
bool take_lut(const PrintRequest& request, std::string& into) {
  if (!request.data_set.has(tags::ReferencedPresentationLUTSequence)) return true;
  const auto items = request.data_set.items(tags::ReferencedPresentationLUTSequence);
  if (items.empty()) {
    into.clear();
    return true;
  }
  const auto uid = items.front().text(tags::ReferencedSOPInstanceUID);
  if (!request.association->luts.contains(uid)) return false;
  into = uid;
  return true;
}

/// 255 is white. A density in hundredths: from 0 to the printer's largest.
std::uint8_t gray_of(std::string_view term, DensityRange range) {
  if (term == "WHITE") return 255;
  unsigned density = 0;
  const auto [end, error] = std::from_chars(term.data(), term.data() + term.size(), density);
  if (error != std::errc{} || end != term.data() + term.size()) return 0;
  const double part = double(std::min<unsigned>(density, range.max)) / std::max<unsigned>(range.max, 1);
  return static_cast<std::uint8_t>(std::lround(255 * (1 - part)));
}

FitRequest fit_request(const dataset::DataSet& image_box, const dataset::DataSet& film_box, unsigned dots_per_inch) {
  FitRequest out;
  const auto own = image_box.text(tags::MagnificationType);
  out.magnify = (own.empty() ? film_box.text(tags::MagnificationType) : own) != "NONE";
  const auto size = image_box.text(tags::RequestedImageSize);
  double mm = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), mm);
  if (error == std::errc{} && end == size.data() + size.size() && mm > 0)
    out.wide_as = static_cast<std::uint32_t>(std::clamp(mm / mm_per_inch * dots_per_inch, 1.0, 100'000.0));
  const auto behavior = image_box.text(tags::RequestedDecimateCropBehavior);
  if (behavior == "DECIMATE") out.oversize = Oversize::decimate;
  if (behavior == "CROP") out.oversize = Oversize::crop;
  if (behavior == "FAIL") out.oversize = Oversize::fail;
  return out;
}

Sheet empty_sheet(const FilmBox& box, const PrintService::Shared& shared) {
  Sheet out;
  auto size = film_size(box.attributes.text(tags::FilmSizeID)).value_or(FilmSize{355.6, 431.8});
  if (box.attributes.text(tags::FilmOrientation) == "LANDSCAPE") std::swap(size.width_mm, size.height_mm);
  const auto dots = [&](double mm) {
    return static_cast<std::uint32_t>(std::lround(mm / mm_per_inch * shared.options.dots_per_inch));
  };
  out.width = std::max(dots(size.width_mm), 1U);
  out.height = std::max(dots(size.height_mm), 1U);
  out.color = box.color;
  out.border = gray_of(box.attributes.text(tags::BorderDensity), shared.options.density);
  out.empty = gray_of(box.attributes.text(tags::EmptyImageDensity), shared.options.density);
  out.trim = box.attributes.text(tags::Trim) == "YES";
  return out;
}

/// The film box that may be changed, printed and deleted: the last created one (PS3.4 H.4.2.2).
std::variant<FilmBox*, PrintAnswer> last_film_box(const PrintRequest& request) {
  auto& session = request.association->session;
  const auto uid = request.message.command.sop_instance_uid();
  if (session) {
    const auto found = std::ranges::find_if(session->boxes, [&](const auto& one) { return one.uid == uid; });
    if (found != session->boxes.end()) {
      if (found + 1 == session->boxes.end()) return &*found;
      return refusal(processing_failure, "not the last created Film Box", tags::RequestedSOPInstanceUID);
    }
  }
  return refusal(no_such_instance, "no such Film Box", tags::RequestedSOPInstanceUID);
}

PrintAnswer create_film_box(const PrintRequest& request) {
  auto& association = *request.association;
  auto& session = association.session;
  FilmBox box;
  const auto uid = uid_for(request);
  if (!uid) return refusal(invalid_instance, "Affected SOP Instance UID is no UID", tags::AffectedSOPInstanceUID);
  box.uid = *uid;
  const auto taken =
      take_attributes(PrintObject::film_box, true, request.data_set, request.shared->options.density, box.attributes);
  if (taken.failed()) return answer_from(taken);
  const auto parents = request.data_set.items(tags::ReferencedFilmSessionSequence);
  if (!parents.front().has(tags::ReferencedSOPInstanceUID))
    return refusal(missing_attribute, "Referenced SOP Instance UID of the session", tags::ReferencedSOPInstanceUID);
  if (!session || parents.front().text(tags::ReferencedSOPInstanceUID) != session->uid)
    return refusal(invalid_value, "there is no such Film Session", tags::ReferencedFilmSessionSequence);
  if (std::ranges::any_of(session->boxes, [&](const auto& one) { return one.uid == box.uid; }))
    return refusal(duplicate_instance, "this Film Box exists", tags::AffectedSOPInstanceUID);
  if (!request.shared->options.collation && !session->boxes.empty() && !session->boxes.back().printed)
    return refusal(film_not_printed, "the last Film Box has not been printed");
  if (session->boxes.size() >= request.shared->options.max_film_boxes)
    return refusal(resource_limitation, "no more Film Boxes fit into a session");
  if (!take_lut(request, box.lut))
    return refusal(invalid_value, "there is no such Presentation LUT", tags::ReferencedPresentationLUTSequence);
  box.context_id = request.context.id;
  box.color = request.context.abstract_syntax == uids::BasicColorPrintManagementMeta;
  box.places = *image_boxes(box.attributes.text(tags::ImageDisplayFormat));
  const auto image_class = box.color ? uids::BasicColorImageBox : uids::BasicGrayscaleImageBox;
  std::vector<dataset::DataSet> references;
  for (std::size_t i = 0; i < box.places.size(); ++i) {
    box.images.emplace_back().uid = request.shared->options.new_uid();
    references.push_back(reference_to(image_class, box.images.back().uid));
  }
  auto out = answer_from(taken);
  out.created = box.uid;
  out.data_set = box.attributes;
  out.data_set->set_sequence(tags::ReferencedFilmSessionSequence, {reference_to(uids::BasicFilmSession, session->uid)});
  out.data_set->set_sequence(tags::ReferencedImageBoxSequence, references);
  if (association.context_for(uids::BasicAnnotationBox) != nullptr &&
      !box.attributes.text(tags::AnnotationDisplayFormatID).empty()) {
    box.annotations.push_back({request.shared->options.new_uid(), {}});
    out.data_set->set_sequence(tags::ReferencedBasicAnnotationBoxSequence,
                               {reference_to(uids::BasicAnnotationBox, box.annotations.back().uid)});
  }
  session->boxes.push_back(std::move(box));
  return out;
}

}  // namespace

dataset::DataSet reference_to(std::string_view sop_class_uid, std::string_view sop_instance_uid) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::ReferencedSOPClassUID, sop_class_uid);
  out.set_text(tags::ReferencedSOPInstanceUID, sop_instance_uid);
  return out;
}

Sheet sheet_of(const FilmBox& box, const PrintService::Shared& shared,
               const PrintService::Shared::Association& association) {
  auto out = empty_sheet(box, shared);
  for (std::size_t i = 0; i < box.images.size(); ++i) {
    const auto& one = box.images[i];
    PlacedImage placed;
    placed.box = box.places[i];
    placed.image = one.image;
    placed.fit = fit_request(one.attributes, box.attributes, shared.options.dots_per_inch);
    placed.reverse = one.attributes.text(tags::Polarity) == "REVERSE";
    const auto own = one.attributes.text(tags::MagnificationType);
    placed.smooth = (own.empty() ? box.attributes.text(tags::MagnificationType) : own) != "REPLICATE";
    if (const auto lut = association.luts.find(box.lut); lut != association.luts.end()) placed.lut = lut->second;
    out.images.push_back(std::move(placed));
  }
  return out;
}

PrintAnswer answer_film_session(const PrintRequest& request) {
  auto& session = request.association->session;
  const auto& command = request.message.command;
  const auto density = request.shared->options.density;
  if (field_of(request) == CommandField::n_create_rq) {
    // One at a time on an association (PS3.4 H.4.1.2.1.3).
    if (session)
      return refusal(duplicate_instance, "this association has a Film Session", tags::AffectedSOPInstanceUID);
    const auto uid = uid_for(request);
    if (!uid) return refusal(invalid_instance, "Affected SOP Instance UID is no UID", tags::AffectedSOPInstanceUID);
    FilmSession made;
    made.uid = *uid;
    const auto taken = take_attributes(PrintObject::film_session, true, request.data_set, density, made.attributes);
    auto out = answer_from(taken);
    if (taken.failed()) return out;
    out.created = made.uid;
    out.data_set = made.attributes;
    session = std::move(made);
    return out;
  }
  if (!session || command.sop_instance_uid() != session->uid)
    return refusal(no_such_instance, "no such Film Session", tags::RequestedSOPInstanceUID);
  switch (field_of(request)) {
    case CommandField::n_set_rq:
      return answer_from(
          take_attributes(PrintObject::film_session, false, request.data_set, density, session->attributes));
    case CommandField::n_delete_rq: session.reset(); return {};
    default: break;
  }
  if (command.elements().u16(tags::ActionTypeID) != 1)
    return refusal(no_such_action, "the only Action Type is 1", tags::ActionTypeID);
  if (session->boxes.empty()) return refusal(no_film_box, "the Film Session has no Film Box");
  std::vector<const FilmBox*> films;
  for (auto& box : session->boxes) {
    box.printed = true;
    films.push_back(&box);
  }
  auto out = print_films(request, films, session_queue_full);
  if (out.status == 0 || out.status == empty_film) {
    const bool empty = std::ranges::all_of(films, [](const auto* film) {
      return std::ranges::none_of(film->images, [](const auto& one) { return one.image != nullptr; });
    });
    out.status = empty ? empty_session : out.status == empty_film ? 0 : out.status;
    if (!request.shared->options.collation) out.status = not_collated;
  }
  return out;
}

PrintAnswer answer_film_box(const PrintRequest& request) {
  if (field_of(request) == CommandField::n_create_rq) return create_film_box(request);
  auto found = last_film_box(request);
  if (auto* refused = std::get_if<PrintAnswer>(&found)) return std::move(*refused);
  auto& box = *std::get<FilmBox*>(found);
  switch (field_of(request)) {
    case CommandField::n_set_rq: {
      auto lut = box.lut;
      if (!take_lut(request, lut))
        return refusal(invalid_value, "there is no such Presentation LUT", tags::ReferencedPresentationLUTSequence);
      const auto taken = take_attributes(PrintObject::film_box, false, request.data_set,
                                         request.shared->options.density, box.attributes);
      if (!taken.failed()) box.lut = std::move(lut);
      return answer_from(taken);
    }
    case CommandField::n_delete_rq: request.association->session->boxes.pop_back(); return {};
    default: break;
  }
  if (request.message.command.elements().u16(tags::ActionTypeID) != 1)
    return refusal(no_such_action, "the only Action Type is 1", tags::ActionTypeID);
  auto out = print_films(request, {&box}, film_queue_full);
  if (out.status < 0xc000) box.printed = true;
  return out;
}

PrintAnswer answer_image_box(const PrintRequest& request) {
  auto& association = *request.association;
  const auto uid = request.message.command.sop_instance_uid();
  FilmBox* film = nullptr;
  std::size_t index = 0;
  if (association.session)
    for (auto& box : association.session->boxes)
      for (std::size_t i = 0; i < box.images.size(); ++i)
        if (box.images[i].uid == uid && box.context_id == request.context.id) {
          film = &box;
          index = i;
        }
  if (film == nullptr) return refusal(no_such_instance, "no such Image Box", tags::RequestedSOPInstanceUID);
  if (film != &association.session->boxes.back())
    return refusal(processing_failure, "not of the last created Film Box", tags::RequestedSOPInstanceUID);
  auto& box = film->images[index];
  ImageBox next = box;
  const auto taken = take_attributes(PrintObject::image_box, false, request.data_set, request.shared->options.density,
                                     next.attributes);
  if (taken.failed()) return answer_from(taken);
  if (request.data_set.u16(tags::ImageBoxPosition) != index + 1)
    return refusal(invalid_value, fmt::format("this Image Box is at position {}", index + 1), tags::ImageBoxPosition);
  const auto tag = film->color ? tags::BasicColorImageSequence : tags::BasicGrayscaleImageSequence;
  if (!request.data_set.has(tag))
    return refusal(missing_attribute, std::string(dict::keyword(tag)) + " is missing", tag);
  const auto items = request.data_set.items(tag);
  next.image.reset();
  next.fit_status = 0;
  if (!items.empty()) {
    const auto used = association.bytes() - (box.image ? box.image->pixels.size() : 0);
    const auto most = request.shared->options.max_bytes;
    auto image = read_print_image(items.front(), film->color, most - std::min(used, most));
    if (!image) return refusal(image.error().status, image.error().comment, image.error().offending);
    auto wanted = fit_request(next.attributes, film->attributes, request.shared->options.dots_per_inch);
    wanted.columns = image->columns;
    wanted.rows = image->rows;
    wanted.aspect = image->aspect;
    const auto sheet = empty_sheet(*film, *request.shared);
    next.fit_status = fit(wanted, area_of(sheet, film->places[index])).status;
    if (next.fit_status == larger_than_box) return refusal(larger_than_box, "the image is larger than its Image Box");
    next.image = std::make_shared<const PrintImage>(std::move(*image));
  }
  box = std::move(next);
  auto out = answer_from(taken);
  if (box.fit_status != 0 && out.status < 0xb000) out.status = box.fit_status;
  if (out.status == box.fit_status && out.status != 0) out.comment = "the image is larger than its Image Box";
  return out;
}

PrintAnswer answer_annotation_box(const PrintRequest& request) {
  const auto uid = request.message.command.sop_instance_uid();
  auto& session = request.association->session;
  if (session && !session->boxes.empty())
    for (auto& one : session->boxes.back().annotations) {
      if (one.uid != uid) continue;
      dataset::DataSet attributes(dataset::explicit_le);
      const auto taken = take_attributes(PrintObject::annotation_box, false, request.data_set, {}, attributes);
      if (!taken.failed()) one.text = attributes.text(tags::TextString);
      return answer_from(taken);
    }
  return refusal(no_such_instance, "no such Annotation Box", tags::RequestedSOPInstanceUID);
}

}  // namespace assay::service
