// What a Print SCP keeps: the printer, its jobs, and for each association the hierarchy of Film Session, Film Boxes and
// Image Boxes. Internal to harness/service/print*.cpp. Tests: tests/unit/service/print_test.cpp
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "harness/service/print.hpp"

namespace assay::service {

struct ImageBox {
  std::string uid;
  dataset::DataSet attributes{dataset::explicit_le};
  std::shared_ptr<const PrintImage> image;
  std::uint16_t fit_status = 0;  // of the image: 0, B604H, B609H, B60AH
};
struct AnnotationBox {
  std::string uid;
  std::string text;
};
struct FilmBox {
  std::string uid;
  std::uint8_t context_id = 0;  // a grayscale or a color one
  bool color = false;
  bool printed = false;
  dataset::DataSet attributes{dataset::explicit_le};
  std::vector<Fraction> places;
  std::vector<ImageBox> images;
  std::vector<AnnotationBox> annotations;
  std::string lut;  // UID; empty = none
};
struct FilmSession {
  std::string uid;
  dataset::DataSet attributes{dataset::explicit_le};
  std::vector<FilmBox> boxes;
};
struct Notification {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::uint16_t event_type = 0;
  std::optional<dataset::DataSet> information;
};

struct PrintService::Shared {
  struct Job {
    JobStatus status = JobStatus::pending;
    std::string info = "NORMAL";
    std::string date;
    std::string time;
    std::string priority;
    std::string originator;
  };
  struct Association;

  PrintOptions options;
  PrinterStatus status = PrinterStatus::normal;
  std::string status_info = "NORMAL";
  std::map<std::string, Job, std::less<>> jobs;
  std::deque<std::string> job_order;
  std::vector<std::weak_ptr<Association>> associations;
};

/// Of one association; ends with it.
struct PrintService::Shared::Association {
  std::map<std::uint8_t, session::AcceptedContext> contexts;
  std::string calling_ae_title;
  std::function<void()> wake;
  std::optional<FilmSession> session;
  std::map<std::string, std::shared_ptr<const Bytes>, std::less<>> luts;
  std::deque<Notification> notifications;
  bool notifier = false;  // somebody carries them

  [[nodiscard]] const session::AcceptedContext* context_for(std::string_view abstract_syntax) const;
  /// Bytes of all images.
  [[nodiscard]] std::size_t bytes() const;
  void notify(Notification one);
};

/// The answer to a request, decided.
struct PrintAnswer {
  std::uint16_t status = 0;
  std::string comment;
  std::optional<Tag> offending;
  std::optional<dataset::DataSet> data_set;
  std::string created;    // UID of a new instance
  std::vector<Tag> list;  // Attribute Identifier List of a warning
};
inline PrintAnswer refusal(std::uint16_t status, std::string comment, std::optional<Tag> offending = {}) {
  return {status, std::move(comment), offending, {}, {}, {}};
}

/// One request of a Print SCU.
struct PrintRequest {
  const dimse::Message& message;
  const session::AcceptedContext& context;
  const dataset::DataSet& data_set;  // decoded; empty when there is none
  std::shared_ptr<PrintService::Shared> shared;
  std::shared_ptr<PrintService::Shared::Association> association;
};
PrintAnswer answer_film_session(const PrintRequest& request);
PrintAnswer answer_film_box(const PrintRequest& request);
PrintAnswer answer_image_box(const PrintRequest& request);
PrintAnswer answer_annotation_box(const PrintRequest& request);
PrintAnswer answer_presentation_lut(const PrintRequest& request);
/// The UID of a new instance: what the SCU gave, or one of ours. Nothing when it cannot be one.
std::optional<std::string> uid_for(const PrintRequest& request);
PrintAnswer answer_from(const AttributesTaken& taken);
/// Prints films of the session: `full` is the status when the queue is.
PrintAnswer print_films(const PrintRequest& request, const std::vector<const FilmBox*>& films, std::uint16_t full);

/// The sheet of a film as it stands.
Sheet sheet_of(const FilmBox& box, const PrintService::Shared& shared,
               const PrintService::Shared::Association& association);
dataset::DataSet reference_to(std::string_view sop_class_uid, std::string_view sop_instance_uid);

}  // namespace assay::service
