// Data Sets of scenarios: synthetic, from a file, as bytes, or element by element (PS3.5 6.2, 7).
#include <algorithm>
#include <bit>
#include <charconv>

#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/scenario/builder.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

constexpr std::size_t max_synthetic_pixels = 64U << 20;

std::unexpected<BuildError> fault(const Location& at, std::string message) {
  return std::unexpected(BuildError{at, std::move(message), false});
}

std::optional<double> real_from(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// One value of a binary VR; false when the text is none.
bool append_binary(Bytes& out, Vr vr, std::string_view text, Endian endian) {
  if (vr == Vr::AT) {
    const auto tag = dict::tag_of(text);
    if (!tag) return false;
    store(out, tag->group, endian);
    store(out, tag->element, endian);
    return true;
  }
  if (vr == Vr::FL || vr == Vr::FD) {
    const auto value = real_from(text);
    if (!value) return false;
    if (vr == Vr::FL) {
      store(out, std::bit_cast<std::uint32_t>(static_cast<float>(*value)), endian);
    } else {
      store(out, std::bit_cast<std::uint64_t>(*value), endian);
    }
    return true;
  }
  const auto value = number_from(text);
  if (!value) return false;
  const auto raw = static_cast<std::uint64_t>(*value);
  switch (unit_size(vr)) {
    case 1: out.push_back(static_cast<std::uint8_t>(raw)); break;
    case 2: store(out, static_cast<std::uint16_t>(raw), endian); break;
    case 4: store(out, static_cast<std::uint32_t>(raw), endian); break;
    default: store(out, raw, endian); break;
  }
  return true;
}

std::string_view element_text(const Element& element) {
  // Lines around a value are the file's layout; blanks within one line are the value's own.
  if (element.text.find('\n') != std::string::npos) return trimmed(element.text);
  return element.text;
}

}  // namespace

std::string UidSource::next() {
  // splitmix64: each step gives a different number, so that no UID of one source occurs twice.
  state_ += 0x9e3779b97f4a7c15ULL;
  auto z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return "2.25." + std::to_string(z ^ (z >> 31));
}

std::expected<void, BuildError> set_elements(dataset::DataSet& data_set, const Element& parent) {
  for (const auto& element : parent.children) {
    if (element.name != "element") continue;
    const auto tag = dict::tag_of(element.value("tag"));
    if (!tag) return fault(element.at, "'" + std::string(element.value("tag")) + "' is no tag");
    if (element.is("absent", "yes")) {
      data_set.erase(*tag);
      continue;
    }
    auto vr = element.has("vr") ? vr_from(element.value("vr")) : dict::implicit_vr(*tag);
    if (vr == Vr::none) vr = Vr::UN;
    if (element.has("hex")) {
      data_set.set_bytes(*tag, vr, from_hex(element.value("hex")).value_or(Bytes{}));
      continue;
    }
    if (vr == Vr::SQ || element.child("item") != nullptr) {
      std::vector<dataset::DataSet> items;
      for (const auto& item : element.children) {
        dataset::DataSet content(data_set.encoding());
        if (auto done = set_elements(content, item); !done) return done;
        items.push_back(std::move(content));
      }
      data_set.set_sequence(*tag, items);
      continue;
    }
    const auto text = element_text(element);
    if (is_text(vr) || vr == Vr::UN) {
      const auto value = vr == Vr::UI ? uid_value(text) : std::string(text);
      data_set.set_text(*tag, vr, value);
      continue;
    }
    Bytes bytes;
    auto rest = trimmed(text);
    while (!rest.empty()) {
      const auto slash = rest.find('\\');
      if (!append_binary(bytes, vr, trimmed(rest.substr(0, slash)), data_set.encoding().endian)) {
        return fault(element.text_at,
                     "'" + printable(rest.substr(0, slash)) + "' is no value of VR " + std::string(name(vr)));
      }
      rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
    data_set.set_bytes(*tag, vr, bytes);
  }
  return {};
}

std::string synthetic_sop_class(std::string_view kind) {
  const std::string_view keyword = kind == "CT"   ? "CTImageStorage"
                                   : kind == "MR" ? "MRImageStorage"
                                   : kind == "US" ? "UltrasoundImageStorage"
                                   : kind == "CR" ? "ComputedRadiographyImageStorage"
                                                  : "SecondaryCaptureImageStorage";
  return uid_value(keyword);
}

std::string_view synthetic_kind_for(std::string_view sop_class) {
  for (const std::string_view kind : {"CT", "MR", "US", "CR"})
    if (synthetic_sop_class(kind) == sop_class) return kind;
  return "SC";
}

namespace {

std::string_view image_type(std::string_view kind) {
  if (kind == "SC") return "DERIVED\\SECONDARY";
  if (kind == "CT") return "ORIGINAL\\PRIMARY\\AXIAL";
  return kind == "MR" ? "ORIGINAL\\PRIMARY\\OTHER" : "ORIGINAL\\PRIMARY";
}

/// What the IOD of the kind asks for beside the pixels and the names (PS3.3 A.2, A.3, A.4, A.6, A.8), of type 2 empty.
void complete_image(dataset::DataSet& image, std::string_view kind, UidSource& uids) {
  image.set_text(tags::PatientOrientation, "");
  if (kind == "SC") image.set_text(tags::ConversionType, "WSD");
  if (kind == "CR") {
    for (const auto tag : {tags::BodyPartExamined, tags::ViewPosition}) image.set_text(tag, "");
  }
  if (kind == "CT" || kind == "MR") {
    image.set_text(tags::FrameOfReferenceUID, uids.next());
    image.set_text(tags::PositionReferenceIndicator, "");
    image.set_text(tags::PatientPosition, "HFS");
    image.set_text(tags::ImagePositionPatient, "0\\0\\0");
    image.set_text(tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
    image.set_text(tags::PixelSpacing, "1\\1");
    image.set_text(tags::SliceThickness, "1");
  }
  if (kind == "CT") {
    image.set_text(tags::RescaleIntercept, "0");
    image.set_text(tags::RescaleSlope, "1");
    for (const auto tag : {tags::KVP, tags::AcquisitionNumber}) image.set_text(tag, "");
  }
  if (kind == "MR") {
    image.set_text(tags::ScanningSequence, "SE");
    image.set_text(tags::SequenceVariant, "NONE");
    for (const auto tag :
         {tags::ScanOptions, tags::MRAcquisitionType, tags::EchoTime, tags::EchoTrainLength, tags::RepetitionTime})
      image.set_text(tag, "");
  }
}

}  // namespace

dataset::DataSet synthetic_image(std::string_view kind, std::size_t pixel_bytes, dataset::Encoding encoding,
                                 std::string_view sop_instance, UidSource& uids) {
  dataset::DataSet image(encoding);
  const bool wide = kind == "CT" || kind == "MR" || kind == "CR";
  const std::size_t sample = wide ? 2 : 1;
  pixel_bytes = std::clamp<std::size_t>(pixel_bytes, sample, max_synthetic_pixels);
  // Rows and Columns are 16-bit numbers.
  std::size_t columns = 16;
  while (pixel_bytes / sample / columns > 60000) columns *= 2;
  if (pixel_bytes / sample < columns) columns = pixel_bytes / sample;
  const auto rows = std::max<std::size_t>(pixel_bytes / sample / columns, 1);

  image.set_text(tags::SOPClassUID, synthetic_sop_class(kind));
  image.set_text(tags::SOPInstanceUID, sop_instance);
  image.set_text(tags::StudyDate, "20260102");
  image.set_text(tags::StudyTime, "101500");
  image.set_text(tags::AccessionNumber, "ASSAY1");
  image.set_text(tags::Modality, kind == "SC" ? "OT" : kind);
  image.set_text(tags::Manufacturer, "Assay");
  image.set_text(tags::ReferringPhysicianName, "");
  image.set_text(tags::ImageType, image_type(kind));
  image.set_text(tags::PatientName, "Assay^Synthetic");
  image.set_text(tags::PatientID, "ASSAY-1");
  image.set_text(tags::PatientBirthDate, "19700101");
  image.set_text(tags::PatientSex, "O");
  image.set_text(tags::StudyInstanceUID, uids.next());
  image.set_text(tags::SeriesInstanceUID, uids.next());
  image.set_text(tags::StudyID, "1");
  image.set_text(tags::SeriesNumber, "1");
  image.set_text(tags::InstanceNumber, "1");
  image.set_u16(tags::SamplesPerPixel, 1);
  image.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  image.set_u16(tags::Rows, static_cast<std::uint16_t>(rows));
  image.set_u16(tags::Columns, static_cast<std::uint16_t>(columns));
  image.set_u16(tags::BitsAllocated, static_cast<std::uint16_t>(sample * 8));
  image.set_u16(tags::BitsStored, static_cast<std::uint16_t>(sample * 8));
  image.set_u16(tags::HighBit, static_cast<std::uint16_t>(sample * 8 - 1));
  image.set_u16(tags::PixelRepresentation, 0);
  complete_image(image, kind, uids);
  Bytes pixels(rows * columns * sample);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  image.set_bytes(tags::PixelData, Vr::OW, pixels);
  return image;
}

std::expected<EncodedData, BuildError> build_data_set(const Element& element, std::string_view transfer_syntax,
                                                      std::string& sop_class, std::string& sop_instance,
                                                      const BuildInput& input) {
  const auto encoding = dataset::encoding_of(transfer_syntax);
  EncodedData out;
  const auto with_modifications =
      std::ranges::any_of(element.children, [](const Element& child) { return is_modification(child.name); });
  out.wrong = with_modifications;
  dataset::DataSet content(encoding);
  const Element* model = element.child("NativeDicomModel");
  if (element.has("hex") || model != nullptr) {
    out.bytes = from_hex((model != nullptr ? *model : element).value("hex")).value_or(Bytes{});
    if (model != nullptr) {
      const auto read = dataset::decode(out.bytes, encoding);
      if (sop_class.empty()) sop_class = read.data_set.text(tags::SOPClassUID);
      if (sop_instance.empty()) sop_instance = read.data_set.text(tags::SOPInstanceUID);
    }
    if (!with_modifications) return out;
    auto root = layout::field("data-set", out.bytes);
    if (auto done = apply_modifications(root, element); !done) return std::unexpected(done.error());
    out.bytes = layout::serialise(root);
    return out;
  }
  if (element.has("file")) {
    const auto name = std::string(element.value("file"));
    const auto file = input.read_file ? input.read_file(name) : std::nullopt;
    if (!file) return fault(element.at, "the file " + name + " is not there");
    const auto part10 = dataset::parse_part10(*file);
    if (has_error(part10.problems)) return fault(element.at, name + " is no DICOM file of Part 10");
    auto read = dataset::decode_owned(to_bytes(part10.data_set), part10.encoding());
    if (sop_class.empty()) sop_class = read.data_set.text(tags::SOPClassUID);
    if (sop_instance.empty()) sop_instance = read.data_set.text(tags::SOPInstanceUID);
    const bool changed = !element.children.empty();
    if (part10.transfer_syntax_uid == transfer_syntax && !changed) {
      out.bytes = to_bytes(part10.data_set);
      return out;
    }
    if (part10.encoding().encapsulated || encoding.encapsulated) {
      return fault(element.at, name + " is in " + std::string(dict::uid_name(part10.transfer_syntax_uid)) +
                                   " and cannot be turned into " + std::string(dict::uid_name(transfer_syntax)));
    }
    content = std::move(read.data_set);
  } else if (element.has("synthetic")) {
    if (encoding.encapsulated) {
      return fault(element.at, "a synthetic image cannot be made in " + std::string(dict::uid_name(transfer_syntax)));
    }
    if (sop_instance.empty()) sop_instance = input.uids->next();
    const auto size = number_from(element.value("size")).value_or(512);
    const auto kind = element.value("synthetic");
    if (sop_class.empty()) sop_class = synthetic_sop_class(kind);
    content = synthetic_image(kind, static_cast<std::size_t>(std::max<std::int64_t>(size, 1)), encoding, sop_instance,
                              *input.uids);
    content.set_text(tags::SOPClassUID, sop_class);
  }
  if (auto done = set_elements(content, element); !done) return std::unexpected(done.error());
  if (!with_modifications) {
    out.bytes = dataset::encode(content, encoding);
  } else {
    auto root = dataset::to_layout(content, encoding);
    if (auto done = apply_modifications(root, element); !done) return std::unexpected(done.error());
    out.bytes = layout::serialise(root);
  }
  if (encoding.deflated) out.bytes = dataset::deflate(out.bytes);  // PS3.5 A.5: the whole Data Set is one stream
  return out;
}

}  // namespace assay::scenario
