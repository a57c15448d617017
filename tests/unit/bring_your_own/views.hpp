// Small Data Sets and what a reader tells of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/bring_your_own/library/compare.hpp"
#include "fuzz/bring_your_own/library/view.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dataset/part10.hpp"

namespace assay::fuzz {

/// A name, a sequence of two items (the second of a number), and a number.
inline dataset::DataSet sample() {
  dataset::DataSet first;
  first.set_text(tags::ReferencedSOPInstanceUID, "1.2");
  dataset::DataSet second;
  second.set_u16(tags::Rows, 7);
  dataset::DataSet whole;
  whole.set_text(tags::PatientName, "A^B");
  whole.set_sequence(tags::ReferencedImageSequence, {first, second});
  whole.set_u16(tags::Rows, 0x0102);
  return whole;
}

struct Told {
  std::string mistake;
  std::vector<Disagreement> found;
};

/// What the library says about `bytes` and a reader that tells this.
inline Told told(enum assay_format format, const Bytes& bytes, const std::function<void(assay_view*)>& reader,
                 unsigned flags = 0) {
  assay_view view(flags);
  reader(&view);
  if (!view.mistake.empty()) return {view.mistake, {}};
  return {"", disagreements(our_view(format, bytes, flags), view.view)};
}

/// As sample(), told right. `change` may leave out or tell otherwise: its argument is the step that comes.
inline std::function<void(assay_view*)> right_view(
    const std::function<bool(assay_view*, std::string_view)>& change = {}) {
  return [change](assay_view* view) {
    const auto step = [&](std::string_view name, auto tell) {
      if (!change || !change(view, name)) tell();
    };
    step("sequence", [&] { assay_view_begin_sequence(view, 0x0008, 0x1140, "SQ"); });
    assay_view_begin_item(view);
    step("uid", [&] { assay_view_element(view, 0x0008, 0x1155, "UI", "1.2", 4); });
    assay_view_end(view);
    step("second item", [&] {
      assay_view_begin_item(view);
      assay_view_element(view, 0x0028, 0x0010, "US", "\x07", 2);
      assay_view_end(view);
    });
    assay_view_end(view);
    step("name", [&] { assay_view_element(view, 0x0010, 0x0010, "PN", "A^B ", 4); });
    step("rows", [&] { assay_view_element(view, 0x0028, 0x0010, "US", "\x02\x01", 2); });
  };
}

}  // namespace assay::fuzz
