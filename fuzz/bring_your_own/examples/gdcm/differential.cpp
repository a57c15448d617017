// GDCM's view of a file, element by element, held against Assay's. GDCM turns numbers into this machine's byte order
// while it reads.
#include <gdcmByteValue.h>
#include <gdcmDataSetHelper.h>
#include <gdcmFragment.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>

#include <exception>
#include <istream>

#include "assay_fuzz.h"
#include "assertions.hpp"
#include "memory_stream.hpp"

namespace {

const void* bytes_of(const gdcm::ByteValue* value) { return value == nullptr ? nullptr : value->GetPointer(); }
std::size_t size_of(const gdcm::ByteValue* value) {
  return value == nullptr ? 0 : static_cast<std::size_t>(value->GetLength());
}

// GDCM itself reads and destroys by recursion.
// NOLINTNEXTLINE(misc-no-recursion)
void tell(assay_view* view, const gdcm::File& file, const gdcm::DataSet& data_set, bool implicit) {
  for (const auto& element : data_set.GetDES()) {
    const auto group = element.GetTag().GetGroup();
    const auto number = element.GetTag().GetElement();
    // Of an implicit VR GDCM keeps nothing: the dictionary is asked when the value is wanted.
    const gdcm::VR type = implicit ? gdcm::DataSetHelper::ComputeVR(file, data_set, element.GetTag()) : element.GetVR();
    const bool two_letters = type != gdcm::VR::INVALID && !type.IsDual();
    const char* vr = two_letters && !implicit ? gdcm::VR::GetVRString(type) : nullptr;
    const gdcm::Value* value = element.IsEmpty() ? nullptr : &element.GetValue();
    if (const auto* fragments = dynamic_cast<const gdcm::SequenceOfFragments*>(value)) {
      assay_view_begin_fragments(view, group, number, vr);
      const auto* table = fragments->GetTable().GetByteValue();
      assay_view_fragment(view, bytes_of(table), size_of(table));
      for (unsigned i = 0; i < fragments->GetNumberOfFragments(); ++i) {
        const auto* fragment = fragments->GetFragment(i).GetByteValue();
        assay_view_fragment(view, bytes_of(fragment), size_of(fragment));
      }
      assay_view_end(view);
      continue;
    }
    const auto* sequence = dynamic_cast<const gdcm::SequenceOfItems*>(value);
    gdcm::SmartPointer<gdcm::SequenceOfItems> parsed;
    if (sequence == nullptr && type == gdcm::VR::SQ && value != nullptr) {
      parsed = element.GetValueAsSQ();  // a sequence of defined length is parsed when it is asked for
      sequence = parsed.GetPointer();
    }
    if (sequence != nullptr) {
      assay_view_begin_sequence(view, group, number, vr);
      for (auto item = sequence->Begin(); item != sequence->End(); ++item) {
        assay_view_begin_item(view);
        tell(view, file, item->GetNestedDataSet(), implicit || type == gdcm::VR::UN);
        assay_view_end(view);
      }
      assay_view_end(view);
      continue;
    }
    const auto* plain = element.GetByteValue();
    assay_view_element(view, group, number, vr, bytes_of(plain), size_of(plain));
  }
}

void read(const std::uint8_t* data, std::size_t size, assay_view* view) {
  MemoryStream memory(data, size);
  std::istream stream(&memory);
  gdcm::Reader reader;
  reader.SetStream(stream);
  try {
    if (!reader.Read()) {
      return assay_view_reject(view, assertion.greedy ? "memory by a claimed length" : "Read() is false");
    }
    const auto& file = reader.GetFile();
    tell(view, file, file.GetHeader(), false);
    tell(view, file, file.GetDataSet(), file.GetHeader().GetDataSetTransferSyntax().IsImplicit());
  } catch (const std::exception&) {
    assay_view_reject(view, "exception");
  }
}

void look(const std::uint8_t* data, std::size_t size, assay_view* view) {
  gdcm::Trace::DebugOff();
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
  if (setjmp(assertion.back) == 0) {
    assertion.armed = true;
    assertion.greedy = false;
    read(data, size, view);
    if (assertion.greedy) assay_view_reject(view, "memory by a claimed length");
  } else {
    assay_view_reject(view, assertion.text.c_str());
  }
  assertion.armed = false;
}

#ifndef ASSAY_EXPLAINED
#define ASSAY_EXPLAINED nullptr
#endif
const assay_differential what = {ASSAY_FORMAT_FILE, "GDCM", ASSAY_EXPLAINED, ASSAY_NATIVE_NUMBERS};

}  // namespace

ASSAY_DIFFERENTIAL_TARGET(what, look)
