#include "peers/print.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dict/dict.hpp"
#include "harness/service/answer.hpp"
#include "harness/service/print_layout.hpp"
#include "harness/service/sop_classes.hpp"
#include "peers/commitment.hpp"
#include "peers/operate.hpp"

namespace assay::peers {
namespace {

using dimse::CommandField;
using dimse::Message;

constexpr std::uint16_t no_such_event_type = 0x0113;

dataset::DataSet reference(std::string_view sop_class, std::string_view instance) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::ReferencedSOPClassUID, sop_class);
  out.set_text(tags::ReferencedSOPInstanceUID, instance);
  return out;
}

class Print final : public Operations {
 public:
  Print(PrintRequest request, std::shared_ptr<PrintResult> result, std::size_t per_film)
      : request_(std::move(request)), result_(std::move(result)), per_film_(per_film) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{meta(), plain_syntaxes()}, {std::string(uids::PrintJob), plain_syntaxes()}};
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(meta());
    if (context == nullptr)
      return std::unexpected(fmt::format(
          "does not accept {}: {}", dict::uid_name(meta()),
          request_.color ? "it may print gray only, leave --color away" : "it may be no printer, or print color only"));
    context_ = *context;
    return {};
  }

  std::optional<Message> next(std::uint16_t id, RequestorResult&) override {
    while (true) {
      switch (phase_) {
        case Phase::printer:
          return ask("Printer N-GET", CommandField::n_get_rq, id, uids::Printer, uids::PrinterInstance, nullptr);
        case Phase::session: return create_session(id);
        case Phase::film: return create_film(id);
        case Phase::image: return set_image(id);
        case Phase::print:
          return ask(fmt::format("Film Box {} N-ACTION print", film_ + 1), CommandField::n_action_rq, id,
                     uids::BasicFilmBox, film_uid_, nullptr, 1);
        case Phase::delete_film:
          return ask(fmt::format("Film Box {} N-DELETE", film_ + 1), CommandField::n_delete_rq, id, uids::BasicFilmBox,
                     film_uid_, nullptr);
        case Phase::delete_session:
          return ask("Film Session N-DELETE", CommandField::n_delete_rq, id, uids::BasicFilmSession, session_uid_,
                     nullptr);
        case Phase::over: return std::nullopt;
      }
    }
  }

  service::UserStep consume(const Message& message, RequestorResult&) override {
    auto step = user_->consume(message);
    if (step.kind != service::UserStep::Kind::final) return step;
    PrintStep told;
    told.what = what_;
    told.status = step.status;
    told.words = dimse::describe_status(step.status, message.command.field().value_or(0), sop_class_);
    told.comment = message.command.elements().text(tags::ErrorComment);
    if (const auto* node = message.command.elements().find(tags::OffendingElement);
        node != nullptr && node->value.size() >= 4) {
      const auto word = [&](std::size_t i) {
        return static_cast<std::uint16_t>(node->value[i] | (node->value[i + 1] << 8U));
      };
      told.offending = dict::keyword(Tag{word(0), word(2)});
    }
    result_->steps.push_back(std::move(told));
    advance(step, message);
    return step;
  }

  std::optional<Message> answer(const Message& request, const session::Session&) override {
    if (request.command.field() != static_cast<std::uint16_t>(CommandField::n_event_report_rq)) return std::nullopt;
    const auto type = request.command.elements().u16(tags::EventTypeID).value_or(0);
    const bool job = request.command.sop_class_uid() == uids::PrintJob;
    static constexpr std::string_view of_job[] = {"is pending", "is printing", "is done", "has failed"};
    static constexpr std::string_view of_printer[] = {"is normal again", "warns", "has failed"};
    if (type < 1 || type > (job ? std::size(of_job) : std::size(of_printer)))
      return service::answer(request, no_such_event_type, "no such Event Type");
    std::string info;
    const auto encoding = dataset::encoding_of(context_.transfer_syntax);
    if (request.command.has_data_set() && request.data_set_kept()) {
      const auto decoded = dataset::decode(request.data_set, encoding);
      info = decoded.data_set.text(job ? tags::ExecutionStatusInfo : tags::PrinterStatusInfo);
    }
    result_->events.push_back(fmt::format("{} {}{}{}", job ? "the Print Job" : "the printer",
                                          job ? of_job[type - 1] : of_printer[type - 1], info.empty() ? "" : ": ",
                                          info));
    return service::answer(request, 0);
  }
  [[nodiscard]] std::string service() const override { return what_; }

 private:
  enum class Phase : std::uint8_t { printer, session, film, image, print, delete_film, delete_session, over };

  [[nodiscard]] std::string meta() const {
    return std::string(request_.color ? uids::BasicColorPrintManagementMeta : uids::BasicGrayscalePrintManagementMeta);
  }

  Message ask(std::string what, CommandField field, std::uint16_t id, std::string_view sop_class,
              std::string_view instance, const dataset::DataSet* data_set, std::uint16_t type = 0) {
    what_ = std::move(what);
    sop_class_ = sop_class;
    user_.emplace(context_, field);
    return user_->request(id, {sop_class_, std::string(instance), type}, data_set);
  }
  Message create_session(std::uint16_t id) {
    dataset::DataSet out(dataset::explicit_le);
    out.set_text(tags::NumberOfCopies, std::to_string(request_.copies));
    out.set_text(tags::PrintPriority, "MED");
    out.set_text(tags::MediumType, request_.medium);
    out.set_text(tags::FilmDestination, "MAGAZINE");
    if (!request_.label.empty()) out.set_text(tags::FilmSessionLabel, request_.label);
    session_uid_ = fresh_uid();
    return ask("Film Session N-CREATE", CommandField::n_create_rq, id, uids::BasicFilmSession, session_uid_, &out);
  }
  Message create_film(std::uint16_t id) {
    dataset::DataSet out(dataset::explicit_le);
    out.set_text(tags::ImageDisplayFormat, request_.format);
    out.set_text(tags::FilmOrientation, request_.orientation);
    out.set_text(tags::FilmSizeID, request_.film_size);
    out.set_sequence(tags::ReferencedFilmSessionSequence, {reference(uids::BasicFilmSession, session_uid_)});
    film_uid_ = fresh_uid();
    return ask(fmt::format("Film Box {} N-CREATE", film_ + 1), CommandField::n_create_rq, id, uids::BasicFilmBox,
               film_uid_, &out);
  }
  Message set_image(std::uint16_t id) {
    const auto& [sop_class, instance] = image_boxes_[box_];
    const auto at = film_ * per_film_ + box_;
    dataset::DataSet out(dataset::explicit_le);
    out.set_u16(tags::ImageBoxPosition, static_cast<std::uint16_t>(box_ + 1));
    out.set_text(tags::Polarity, "NORMAL");
    out.set_sequence(request_.color ? tags::BasicColorImageSequence : tags::BasicGrayscaleImageSequence,
                     {service::image_item(request_.images[at])});
    return ask(fmt::format("Image Box {} of film {} N-SET", box_ + 1, film_ + 1), CommandField::n_set_rq, id, sop_class,
               instance, &out);
  }

  /// Where a step leads. Whatever fails, what was made is deleted again.
  void advance(const service::UserStep& step, const Message& message) {
    const bool good = step.succeeded();
    switch (phase_) {
      case Phase::printer:
        if (step.identifier) {
          result_->printer_status = step.identifier->text(tags::PrinterStatus);
          result_->printer_info = step.identifier->text(tags::PrinterStatusInfo);
          result_->printer_name = step.identifier->text(tags::PrinterName);
        }
        phase_ = good ? Phase::session : Phase::over;
        return;
      case Phase::session:
        // The printer may have chosen a UID of its own only where we gave none (PS3.7 10.1.5.1.4); its word counts.
        if (const auto uid = message.command.sop_instance_uid(); good && !uid.empty()) session_uid_ = uid;
        phase_ = good ? Phase::film : Phase::over;
        return;
      case Phase::film: {
        if (!good) {
          phase_ = Phase::delete_session;
          return;
        }
        if (const auto uid = message.command.sop_instance_uid(); !uid.empty()) film_uid_ = uid;
        image_boxes_.clear();
        if (step.identifier)
          for (const auto& item : step.identifier->items(tags::ReferencedImageBoxSequence))
            image_boxes_.emplace_back(item.text(tags::ReferencedSOPClassUID),
                                      item.text(tags::ReferencedSOPInstanceUID));
        box_ = 0;
        phase_ = Phase::image;
        if (image_boxes_.size() < in_film()) {
          result_->steps.back().comment =
              fmt::format("{} Image Boxes came back, the format has {}", image_boxes_.size(), per_film_);
          result_->steps.back().offending = dict::keyword(tags::ReferencedImageBoxSequence);
          broken_ = true;
          phase_ = Phase::delete_film;
        }
        return;
      }
      case Phase::image:
        ++box_;
        if (!good)
          phase_ = Phase::delete_film;
        else if (box_ == in_film())
          phase_ = Phase::print;
        return;
      case Phase::print:
        if (good) ++result_->films;
        if (step.identifier)
          for (const auto& item : step.identifier->items(Tag{0x2100, 0x0500}))
            result_->jobs.emplace_back(item.text(tags::ReferencedSOPInstanceUID));
        broken_ = !good;
        phase_ = Phase::delete_film;
        return;
      case Phase::delete_film:
        ++film_;
        phase_ = !broken_ && good && film_ == result_->films && film_ * per_film_ < request_.images.size()
                     ? Phase::film
                     : Phase::delete_session;
        return;
      case Phase::delete_session:
      case Phase::over: phase_ = Phase::over; return;
    }
  }
  [[nodiscard]] std::size_t in_film() const { return std::min(per_film_, request_.images.size() - film_ * per_film_); }

  PrintRequest request_;
  std::shared_ptr<PrintResult> result_;
  std::size_t per_film_;
  session::AcceptedContext context_;
  std::optional<service::NormalizedUser> user_;
  Phase phase_ = Phase::printer;
  std::string what_ = "Printer N-GET";
  std::string sop_class_;
  std::string session_uid_;
  std::string film_uid_;
  std::vector<std::pair<std::string, std::string>> image_boxes_;  // class and instance
  std::size_t film_ = 0;
  std::size_t box_ = 0;
  bool broken_ = false;
};

}  // namespace

void async_print(Loop& loop, const RequestorOptions& options, PrintRequest request,
                 std::function<void(PrintResult)> done) {
  const auto result = std::make_shared<PrintResult>();
  const auto boxes = service::image_boxes(request.format);
  if (!boxes || request.images.empty()) {
    result->association.failure = Failure::usage;
    result->association.message =
        boxes ? "nothing to print: there is no image"
              : fmt::format("\"{}\" is no Image Display Format: write STANDARD\\2,3 for 2 columns and 3 rows",
                            request.format);
    loop.post([result, done = std::move(done)] { done(std::move(*result)); });
    return;
  }
  for (auto& image : request.images)
    image = request.color ? service::to_color(std::move(image)) : service::to_gray(std::move(image));
  start_requestor(loop, options, std::make_unique<Print>(std::move(request), result, boxes->size()),
                  [result, done = std::move(done)](RequestorResult association) {
                    result->association = std::move(association);
                    done(std::move(*result));
                  });
}

}  // namespace assay::peers
