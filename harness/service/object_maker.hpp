// What the makers of synthetic objects share: the modules that are the same in every IOD. Internal to modality_objects.
// Tests: tests/unit/service/modality_objects_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/service/modality_objects.hpp"

namespace assay::service {

/// A series under construction.
class SeriesMaker {
 public:
  SeriesMaker(const ObjectSource& source, std::string_view modality, std::string_view description, int number);

  /// A new instance with the modules Patient, General Study, General Series, General Equipment and SOP Common.
  dataset::DataSet& add(std::string_view sop_class_uid);
  [[nodiscard]] const ObjectSource& source() const { return source_; }
  [[nodiscard]] const dataset::DataSet& item() const { return *source_.item; }
  [[nodiscard]] std::string frame_of_reference() const { return frame_of_reference_; }
  /// Date and time of the acquisition as one DT.
  [[nodiscard]] std::string moment() const { return source_.date + source_.time; }
  MadeSeries take() { return std::move(made_); }
  [[nodiscard]] const MadeSeries& made() const { return made_; }

 private:
  void patient_and_study(dataset::DataSet& out) const;
  void request(dataset::DataSet& out) const;

  const ObjectSource& source_;
  std::string modality_;
  int number_;
  std::string frame_of_reference_;
  MadeSeries made_;
};

/// An item of a code sequence (PS3.3 8.8).
dataset::DataSet code_item(std::string_view value, std::string_view scheme, std::string_view meaning);
/// References to every instance of a series (PS3.3 10.8).
std::vector<dataset::DataSet> references(const MadeSeries& series);

struct PixelFormat {
  std::uint16_t rows = 64;
  std::uint16_t columns = 64;
  std::uint16_t bits = 12;  // stored; up to 8 are kept in bytes, more in words
  std::uint16_t frames = 1;
};
/// Image Pixel Module with a pattern that differs from instance to instance.
void set_pixels(dataset::DataSet& out, const PixelFormat& format, int seed);

// A maker each: what the modality makes of a step.
std::vector<MadeSeries> make_ct(const ObjectSource& source);
std::vector<MadeSeries> make_mr(const ObjectSource& source);
std::vector<MadeSeries> make_us(const ObjectSource& source);
std::vector<MadeSeries> make_cr(const ObjectSource& source);
std::vector<MadeSeries> make_dx(const ObjectSource& source);
std::vector<MadeSeries> make_sc(const ObjectSource& source);
std::vector<MadeSeries> make_sr(const ObjectSource& source);
std::vector<MadeSeries> make_pdf(const ObjectSource& source);
std::vector<MadeSeries> make_ecg(const ObjectSource& source);
std::vector<MadeSeries> make_pr(const ObjectSource& source);
std::vector<MadeSeries> make_rt_plan(const ObjectSource& source);

}  // namespace assay::service
