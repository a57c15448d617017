#include "harness/pdu/item_reader.hpp"

namespace assay::pdu::detail {

bool ItemReader::fail_header(std::size_t left) {
  report_.error(parent_, "item-header", start_ + at_, {}, byte_count(left) + " after the last item",
                "no byte, or an item header of 4 bytes");
  failed_ = true;
  return false;
}

bool ItemReader::fail_length(const Item& item, std::size_t length, std::size_t room) {
  const Inside inside(report_, item.kind, item.index);
  const auto where = item.kind == Kind::unknown ? parent_ : clause(item.kind, side_);
  report_.error(where, "item-length", item.at + 2, "length", std::to_string(length),
                "at most " + std::to_string(room) + ", the bytes left in what holds the item");
  failed_ = true;
  return false;
}

}  // namespace assay::pdu::detail
