#include "harness/dataset/guess_foreign.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace assay::dataset {

namespace {

struct Format {
  std::size_t offset;
  std::string_view magic;  // hex
  std::string_view what;
  std::string_view next;
};

constexpr Format formats[] = {
#define ASSAY_FOREIGN(offset, magic, what, next) {offset, magic, what, next},
#include "harness/dataset/foreign_formats.inc"
#undef ASSAY_FOREIGN
};

constexpr std::uint8_t nibble(char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

bool matches(const Format& format, ByteView file) {
  const std::size_t size = format.magic.size() / 2;
  if (file.size() < format.offset + size) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(nibble(format.magic[2 * i]) << 4 | nibble(format.magic[2 * i + 1]));
    if (file[format.offset + i] != byte) return false;
  }
  return true;
}

std::string_view skip_space(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

// PS3.8 9.3.1: a type from 1 to 7, a zero byte, a length that fits what follows or a usual PDU.
bool is_pdu_stream(ByteView file) {
  if (file.size() < 10 || file[0] < 1 || file[0] > 7 || file[1] != 0) return false;
  const auto length = load<std::uint32_t>(file.data() + 2, Endian::big);
  switch (file[0]) {
    case 1:
    case 2: return length >= 68 && length < (1U << 20) && load<std::uint16_t>(file.data() + 6, Endian::big) == 1;
    case 4: {
      const auto pdv = load<std::uint32_t>(file.data() + 6, Endian::big);
      return length >= 6 && pdv >= 2 && pdv <= length - 4;
    }
    default: return length == 4;
  }
}

// PS3.7 6.3.1: implicit little endian, the group length first.
bool is_command_set(ByteView file) {
  if (file.size() < 20) return false;
  const bool group_length = load<std::uint32_t>(file.data(), Endian::little) == 0 &&
                            load<std::uint32_t>(file.data() + 4, Endian::little) == 4;
  return group_length && load<std::uint16_t>(file.data() + 12, Endian::little) == 0 &&
         load<std::uint16_t>(file.data() + 14, Endian::little) != 0;
}

// RFC 5652 3: a SEQUENCE, its length in any form, then the OBJECT IDENTIFIER 1.2.840.113549.1.7.n of the content.
bool is_cms(ByteView file) {
  constexpr std::uint8_t identifier[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07};
  if (file.size() < 2 || file[0] != 0x30) return false;
  const std::size_t length_bytes = file[1] <= 0x80 ? 0 : file[1] & 0x7fU;
  return length_bytes <= 8 && file.size() >= 2 + length_bytes + std::size(identifier) &&
         std::equal(std::begin(identifier), std::end(identifier),
                    file.begin() + static_cast<std::ptrdiff_t>(2 + length_bytes));
}

bool is_text(std::string_view head) {
  std::size_t odd = 0;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return false;
    if ((byte < 0x20 && c != '\t' && c != '\r' && c != '\n' && c != '\f' && c != 0x1b) || byte == 0x7f) ++odd;
  }
  return odd * 50 <= head.size();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Foreign name_text(std::string_view head) {
  const auto text = skip_space(head);
  const std::string_view to_dicom = "convert it to DICOM with assay convert";
  if (contains(text, "<NativeDicomModel")) return {"a Data Set as native XML (PS3.19)", std::string(to_dicom)};
  if ((text.starts_with('{') || text.starts_with('[')) && contains(text, "\"vr\""))
    return {"a Data Set as JSON (PS3.18 F)", std::string(to_dicom)};
  if (text.starts_with('{') || text.starts_with('[')) return {"a JSON text", "look for the objects that it describes"};
  std::string lower(text.substr(0, 512));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower.starts_with("<!doctype html") || lower.starts_with("<html"))
    return {"an HTML page", "check the address it was fetched from: this may be an error page of the server"};
  if (lower.starts_with("http/1.") || lower.starts_with("http/2"))
    return {"an HTTP response", "cut off its header and probe what follows"};
  if (lower.starts_with("--") && contains(lower, "content-type:"))
    return {"a multipart message", "take its parts out and probe them"};
  if (lower.starts_with("<?xml") || lower.starts_with('<'))
    return {"an XML document", "look for the objects beside it"};
  if (contains(text, "# Dicom-File-Format") || contains(text, "# Dicom-Meta-Information-Header"))
    return {"a dump of a DICOM file as text", "make a file of it with dump2dcm, or ask for the file itself"};
  return {"a text", "look for the objects beside it"};
}

}  // namespace

std::optional<Foreign> foreign_by_magic(ByteView file) {
  for (const auto& format : formats)
    if (matches(format, file)) return Foreign{std::string(format.what), std::string(format.next)};
  return std::nullopt;
}

Foreign name_foreign(ByteView file) {
  if (file.empty()) return {"an empty file", "transfer it again"};
  if (auto found = foreign_by_magic(file)) return *found;
  if (is_command_set(file)) return {"a DIMSE Command Set", "look for the Data Set that came with it"};
  if (is_cms(file))
    return {"a CMS envelope (a Secure DICOM File, PS3.15)",
            "have it decrypted by who holds the key; it is no Data Set"};
  if (is_pdu_stream(file)) return {"captured PDUs of an association", "give it to a capture analysis"};
  const auto head = as_text(file.first(std::min<std::size_t>(file.size(), 4096)));
  if (std::all_of(file.begin(), file.end(), [](std::uint8_t byte) { return byte == 0; }))
    return {"nothing but zero bytes", "transfer it again: the copy lost its content"};
  if (head.size() >= 4 && (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")))
    return {"a text in UTF-16", "look for the objects beside it"};
  if (is_text(head)) return name_text(head);
  if (file.size() < 132)
    return {"a file of " + std::to_string(file.size()) + " bytes, too short for a DICOM file", "transfer it again"};
  return {"a file of an unknown kind", "ask where it comes from; it may be encrypted, compressed or damaged"};
}

}  // namespace assay::dataset
