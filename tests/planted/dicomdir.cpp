// Directory records of a DICOMDIR (PS3.3 F.3): a tree held together by byte offsets.
#include <algorithm>
#include <set>

#include "file.hpp"

namespace planted {
namespace {

constexpr int max_levels = 8;  // patient, study, series, image, and some room

struct Record {
  std::size_t offset = 0;
  std::size_t next = 0;   // 0: none
  std::size_t lower = 0;  // 0: none
  bool in_use = true;
  std::string file;
};

std::size_t offset_in(const DataSet& set, std::uint32_t tag) {
  const Element* element = set.find(tag);
  require(element != nullptr && element->vr == vr("UL") && element->value.size() == 4);
  return number(*element);
}

// Referenced File ID as a path below the folder of the DICOMDIR (PS3.10 8.2: components of A to Z, 0 to 9 and _).
std::string path_of(const Element& id) {
  std::string path = text(id);
  for (char& letter : path) {
    const bool allowed = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_';
    if (!PLANT(45)) require(allowed || letter == '\\');
    if (letter == '\\') letter = '/';
  }
  require(!path.empty());
  const bool leaves = path.front() == '/' || path == ".." || path.starts_with("../") || path.ends_with("/..") ||
                      path.find("/../") != std::string::npos;
  if (!PLANT(45)) require(!leaves);
  invariant(!leaves, "a directory record names a file outside of the folder");
  return path;
}

class Directory {
 public:
  explicit Directory(const Element& sequence) {
    records_.reserve(sequence.items.size());
    for (const auto& item : sequence.items) add(*item);
  }

  // Drops records that are out of use (PS3.3 F.3.2.2, Record In-use Flag 0), `root` if it is one of them.
  void purge(std::size_t& root) {
    const Record* first = at(root);
    const auto unused = [](const Record& record) { return !record.in_use; };
    const std::size_t before = records_.size();
    std::vector<Record> kept;
    std::copy_if(records_.begin(), records_.end(), std::back_inserter(kept), [](const Record& r) { return r.in_use; });
    if (kept.size() == before) return;
    if (PLANT(46)) {
      records_ = std::move(kept);
      if (first != nullptr && unused(*first)) root = first->next;
    } else {
      if (first != nullptr && unused(*first)) root = first->next;
      records_ = std::move(kept);
    }
  }

  // Follows the records from `offset` on, and those below each of them.
  std::size_t follow(std::size_t offset, int level) {
    if (!PLANT(43)) require(level < max_levels);
    std::size_t files = 0;
    std::set<std::size_t> seen;  // on this chain
    while (offset != 0) {
      if (!PLANT(42)) require(seen.insert(offset).second);
      const Record* record = at(offset);
      if (!PLANT(44)) require(record != nullptr);
      if (!record->file.empty()) ++files;
      if (record->lower != 0) files += follow(record->lower, level + 1);
      require(++steps_ < max_steps);
      offset = record->next;
    }
    return files;
  }

 private:
  static constexpr std::size_t max_steps = PLANT(42) || PLANT(43) ? SIZE_MAX : 4096;

  void add(const DataSet& item) {
    Record record;
    record.offset = item.offset;
    record.next = offset_in(item, 0x00041400);
    record.lower = offset_in(item, 0x00041420);
    if (const Element* flag = item.find(0x00041410)) record.in_use = number(*flag) != 0;
    if (const Element* id = item.find(0x00041500)) record.file = path_of(*id);
    records_.push_back(record);
  }

  const Record* at(std::size_t offset) const {
    const auto found =
        std::find_if(records_.begin(), records_.end(), [=](const Record& r) { return r.offset == offset; });
    return found == records_.end() ? nullptr : &*found;
  }

  std::vector<Record> records_;
  std::size_t steps_ = 0;
};

}  // namespace

void look_at_directory(const DataSet& set) {
  const Element* sequence = set.find(0x00041220);
  if (sequence == nullptr) return;
  require(sequence->vr == vr("SQ"));
  std::size_t root = offset_in(set, 0x00041200);
  Directory directory(*sequence);
  directory.purge(root);
  directory.follow(root, 0);
}

}  // namespace planted
