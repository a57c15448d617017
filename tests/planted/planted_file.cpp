// Fuzz target: one DICOM file.
#include "file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    planted::read_file({data, size});
  } catch (const planted::Malformed&) {
    // The test of the correct inputs asks for these words.
    static const bool tells = std::getenv("PLANTED_TELL") != nullptr;
    if (tells) std::puts("refused");
  }
  return 0;
}
