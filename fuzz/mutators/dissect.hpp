// Any bytes laid open as a layout tree, as far as they can be read: serialise() of the tree gives the same bytes again,
// whatever they were. Names are those of the scenario language's trees (pdu::to_layout, dataset::to_layout), so that a
// modification has the same address here and there. A length that is not true stands in the tree as a forced one.
// Tests: tests/unit/mutators/dissect_test.cpp; fuzz target: fuzz_mutators
#pragma once

#include "fuzz/mutators/assay_mutators.h"
#include "harness/base/layout.hpp"

namespace assay::fuzz {

/// How a Data Set is encoded (PS3.5 A).
struct Syntax {
  bool explicit_vr = true;
  Endian endian = Endian::little;
};

/// "stream": PDUs with their items and PDVs; the first fragment of a message with its elements.
layout::Node dissect_wire(ByteView bytes);
/// "file": preamble, prefix, meta, data-set. `open` inflates a deflated Data Set: its tree is then named "deflated".
layout::Node dissect_file(ByteView bytes, bool open);
/// The elements of a Data Set under a block of that name.
layout::Node dissect_elements(std::string name, ByteView bytes, Syntax syntax);
/// The elements of group 0000 or 0002; their group length, when it is the first, is a length of the others.
layout::Node dissect_group(std::string name, ByteView bytes, Syntax syntax);
/// The tree of a Data Set that is deflated, at most 1 MB of it; nothing when it cannot be inflated.
layout::Node dissect_deflated(ByteView bytes);

layout::Node dissect(assay_format format, ByteView bytes, bool open);

/// serialise(), with a tree named "deflated" written as a deflate stream.
Bytes assemble(const layout::Node& root);

/// Whether elements of this VR have a length of four bytes behind two reserved ones (PS3.5 7.1.2).
bool has_long_length(std::string_view vr);
/// Whether bytes 4 and 5 look like a Value Representation.
bool looks_explicit(ByteView bytes);

}  // namespace assay::fuzz
