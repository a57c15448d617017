#include "harness/dataset/edit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dataset/edit_splice.hpp"
#include "harness/dataset/edit_value.hpp"
#include "harness/dict/private.hpp"

namespace assay::dataset {

namespace {

constexpr Tag item_tag{0xfffe, 0xe000};
constexpr Tag item_end_tag{0xfffe, 0xe00d};
constexpr std::size_t shown = 64;

using Failure = std::unexpected<std::string>;

void store_tag(Bytes& out, Tag tag, Endian endian) {
  store(out, tag.group, endian);
  store(out, tag.element, endian);
}

// A whole element. Values that a 16-bit length cannot count become UN (PS3.5 6.2.2).
Bytes encoded(Tag tag, Vr vr, ByteView value, bool explicit_vr, Endian endian) {
  Bytes out;
  store_tag(out, tag, endian);
  if (explicit_vr) {
    if (!has_long_length(vr) && value.size() > 0xffff) vr = Vr::UN;
    append(out, name(vr));
    if (has_long_length(vr)) store(out, std::uint16_t{0}, endian);
  }
  if (explicit_vr && !has_long_length(vr))
    store(out, static_cast<std::uint16_t>(value.size()), endian);
  else
    store(out, static_cast<std::uint32_t>(value.size()), endian);
  append(out, value);
  return out;
}

Bytes empty_item(Endian endian, bool undefined) {
  Bytes out;
  store_tag(out, item_tag, endian);
  store(out, undefined ? undefined_length : 0U, endian);
  if (undefined) {
    store_tag(out, item_end_tag, endian);
    store(out, std::uint32_t{0}, endian);
  }
  return out;
}

class Applier {
 public:
  Applier(DataSet& data_set, const Edit& edit, const EditOptions& options)
      : data_set_(data_set), edit_(edit), options_(options), splicer_(data_set) {}

  std::expected<std::vector<Change>, std::string> run() {
    auto done = carry_out();
    if (!done && before_) splicer_.restore(std::move(*before_));
    return done;
  }

 private:
  std::expected<std::vector<Change>, std::string> carry_out() {
    splicer_.settle();
    auto places = find_places();
    if (!places) return Failure(places.error());
    std::string why;
    for (const Place& place : *places)
      if (auto done = at_place(place, why); !done) return Failure(done.error());
    if (splices_.empty() && !top_) {
      if (changes_.empty())
        return Failure(why.empty() ? "there is nothing to change at " + to_string(edit_.path) : why);
      return std::move(changes_);  // it was so already
    }
    if (top_) {
      const std::int64_t delta = static_cast<std::int64_t>(top_->bytes.size()) - static_cast<std::int64_t>(top_->old);
      const Tag tag = top_->tag;
      if (auto done = splicer_.replace_top(top_->first, top_->last, std::move(top_->bytes)); !done)
        return Failure(done.error());
      if (!tag.is_group_length())
        if (auto done = splicer_.grow_group(tag.group, delta); !done) return Failure(done.error());
    }
    if (!splices_.empty())
      if (auto done = splicer_.inside(std::move(splices_)); !done) return Failure(done.error());
    return std::move(changes_);
  }

  struct Top {
    std::uint32_t first;
    std::uint32_t last;
    std::size_t old;  // bytes
    Bytes bytes;
    Tag tag;
  };

  [[nodiscard]] const TagStep& step() const { return edit_.path.steps.back(); }
  [[nodiscard]] const Node& node(std::uint32_t index) const { return data_set_.nodes()[index]; }

  // The levels the edit works at; sequences and items on the way are made when that is wanted.
  std::expected<std::vector<Place>, std::string> find_places() {
    std::size_t missing = 0;
    auto places = places_of(data_set_, edit_.path, &missing);
    const bool makes = edit_.kind == EditKind::set || edit_.kind == EditKind::insert;
    if (places || !options_.create_missing || !makes) {
      if (!places && makes && !options_.create_missing) return Failure(places.error() + " (--create-missing makes it)");
      return places;
    }
    // Each round makes one sequence or one item.
    before_ = splicer_.nodes();
    for (std::size_t rounds = 2 * edit_.path.steps.size(); !places && rounds > 0; --rounds) {
      Edit make{.kind = EditKind::insert, .path = {}, .vr = Vr::none, .text = {}, .bytes = {}};
      make.path.steps.assign(edit_.path.steps.begin(),
                             edit_.path.steps.begin() + static_cast<std::ptrdiff_t>(missing) + 1);
      TagStep& last = make.path.steps.back();
      if (last.items == ItemChoice::all) last = {last.tag, last.creator, ItemChoice::number, 1};
      const auto holder = places_of(data_set_, make.path);
      const auto tag = holder ? tag_at(data_set_, holder->front(), last) : std::nullopt;
      if (!tag || !find_at(data_set_, holder->front(), *tag)) {
        last.items = ItemChoice::none;
        make.vr = Vr::SQ;
      }
      auto made = apply(data_set_, make, {.create_missing = false, .force = false});
      if (!made) return Failure(made.error());
      changes_.insert(changes_.end(), made->begin(), made->end());
      places = places_of(data_set_, edit_.path, &missing);
    }
    return places;
  }

  std::expected<void, std::string> at_place(const Place& place, std::string& why) {
    const auto tag = tag_at(data_set_, place, step());
    if (!tag) {
      why = fmt::format("no Private Creator '{}' reserved a block of group {:04X} here", printable(step().creator),
                        step().tag.group);
      return {};
    }
    const auto index = find_at(data_set_, place, *tag);
    if (step().items != ItemChoice::none) return items(place, *tag, index, why);
    if (!index) {
      if (edit_.kind == EditKind::set || edit_.kind == EditKind::insert) return add_element(place, *tag);
      why = fmt::format("there is no {}", to_string(edit_.path));
      return {};
    }
    switch (edit_.kind) {
      case EditKind::insert: return Failure(fmt::format("{} is there already", to_string(edit_.path)));
      case EditKind::erase: return erase(place, *index);
      case EditKind::clear: return clear(place, *index);
      case EditKind::set: break;
    }
    return set(place, *index);
  }

  std::string path_of(const Place& place, Tag tag) const {
    // Which item each container of the place is.
    std::string text;
    for (std::size_t i = 0; i + 1 < place.around.size() && i < 200; i += 2) {
      std::uint32_t number = 1;
      for (std::uint32_t n = place.around[i] + 1; n < place.around[i + 1]; n = node(n).end)
        if (node(n).kind == NodeKind::item) ++number;
      text += fmt::format("{}[{}]/", to_string(node(place.around[i]).tag), number);
    }
    return text + to_string(tag);
  }

  std::string value_shown(Vr vr, ByteView value, Endian endian) const {
    if (value.empty()) return "(empty)";
    if (const auto numbers = number_text(vr, value, endian, shown)) return *numbers;
    if (is_text(vr)) {
      auto text = as_text(value);
      while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
      return "'" +
             (is_plain_utf8(text) ? std::string(text.substr(0, text.size() > shown ? shown : text.size()))
                                  : printable(text.substr(0, shown))) +
             (text.size() > shown ? "..." : "") + "'";
    }
    return to_hex_short(value, shown / 4);
  }

  std::string node_shown(std::uint32_t index, Endian endian) const {
    const Node& old = node(index);
    if (old.kind == NodeKind::element || old.kind == NodeKind::fragment) return value_shown(old.vr, old.value, endian);
    if (old.kind == NodeKind::item) return "item";
    std::size_t count = 0;
    for (std::uint32_t i = index + 1; i < old.end; i = node(i).end) ++count;
    return fmt::format("{} {}{}", count, old.kind == NodeKind::sequence ? "item" : "fragment", count == 1 ? "" : "s");
  }

  // Replaces the bytes of nodes [first, last) of this level, whose place is `at`.
  void put(const Place& place, Tag tag, std::uint32_t first, std::uint32_t last, std::uint64_t at, std::uint64_t remove,
           Bytes bytes) {
    if (place.around.empty()) {
      top_ = Top{first, last, static_cast<std::size_t>(remove), std::move(bytes), tag};
      return;
    }
    splices_.push_back({place.around, tag, at, remove, std::move(bytes)});
  }

  void put_over(const Place& place, std::uint32_t index, Bytes bytes) {
    const Node& old = node(index);
    put(place, old.tag, index, old.end, old.offset, old.end_offset - old.offset, std::move(bytes));
  }

  std::expected<Bytes, std::string> new_value(const Place& place, Tag tag, Vr vr) const {
    if (edit_.bytes) {
      Bytes value = *edit_.bytes;
      if (!options_.force && value.size() % 2 != 0) {
        if (vr != Vr::OB && vr != Vr::UN && !is_text(vr))
          return Failure(fmt::format("{}: {} bytes are no even length (PS3.5 7.1.1)", to_string(tag), value.size()));
        value.push_back(padding(vr));
      }
      if (!options_.force && value.size() % unit_size(vr) != 0)
        return Failure(
            fmt::format("{}: {} bytes are no whole numbers of VR {}", to_string(tag), value.size(), name(vr)));
      return value;
    }
    auto value =
        value_from_text(vr, edit_.text.value_or(std::string()),
                        {.endian = place.endian, .character_set = place.character_set, .force = options_.force});
    if (!value) return Failure(fmt::format("{}: {}", to_string(tag), value.error()));
    if (value->size() % 2 != 0) value->push_back(padding(vr));
    return value;
  }

  std::expected<void, std::string> set(const Place& place, std::uint32_t index) {
    const Node& old = node(index);
    if (old.kind != NodeKind::element) {
      if (!options_.force || edit_.vr == Vr::none)
        return Failure(fmt::format("{} is {} and takes no value", to_string(old.tag),
                                   old.kind == NodeKind::sequence ? "a sequence" : "in fragments"));
    } else if (old.vr == Vr::none) {
      return Failure(fmt::format("{} is out of place here and can only be deleted", to_string(old.tag)));
    }
    const Vr vr = edit_.vr != Vr::none ? edit_.vr : old.vr;
    auto value = new_value(place, old.tag, vr == Vr::UN && edit_.text ? dict::implicit_vr(old.tag) : vr);
    if (!value) return Failure(value.error());
    Bytes bytes = same_header(place, old, vr, *value);
    changes_.push_back(
        {path_of(place, old.tag), vr, node_shown(index, place.endian), value_shown(vr, *value, place.endian)});
    put_over(place, index, std::move(bytes));
    return {};
  }

  // The header of the element as it stood, with another length; where the VR changes or the length field is too
  // short, a new header.
  Bytes same_header(const Place& place, const Node& old, Vr vr, ByteView value) const {
    const ByteView raw = data_set_.raw(old);
    const bool leaf = old.kind == NodeKind::element;
    const std::size_t header = leaf ? raw.size() - old.value.size() : 0;
    // Two bytes behind the letters of a VR with a short length, else four: implicit, long, or a header without VR.
    const bool letters =
        leaf && place.explicit_vr && header == 8 && old.vr != Vr::none && is_known(vr_from(as_text(raw.subspan(4, 2))));
    const std::size_t width = letters ? 2 : 4;
    if (!leaf || vr != old.vr || (width == 2 && value.size() > 0xffff))
      return encoded(old.tag, vr, value, place.explicit_vr, place.endian);
    Bytes bytes = to_bytes(raw.first(header - width));
    if (width == 2)
      store(bytes, static_cast<std::uint16_t>(value.size()), place.endian);
    else
      store(bytes, static_cast<std::uint32_t>(value.size()), place.endian);
    append(bytes, value);
    return bytes;
  }

  std::expected<void, std::string> clear(const Place& place, std::uint32_t index) {
    const Node& old = node(index);
    changes_.push_back({path_of(place, old.tag), old.vr, node_shown(index, place.endian), "(empty)"});
    if (old.kind == NodeKind::element) {
      if (old.vr == Vr::none) return Failure("what is out of place can only be deleted");
      put_over(place, index, same_header(place, old, old.vr, {}));
      return {};
    }
    if (old.kind == NodeKind::fragments) {
      put_over(place, index, encoded(old.tag, old.vr, {}, place.explicit_vr, place.endian));
      return {};
    }
    const auto start = splicer_.content_start(index);
    const auto end = splicer_.content_end(index);
    const ByteView raw = data_set_.raw(old);
    Bytes bytes = to_bytes(raw.first(static_cast<std::size_t>(start - old.offset)));
    if (old.length != undefined_length) std::fill(bytes.end() - 4, bytes.end(), std::uint8_t{0});
    append(bytes, raw.subspan(static_cast<std::size_t>(end - old.offset)));
    put_over(place, index, std::move(bytes));
    return {};
  }

  std::expected<void, std::string> erase(const Place& place, std::uint32_t index) {
    changes_.push_back({path_of(place, node(index).tag), node(index).vr, node_shown(index, place.endian), "(deleted)"});
    put_over(place, index, {});
    return {};
  }

  std::expected<void, std::string> add_element(const Place& place, Tag tag) {
    Vr vr = edit_.vr != Vr::none ? edit_.vr : dict::implicit_vr(tag);
    const auto known = dict::find_private(step().creator, tag, options_.private_names);
    if (edit_.vr == Vr::none && known) vr = known->vr;
    const bool unknown =
        edit_.vr == Vr::none && !known && !dict::find(tag) && !(tag.is_private() && tag.element < 0x100);
    if (unknown && edit_.text)
      return Failure(fmt::format("the VR of {} is not known: name it, as in {}:LO", to_string(tag), to_string(tag)));
    Bytes bytes;
    std::string after;
    if (vr == Vr::SQ) {
      if ((edit_.text && !edit_.text->empty()) || (edit_.bytes && !edit_.bytes->empty()))
        return Failure(fmt::format("{} is a sequence and takes no value", to_string(tag)));
      bytes = encoded(tag, vr, {}, place.explicit_vr, place.endian);
      after = "0 items";
    } else {
      auto value = new_value(place, tag, vr);
      if (!value) return Failure(value.error());
      bytes = encoded(tag, vr, *value, place.explicit_vr, place.endian);
      after = value_shown(vr, *value, place.endian);
    }
    // In front of the first element with a higher tag.
    std::uint32_t at = place.first;
    while (at < place.last && node(at).tag < tag) at = node(at).end;
    std::uint64_t offset = 0;
    if (at < place.last)
      offset = node(at).offset;
    else if (!place.around.empty())
      offset = splicer_.content_end(place.around.back());
    changes_.push_back({path_of(place, tag), vr, "(absent)", after});
    put(place, tag, at, at, offset, 0, std::move(bytes));
    return {};
  }

  // The path ends in an item.
  std::expected<void, std::string> items(const Place& place, Tag tag, std::optional<std::uint32_t> index,
                                         std::string& why) {
    if (edit_.kind == EditKind::set) return Failure(fmt::format("{} is an item and takes no value", to_string(step())));
    if (!index) {
      if (edit_.kind != EditKind::insert || !options_.create_missing || step().number > 1) {
        why = fmt::format("there is no {}", to_string(tag));
        return {};
      }
      Bytes item = empty_item(place.endian, false);
      TagStep sequence = step();
      sequence.items = ItemChoice::none;
      const auto at_front = [&] {
        std::uint32_t at = place.first;
        while (at < place.last && node(at).tag < tag) at = node(at).end;
        return at;
      }();
      const std::uint64_t offset = at_front < place.last  ? node(at_front).offset
                                   : place.around.empty() ? 0
                                                          : splicer_.content_end(place.around.back());
      changes_.push_back({path_of(place, tag) + "[1]", Vr::SQ, "(absent)", "item"});
      put(place, tag, at_front, at_front, offset, 0, encoded(tag, Vr::SQ, item, place.explicit_vr, place.endian));
      return {};
    }
    const Node sequence = node(*index);
    if (sequence.kind == NodeKind::element && sequence.length == 0 && sequence.vr == Vr::UN)
      return Failure(fmt::format("{} is UN and has no items", to_string(tag)));
    if (sequence.kind != NodeKind::sequence && sequence.kind != NodeKind::fragments)
      return Failure(fmt::format("{} is no sequence", to_string(tag)));
    Place inside = place;
    inside.around.push_back(*index);
    const Endian endian = sequence.vr == Vr::UN ? Endian::little : place.endian;
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = *index + 1; i < sequence.end; i = node(i).end)
      if (node(i).kind == NodeKind::item || node(i).kind == NodeKind::fragment) all.push_back(i);
    if (edit_.kind == EditKind::insert) {
      if (sequence.kind != NodeKind::sequence) return Failure("a fragment cannot be inserted: set the Pixel Data anew");
      const std::size_t before = step().items == ItemChoice::number ? step().number - 1 : all.size();
      if (step().items == ItemChoice::all || before > all.size())
        return Failure(fmt::format("{} has {} items: an item can be inserted as [1] to [{}]", to_string(tag),
                                   all.size(), all.size() + 1));
      const auto at = before < all.size() ? node(all[before]).offset : splicer_.content_end(*index);
      changes_.push_back({fmt::format("{}[{}]", path_of(place, tag), before + 1), Vr::SQ, "(absent)", "item"});
      splices_.push_back({inside.around, tag, at, 0, empty_item(endian, sequence.length == undefined_length)});
      return {};
    }
    bool found = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (step().items == ItemChoice::number && step().number != i + 1) continue;
      if (step().items == ItemChoice::behind) continue;
      found = true;
      const Node item = node(all[i]);
      const std::string path = fmt::format("{}[{}]", path_of(place, tag), i + 1);
      if (edit_.kind == EditKind::erase) {
        changes_.push_back({path, Vr::none, node_shown(all[i], endian), "(deleted)"});
        splices_.push_back({inside.around, tag, item.offset, item.end_offset - item.offset, {}});
        continue;
      }
      changes_.push_back({path, Vr::none, node_shown(all[i], endian), "(empty)"});
      auto around = inside.around;
      if (item.kind == NodeKind::item) around.push_back(all[i]);
      if (item.kind == NodeKind::fragment) return Failure("a fragment cannot be emptied: set the Pixel Data anew");
      const auto start = splicer_.content_start(all[i]);
      splices_.push_back({around, Tag(0xfffe, 0), start, splicer_.content_end(all[i]) - start, {}});
    }
    if (!found) why = fmt::format("{} has {} item{}", to_string(tag), all.size(), all.size() == 1 ? "" : "s");
    return {};
  }

  DataSet& data_set_;
  const Edit& edit_;
  const EditOptions& options_;
  Splicer splicer_;
  std::vector<Change> changes_;
  std::vector<Splice> splices_;
  std::optional<Top> top_;
  std::optional<std::vector<Node>> before_;  // when something was made on the way
};

}  // namespace

std::expected<std::vector<Change>, std::string> apply(DataSet& data_set, const Edit& edit, const EditOptions& options) {
  return Applier(data_set, edit, options).run();
}

}  // namespace assay::dataset
