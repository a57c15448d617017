// The dictionary (PS3.6) asked in any words and tags, and any text as a dictionary of private elements: what is found
// is found again by its own names, and what is wrong is told with its line.
#include <algorithm>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/transfer_syntax.hpp"
#include "harness/dict/private.hpp"
#include "harness/dict/vr_table.hpp"

namespace {

using namespace assay;
using fuzz::require;

void ask_for_tag(Tag tag) {
  require(tag_from(to_string(tag)) == tag, "a tag is read as it is written");
  const auto* entry = dict::find(tag);
  require(dict::keyword(tag).empty() || entry != nullptr, "what has a keyword has an entry");
  const Vr vr = dict::implicit_vr(tag);
  require(is_known(vr) || (entry && entry->vr == Vr::none), "implicit VR always gives a VR");
  require(dict::quick_vr(tag) == Vr::none || dict::quick_vr(tag) == vr, "the quick answer is the right one");
  if (entry == nullptr) return;
  require(entry->vr == Vr::none || entry->allows(entry->vr), "an entry allows its VR");
  if (const auto* named = dict::find_keyword(entry->keyword)) {
    require(std::string_view(named->keyword) == entry->keyword, "a keyword leads to its entry");
    require(dict::tag_of(entry->keyword).has_value(), "a keyword leads to a tag");
  }
}

void ask_for_syntax(std::string_view uid) {
  require(!dataset::encoding_name(dataset::encoding_of(uid)).empty(), "every UID means an encoding");
  (void)dataset::family_default(uid);
  if (const auto* syntax = dataset::find_transfer_syntax(uid)) {
    require(!syntax->name().empty() && uid.starts_with(syntax->uid), "a Transfer Syntax has a name");
    require(!syntax->fragmentable_video() || syntax->video(), "of the videos some are in fragments");
    const auto* entry = dict::find_uid(uid);
    require(syntax->retired() == (entry != nullptr && entry->retired), "the registry says what is retired");
  }
}

void ask_for_words(std::string_view words) {
  if (const auto tag = dict::tag_of(words)) ask_for_tag(*tag);
  if (const auto tag = tag_from(words)) require(dict::tag_of(words) == tag, "a written tag is that tag");
  if (const auto* entry = dict::find_keyword(words)) require(entry->keyword == words, "the keyword asked for");
  const auto uid = dict::uid_of(words);
  if (const auto* entry = dict::find_uid(uid)) require(entry->uid == uid, "the UID asked for");
  if (const auto* entry = dict::find_uid_keyword(words))
    require(dict::uid_of(words) == entry->uid, "a keyword is a UID");
  if (const auto* entry = dict::find_uid(words))
    require(dict::uid_name(words).starts_with(entry->name), "a known UID is printed with its name");
  ask_for_syntax(words);
  const Vr vr = vr_from(words);
  if (!is_known(vr)) return;
  require(name(vr) == words && unit_size(vr) % swap_size(vr) == 0, "a VR has a name and sizes");
  require(!is_text(vr) || unit_size(vr) == 1, "text has bytes");
  require(padding(vr) == 0 || padding(vr) == ' ', "padding is NUL or space");
  require(has_long_length(vr) == vr_row(vr).long_length, "one table says the form of the length");
}

void check_private(std::string_view text) {
  const auto parsed = dict::PrivateDictionary::parse(text);
  if (!parsed) {
    require(!parsed.error().empty() && parsed.error().size() <= 100, "faults are told and bounded");
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    for (const auto& fault : parsed.error())
      require(fault.line <= lines && !fault.message.empty(), "a fault has a line and words");
    return;
  }
  require(parsed->size() <= text.size() / 8 + 1, "an element has a line");
  const auto creator = text.substr(0, text.find('\t'));
  for (unsigned element = 0x1000; element < 0x1100; element += 0x10) {
    const Tag tag{0x0029, static_cast<std::uint16_t>(element)};
    if (const auto entry = parsed->find(creator, tag))
      require(entry->group == tag.group && entry->element == (tag.element & 0xff) && is_known(entry->vr),
              "an entry is that of its tag");
    if (const auto entry = dict::find_private(creator, tag)) require(entry->group == tag.group, "the built-in too");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_private(text);
  // Looks through all names, so for one line only.
  if (const auto* entry = dict::find_name(text.substr(0, text.find('\n'))))
    require(dict::find_name(entry->name) != nullptr, "found by its name");
  require(dict::private_count() > 0, "there is a built-in table");
  // Every line is a question as well; and four bytes are a tag.
  std::size_t start = 0;
  for (int asked = 0; asked < 32 && start <= size; ++asked) {
    const auto end = std::min(text.find('\n', start), size);
    ask_for_words(text.substr(start, end - start));
    if (end - start >= 4) {
      const std::uint8_t* at = data + start;
      ask_for_tag(Tag{static_cast<std::uint16_t>(at[0] << 8 | at[1]), static_cast<std::uint16_t>(at[2] << 8 | at[3])});
    }
    start = end + 1;
  }
  return 0;
}
