// Attributes of print objects. Tests: tests/unit/service/print_test.cpp
#include "harness/service/print_attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "harness/dict/dict.hpp"
#include "harness/service/print_layout.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t invalid_value = 0x0106;
constexpr std::uint16_t list_error = 0x0107;
constexpr std::uint16_t out_of_range = 0x0116;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t missing_value = 0x0121;
constexpr std::uint16_t no_memory_allocation = 0xb600;
constexpr std::uint16_t density_outside = 0xb605;

enum class Kind : std::uint8_t {
  terms,
  bin,
  count,
  memory,
  text,
  format,
  film,
  density_term,
  density,
  number,
  size,
  sequence,
  bytes
};
enum class When : std::uint8_t { create, set, both, mandatory, mandatory_in_set };

struct Rule {
  PrintObject object;
  Tag tag;
  When when;
  Kind kind;
  std::string_view terms;     // with bars between
  std::string_view fallback;  // what a new object has; empty = nothing
};

using enum PrintObject;
/// PS3.4 Tables H.4-1, H.4-2, H.4-6, H.4-7, H.4-10, H.4-12, H.4-19 and H.4-24.
constexpr std::array rules{
    Rule{film_session, tags::NumberOfCopies, When::both, Kind::count, "", "1"},
    Rule{film_session, tags::PrintPriority, When::both, Kind::terms, "HIGH|MED|LOW", "MED"},
    Rule{film_session, tags::MediumType, When::both, Kind::terms,
         "PAPER|CLEAR FILM|BLUE FILM|MAMMO CLEAR FILM|MAMMO BLUE FILM", "BLUE FILM"},
    Rule{film_session, tags::FilmDestination, When::both, Kind::bin, "MAGAZINE|PROCESSOR", "MAGAZINE"},
    Rule{film_session, tags::FilmSessionLabel, When::both, Kind::text, "", ""},
    Rule{film_session, tags::MemoryAllocation, When::both, Kind::memory, "", ""},
    Rule{film_session, tags::OwnerID, When::both, Kind::text, "", ""},
    Rule{film_box, tags::ImageDisplayFormat, When::mandatory, Kind::format, "", ""},
    Rule{film_box, tags::ReferencedFilmSessionSequence, When::mandatory, Kind::sequence, "", ""},
    Rule{film_box, tags::ReferencedImageBoxSequence, When::create, Kind::sequence, "", ""},
    Rule{film_box, tags::ReferencedBasicAnnotationBoxSequence, When::create, Kind::sequence, "", ""},
    Rule{film_box, tags::FilmOrientation, When::create, Kind::terms, "PORTRAIT|LANDSCAPE", "PORTRAIT"},
    Rule{film_box, tags::FilmSizeID, When::create, Kind::film, "", "14INX17IN"},
    Rule{film_box, tags::MagnificationType, When::both, Kind::terms, "REPLICATE|BILINEAR|CUBIC|NONE", "CUBIC"},
    Rule{film_box, tags::MaxDensity, When::both, Kind::density, "", "300"},
    Rule{film_box, tags::MinDensity, When::both, Kind::density, "", "20"},
    Rule{film_box, tags::ConfigurationInformation, When::both, Kind::text, "", ""},
    Rule{film_box, tags::ReferencedPresentationLUTSequence, When::both, Kind::sequence, "", ""},
    Rule{film_box, tags::AnnotationDisplayFormatID, When::create, Kind::text, "", ""},
    Rule{film_box, tags::SmoothingType, When::both, Kind::text, "", ""},
    Rule{film_box, tags::BorderDensity, When::both, Kind::density_term, "", "BLACK"},
    Rule{film_box, tags::EmptyImageDensity, When::both, Kind::density_term, "", "BLACK"},
    Rule{film_box, tags::Trim, When::both, Kind::terms, "YES|NO", "NO"},
    Rule{film_box, tags::Illumination, When::both, Kind::number, "", ""},
    Rule{film_box, tags::ReflectedAmbientLight, When::both, Kind::number, "", ""},
    Rule{film_box, tags::RequestedResolutionID, When::create, Kind::terms, "STANDARD|HIGH", ""},
    Rule{film_box, tags::ICCProfile, When::both, Kind::bytes, "", ""},
    Rule{image_box, tags::ImageBoxPosition, When::mandatory_in_set, Kind::number, "", ""},
    Rule{image_box, tags::BasicGrayscaleImageSequence, When::set, Kind::sequence, "", ""},
    Rule{image_box, tags::BasicColorImageSequence, When::set, Kind::sequence, "", ""},
    Rule{image_box, tags::Polarity, When::set, Kind::terms, "NORMAL|REVERSE", ""},
    Rule{image_box, tags::MagnificationType, When::set, Kind::terms, "REPLICATE|BILINEAR|CUBIC|NONE", ""},
    Rule{image_box, tags::SmoothingType, When::set, Kind::text, "", ""},
    Rule{image_box, tags::MinDensity, When::set, Kind::density, "", ""},
    Rule{image_box, tags::MaxDensity, When::set, Kind::density, "", ""},
    Rule{image_box, tags::ConfigurationInformation, When::set, Kind::text, "", ""},
    Rule{image_box, tags::RequestedImageSize, When::set, Kind::size, "", ""},
    Rule{image_box, tags::RequestedDecimateCropBehavior, When::set, Kind::terms, "DECIMATE|CROP|FAIL", ""},
    Rule{image_box, tags::ReferencedPresentationLUTSequence, When::set, Kind::sequence, "", ""},
    Rule{annotation_box, tags::AnnotationPosition, When::mandatory_in_set, Kind::number, "", ""},
    Rule{annotation_box, tags::TextString, When::set, Kind::text, "", ""},
    Rule{presentation_lut, tags::PresentationLUTSequence, When::create, Kind::sequence, "", ""},
    Rule{presentation_lut, tags::PresentationLUTShape, When::create, Kind::terms, "IDENTITY|LIN OD", ""},
};

bool among(std::string_view terms, std::string_view value) {
  while (!terms.empty()) {
    const auto bar = terms.find('|');
    if (terms.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    terms.remove_prefix(bar + 1);
  }
  return false;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A bin of the sorter: numbered from 1, without leading zeros (PS3.3 C.13.1), as many as this printer has.
bool is_bin(std::string_view text) {
  constexpr unsigned bins = 20;
  constexpr std::string_view prefix = "BIN_";
  if (!text.starts_with(prefix) || text.substr(prefix.size()).starts_with('0')) return false;
  const auto bin = number<unsigned>(text.substr(prefix.size()));
  return bin && *bin <= bins;
}

/// What is wrong with a value that is there: 0, or a status.
std::uint16_t judge(const Rule& rule, const dataset::Level& level, DensityRange range) {
  const auto text = level.text(rule.tag);
  switch (rule.kind) {
    case Kind::terms: return among(rule.terms, text) ? 0 : out_of_range;
    case Kind::bin: return among(rule.terms, text) || is_bin(text) ? 0 : out_of_range;
    case Kind::count: {
      const auto value = number<int>(text);
      if (!value || *value < 1) return invalid_value;
      return *value > 99 ? out_of_range : 0;
    }
    case Kind::memory: return number<unsigned>(text) ? no_memory_allocation : invalid_value;
    case Kind::format: return image_boxes(text) ? 0 : invalid_value;
    case Kind::film: return film_size(text) ? 0 : out_of_range;
    case Kind::density_term:
      return text == "BLACK" || text == "WHITE" || number<std::uint16_t>(text) ? 0 : out_of_range;
    case Kind::density: {
      const auto value = level.u16(rule.tag);
      if (!value) return invalid_value;
      return *value < range.min || *value > range.max ? density_outside : 0;
    }
    case Kind::number: return level.u16(rule.tag) ? 0 : invalid_value;
    case Kind::size: {
      const auto value = number<double>(text);
      return value && *value > 0 && *value < 10'000 ? 0 : invalid_value;
    }
    case Kind::text:
    case Kind::sequence:
    case Kind::bytes: return 0;
  }
  return 0;
}

void set(dataset::DataSet& into, const Rule& rule, const dataset::Level& level, const dataset::Node& node) {
  if (rule.kind == Kind::density || rule.kind == Kind::number)
    into.set_u16(rule.tag, level.u16(rule.tag).value_or(0));
  else if (rule.kind != Kind::sequence && rule.kind != Kind::bytes)
    into.set_text(rule.tag, level.text(node.tag));
}

bool allowed(const Rule& rule, bool create) {
  switch (rule.when) {
    case When::create:
    case When::mandatory: return create;
    case When::set:
    case When::mandatory_in_set: return !create;
    case When::both: return true;
  }
  return false;
}

/// Whether an element says nothing of the object itself.
bool beside(Tag tag) { return tag.element == 0 || tag == tags::SpecificCharacterSet; }

}  // namespace

AttributesTaken take_attributes(PrintObject object, bool create, const dataset::DataSet& given, DensityRange range,
                                dataset::DataSet& into) {
  AttributesTaken out;
  const auto fail = [&](std::uint16_t status, Tag tag, std::string_view why) {
    out.status = status;
    out.offending = tag;
    out.comment = std::string(dict::keyword(tag)) + std::string(why);
    out.list.clear();
    return out;
  };
  const auto warn = [&](std::uint16_t status, Tag tag, std::string_view why) {
    if (status == list_error || status == out_of_range) out.list.push_back(tag);
    // The first that tells of a value goes before one that tells of an attribute nobody knows.
    if (out.status != 0 && (out.status != list_error || status == list_error)) return;
    out.status = status;
    out.offending = tag;
    out.comment = std::string(dict::keyword(tag)) + std::string(why);
  };
  const auto level = given.root();
  dataset::DataSet next = into;
  for (const auto& rule : rules) {
    if (rule.object != object) continue;
    if (create && !rule.fallback.empty()) {
      if (rule.kind == Kind::density)
        next.set_u16(rule.tag, number<std::uint16_t>(rule.fallback).value_or(0));
      else
        next.set_text(rule.tag, rule.fallback);
    }
    const auto* node = level.find(rule.tag);
    const bool needed = create ? rule.when == When::mandatory : rule.when == When::mandatory_in_set;
    if (node == nullptr) {
      if (needed) return fail(missing_attribute, rule.tag, " is missing");
      continue;
    }
    if (!allowed(rule, create)) continue;  // told of below
    const bool has_value =
        rule.kind == Kind::sequence ? !level.items(rule.tag).empty() || !needed : !node->value.empty();
    if (!has_value) {
      if (needed) return fail(missing_value, rule.tag, " has no value");
      continue;
    }
    const auto status = judge(rule, level, range);
    if (status == invalid_value) return fail(status, rule.tag, " has a value that cannot be");
    if (status == density_outside) {
      next.set_u16(rule.tag, std::clamp(level.u16(rule.tag).value_or(0), range.min, range.max));
      warn(status, rule.tag, " is outside of what the printer can do");
    } else if (status == out_of_range) {
      warn(status, rule.tag, " has a value that is not known here");
    } else {
      set(next, rule, level, *node);
      if (status != 0) warn(status, rule.tag, " is not supported");
    }
  }
  for (const auto* node : level.elements()) {
    const bool known = std::ranges::any_of(rules, [&](const Rule& rule) {
      return rule.object == object && rule.tag == node->tag && allowed(rule, create);
    });
    if (!known && !beside(node->tag)) warn(list_error, node->tag, " is not known here");
  }
  into = std::move(next);
  return out;
}

}  // namespace assay::service
