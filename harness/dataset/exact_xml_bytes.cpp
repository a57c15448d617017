#include "harness/dataset/exact_xml_bytes.hpp"

#include "harness/dataset/form_value.hpp"

namespace assay::dataset {

std::string_view name_in_xml(Encoding encoding) {
  if (encoding.endian == Endian::big) return encoding.explicit_vr ? "explicit-be" : "implicit-be";
  return encoding.explicit_vr ? "explicit-le" : "implicit-le";
}

std::optional<ExactContext> context_named(std::string_view name) {
  for (const bool explicit_vr : {true, false})
    for (const Endian endian : {Endian::little, Endian::big})
      if (name == name_in_xml({explicit_vr, endian, false, false})) return ExactContext{explicit_vr, endian};
  return std::nullopt;
}

void put_exact_header(Bytes& out, Tag tag, Vr vr, std::uint32_t length, ExactContext context) {
  store(out, tag.group, context.endian);
  store(out, tag.element, context.endian);
  if (!context.explicit_vr || vr == Vr::none || tag.group == 0xfffe) return store(out, length, context.endian);
  out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(vr) >> 8));
  out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(vr) & 0xffU));
  if (!has_long_length(vr)) return store(out, static_cast<std::uint16_t>(length & 0xffffU), context.endian);
  out.insert(out.end(), 2, 0);
  store(out, length, context.endian);
}

std::expected<Bytes, std::string> exact_value(Vr vr, const std::vector<std::string>& values, Endian endian) {
  Bytes bytes;
  if (values.empty()) return bytes;
  if (!is_text(vr)) {
    auto numbers = bytes_from_numbers(vr, values);
    if (!numbers) return std::unexpected(numbers.error() + " is no value of VR " + std::string(name(vr)));
    return little_endian(*numbers, vr, endian);  // turning is its own inverse
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) bytes.push_back('\\');
    append(bytes, values[i]);
  }
  return bytes;
}

Bytes usual_padding(Vr vr, std::size_t length) { return is_text(vr) && length % 2 != 0 ? Bytes{padding(vr)} : Bytes{}; }

}  // namespace assay::dataset
