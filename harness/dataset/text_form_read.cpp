// Text form to bytes: line by line, with a stack of open containers. Tests: tests/unit/dataset/text_form_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/edit_value.hpp"
#include "harness/dataset/text_form.hpp"
#include "harness/dataset/text_form_parts.hpp"

namespace assay::dataset {

namespace {

class Reader {
 public:
  Reader(std::string_view text, Encoding encoding) : text_(text) { set_encoding(encoding); }

  std::expected<Bytes, TextFormError> run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const auto end = std::min(text_.find('\n', at), text_.size());
      line_ = text_.substr(at, end - at);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      at = end + 1;
      ++number_;
      at_ = 0;
      if (!line()) return std::unexpected(error_);
    }
    if (!open_.empty()) {
      error_ = {open_.back().line, 1, "this '{' is never closed by '}'"};
      return std::unexpected(error_);
    }
    if (deflated_from_) {
      const Bytes packed = deflate(ByteView(out_).subspan(*deflated_from_));
      out_.resize(*deflated_from_);
      append(out_, packed);
    }
    return std::move(out_);
  }

 private:
  enum class Holds : std::uint8_t { elements, items, fragments };

  struct Open {
    std::size_t line;
    std::size_t content;       // where it starts
    bool computed;             // the length is filled in at the end
    std::optional<Bytes> end;  // bytes behind the content; none: the usual delimiter of an undefined length
    bool undefined;
    bool item;
    Holds holds;
    bool explicit_vr;  // inside
    Endian endian;
    bool outer_explicit;
    Endian outer_endian;
  };

  // What may stand between the name of a line and its value.
  struct Words {
    bool undefined = false;
    bool fragments = false;
    bool no_padding = false;
    bool opens = false;
    std::optional<std::uint32_t> length;
    std::optional<Bytes> header;
    std::optional<Bytes> end;
  };

  bool fail(std::size_t at, std::string message) {
    error_ = {number_, at + 1, std::move(message)};
    return false;
  }

  void set_encoding(Encoding encoding) {
    explicit_ = encoding.explicit_vr;
    endian_ = encoding.endian;
  }

  void blanks() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t')) ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ >= line_.size() || line_[at_] == '#'; }
  [[nodiscard]] std::string_view peek_word() const {
    auto end = at_;
    while (end < line_.size() && line_[end] != ' ' && line_[end] != '\t') ++end;
    return line_.substr(at_, end - at_);
  }
  std::string_view word() {
    blanks();
    const auto text = peek_word();
    at_ += text.size();
    return text;
  }
  bool nothing_more() {
    blanks();
    return at_end() || fail(at_, fmt::format("'{}' is too much here", printable(peek_word())));
  }

  bool hex_word(Bytes& bytes) {
    blanks();
    const auto start = at_;
    const auto digits = word();
    const auto read = digits.find('#') == std::string_view::npos ? from_hex(digits) : std::nullopt;
    if (!read) return fail(start, "pairs of hexadecimal digits are expected here");
    bytes = *read;
    return true;
  }

  bool line() {
    blanks();
    if (at_end()) return true;
    const auto start = at_;
    if (line_[at_] == '(') return element();
    const auto first = word();
    if (first == "}") return close(start);
    if (first == "item") return item(start);
    if (first == "fragment") return fragment(start);
    if (first == "bytes") {
      Bytes bytes;
      if (!hex_word(bytes)) return false;
      append(out_, bytes);
      return nothing_more();
    }
    if (first == "encoding") return encoding();
    if (first == "preamble") return preamble();
    if (first == "assay-text-form") {
      blanks();
      const auto version_at = at_;
      if (word() != "1") return fail(version_at, "only version 1 of the text form is known");
      return nothing_more();
    }
    return fail(start, fmt::format("'{}' begins no line: (gggg,eeee), item, fragment, bytes, encoding, preamble or }} "
                                   "is expected",
                                   printable(first.substr(0, 40))));
  }

  bool preamble() {
    blanks();
    const auto start = at_;
    if (!out_.empty()) return fail(start, "the preamble stands at the start of a file");
    Bytes bytes(128, 0);
    if (peek_word() == "zero")
      word();
    else if (!hex_word(bytes))
      return false;
    if (bytes.size() != 128) return fail(start, "the preamble has 128 bytes: zero, or 256 digits");
    append(out_, bytes);
    append(out_, "DICM");
    return nothing_more();
  }

  bool encoding() {
    blanks();
    const auto start = at_;
    if (!open_.empty()) return fail(start, "the encoding cannot change inside a sequence");
    const auto which = word();
    if (which == "implicit-le") {
      set_encoding(implicit_le);
    } else if (which == "explicit-le") {
      set_encoding(explicit_le);
    } else if (which == "explicit-be") {
      set_encoding(explicit_be);
    } else if (which == "implicit-be") {  // no Transfer Syntax, but found in files whose meta group is written so
      set_encoding({false, Endian::big, false, false});
    } else if (which == "deflated") {
      set_encoding(explicit_le);
      if (!deflated_from_) deflated_from_ = out_.size();
    } else {
      return fail(start, "implicit-le, explicit-le, explicit-be, implicit-be or deflated is expected");
    }
    return nothing_more();
  }

  bool words(Words& words) {
    while (true) {
      blanks();
      if (at_end()) return true;
      const auto start = at_;
      const auto text = peek_word();
      const auto value_of = [&](std::string_view name) { return text.substr(name.size()); };
      if (text == "{") {
        at_ += 1;
        words.opens = true;
        return nothing_more();
      }
      if (text == "undefined") {
        words.undefined = true;
      } else if (text == "fragments") {
        words.fragments = true;
      } else if (text == "nopad") {
        words.no_padding = true;
      } else if (text.starts_with("length=")) {
        std::uint32_t length = 0;
        const auto digits = value_of("length=");
        const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (wrong != std::errc() || end != digits.data() + digits.size())
          return fail(start, "a length from 0 to 4294967295 is expected");
        words.length = length;
      } else if (text.starts_with("header=")) {
        words.header = from_hex(value_of("header="));
        if (!words.header) return fail(start, "header= is followed by pairs of hexadecimal digits");
      } else if (text == "end=none") {
        words.end = Bytes();
      } else if (text.starts_with("end=")) {
        words.end = from_hex(value_of("end="));
        if (!words.end) return fail(start, "end= is followed by none or pairs of hexadecimal digits");
      } else {
        return true;
      }
      at_ += text.size();
    }
  }

  bool open(std::size_t start, Tag tag, Vr vr, const Words& words, Holds holds) {
    Open level{.line = number_,
               .content = 0,
               .computed = !words.undefined && !words.length && !words.header,
               .end = words.end,
               .undefined = words.undefined,
               .item = holds == Holds::elements,
               .holds = holds,
               .explicit_vr = explicit_,
               .endian = endian_,
               .outer_explicit = explicit_,
               .outer_endian = endian_};
    if (words.header) {
      append(out_, *words.header);
    } else {
      const auto length = words.undefined ? undefined_length : words.length.value_or(0);
      const bool short_field = explicit_ && vr != Vr::none && !has_long_length(vr);
      if (short_field) return fail(start, fmt::format("{} holds no items", name(vr)));
      append(out_, *text_form::header(tag, vr, length, explicit_, endian_));
    }
    if (vr == Vr::UN && holds == Holds::items) {  // content in implicit VR little endian (PS3.5 6.2.2)
      level.explicit_vr = false;
      level.endian = Endian::little;
    }
    level.content = out_.size();
    explicit_ = level.explicit_vr;
    endian_ = level.endian;
    open_.push_back(std::move(level));
    return true;
  }

  bool close(std::size_t start) {
    if (open_.empty()) return fail(start, "'}' without '{'");
    Open done = std::move(open_.back());
    open_.pop_back();
    const std::size_t size = out_.size() - done.content;
    if (done.computed) {
      if (size >= undefined_length) return fail(start, "the content is too long for a defined length");
      Bytes length;
      store(length, static_cast<std::uint32_t>(size), done.outer_endian);
      std::copy(length.begin(), length.end(), out_.begin() + static_cast<std::ptrdiff_t>(done.content) - 4);
    }
    if (done.end)
      append(out_, *done.end);
    else if (done.undefined)
      append(out_, text_form::delimiter(done.item, done.endian));
    explicit_ = done.outer_explicit;
    endian_ = done.outer_endian;
    return nothing_more();
  }

  bool item(std::size_t start) {
    if (open_.empty() || open_.back().holds != Holds::items) return fail(start, "an item can only stand in a sequence");
    Words all;
    if (!words(all)) return false;
    if (!all.opens) return fail(at_, "'{' is expected");
    return open(start, Tag(0xfffe, 0xe000), Vr::none, all, Holds::elements);
  }

  bool fragment(std::size_t start) {
    if (open_.empty() || open_.back().holds != Holds::fragments)
      return fail(start, "a fragment can only stand in fragments { }");
    Words all;
    if (!words(all)) return false;
    Bytes value;
    if (!read_value(Vr::OB, value, all)) return false;
    return leaf(start, Tag(0xfffe, 0xe000), Vr::none, value, all);
  }

  bool leaf(std::size_t start, Tag tag, Vr vr, const Bytes& value, const Words& words) {
    if (words.header) {
      append(out_, *words.header);
    } else {
      const auto header = text_form::header(tag, vr, words.length.value_or(static_cast<std::uint32_t>(value.size())),
                                            explicit_, endian_);
      if (!header || value.size() > 0xffffffffU)
        return fail(start, fmt::format("{} bytes are more than the length of a {} can say", value.size(), name(vr)));
      append(out_, *header);
    }
    append(out_, value);
    return true;
  }

  bool element() {
    const auto start = at_;
    if (!open_.empty() && open_.back().holds != Holds::elements)
      return fail(start, open_.back().holds == Holds::items ? "an item is expected in a sequence"
                                                            : "a fragment is expected here");
    const auto close_at = line_.find(')', at_);
    const auto tag =
        close_at == std::string_view::npos ? std::nullopt : tag_from(line_.substr(at_, close_at + 1 - at_));
    if (!tag) return fail(start, "a tag (gggg,eeee) is expected");
    at_ = close_at + 1;
    blanks();
    const auto vr_at = at_;
    const Vr vr = vr_from(word());
    if (vr == Vr::none) return fail(vr_at, "the two letters of a VR are expected");
    Words all;
    if (!words(all)) return false;
    if (all.opens) return open(start, *tag, vr, all, all.fragments ? Holds::fragments : Holds::items);
    if (all.undefined || all.fragments) return fail(at_, "'{' is expected");
    Bytes value;
    if (!read_value(vr, value, all)) return false;
    return leaf(start, *tag, vr, value, all);
  }

  bool read_value(Vr vr, Bytes& value, const Words& words) {
    blanks();
    if (at_end()) return true;
    const auto start = at_;
    if (line_[at_] == '"') {
      if (!is_text(vr)) return fail(start, fmt::format("{} holds no text: write hex and digits", name(vr)));
      if (!quoted(value)) return false;
      if (!words.no_padding && value.size() % 2 != 0) value.push_back(padding(vr));
    } else if (peek_word() == "hex") {
      word();
      if (!hex_word(value)) return false;
    } else if (is_number(vr)) {
      const auto read = value_from_text(vr, word(), {.endian = endian_, .character_set = {}, .force = false});
      if (!read) return fail(start, read.error());
      value = *read;
    } else {
      return fail(start, is_text(vr) ? "a value in double quotes is expected" : "hex and digits are expected");
    }
    return nothing_more();
  }

  bool quoted(Bytes& value) {
    const auto start = at_++;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] != '\\') {
        value.push_back(static_cast<std::uint8_t>(line_[at_++]));
        continue;
      }
      const char escape = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
      if (escape == '"' || escape == '\\') {
        value.push_back(static_cast<std::uint8_t>(escape));
        at_ += 2;
        continue;
      }
      unsigned code = 0;
      const auto digits = line_.substr(std::min(at_ + 2, line_.size()), 2);
      const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (escape != 'x' || digits.size() != 2 || wrong != std::errc() || end != digits.data() + 2)
        return fail(at_, "after a backslash \", another backslash or xNN is expected");
      value.push_back(static_cast<std::uint8_t>(code));
      at_ += 4;
    }
    if (at_ == line_.size()) return fail(start, "this quote is never closed");
    ++at_;
    return true;
  }

  std::string_view text_;
  std::string_view line_;
  std::size_t number_ = 0;
  std::size_t at_ = 0;
  Bytes out_;
  std::vector<Open> open_;
  std::optional<std::size_t> deflated_from_;
  bool explicit_ = true;
  Endian endian_ = Endian::little;
  TextFormError error_;
};

}  // namespace

std::expected<Bytes, TextFormError> from_text_form(std::string_view text, Encoding encoding) {
  return Reader(text, encoding).run();
}

std::expected<Bytes, TextFormError> file_from_text_form(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || !text.substr(first).starts_with("assay-text-form"))
    return std::unexpected(TextFormError{1, 1, "'assay-text-form 1' is expected as the first line"});
  return Reader(text, explicit_le).run();
}

}  // namespace assay::dataset
