// Command sets (PS3.7 6.3.1): implicit VR little endian, group 0000 only.
#include "server.hpp"

namespace planted {

Command::Command(View bytes) {
  Reader in(bytes);
  while (in.left() > 0) {
    const std::uint32_t tag = in.tag();
    const std::uint32_t length = in.u32();
    require(tag >> 16 == 0);
    std::unique_ptr<Bytes>& element = elements_[static_cast<std::uint16_t>(tag)];
    if (length > in.left()) {
      if (!PLANT(72)) throw Malformed{};
      element = nullptr;  // 72: no value could be loaded
      return;
    }
    const View value = in.take(length);
    element = std::make_unique<Bytes>(value.begin(), value.end());
  }
}

std::uint16_t Command::number(std::uint16_t element) const {
  const auto found = elements_.find(element);
  const Bytes* value = found == elements_.end() ? nullptr : found->second.get();
  if (!PLANT(73)) require(value != nullptr);
  require(value->size() == 2);
  return static_cast<std::uint16_t>((*value)[0] | (*value)[1] << 8);
}

std::string Command::uid(std::uint16_t element) const {
  const auto found = elements_.find(element);
  require(found != elements_.end());
  std::string name(found->second->begin(), found->second->end());
  while (!name.empty() && (name.back() == '\0' || name.back() == ' ')) name.pop_back();
  return name;
}

void Answer::add(std::uint16_t element, std::uint16_t value) {
  elements.emplace_back(element, Bytes{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8)});
}

void Answer::add(std::uint16_t element, const std::string& uid) {
  Bytes value(uid.begin(), uid.end());
  if (value.size() % 2 == 1) value.push_back(0);
  elements.emplace_back(element, std::move(value));
}

Bytes Answer::encoded() const {
  Bytes all;
  for (const auto& [element, value] : elements) {
    const std::uint32_t size = static_cast<std::uint32_t>(value.size());
    all.insert(all.end(), {0, 0, static_cast<std::uint8_t>(element), static_cast<std::uint8_t>(element >> 8),
                           static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(size >> 8),
                           static_cast<std::uint8_t>(size >> 16), 0});
    all.insert(all.end(), value.begin(), value.end());
  }
  return all;
}

}  // namespace planted
