// The Print SCP behind a provider: whole conversations without a socket.
#include "harness/service/print.hpp"

#include <gtest/gtest.h>

#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

using dimse::CommandField;

constexpr std::uint8_t gray_id = 1;
constexpr std::uint8_t color_id = 3;
constexpr std::uint8_t job_id = 5;
constexpr std::uint8_t lut_id = 7;
constexpr std::uint8_t annotation_id = 9;

std::map<std::uint8_t, session::AcceptedContext> contexts() {
  std::map<std::uint8_t, session::AcceptedContext> out;
  for (const auto& [id, uid] :
       {std::pair{gray_id, uids::BasicGrayscalePrintManagementMeta},
        std::pair{color_id, uids::BasicColorPrintManagementMeta}, std::pair{job_id, uids::PrintJob},
        std::pair{lut_id, uids::PresentationLUT}, std::pair{annotation_id, uids::BasicAnnotationBox}})
    out[id] = {id, std::string(uid), std::string(uids::ImplicitVRLittleEndian), true, false};
  return out;
}

dataset::DataSet made(const std::vector<std::pair<Tag, std::string>>& texts) {
  dataset::DataSet out(dataset::explicit_le);
  for (const auto& [tag, text] : texts) out.set_text(tag, text);
  return out;
}

dataset::DataSet reference(std::string_view sop_class, std::string_view instance) {
  return made(
      {{tags::ReferencedSOPClassUID, std::string(sop_class)}, {tags::ReferencedSOPInstanceUID, std::string(instance)}});
}

dataset::DataSet film_box(std::string_view session = "1.1", std::string_view format = "STANDARD\\2,1") {
  auto out = made({{tags::ImageDisplayFormat, std::string(format)}});
  out.set_sequence(tags::ReferencedFilmSessionSequence, {reference(uids::BasicFilmSession, session)});
  return out;
}

dataset::DataSet image(std::uint16_t position, std::uint32_t columns = 4, std::uint32_t rows = 4, bool color = false) {
  PrintImage content;
  content.columns = columns;
  content.rows = rows;
  content.samples = color ? 3 : 1;
  content.pixels.resize(std::size_t{columns} * rows * content.samples, 100);
  dataset::DataSet out(dataset::explicit_le);
  out.set_u16(tags::ImageBoxPosition, position);
  out.set_sequence(color ? tags::BasicColorImageSequence : tags::BasicGrayscaleImageSequence, {image_item(content)});
  return out;
}

struct Reply {
  std::uint16_t status = 0xffff;
  std::string uid;
  dataset::DataSet data_set{dataset::explicit_le};
  dimse::Message message;
};

struct Bench {
  PrintOptions options;
  std::vector<std::pair<PrintJob, TellJob>> jobs;
  std::shared_ptr<PrintService> service;
  std::optional<Provider> provider;
  std::uint16_t message_id = 0;
  bool room = true;

  Bench() {
    options.spool = [this](PrintJob job, TellJob tell) {
      if (room) jobs.emplace_back(std::move(job), std::move(tell));
      return room;
    };
    options.new_uid = [n = 0]() mutable { return "2.25." + std::to_string(1000 + n++); };
  }
  Provider& associated() {
    if (!service) service = std::make_shared<PrintService>(options);
    if (!provider) {
      AssociationView view;
      view.contexts = contexts();
      view.calling_ae_title = "WORKSTATION";
      provider.emplace(std::move(view), Services{service});
    }
    return *provider;
  }
  Reply ask(CommandField field, std::string_view sop_class, std::string_view instance,
            const std::optional<dataset::DataSet>& data_set = {}, std::uint8_t id = gray_id, std::uint16_t type = 1) {
    auto& on = associated();
    auto request = NormalizedUser(contexts().at(id), field)
                       .request(++message_id, {std::string(sop_class), std::string(instance), type},
                                data_set ? &*data_set : nullptr);
    return send(on, std::move(request));
  }
  static Reply send(Provider& on, dimse::Message request) {
    on.receive(std::move(request));
    auto message = on.next_message();
    EXPECT_TRUE(message);
    Reply out;
    if (!message) return out;
    out.status = message->command.status().value_or(0xffff);
    // 0117H gives back the UID that is none.
    if (out.status != 0x0117) {
      EXPECT_TRUE(dimse::decode_command(encode(message->command)).problems.empty());
    }
    out.uid = message->command.sop_instance_uid();
    out.data_set = dataset::decode_owned(message->data_set, dataset::implicit_le).data_set;
    EXPECT_TRUE(
        dimse::is_allowed_status(message->command.field().value_or(0), message->command.sop_class_uid(), out.status))
        << dimse::describe_status(out.status);
    out.message = std::move(*message);
    return out;
  }
  Reply session(const dataset::DataSet& attributes = made({{tags::NumberOfCopies, "1"}})) {
    return ask(CommandField::n_create_rq, uids::BasicFilmSession, "1.1", attributes);
  }
  /// A session and a film; the UIDs of its image boxes.
  std::vector<std::string> film(const dataset::DataSet& attributes = film_box(), std::uint8_t id = gray_id) {
    EXPECT_EQ(session().status, 0);
    return another_film("1.2", attributes, id);
  }
  std::vector<std::string> another_film(std::string_view uid, const dataset::DataSet& attributes = film_box(),
                                        std::uint8_t id = gray_id) {
    const auto reply = ask(CommandField::n_create_rq, uids::BasicFilmBox, uid, attributes, id);
    EXPECT_EQ(reply.status, 0);
    std::vector<std::string> out;
    for (const auto& item : reply.data_set.items(tags::ReferencedImageBoxSequence))
      out.emplace_back(item.text(tags::ReferencedSOPInstanceUID));
    return out;
  }
  std::uint16_t set(const std::string& box, const dataset::DataSet& attributes, std::uint8_t id = gray_id) {
    return ask(CommandField::n_set_rq, id == color_id ? uids::BasicColorImageBox : uids::BasicGrayscaleImageBox, box,
               attributes, id)
        .status;
  }
  Reply print(std::string_view uid = "1.2") { return ask(CommandField::n_action_rq, uids::BasicFilmBox, uid); }
};

TEST(Print, A_film_is_made_filled_printed_and_deleted) {
  Bench bench;
  const auto printer = bench.ask(CommandField::n_get_rq, uids::Printer, uids::PrinterInstance);
  EXPECT_EQ(printer.status, 0);
  EXPECT_EQ(printer.data_set.text(tags::PrinterStatus), "NORMAL");
  const auto session = bench.session(made({{tags::NumberOfCopies, "2"}, {tags::MediumType, "PAPER"}}));
  EXPECT_EQ(session.status, 0);
  EXPECT_EQ(session.uid, "1.1");
  EXPECT_EQ(session.data_set.text(tags::NumberOfCopies), "2");
  EXPECT_EQ(session.data_set.text(tags::PrintPriority), "MED") << "what was not given has its default";
  const auto boxes = bench.another_film("1.2");
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.set(boxes[1], image(2)), 0);
  const auto printed = bench.print();
  EXPECT_EQ(printed.status, 0);
  ASSERT_EQ(bench.jobs.size(), 1U);
  const auto& job = bench.jobs[0].first;
  const auto referenced = printed.data_set.items(Tag{0x2100, 0x0500});
  ASSERT_EQ(referenced.size(), 1U);
  EXPECT_EQ(referenced[0].text(tags::ReferencedSOPInstanceUID), job.uid);
  EXPECT_EQ(job.originator, "WORKSTATION");
  EXPECT_EQ(job.film_session.text(tags::NumberOfCopies), "2");
  ASSERT_EQ(job.pages.size(), 1U);
  EXPECT_EQ(job.pages[0].sheet.width, 2100U) << "14 inches at 150 dots";
  EXPECT_TRUE(job.pages[0].sheet.images[1].image);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::BasicFilmBox, "1.2").status, 0);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::BasicFilmSession, "1.1").status, 0);
}

TEST(Print, A_session_is_printed_as_one_job_and_deleting_it_deletes_its_boxes) {
  Bench bench;
  auto boxes = bench.film();
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  const auto more = bench.another_film("1.3");
  EXPECT_EQ(bench.set(more[0], image(1)), 0);
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0x0110) << "only boxes of the last film";
  EXPECT_EQ(bench.print("1.2").status, 0x0110) << "only the last film";
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0);
  ASSERT_EQ(bench.jobs.size(), 1U);
  EXPECT_EQ(bench.jobs[0].first.pages.size(), 2U);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::BasicFilmSession, "1.1").status, 0);
  EXPECT_EQ(bench.set(more[0], image(1)), 0x0112);
  EXPECT_EQ(bench.print("1.3").status, 0x0112);
  EXPECT_EQ(bench.session().status, 0) << "a new one may be made";
}

TEST(Print, Wrong_order_and_unknown_instances_are_refused) {
  Bench bench;
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.2", film_box()).status, 0x0106) << "no session";
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0x0112);
  EXPECT_EQ(bench.session().status, 0);
  EXPECT_EQ(bench.session().status, 0x0111) << "one session at a time";
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0xc600);
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.2", film_box("1.9")).status, 0x0106);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::BasicFilmSession, "1.9").status, 0x0112);
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, uids::Printer, "1.2.3").status, 0x0112);
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, uids::PrintJob, "1.2.3", {}, job_id).status, 0x0112);
  const auto boxes = bench.another_film("1.2");
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.2", film_box()).status, 0x0111);
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmBox, "1.2", {}, gray_id, 2).status, 0x0123);
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1", {}, gray_id, 9).status, 0x0123);
  EXPECT_EQ(bench.set(boxes[0], image(2)), 0x0106) << "another position";
  EXPECT_EQ(bench.set("1.2.3", image(1)), 0x0112);
  EXPECT_EQ(bench.set(boxes[0], image(1, 4, 4, true), color_id), 0x0112) << "the box is of the other context";
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, uids::BasicFilmBox, "1.2").status, 0x0211);
  EXPECT_EQ(bench.ask(CommandField::n_set_rq, uids::BasicColorImageBox, boxes[0], image(1)).status, 0x0118);
  EXPECT_EQ(bench.ask(CommandField::n_set_rq, uids::BasicGrayscaleImageBox, boxes[0]).status, 0x0212);
}

TEST(Print, Attributes_are_judged) {
  Bench bench;
  const auto session = [&](const std::vector<std::pair<Tag, std::string>>& texts) {
    const auto reply = bench.session(made(texts));
    (void)bench.ask(CommandField::n_delete_rq, uids::BasicFilmSession, "1.1");
    return reply;
  };
  EXPECT_EQ(session({}).status, 0) << "every attribute is the SCU's choice";
  EXPECT_EQ(session({{tags::NumberOfCopies, "0"}}).status, 0x0106);
  EXPECT_EQ(session({{tags::NumberOfCopies, "many"}}).status, 0x0106);
  EXPECT_EQ(session({{tags::NumberOfCopies, ""}}).status, 0);
  const auto thousand = session({{tags::NumberOfCopies, "1000"}});
  EXPECT_EQ(thousand.status, 0x0116);
  EXPECT_EQ(thousand.data_set.text(tags::NumberOfCopies), "1") << "the default is used";
  EXPECT_EQ(session({{tags::PrintPriority, "SOON"}}).status, 0x0116);
  EXPECT_EQ(session({{tags::FilmDestination, "BIN_2"}}).status, 0);
  for (const std::string bin : {"BIN_x", "BIN_0", "BIN_02", "BIN_", "BIN_21"})
    EXPECT_EQ(session({{tags::FilmDestination, bin}}).status, 0x0116) << bin;
  EXPECT_EQ(session({{tags::MemoryAllocation, "1000"}}).status, 0xb600);
  const auto unknown = session({{tags::PatientName, "DOE"}});
  EXPECT_EQ(unknown.status, 0x0107);
  EXPECT_TRUE(unknown.message.command.elements().has(tags::AttributeIdentifierList));
  EXPECT_EQ(session({{tags::SpecificCharacterSet, "ISO_IR 100"}}).status, 0);

  EXPECT_EQ(bench.session().status, 0);
  const auto film = [&](const dataset::DataSet& attributes) {
    const auto reply = bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.2", attributes);
    if (reply.status < 0xc000 &&
        (reply.status == 0 || reply.status >= 0xb000 || reply.status == 0x0107 || reply.status == 0x0116))
      (void)bench.ask(CommandField::n_delete_rq, uids::BasicFilmBox, "1.2");
    return reply.status;
  };
  EXPECT_EQ(film(film_box()), 0);
  EXPECT_EQ(film(film_box("1.1", "STANDARD\\0,1")), 0x0106);
  EXPECT_EQ(film(film_box("1.1", "STANDARD\\99,99")), 0x0106);
  EXPECT_EQ(film(film_box("1.1", "")), 0x0121);
  EXPECT_EQ(film(made({{tags::ImageDisplayFormat, "STANDARD\\1,1"}})), 0x0120);
  auto without = film_box();
  without.erase(tags::ImageDisplayFormat);
  EXPECT_EQ(film(without), 0x0120);
  auto empty = film_box();
  empty.set_sequence(tags::ReferencedFilmSessionSequence, {});
  EXPECT_EQ(film(empty), 0x0121);
  auto size = film_box();
  size.set_text(tags::FilmSizeID, "1INX1IN");
  EXPECT_EQ(film(size), 0x0116);
  auto density = film_box();
  density.set_u16(tags::MaxDensity, 500);
  EXPECT_EQ(film(density), 0xb605);
  density.set_u16(tags::MaxDensity, 310);
  EXPECT_EQ(film(density), 0);
  auto lut = film_box();
  lut.set_sequence(tags::ReferencedPresentationLUTSequence, {reference(uids::PresentationLUT, "1.8")});
  EXPECT_EQ(film(lut), 0x0106) << "no such LUT";
}

TEST(Print, Images_larger_than_their_box_are_told_of) {
  Bench bench;
  bench.options.dots_per_inch = 10;
  auto attributes = film_box("1.1", "STANDARD\\1,1");
  attributes.set_text(tags::FilmSizeID, "8INX10IN");  // 80 by 100 pixels
  const auto boxes = bench.film(attributes);
  const auto large = [&](std::string_view behavior) {
    auto one = image(1, 200, 200);
    if (!behavior.empty()) one.set_text(tags::RequestedDecimateCropBehavior, behavior);
    return bench.set(boxes[0], one);
  };
  EXPECT_EQ(large("CROP"), 0xb609);
  EXPECT_EQ(bench.print().status, 0xb609);
  EXPECT_EQ(large("DECIMATE"), 0xb60a);
  EXPECT_EQ(large("FAIL"), 0xc603);
  EXPECT_EQ(bench.print().status, 0xb60a) << "the box still has the image before";
  EXPECT_EQ(large(""), 0xb60a) << "N-SET changes what it names: DECIMATE stays";
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.print().status, 0);
}

TEST(Print, Empty_pages_erased_images_and_a_full_queue) {
  Bench bench;
  const auto boxes = bench.film();
  EXPECT_EQ(bench.print().status, 0xb603);
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0xb602);
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.print().status, 0);
  auto erase = image(1);
  erase.set_sequence(tags::BasicGrayscaleImageSequence, {});
  EXPECT_EQ(bench.set(boxes[0], erase), 0);
  EXPECT_EQ(bench.print().status, 0xb603);
  bench.room = false;
  EXPECT_EQ(bench.print().status, 0xc602);
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0xc601);
}

TEST(Print, A_printer_without_collation_wants_each_film_printed_first) {
  Bench bench;
  bench.options.collation = false;
  const auto boxes = bench.film();
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.3", film_box()).status, 0xc616);
  EXPECT_EQ(bench.print().status, 0);
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.3", film_box()).status, 0);
  EXPECT_EQ(bench.ask(CommandField::n_action_rq, uids::BasicFilmSession, "1.1").status, 0xb601);
}

TEST(Print, Memory_and_boxes_are_bounded) {
  Bench bench;
  bench.options.max_bytes = 20;
  bench.options.max_film_boxes = 2;
  const auto boxes = bench.film();
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.set(boxes[1], image(2)), 0xc605) << "16 of 20 bytes are taken";
  EXPECT_EQ(bench.set(boxes[0], image(1, 4, 5)), 0) << "what is replaced does not count";
  (void)bench.another_film("1.3");
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.4", film_box()).status, 0x0213);
}

TEST(Print, Colour_has_boxes_of_its_own_and_may_be_missing) {
  Bench bench;
  const auto boxes = bench.film(film_box(), color_id);
  EXPECT_EQ(bench.set(boxes[0], image(1, 4, 4, true), color_id), 0);
  EXPECT_EQ(bench.set(boxes[1], image(2), color_id), 0x0121) << "a grayscale image";
  EXPECT_EQ(bench.print().status, 0);
  EXPECT_TRUE(bench.jobs[0].first.pages[0].sheet.color);
  PrintOptions gray;
  gray.color = false;
  EXPECT_FALSE(PrintService(gray).serves(uids::BasicColorPrintManagementMeta));
  EXPECT_TRUE(PrintService(gray).serves(uids::BasicGrayscalePrintManagementMeta));
}

TEST(Print, Presentation_luts_change_what_is_printed) {
  Bench bench;
  const auto create = [&](const dataset::DataSet& attributes, std::string_view uid) {
    return bench.ask(CommandField::n_create_rq, uids::PresentationLUT, uid, attributes, lut_id).status;
  };
  EXPECT_EQ(create(made({{tags::PresentationLUTShape, "IDENTITY"}}), "1.7"), 0);
  EXPECT_EQ(create(made({{tags::PresentationLUTShape, "IDENTITY"}}), "1.7"), 0x0111);
  EXPECT_EQ(create(made({}), "1.8"), 0x0120);
  dataset::DataSet table(dataset::explicit_le);
  table.set_bytes(tags::LUTDescriptor, Vr::US, Bytes{2, 0, 0, 0, 12, 0});
  table.set_bytes(tags::LUTData, Vr::OW, Bytes{0xff, 0x0f, 0, 0});
  dataset::DataSet attributes(dataset::explicit_le);
  attributes.set_sequence(tags::PresentationLUTSequence, {table});
  EXPECT_EQ(create(attributes, "1.8"), 0);
  table.set_bytes(tags::LUTDescriptor, Vr::US, Bytes{0, 0, 0, 0, 12, 0});
  attributes.set_sequence(tags::PresentationLUTSequence, {table});
  EXPECT_EQ(create(attributes, "1.9"), 0x0106) << "65536 entries are claimed, two are there";
  auto film = film_box();
  film.set_sequence(tags::ReferencedPresentationLUTSequence, {reference(uids::PresentationLUT, "1.8")});
  const auto boxes = bench.film(film);
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  EXPECT_EQ(bench.print().status, 0);
  const auto& placed = bench.jobs[0].first.pages[0].sheet.images[0];
  ASSERT_TRUE(placed.lut);
  EXPECT_EQ(placed.lut->front(), 255);
  EXPECT_EQ(placed.lut->back(), 0);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::PresentationLUT, "1.8", {}, lut_id).status, 0);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, uids::PresentationLUT, "1.8", {}, lut_id).status, 0x0112);
}

TEST(Print, Annotations_are_kept_with_their_page) {
  Bench bench;
  EXPECT_EQ(bench.session().status, 0);
  auto film = film_box();
  film.set_text(tags::AnnotationDisplayFormatID, "1");
  const auto reply = bench.ask(CommandField::n_create_rq, uids::BasicFilmBox, "1.2", film);
  const auto boxes = reply.data_set.items(tags::ReferencedBasicAnnotationBoxSequence);
  ASSERT_EQ(boxes.size(), 1U);
  auto text = made({{tags::TextString, "Left knee"}});
  const auto set = [&] {
    return bench
        .ask(CommandField::n_set_rq, uids::BasicAnnotationBox, boxes[0].text(tags::ReferencedSOPInstanceUID), text,
             annotation_id)
        .status;
  };
  EXPECT_EQ(set(), 0x0121) << "no position";
  text.set_u16(tags::AnnotationPosition, 1);
  EXPECT_EQ(set(), 0);
  (void)bench.print();
  EXPECT_EQ(bench.jobs[0].first.pages[0].annotations, std::vector<std::string>{"Left knee"});
}

TEST(Print, Jobs_and_the_printer_are_asked_and_tell) {
  Bench bench;
  const auto boxes = bench.film();
  EXPECT_EQ(bench.set(boxes[0], image(1)), 0);
  const auto uid =
      std::string(bench.print().data_set.items(Tag{0x2100, 0x0500}).at(0).text(tags::ReferencedSOPInstanceUID));
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, uids::PrintJob, uid, {}, job_id).data_set.text(tags::ExecutionStatus),
            "PENDING");
  const auto& tell = bench.jobs[0].second;
  EXPECT_FALSE(bench.provider->ready());
  tell(JobStatus::printing, "NORMAL");
  tell(JobStatus::done, "NORMAL");
  bench.service->set_status(PrinterStatus::warning, "SUPPLY LOW");
  std::vector<std::pair<std::string, std::uint16_t>> told;
  while (bench.provider->ready()) {
    const auto message = bench.provider->next_message();
    if (!message) continue;
    EXPECT_EQ(message->command.name(), "N-EVENT-REPORT-RQ");
    EXPECT_TRUE(dimse::decode_command(encode(message->command)).problems.empty());
    EXPECT_FALSE(bench.provider->ready()) << "one after the other";
    told.emplace_back(message->command.sop_instance_uid(),
                      message->command.elements().u16(tags::EventTypeID).value_or(0));
    dimse::Message answer;
    answer.context_id = message->context_id;
    answer.command = dimse::response_to(message->command, 0);
    bench.provider->receive(std::move(answer));
  }
  EXPECT_EQ(told, (std::vector<std::pair<std::string, std::uint16_t>>{
                      {uid, 2}, {uid, 3}, {std::string(uids::PrinterInstance), 2}}));
  EXPECT_TRUE(bench.provider->idle());
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, uids::PrintJob, uid, {}, job_id).data_set.text(tags::ExecutionStatus),
            "DONE");
  const auto printer = bench.ask(CommandField::n_get_rq, uids::Printer, uids::PrinterInstance);
  EXPECT_EQ(printer.data_set.text(tags::PrinterStatusInfo), "SUPPLY LOW");
  bench.provider.reset();
  tell(JobStatus::failure, "NORMAL");
  bench.service->set_status(PrinterStatus::normal, "NORMAL");
  bench.service.reset();
  tell(JobStatus::done, "NORMAL");
}

TEST(Print, Get_gives_what_was_asked_for_and_names_what_is_not_there) {
  Bench bench;
  auto request = NormalizedUser(contexts().at(gray_id), CommandField::n_get_rq)
                     .request(77, {std::string(uids::Printer), std::string(uids::PrinterInstance), 0}, nullptr);
  request.command.elements().set_bytes(tags::AttributeIdentifierList, Vr::AT,
                                       Bytes{0x10, 0x21, 0x10, 0, 0x10, 0, 0x10, 0});
  const auto reply = Bench::send(bench.associated(), std::move(request));
  EXPECT_EQ(reply.status, 0x0107);
  EXPECT_EQ(reply.data_set.text(tags::PrinterStatus), "NORMAL");
  EXPECT_FALSE(reply.data_set.has(tags::PrinterName));
  EXPECT_TRUE(reply.message.command.elements().has(tags::AttributeIdentifierList));
}

TEST(Print, Uids_are_given_where_the_scu_gives_none_and_bad_ones_refused) {
  Bench bench;
  EXPECT_EQ(bench.ask(CommandField::n_create_rq, uids::BasicFilmSession, "no uid", made({})).status, 0x0117);
  const auto reply = bench.ask(CommandField::n_create_rq, uids::BasicFilmSession, "", made({}));
  EXPECT_EQ(reply.status, 0);
  EXPECT_TRUE(reply.uid.starts_with("2.25.")) << reply.uid;
  auto broken = NormalizedUser(contexts().at(gray_id), CommandField::n_set_rq)
                    .request(9, {std::string(uids::BasicFilmSession), reply.uid, 0}, nullptr);
  broken.command.elements().set_u16(tags::CommandDataSetType, 1);
  broken.data_set = {0x00, 0x20, 0x10, 0x00, 0xff, 0xff, 0xff, 0x7f};
  broken.data_set_length = broken.data_set.size();
  EXPECT_EQ(Bench::send(bench.associated(), std::move(broken)).status, 0x0110);
}

}  // namespace
}  // namespace assay::service
