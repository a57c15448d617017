// DCMTK's view of a file, element by element, held against Assay's. Values are compared as they stand in the file:
// automatic correction is off and the byte order is the file's.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <string_view>
#include <vector>

#include "assay_fuzz.h"

namespace {

// Where implicit VR leaves a choice, DCMTK has names of its own.
const char* vr_of(DcmObject& object) {
  const std::string_view name = object.getTag().getVR().getVRName();
  if (name == "ox" || name == "px") return "OB/OW";
  if (name == "xs") return "US/SS";
  if (name == "lt") return "US/SS/OW";
  if (name == "up") return "UL";
  if (name == "na") return nullptr;
  if (name == "??") return "UN";  // letters that are no VR, or an element that its dictionary does not know
  return object.getTag().getVR().getVRName();
}

void value(DcmElement& element, E_ByteOrder order, std::vector<std::uint8_t>& room) {
  room.resize(element.getLengthField());
  DcmFileCache cache;
  if (!room.empty() && element.getPartialValue(room.data(), 0, static_cast<Uint32>(room.size()), &cache, order).bad())
    room.clear();
}

// DCMTK itself reads and destroys by recursion.
// NOLINTNEXTLINE(misc-no-recursion)
void tell(assay_view* view, DcmItem& item, E_ByteOrder order) {
  std::vector<std::uint8_t> room;
  for (DcmObject* object = item.nextInContainer(nullptr); object != nullptr; object = item.nextInContainer(object)) {
    const auto group = object->getGTag();
    const auto number = object->getETag();
    DcmPixelSequence* fragments = nullptr;
    if (auto* pixels = dynamic_cast<DcmPixelData*>(object)) {
      E_TransferSyntax syntax = EXS_Unknown;
      const DcmRepresentationParameter* parameter = nullptr;
      pixels->getOriginalRepresentationKey(syntax, parameter);
      if (pixels->getLengthField() == DCM_UndefinedLength)
        pixels->getEncapsulatedRepresentation(syntax, parameter, fragments);
    }
    if (fragments != nullptr) {
      assay_view_begin_fragments(view, group, number, vr_of(*object));
      for (unsigned long i = 0; i < fragments->card(); ++i) {
        DcmPixelItem* fragment = nullptr;
        if (fragments->getItem(fragment, i).bad()) continue;
        value(*fragment, EBO_LittleEndian, room);
        assay_view_fragment(view, room.data(), room.size());
      }
      assay_view_end(view);
    } else if (auto* sequence = dynamic_cast<DcmSequenceOfItems*>(object)) {
      assay_view_begin_sequence(view, group, number, vr_of(*object));
      for (unsigned long i = 0; i < sequence->card(); ++i) {
        assay_view_begin_item(view);
        tell(view, *sequence->getItem(i), order);
        assay_view_end(view);
      }
      assay_view_end(view);
    } else if (auto* element = dynamic_cast<DcmElement*>(object)) {
      if (element->getLengthField() == DCM_UndefinedLength) {
        assay_view_element(view, group, number, vr_of(*object), nullptr, ASSAY_UNKNOWN_LENGTH);
        continue;
      }
      value(*element, order, room);
      assay_view_element(view, group, number, vr_of(*object), room.data(), room.size());
    }
  }
}

void look(const std::uint8_t* data, std::size_t size, assay_view* view) {
  static const bool ready =
      (OFLog::configure(OFLogger::OFF_LOG_LEVEL), dcmEnableAutomaticInputDataCorrection.set(OFFalse), true);
  (void)ready;
  DcmInputBufferStream stream;
  stream.setBuffer(data, static_cast<offile_off_t>(size));
  stream.setEos();
  DcmFileFormat file;
  file.transferInit();
  const auto status = file.read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength);
  file.transferEnd();
  if (status.bad()) return assay_view_reject(view, status.text());
  tell(view, *file.getMetaInfo(), EBO_LittleEndian);
  DcmDataset& data_set = *file.getDataset();
  tell(view, data_set, DcmXfer(data_set.getOriginalXfer()).getByteOrder());
}

#ifndef ASSAY_EXPLAINED
#define ASSAY_EXPLAINED nullptr
#endif
const assay_differential what = {ASSAY_FORMAT_FILE, "DCMTK", ASSAY_EXPLAINED, 0};

}  // namespace

ASSAY_DIFFERENTIAL_TARGET(what, look)
