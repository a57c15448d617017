// Print management: session, film box, image boxes and printing in order, with the attributes each needs (PS3.4 H.4).
// Instances live as long as the association, so whatever a request names was made on it.
// Tests: tests/unit/conformance/{planted_faults,service_tables}_test.cpp
#include <fmt/format.h>

#include <charconv>
#include <map>

#include "conformance/rules/exchange.hpp"
#include "conformance/rules/service_tables.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo unknown{
    "ps3.4/H.4/instance-unknown", "PS3.4 H.4.1.2, H.4.2.2, H.4.3.1.2", Severity::error,
    "A print request names a film session, film box or image box that exists on this association.",
    "Ask the vendor of the printing device to create the object first and to use the UIDs the printer returned."};
constexpr trace::RuleInfo missing{
    "ps3.4/H.4/attribute-missing", "PS3.4 H.4.2.2.1, H.4.3.1.2.1, Tables H.4-6, H.4-10 and H.4-11", Severity::error,
    "A film box and an image box carry the attributes that their SCU must send.",
    "Ask the vendor of the printing device to send the attribute; the printer may refuse or print something else."};
constexpr trace::RuleInfo no_boxes{"ps3.4/H.4.2/image-boxes-missing", "PS3.4 H.4.2.2.1, Table H.4-6", Severity::error,
                                   "The response to the creation of a film box names its image boxes.",
                                   "Ask the vendor of the printer: without the UIDs nothing can be put on the film."};
constexpr trace::RuleInfo box_count{"ps3.4/H.4.2/image-box-count", "PS3.4 H.4.2.2.1, PS3.3 C.13.3", Severity::warning,
                                    "A film box has as many image boxes as its Image Display Format tells.",
                                    "Ask the vendor of the printer; check how the film is divided."};
constexpr trace::RuleInfo outside{
    "ps3.4/H.4.3/image-box-position", "PS3.3 C.13.5", Severity::error,
    "An image box has a position that exists on its film.",
    "Ask the vendor of the printing device to count positions from 1, left to right and top to bottom."};
constexpr trace::RuleInfo pixels{
    "ps3.4/H.4.3/pixel-data-length", "PS3.3 C.13.5.1", Severity::error,
    "The Pixel Data of an image box has as many bytes as its rows, columns, samples and bits allocated make.",
    "Ask the vendor of the printing device; the printer may print a distorted image or refuse."};
constexpr trace::RuleInfo description{
    "ps3.4/H.4.3/image-description", "PS3.3 C.13.5.1", Severity::error,
    "The image of an image box is described by the values the standard has for printing.",
    "Ask the vendor of the printing device to send 8 or 12 bits without sign, gray or as RGB by plane."};
constexpr trace::RuleInfo printer_status{
    "ps3.4/H.4.6/printer-status", "PS3.4 H.4.6.2, PS3.3 C.13.9", Severity::error,
    "A printer tells its status as NORMAL, WARNING or FAILURE.",
    "Look at the printer itself; ask its vendor to return a status of the standard."};
constexpr trace::RuleInfo action_type{"ps3.4/H.4/action-type", "PS3.4 H.4.1.2.4, H.4.2.2.4", Severity::error,
                                      "The action of a film session or film box is Print, Action Type 1.",
                                      "Ask the vendor of the printing device to send Action Type 1."};
constexpr trace::RuleInfo untold{"ps3.4/H.4/event-incomplete", "PS3.4 H.4.5.2.1, H.4.6.2.1, Tables H.4-14 and H.4-16",
                                 Severity::error, "A printer that reports a status says what it is about.",
                                 "Look at the printer itself; ask its vendor to send the status info with the event."};
constexpr trace::RuleInfo printer_instance{"ps3.4/H.4.6/printer-instance", "PS3.4 H.4.6.3", Severity::error,
                                           "The printer is named by its well-known SOP Instance.",
                                           "Ask the vendor of the side named here to use 1.2.840.10008.5.1.1.17."};

constexpr std::string_view session_class = "1.2.840.10008.5.1.1.1";
constexpr std::string_view film_class = "1.2.840.10008.5.1.1.2";
constexpr std::string_view gray_box_class = "1.2.840.10008.5.1.1.4";
constexpr std::string_view color_box_class = "1.2.840.10008.5.1.1.4.1";
constexpr std::string_view job_class = "1.2.840.10008.5.1.1.14";
constexpr std::string_view annotation_class = "1.2.840.10008.5.1.1.15";
constexpr std::string_view printer_class = "1.2.840.10008.5.1.1.16";
constexpr std::string_view printer = "1.2.840.10008.5.1.1.17";

constexpr std::size_t max_instances = 10'000;

struct Described {
  Tag tag;
  std::uint16_t gray;
  std::uint16_t deep;  // gray of 12 bits
  std::uint16_t color;
};
constexpr std::array<Described, 5> descriptions{{{tags::SamplesPerPixel, 1, 1, 3},
                                                 {tags::BitsAllocated, 8, 16, 8},
                                                 {tags::BitsStored, 8, 12, 8},
                                                 {tags::HighBit, 7, 11, 7},
                                                 {tags::PixelRepresentation, 0, 0, 0}}};

/// How many boxes "STANDARD\3,2" makes; nothing for formats that the printer defines.
std::optional<unsigned> boxes_of(const dataset::Level& film) {
  const auto format = film.text(tags::ImageDisplayFormat);  // an ST: the backslash is a part of it
  const auto split = format.find('\\');
  if (split == std::string_view::npos) return std::nullopt;
  const std::array<std::string_view, 2> values{format.substr(0, split), format.substr(split + 1)};
  std::vector<unsigned> numbers;
  auto rest = values[1];
  while (!rest.empty()) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{} || number > 1000 || numbers.size() >= 100) return std::nullopt;
    numbers.push_back(number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  }
  if (values[0] == "STANDARD" && numbers.size() == 2) return numbers[0] * numbers[1];
  if (values[0] != "ROW" && values[0] != "COL") return std::nullopt;
  unsigned sum = 0;
  for (const auto number : numbers) sum += number;
  return sum;
}

class Print final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    const auto& operation = heard.operation;
    const auto& sop_class = operation.sop_class;
    const bool session = sop_class == session_class;
    const bool film = sop_class == film_class;
    const bool box = sop_class == gray_box_class || sop_class == color_box_class;
    if (sop_class == printer_class && !operation.sop_instance.empty() && operation.sop_instance != printer) {
      const bool report = operation.command == CommandField::n_event_report_rq;
      const auto tag = report ? tags::AffectedSOPInstanceUID : tags::RequestedSOPInstanceUID;
      reporter.report(finding(printer_instance, place_of(heard.seen, tag), label(tag), quoted(operation.sop_instance),
                              quoted(printer)));
    }
    if (heard.data != nullptr) of_other_classes(heard, reporter);
    if (!session && !film && !box) return;
    switch (operation.command) {
      case CommandField::n_create_rq:
        if (film) create_film(heard, reporter);
        break;
      case CommandField::n_set_rq:
      case CommandField::n_delete_rq:
      case CommandField::n_action_rq:
        if (!known(session ? sessions_ : film ? films_ : boxes_, operation.sop_instance)) {
          reporter.report(finding(unknown, place_of(heard.seen, tags::RequestedSOPInstanceUID),
                                  label(tags::RequestedSOPInstanceUID), quoted(operation.sop_instance),
                                  "an instance that was made on this association"));
          return;
        }
        if (operation.command == CommandField::n_action_rq && operation.type && *operation.type != 1) {
          reporter.report(finding(action_type, place_of(heard.seen, tags::ActionTypeID), label(tags::ActionTypeID),
                                  std::to_string(*operation.type), "1"));
        }
        if (box && operation.command == CommandField::n_set_rq) set_box(heard, reporter);
        break;
      default: break;
    }
  }

  void response(const Heard& heard, trace::Reporter& reporter) override {
    const auto& operation = heard.operation;
    if (!heard.succeeded()) return;
    if (operation.command == CommandField::n_get_rq && operation.sop_class == printer_class)
      status_told(heard, reporter);
    auto uid = operation.sop_instance;
    if (uid.empty()) uid = trimmed_uid(heard.command().text(tags::AffectedSOPInstanceUID));
    if (operation.command == CommandField::n_create_rq && operation.sop_class == session_class) {
      learn(sessions_, uid);
    } else if (operation.command == CommandField::n_create_rq && operation.sop_class == film_class) {
      learn(films_, uid);
      film_created(heard, reporter);
    } else if (operation.command == CommandField::n_delete_rq) {
      sessions_.erase(uid);
      films_.erase(uid);  // its image boxes are forgotten with the association: a late N-SET is told by the printer
    }
  }

  void lost() override { lost_ = true; }

 private:
  using Uids = std::map<std::string, unsigned, std::less<>>;  // image boxes: how many their film has

  [[nodiscard]] bool known(const Uids& uids, const std::string& uid) const {
    return lost_ || uid.empty() || uids.contains(uid);
  }
  void learn(Uids& uids, std::string_view uid, unsigned number = 0) {
    if (uid.empty() || uid.size() > max_identity || uids.size() >= max_instances) {
      lost_ = true;
    } else {
      uids.insert_or_assign(std::string(uid), number);
    }
  }

  /// Annotations, and what the printer reports of itself and of a print job.
  static void of_other_classes(const Heard& heard, trace::Reporter& reporter) {
    const auto& operation = heard.operation;
    const bool event = operation.command == CommandField::n_event_report_rq;
    std::optional<ServiceTable> table;
    if (operation.command == CommandField::n_set_rq && operation.sop_class == annotation_class)
      table = ServiceTable::annotation_box;
    if (event && operation.sop_class == job_class) table = ServiceTable::print_job_event;
    if (event && operation.sop_class == printer_class && operation.type &&
        (*operation.type == 2 || *operation.type == 3))
      table = ServiceTable::printer_event;
    if (table)
      Needs(table == ServiceTable::annotation_box ? missing : untold, heard.seen, reporter)
          .unmet(heard.data->root(), rows_of(*table));
  }

  static void status_told(const Heard& heard, trace::Reporter& reporter) {
    if (heard.data == nullptr || !heard.data->has(tags::PrinterStatus)) return;
    const auto root = heard.data->root();
    const auto status = root.text(tags::PrinterStatus);
    if (status == "NORMAL" || status == "WARNING" || status == "FAILURE") return;
    reporter.report(finding(printer_status, place_of_element(heard.seen, root, tags::PrinterStatus),
                            label(tags::PrinterStatus), shown(root, tags::PrinterStatus),
                            "NORMAL, WARNING or FAILURE"));
  }

  /// False when it was told that there are more.
  static bool one_item(const Heard& heard, const dataset::Level& root, Tag sequence, trace::Reporter& reporter) {
    const auto count = root.items(sequence).size();
    if (count == 1) return true;
    reporter.report(finding(missing, place_of_element(heard.seen, root, sequence), label(sequence),
                            fmt::format("{} items", count), "one item"));
    return false;
  }

  void create_film(const Heard& heard, trace::Reporter& reporter) const {
    if (heard.data == nullptr) {
      if (!heard.has_data()) {
        reporter.report(finding(missing, place_of(heard.seen, tags::CommandDataSetType),
                                label(tags::CommandDataSetType), "no Data Set", "the attributes of the film box"));
      }
      return;
    }
    const auto root = heard.data->root();
    if (Needs(missing, heard.seen, reporter).unmet(root, rows_of(ServiceTable::film_box_create))) return;
    constexpr auto sequence = tags::ReferencedFilmSessionSequence;
    if (!one_item(heard, root, sequence, reporter)) return;
    const auto reference = root.items(sequence).front();
    const std::string uid(trimmed_uid(reference.text(tags::ReferencedSOPInstanceUID)));
    if (known(sessions_, uid)) return;
    reporter.report(finding(unknown, place_of_element(heard.seen, reference, tags::ReferencedSOPInstanceUID),
                            path(sequence, tags::ReferencedSOPInstanceUID), quoted(uid),
                            "a film session that was created on this association"));
  }

  void film_created(const Heard& heard, trace::Reporter& reporter) {
    constexpr auto sequence = tags::ReferencedImageBoxSequence;
    if (heard.data == nullptr) {
      lost_ = lost_ || heard.has_data();
      if (!heard.has_data()) {
        reporter.report(finding(no_boxes, place_of(heard.seen, tags::CommandDataSetType), label(sequence),
                                "no Data Set", "the image boxes"));
        lost_ = true;  // what the requestor uses from here on is not known
      }
      return;
    }
    const auto root = heard.data->root();
    const auto items = root.items(sequence);
    if (items.empty()) {
      reporter.report(finding(no_boxes, place_of_element(heard.seen, root, sequence), label(sequence),
                              shown(root, sequence), "the image boxes"));
      lost_ = true;
      return;
    }
    if (Needs(no_boxes, heard.seen, reporter).unmet(root, rows_of(ServiceTable::film_box_created))) {
      lost_ = true;
      return;
    }
    for (const auto& item : items) {
      learn(boxes_, trimmed_uid(item.text(tags::ReferencedSOPInstanceUID)), static_cast<unsigned>(items.size()));
    }
    const auto asked = heard.operation.data ? boxes_of(heard.operation.data->root()) : std::nullopt;
    if (!asked || *asked == items.size()) return;
    reporter.report(finding(box_count, place_of_element(heard.seen, root, sequence), label(sequence),
                            fmt::format("{} image boxes", items.size()), std::to_string(*asked)));
  }

  void set_box(const Heard& heard, trace::Reporter& reporter) const {
    if (heard.data == nullptr) return;
    const bool gray = heard.operation.sop_class == gray_box_class;
    const auto sequence = gray ? tags::BasicGrayscaleImageSequence : tags::BasicColorImageSequence;
    const auto root = heard.data->root();
    const auto needed = rows_of(gray ? ServiceTable::gray_image_box : ServiceTable::color_image_box);
    // A sequence without items takes the image away (PS3.4 H.4.3.1.2.1).
    if (!has_value(root, tags::ImageBoxPosition) || !root.has(sequence)) {
      if (Needs(missing, heard.seen, reporter).unmet(root, needed)) return;
    }
    const auto position = root.u16(tags::ImageBoxPosition);
    const auto box = boxes_.find(heard.operation.sop_instance);
    if (position && (*position == 0 || (box != boxes_.end() && *position > box->second))) {
      reporter.report(finding(outside, place_of_element(heard.seen, root, tags::ImageBoxPosition),
                              label(tags::ImageBoxPosition), std::to_string(*position),
                              box == boxes_.end() ? "1 or more" : fmt::format("1 to {}", box->second)));
      return;
    }
    if (root.items(sequence).size() > 1 && !one_item(heard, root, sequence, reporter)) return;
    for (const auto& item : root.items(sequence)) {
      if (Needs(missing, heard.seen, reporter).unmet(item, rows_inside(needed, sequence), label(sequence) + " > "))
        return;
      if (!described(heard, item, gray, label(sequence) + " > ", reporter)) return;
      const auto samples = item.u16(tags::SamplesPerPixel);
      const auto rows = item.u16(tags::Rows);
      const auto columns = item.u16(tags::Columns);
      const auto bits = item.u16(tags::BitsAllocated);
      const auto* data = item.find(tags::PixelData);
      if (!samples || !rows || !columns || !bits || data->kind != dataset::NodeKind::element) continue;
      const auto length = std::uint64_t{*rows} * *columns * *samples * *bits / 8;
      if (data->value.size() == length + length % 2) continue;
      reporter.report(finding(pixels, place_of_node(heard.seen, data), path(sequence, tags::PixelData),
                              fmt::format("{} bytes", data->value.size()), fmt::format("{} bytes", length)));
      return;
    }
  }

  /// False when something was told.
  static bool described(const Heard& heard, const dataset::Level& item, bool gray, const std::string& where,
                        trace::Reporter& reporter) {
    const bool deep = gray && item.u16(tags::BitsAllocated) == 16;
    for (const auto& one : descriptions) {
      const auto expected = !gray ? one.color : deep ? one.deep : one.gray;
      const auto value = item.u16(one.tag);
      if (value == expected) continue;
      reporter.report(finding(description, place_of_element(heard.seen, item, one.tag), where + label(one.tag),
                              value ? std::to_string(*value) : "no number", std::to_string(expected)));
      return false;
    }
    const auto photometric = item.text(tags::PhotometricInterpretation);
    if (gray ? photometric == "MONOCHROME1" || photometric == "MONOCHROME2" : photometric == "RGB") return true;
    reporter.report(finding(description, place_of_element(heard.seen, item, tags::PhotometricInterpretation),
                            where + label(tags::PhotometricInterpretation), quoted(photometric),
                            gray ? "MONOCHROME1 or MONOCHROME2" : "RGB"));
    return false;
  }

  Uids sessions_;
  Uids films_;
  Uids boxes_;
  bool lost_ = false;  // objects may exist that were not seen
};

}  // namespace

JudgeKind print_judge() {
  return {{unknown, missing, no_boxes, box_count, outside, description, pixels, printer_status, action_type, untold,
           printer_instance},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Print>(); }};
}

}  // namespace assay::conformance
