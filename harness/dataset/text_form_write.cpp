// Data Set to text form. Tests: tests/unit/dataset/text_form_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dataset/edit_value.hpp"
#include "harness/dataset/text_form.hpp"
#include "harness/dataset/text_form_parts.hpp"

namespace assay::dataset {

namespace {

// Deeper levels are not indented further: a line of a million blanks helps nobody.
constexpr std::size_t deepest_indent = 40;

class Writer {
 public:
  Writer(const DataSet& data_set, const LineSink& sink) : data_set_(data_set), sink_(sink) {}

  void run() {
    const auto& nodes = data_set_.nodes();
    const Encoding encoding = data_set_.encoding();
    levels_.push_back({static_cast<std::uint32_t>(nodes.size()), encoding.explicit_vr, encoding.endian});
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      close_until(i);
      const Node& node = nodes[i];
      switch (node.kind) {
        case NodeKind::element: element(node); break;
        case NodeKind::fragment:
          begin();
          put("fragment");
          header_of(node, node.value.size());
          if (!node.value.empty()) put(" hex " + to_hex(node.value));
          finish();
          break;
        default: container(i); break;
      }
    }
    close_until(static_cast<std::uint32_t>(nodes.size()));
  }

 private:
  struct Open {
    std::uint32_t end;
    bool explicit_vr;
    Endian endian;
  };

  void put(std::string_view text) { line_.append(text); }
  void begin() {
    line_.clear();
    line_.append(std::string(2 * std::min(levels_.size() - 1, deepest_indent), ' '));
  }
  void finish() {
    line_.push_back('\n');
    sink_({line_.data(), line_.size()});
  }
  void close_until(std::uint32_t index) {
    while (levels_.size() > 1 && levels_.back().end <= index) {
      levels_.pop_back();
      begin();
      put("}");
      finish();
    }
  }

  // Says what the header is where it is not the one that the rest of the line yields.
  void header_of(const Node& node, std::size_t content) {
    const Open& level = levels_.back();
    const ByteView raw = data_set_.raw(node).first(header_size_);
    const auto same = [&](std::uint64_t length) {
      const auto made = text_form::header(node.tag, node.vr, length, level.explicit_vr, level.endian);
      return made && std::equal(made->begin(), made->end(), raw.begin(), raw.end());
    };
    const bool undefined = node.length == undefined_length;
    if (undefined) put(" undefined");
    if (same(undefined ? undefined_length : content)) return;
    if (!undefined && same(node.length))
      put(fmt::format(" length={}", node.length));
    else
      put(" header=" + to_hex(raw));
  }

  void element(const Node& node) {
    begin();
    if (node.vr == Vr::none) {
      put("bytes ");
      put(to_hex(node.value));
      return finish();
    }
    put(fmt::format("{} {}", to_string(node.tag), name(node.vr)));
    header_size_ = data_set_.raw(node).size() - node.value.size();
    header_of(node, node.value.size());
    if (!node.value.empty()) value(node);
    comment(node.tag);
    finish();
  }

  void value(const Node& node) {
    if (const auto numbers = number_text(node.vr, node.value, levels_.back().endian)) return put(" " + *numbers);
    if (!is_text(node.vr)) return put(" hex " + to_hex(node.value));
    auto text = as_text(node.value);
    if (text.size() % 2 != 0)
      put(" nopad");
    else if (static_cast<std::uint8_t>(text.back()) == padding(node.vr))
      text.remove_suffix(1);
    put(" \"");
    while (!text.empty()) {
      bool plain = false;
      const auto size = utf8_character(text, plain);
      const char c = text.front();
      if (size == 0 || !plain) {
        const auto bytes = text.substr(0, std::max<std::size_t>(size, 1));
        for (const char b : bytes) put(fmt::format("\\x{:02x}", static_cast<unsigned char>(b)));
        text.remove_prefix(bytes.size());
        continue;
      }
      if (c == '"' || c == '\\') line_.push_back('\\');
      put(text.substr(0, size));
      text.remove_prefix(size);
    }
    put("\"");
  }

  void container(std::uint32_t index) {
    const auto& nodes = data_set_.nodes();
    const Node& node = nodes[index];
    const ByteView raw = data_set_.raw(node);
    std::uint64_t content_end = 0;
    if (node.end > index + 1) {
      header_size_ = static_cast<std::size_t>(nodes[index + 1].offset - node.offset);
      for (std::uint32_t i = index + 1; i < node.end; i = nodes[i].end) content_end = nodes[i].end_offset - node.offset;
    } else {
      header_size_ = raw.size() >= 16 ? raw.size() - 8 : raw.size();
      content_end = header_size_;
    }
    begin();
    const bool item = node.kind == NodeKind::item;
    put(item ? std::string("item") : fmt::format("{} {}", to_string(node.tag), name(node.vr)));
    header_of(node, static_cast<std::size_t>(content_end) - header_size_);
    const ByteView trailer = raw.subspan(static_cast<std::size_t>(content_end));
    const Open& level = levels_.back();
    const bool undefined = node.length == undefined_length;
    const bool inner_little = node.kind == NodeKind::sequence && node.vr == Vr::UN;
    const Endian endian = inner_little ? Endian::little : level.endian;
    const Bytes usual = undefined ? text_form::delimiter(item, endian) : Bytes();
    if (trailer.empty() && undefined)
      put(" end=none");
    else if (!std::equal(trailer.begin(), trailer.end(), usual.begin(), usual.end()))
      put(" end=" + to_hex(trailer));
    if (node.kind == NodeKind::fragments) put(" fragments");
    put(" {");
    if (!item) comment(node.tag);
    finish();
    levels_.push_back({node.end, level.explicit_vr && !inner_little, endian});
    header_size_ = 8;  // of fragments
  }

  void comment(Tag tag) {
    if (const auto keyword = dict::keyword(tag); !keyword.empty()) put(fmt::format("  # {}", keyword));
  }

  const DataSet& data_set_;
  const LineSink& sink_;
  std::vector<Open> levels_;
  fmt::memory_buffer line_;
  std::size_t header_size_ = 8;
};

std::string_view encoding_word(Encoding encoding) {
  if (!encoding.explicit_vr) return encoding.endian == Endian::big ? "implicit-be" : "implicit-le";
  return encoding.endian == Endian::big ? "explicit-be" : "explicit-le";
}

std::uint64_t end_of(const DataSet& data_set, std::uint64_t start) {
  const auto& nodes = data_set.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) start = nodes[i].end_offset;
  return start;
}

void bytes_line(ByteView bytes, const LineSink& sink) {
  if (!bytes.empty()) sink("bytes " + to_hex(bytes) + "\n");
}

}  // namespace

namespace text_form {

std::optional<Bytes> header(Tag tag, Vr vr, std::uint64_t length, bool explicit_vr, Endian endian) {
  Bytes out;
  store(out, tag.group, endian);
  store(out, tag.element, endian);
  if (explicit_vr && vr != Vr::none) {
    append(out, name(vr));
    if (!has_long_length(vr)) {
      if (length > 0xffff) return std::nullopt;
      store(out, static_cast<std::uint16_t>(length), endian);
      return out;
    }
    store(out, std::uint16_t{0}, endian);
  }
  if (length > 0xffffffffU) return std::nullopt;
  store(out, static_cast<std::uint32_t>(length), endian);
  return out;
}

Bytes delimiter(bool item, Endian endian) {
  return *header(Tag(0xfffe, item ? 0xe00d : 0xe0dd), Vr::none, 0, false, endian);
}

}  // namespace text_form

void text_form_lines(const DataSet& data_set, const LineSink& sink) {
  const auto& nodes = data_set.nodes();
  const bool read = std::none_of(nodes.begin(), nodes.end(), [](const Node& n) { return n.offset == no_offset; });
  if (read) return Writer(data_set, sink).run();
  DecodeOptions options;
  options.max_depth = std::size_t{1} << 24;
  const auto again = decode_owned(rewrite(data_set), data_set.encoding(), options);
  Writer(again.data_set, sink).run();
}

std::string to_text_form(const DataSet& data_set) {
  std::string text;
  text_form_lines(data_set, [&](std::string_view line) { text += line; });
  return text;
}

void file_text_form(const DicomFile& file, const LineSink& sink) {
  sink("assay-text-form 1\n");
  const bool has_meta = !file.meta.empty();
  const auto start = has_meta ? file.meta.nodes().front().offset : file.data_set_offset;
  const ByteView front = file.bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(start, file.bytes.size())));
  if (front.size() == 132 && as_text(front.subspan(128)) == "DICM") {
    const auto preamble = front.first(128);
    const bool zero = std::all_of(preamble.begin(), preamble.end(), [](std::uint8_t b) { return b == 0; });
    sink("preamble " + (zero ? std::string("zero") : to_hex(preamble)) + "\n");
  } else {
    bytes_line(front, sink);
  }
  if (has_meta) {
    sink(fmt::format("encoding {}\n", encoding_word(file.meta.encoding())));
    text_form_lines(file.meta, sink);
    const auto end = end_of(file.meta, start);
    if (end < file.data_set_offset)
      bytes_line(
          file.bytes.subspan(static_cast<std::size_t>(end), static_cast<std::size_t>(file.data_set_offset - end)),
          sink);
  }
  sink(fmt::format("encoding {}\n", file.inflated ? "deflated" : encoding_word(file.data_set.encoding())));
  text_form_lines(file.data_set, sink);
  const auto first = file.data_set.empty() ? file.data_set_offset : file.data_set.nodes().front().offset;
  const auto end = end_of(file.data_set, first);
  if (file.inflated)
    bytes_line(ByteView(*file.inflated).subspan(static_cast<std::size_t>(end - first)), sink);
  else if (end < file.bytes.size())
    bytes_line(file.bytes.subspan(static_cast<std::size_t>(end)), sink);
}

}  // namespace assay::dataset
