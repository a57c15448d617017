// DCMTK reads any bytes as a file, prints what it read and writes it again: nothing may crash, hang or grow.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <ostream>
#include <streambuf>
#include <vector>

#include "assay_fuzz.h"

namespace {

class Nowhere : public std::streambuf {
 protected:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  std::streamsize xsputn(const char*, std::streamsize size) override { return size; }
};

void parse(const std::uint8_t* data, std::size_t size) {
  static const bool quiet = (OFLog::configure(OFLogger::OFF_LOG_LEVEL), true);
  (void)quiet;
  DcmInputBufferStream stream;
  stream.setBuffer(data, static_cast<offile_off_t>(size));
  stream.setEos();
  DcmFileFormat file;
  file.transferInit();
  const auto status = file.read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength);
  file.transferEnd();
  Nowhere nowhere;
  std::ostream out(&nowhere);
  file.print(out, DCMTypes::PF_shortenLongTagValues);
  if (status.bad()) return;
  DcmDataset& data_set = *file.getDataset();
  OFString text;
  data_set.findAndGetOFStringArray(DCM_PatientName, text);
  data_set.findAndGetOFStringArray(DCM_ImageType, text);
  std::vector<std::uint8_t> room(size * 4 + 4096);
  DcmOutputBufferStream written(room.data(), static_cast<offile_off_t>(room.size()));
  file.transferInit();
  file.write(written, EXS_LittleEndianImplicit, EET_UndefinedLength, nullptr);
  file.transferEnd();
}

}  // namespace

ASSAY_FUZZ_TARGET(ASSAY_FORMAT_FILE, parse)
