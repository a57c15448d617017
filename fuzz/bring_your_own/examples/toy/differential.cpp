// The parser tells what it sees; the library says where that is not what stands in the bytes.
#include "assay_fuzz.h"
#include "parser.hpp"

namespace {

struct Teller : toy::Handler {
  assay_view* view;

  explicit Teller(assay_view* told) : view(told) {}
  void element(std::uint16_t group, std::uint16_t element, const char* vr, const std::uint8_t* value,
               std::size_t length) override {
    assay_view_element(view, group, element, vr, value, length);
  }
  void sequence(std::uint16_t group, std::uint16_t element) override {
    assay_view_begin_sequence(view, group, element, "SQ");
  }
  void item() override { assay_view_begin_item(view); }
  void end() override { assay_view_end(view); }
};

void look(const std::uint8_t* data, std::size_t size, assay_view* view) {
  Teller teller(view);
  if (const char* wrong = toy::Parser(data, size, teller).run()) assay_view_reject(view, wrong);
}

#ifndef ASSAY_EXPLAINED
#define ASSAY_EXPLAINED "explained.tsv"
#endif
const assay_differential what = {ASSAY_FORMAT_EXPLICIT_LITTLE, "toy", ASSAY_EXPLAINED, 0};

}  // namespace

ASSAY_DIFFERENTIAL_TARGET(what, look)
