// What a program does with what it read. The bug is of a kind that was published often: a date is copied into the room
// that the standard allows for it, whatever its length. -DFIXED: without.
#include <cstring>

#include "assay_fuzz.h"
#include "parser.hpp"

namespace {

struct Instance : toy::Handler {
  char date[9] = {};

  void element(std::uint16_t group, std::uint16_t element, const char* vr, const std::uint8_t* value,
               std::size_t length) override {
    (void)group;
    (void)element;
    if (std::strcmp(vr, "DA") != 0 || length == 0) return;
#ifdef FIXED
    if (length >= sizeof date) return;
#endif
    std::memcpy(date, value, length);
  }
  void sequence(std::uint16_t, std::uint16_t) override {}
  void item() override {}
  void end() override {}
};

void parse(const std::uint8_t* data, std::size_t size) {
  Instance instance;
  toy::Parser(data, size, instance).run();
}

}  // namespace

ASSAY_FUZZ_TARGET(ASSAY_FORMAT_EXPLICIT_LITTLE, parse)
