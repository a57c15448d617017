// Data sets (PS3.5 7): elements with values, items or fragments. Multi-byte values are little endian once read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "plant.hpp"

namespace planted {

// A VR as the number of its two letters.
constexpr std::uint16_t vr(const char (&letters)[3]) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(letters[0]) << 8 |
                                    static_cast<unsigned char>(letters[1]));
}

struct Syntax {
  bool explicit_vr = true;
  bool big_endian = false;
  bool deflated = false;
  bool encapsulated = false;
  bool rle = false;
};

struct DataSet;

struct Element {
  std::uint32_t tag = 0;
  std::uint16_t vr = 0;
  Bytes value;                                  // of elements that are neither a sequence nor encapsulated
  std::vector<std::unique_ptr<DataSet>> items;  // of a sequence
  std::vector<Bytes> fragments;                 // of encapsulated pixel data: the first is the offset table
};

struct DataSet {
  std::size_t offset = 0;  // of the Item tag in the file, for items
  std::map<std::uint32_t, Element> elements;

  const Element* find(std::uint32_t tag) const {
    const auto found = elements.find(tag);
    return found == elements.end() ? nullptr : &found->second;
  }
};

inline constexpr int max_depth = 32;  // of sequences in sequences

// Reads elements up to the end of `in`, or up to an Item Delimitation Item if `delimited`.
void read_data_set(Reader& in, const Syntax& syntax, DataSet& set, int depth = 0, bool delimited = false);

// text.cpp: the first value of US, SS or UL; text without padding; an integer string; every text decoded once.
std::uint32_t number(const Element& element);
std::string text(const Element& element);
long integer(const Element& element);
std::size_t decode_texts(const DataSet& set);
// Counts private elements by their creators (PS3.5 7.8).
std::size_t private_elements(const DataSet& set);

}  // namespace planted
