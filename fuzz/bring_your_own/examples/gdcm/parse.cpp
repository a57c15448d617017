// GDCM reads any bytes as a file, prints what it read and writes it again: nothing may crash, hang or grow.
#include <gdcmPrinter.h>
#include <gdcmReader.h>
#include <gdcmTrace.h>
#include <gdcmWriter.h>

#include <istream>
#include <sstream>

#include "assay_fuzz.h"
#include "memory_stream.hpp"

namespace {

void parse(const std::uint8_t* data, std::size_t size) {
  gdcm::Trace::DebugOff();
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
  MemoryStream memory(data, size);
  std::istream stream(&memory);
  gdcm::Reader reader;
  reader.SetStream(stream);
  if (!reader.Read()) return;
  std::ostringstream text;
  gdcm::Printer printer;
  printer.SetFile(reader.GetFile());
  printer.Print(text);
  std::ostringstream written;
  gdcm::Writer writer;
  writer.SetFile(reader.GetFile());
  writer.SetStream(written);
  writer.SetCheckFileMetaInformation(false);
  try {
    writer.Write();
  } catch (const std::exception&) {
    return;  // that it will not write what it read is no crash
  }
}

}  // namespace

ASSAY_FUZZ_TARGET(ASSAY_FORMAT_FILE, parse)
