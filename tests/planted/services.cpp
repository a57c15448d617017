// C-ECHO, C-STORE, C-FIND, C-CANCEL (PS3.7 9.1, 9.3); the objects stored (PS3.4 B) and found again (PS3.4 C).
#include <algorithm>

#include "server.hpp"

namespace planted {
namespace {

enum Field : std::uint16_t {
  affected_sop_class = 0x0002,
  command_field = 0x0100,
  message_id = 0x0110,
  responded_to = 0x0120,
  data_set_type = 0x0800,
  status = 0x0900,
  affected_sop_instance = 0x1000,
};

constexpr std::uint16_t no_data_set = 0x0101;
constexpr std::uint16_t cannot_understand = 0xC000;
constexpr std::uint16_t identifier_does_not_match = 0xA900;

// A folder for each AE that stores; its name is the title, letters that a path knows replaced.
std::string folder_of(std::string title) {
  if (PLANT(75)) return title;
  for (char& letter : title) {
    if (letter == '/' || letter == '\\' || letter < ' ' || letter > '~') letter = '_';
  }
  if (title.empty() || title == "." || title == "..") return "_";
  return title;
}

// Components of digits with dots between them (PS3.5 9.1).
bool is_uid(const std::string& uid) {
  if (uid.empty() || uid.size() > 64) return false;
  if (!PLANT(77) && (uid.front() == '.' || uid.back() == '.' || uid.find("..") != std::string::npos)) return false;
  return uid.find_first_not_of("0123456789.") == std::string::npos;
}

// What every file of the archive must be: two names below its folder.
void stays_inside(const std::string& path) {
  std::size_t names = 0;
  for (std::size_t at = 0; at <= path.size(); ++names) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = std::string_view(path).substr(at, end - at);
    invariant(!name.empty() && name != "." && name != ".." && name.find('\0') == std::string_view::npos,
              "the path of an object leaves the folder of the archive");
    at = end + 1;
  }
  invariant(names == 2, "the path of an object leaves the folder of the archive");
}

}  // namespace

Archive::Archive() : slots_(new std::unique_ptr<Instance>[most]) {}

// The slot of an object stored before under this path, else a new one.
Archive::Instance& Archive::slot_for(const std::string& path) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (slots_[i]->path != path) continue;
    if (!PLANT(83) && last_ == slots_[i].get()) last_ = nullptr;
    slots_[i] = std::make_unique<Instance>();
    return *slots_[i];
  }
  slots_[count_] = std::make_unique<Instance>();
  return *slots_[count_++];
}

std::uint16_t Archive::store(const std::string& calling, const std::string& uid, View data_set, const Syntax& syntax) {
  if (!PLANT(76) && !is_uid(uid)) return 0x0117;  // invalid SOP Instance
  DataSet set;
  Reader in(data_set);
  read_data_set(in, syntax, set);
  const Element* name = set.find(0x00080018);
  if (name == nullptr || text(*name) != uid) return identifier_does_not_match;
  const std::string path = folder_of(calling) + "/" + uid;
  stays_inside(path);
  if (!PLANT(78) && count_ == most) return 0xA700;  // out of resources
  const bool known = last_ != nullptr && last_->path == path;
  Instance& slot = slot_for(path);
  slot = {path, uid, data_set.size()};
  if (!PLANT(83) || !known) last_ = &slot;  // 83: the same object is still the last one
  return 0;
}

std::vector<std::string> Archive::find(View identifier, const Syntax& syntax) const {
  DataSet keys;
  Reader in(identifier);
  read_data_set(in, syntax, keys);
  const Element* level = keys.find(0x00080052);
  require(level != nullptr && level->vr == vr("CS"));
  if (!PLANT(80)) require(!level->value.empty());
  const char first = static_cast<char>(level->value.data()[0]);
  require(first == 'S' || first == 'I' || first == 'P');
  if (const Element* steps = keys.find(0x00400100)) {
    if (!PLANT(81)) require(steps->vr == vr("SQ") && !steps->items.empty());
    if (!steps->items.front()->elements.empty()) return {};
  }
  if (last_ == nullptr || first != 'I') return {};
  return {last_->uid};
}

// Any value but 0101H announces a data set (PS3.7 9.1).
bool Server::announces_data(const Command& command) {
  if (command.number(command_field) == 0x0FFF) return false;  // C-CANCEL-RQ
  const std::uint16_t type = command.number(data_set_type);
  return PLANT(74) ? type < 0x0100 : type != no_data_set;
}

void Server::cancel(const Command& command) {
  const auto found = finds_.find(command.number(responded_to));
  const int* pending = found == finds_.end() ? nullptr : &found->second;
  if (!PLANT(82) && pending == nullptr) return;  // it had been answered before
  invariant(*pending >= 0, "less than no answer is pending");
}

void Server::perform(const Message& message) {
  const Command& command = message.command;
  const std::uint16_t field = command.number(command_field);
  if (field == 0x0FFF) return cancel(command);
  require(field == 0x0001 || field == 0x0020 || field == 0x0030);
  const std::string sop_class = command.uid(affected_sop_class);
  require(sop_class == message.context->abstract_syntax);
  Answer answer;
  answer.add(affected_sop_class, sop_class);
  answer.add(command_field, static_cast<std::uint16_t>(field | 0x8000));
  answer.add(responded_to, command.number(message_id));
  const auto answer_with = [&](std::uint16_t type, std::uint16_t outcome) {
    Answer whole = answer;
    whole.add(data_set_type, type);
    whole.add(status, outcome);
    send_data(*message.context, true, whole.encoded());
  };
  if (field == 0x0030) return answer_with(no_data_set, 0);
  require(command.number(data_set_type) != no_data_set);
  invariant(message.data_complete, "an operation is performed without the data set that was announced");
  const Syntax& syntax = *message.context->accepted;
  if (field == 0x0001) {
    const std::string uid = command.uid(affected_sop_instance);
    answer.add(affected_sop_instance, uid);
    return answer_with(no_data_set, archive_.store(association_->calling, uid, message.data, syntax));
  }
  std::vector<std::string> found;
  try {
    found = archive_.find(message.data, syntax);
  } catch (const Malformed&) {
    return answer_with(no_data_set, cannot_understand);
  }
  finds_[command.number(message_id)] = static_cast<int>(found.size());
  for (const std::string& uid : found) {
    answer_with(0, 0xFF00);
    Answer identifier;
    identifier.add(0x0018, uid);
    send_data(*message.context, false, identifier.encoded());
  }
  answer_with(no_data_set, 0);
}

}  // namespace planted
