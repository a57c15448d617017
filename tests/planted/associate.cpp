// A-ASSOCIATE-RQ: fixed part, items, user information (PS3.8 9.3.2, Annex D; PS3.7 D.3.3); the answer.
#include <algorithm>
#include <cstring>

#include "server.hpp"

namespace planted {
namespace {

constexpr std::size_t fixed_length = 68;
constexpr std::size_t most_contexts = 128;  // one for each odd number of one byte
constexpr std::size_t longest_uid = 64;

constexpr Syntax implicit_little_endian = {.explicit_vr = false};
constexpr Syntax explicit_little_endian = {};

struct Item {
  std::uint8_t type;
  View value;
};

// The next item or sub-item, and steps over it.
Item next_item(Reader& in, bool trusting) {
  const std::uint8_t type = in.u8();
  in.u8();  // reserved
  const std::size_t length = in.u16();
  if (!trusting) require(length <= in.left());
  return {type, in.take(length)};
}

std::string title(View sixteen) {
  std::string name(sixteen.begin(), sixteen.end());
  while (!name.empty() && (name.back() == ' ' || name.back() == '\0')) name.pop_back();
  return name.substr(std::min(name.find_first_not_of(' '), name.size()));
}

std::string uid(View value) {
  char name[longest_uid + 1] = {};
  if (!PLANT(58)) require(value.size() <= longest_uid);
  if (!value.empty()) std::memcpy(name, value.data(), value.size());
  return name;
}

Context read_context(View value) {
  Reader in(value, true);
  Context context;
  context.id = in.u8();
  in.u8();
  in.u16();  // reserved
  require(context.id % 2 == 1);
  while (in.left() > 0) {
    const Item item = next_item(in, false);
    if (item.type == 0x30) context.abstract_syntax = uid(item.value);
    if (item.type == 0x40) context.offered.push_back(uid(item.value));
  }
  if (!PLANT(60)) require(!context.offered.empty());
  return context;
}

// Maximum length (51H), role selection (54H), extended negotiation (56H); others are stepped over.
void read_user_information(View value, Association& association) {
  const Bytes copy(value.begin(), value.end());
  Reader in(copy, true);
  while (in.left() > 0) {
    const Item item = next_item(in, PLANT(62));
    Reader inside(item.value, true);
    if (item.type == 0x51) {
      if (PLANT(56)) {
        const std::uint8_t* byte = item.value.data();
        association.max_length = static_cast<std::uint32_t>(byte[0]) << 24 | static_cast<std::uint32_t>(byte[1] << 16) |
                                 static_cast<std::uint32_t>(byte[2] << 8) | byte[3];
      } else {
        association.max_length = inside.u32();
      }
      if (!PLANT(79)) require(association.max_length == 0 || association.max_length >= smallest_max_length);
    } else if (item.type == 0x54) {
      const std::size_t length = inside.u16();
      require(length <= inside.left());
      inside.skip(length);
      if (!PLANT(57)) require(inside.left() >= 2);
      const View roles = inside.take(2);  // SCU, SCP
      require(roles.data()[0] <= 1 && roles.data()[1] <= 1);
      ++association.roles;
    } else if (item.type == 0x56) {
      const std::uint16_t length = inside.u16();
      if (!PLANT(61)) require(length <= inside.left());
      inside.skip(length);
      const View information = inside.take(inside.left());
      association.extended += Bytes(information.begin(), information.end()).size();
    } else if (item.value.size() > 0) {
      const std::string text(item.value.begin(), item.value.end());
      association.log += text.substr(0, 16);
    }
  }
}

}  // namespace

Association read_associate_rq(View body) {
  Association association;
  Reader in(body, true);
  if (!PLANT(54)) require(body.size() >= fixed_length);
  association.version = static_cast<std::uint16_t>(body.data()[0] << 8 | body.data()[1]);
  association.called = title(View(body.data() + 4, 16));
  association.calling = title(View(body.data() + 20, 16));
  in.skip(fixed_length);
  Context contexts[most_contexts];
  std::size_t count = 0;
  while (in.left() > 0) {
    const Item item = next_item(in, PLANT(55));
    if (item.type == 0x10) association.application_context = uid(item.value);
    if (item.type == 0x20) {
      if (!PLANT(59)) require(count < most_contexts);
      contexts[count++] = read_context(item.value);
    }
    if (item.type == 0x50) read_user_information(item.value, association);
  }
  association.contexts.assign(std::begin(contexts), std::begin(contexts) + count);
  char line[256];
  if (PLANT(63)) {
    const std::string format = "association from " + association.calling + ", contexts: %d";
    std::snprintf(line, sizeof line, format.c_str(), static_cast<int>(count));
  } else {
    std::snprintf(line, sizeof line, "association from %s, contexts: %d", association.calling.c_str(),
                  static_cast<int>(count));
  }
  association.log = line + association.log;
  return association;
}

Bytes negotiate(Association& association) {
  Bytes answer{0, 1, 0, 0};
  answer.resize(fixed_length, ' ');
  const auto item = [&answer](std::uint8_t type, View value) {
    answer.insert(answer.end(),
                  {type, 0, static_cast<std::uint8_t>(value.size() >> 8), static_cast<std::uint8_t>(value.size())});
    answer.insert(answer.end(), value.begin(), value.end());
  };
  const auto bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  item(0x10, bytes(association.application_context));
  for (Context& context : association.contexts) {
    const bool served = context.abstract_syntax == "1.2.840.10008.1.1" ||          // Verification
                        context.abstract_syntax == "1.2.840.10008.5.1.4.1.1.2" ||  // CT Image Storage
                        context.abstract_syntax == "1.2.840.10008.5.1.4.1.2.2.1";  // Study Root, FIND
    std::string chosen = context.offered.front();
    context.result = served ? 4 : 3;
    for (const std::string& offered : context.offered) {
      const bool is_explicit = offered == "1.2.840.10008.1.2.1";
      if (!served || context.accepted || !(is_explicit || offered == "1.2.840.10008.1.2")) continue;
      context.accepted = is_explicit ? &explicit_little_endian : &implicit_little_endian;
      context.result = 0;
      chosen = offered;
    }
    Bytes value{context.id, 0, context.result, 0, 0x40, 0, 0, static_cast<std::uint8_t>(chosen.size())};
    value.insert(value.end(), chosen.begin(), chosen.end());
    item(0x21, value);
  }
  item(0x50, Bytes{0x51, 0, 0, 4, 0, 1, 0, 0});
  return answer;
}

}  // namespace planted
