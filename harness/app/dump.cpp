#include "harness/app/dump.hpp"

#include <fmt/format.h>

#include "harness/app/files.hpp"
#include "harness/app/object_file.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/dump.hpp"

namespace assay::app {

int dump(const DumpOptions& options, Console& console) {
  BufferedData out(console);
  const auto sink = [&](std::string_view line) { out.add(line); };
  const auto work = [&](const std::string& path, ByteView bytes) {
    const auto file = dataset::read_file(bytes, lenient_reading());
    if (!file) {
      out.flush();
      console.error(not_dicom(path, file.error()));
      return exit_codes::usage;
    }
    const std::string prefix = printable(path);
    dataset::element_lines(file->meta, prefix, sink);
    dataset::element_lines(file->data_set, prefix, sink);
    if (!has_error(file->problems)) return exit_codes::ok;
    out.flush();
    console.error(cut_short(path, file->problems));
    return exit_codes::not_conformant;
  };
  const auto run = for_each_file(options.paths, console, work);
  out.flush();
  return run.exit_code();
}

}  // namespace assay::app
