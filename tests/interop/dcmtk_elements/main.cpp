// What DCMTK reads, as a table: the same lines as `assay dump --elements` prints, without the offsets, which DCMTK does
// not keep. Files come one per line on standard input. Each is read in a child process with a time limit, so that a
// crash or an endless loop of DCMTK is a result for that file: "FILE  !  REASON".
// Values are as they stand in the file: automatic correction is off and the byte order is the file's.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr unsigned seconds_per_file = 10;

struct Context {
  std::string file;
  E_ByteOrder order = EBO_LittleEndian;
};

void line(const Context& context, const std::string& path, const char* kind, const char* vr, DcmObject& object) {
  const Uint32 length = object.getLengthField();
  std::printf("%s\t-\t%s\t%s\t%s\t", context.file.c_str(), path.c_str(), kind, vr);
  if (length == DCM_UndefinedLength)
    std::printf("undefined\t");
  else
    std::printf("%lu\t", static_cast<unsigned long>(length));
}

// Values in pieces, as DCMTK leaves big ones in the file.
void value(const Context& context, DcmElement& element) {
  const Uint32 length = element.getLengthField();
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  std::vector<std::uint8_t> piece(1U << 16);
  DcmFileCache cache;
  for (Uint32 at = 0; at < length;) {
    const auto size = static_cast<Uint32>(std::min<std::size_t>(piece.size(), length - at));
    if (element.getPartialValue(piece.data(), at, size, &cache, context.order).bad()) {
      std::printf("%lu\tunreadable\n", static_cast<unsigned long>(length));
      return;
    }
    for (Uint32 i = 0; i < size; ++i) digest = (digest ^ piece[i]) * 0x100000001b3ULL;
    at += size;
  }
  std::printf("%lu\t%016llx\n", static_cast<unsigned long>(length), static_cast<unsigned long long>(digest));
}

std::string tag_of(DcmObject& object) {
  char text[16];
  std::snprintf(text, sizeof text, "(%04x,%04x)", object.getGTag(), object.getETag());
  for (char* c = text; *c != 0; ++c) *c = static_cast<char>(std::toupper(*c));
  return text;
}

// DCMTK itself reads and destroys by recursion; the depth of the corpus is small.
// NOLINTNEXTLINE(misc-no-recursion)
void walk(const Context& context, DcmItem& item, const std::string& prefix) {
  for (DcmObject* object = item.nextInContainer(nullptr); object != nullptr; object = item.nextInContainer(object)) {
    const std::string path = prefix + tag_of(*object);
    const char* vr = object->getTag().getVR().getVRName();
    DcmPixelSequence* fragments = nullptr;
    if (auto* pixels = dynamic_cast<DcmPixelData*>(object)) {
      E_TransferSyntax syntax = EXS_Unknown;
      const DcmRepresentationParameter* parameter = nullptr;
      pixels->getOriginalRepresentationKey(syntax, parameter);
      // Fragments also in a syntax that is not for them.
      if (pixels->getLengthField() == DCM_UndefinedLength)
        pixels->getEncapsulatedRepresentation(syntax, parameter, fragments);
    }
    if (fragments != nullptr) {
      line(context, path, "fragments", vr, *fragments);
      std::printf("-\t-\n");
      for (unsigned long i = 0; i < fragments->card(); ++i) {
        DcmPixelItem* fragment = nullptr;
        if (fragments->getItem(fragment, i).bad()) continue;
        line(context, path + '[' + std::to_string(i + 1) + ']', "fragment", "", *fragment);
        value(context, *fragment);
      }
    } else if (auto* sequence = dynamic_cast<DcmSequenceOfItems*>(object)) {
      line(context, path, "sequence", vr, *sequence);
      std::printf("-\t-\n");
      for (unsigned long i = 0; i < sequence->card(); ++i) {
        DcmItem* inner = sequence->getItem(i);
        const std::string at = path + '[' + std::to_string(i + 1) + ']';
        line(context, at, "item", "", *inner);
        std::printf("-\t-\n");
        walk(context, *inner, at + '/');
      }
    } else if (auto* element = dynamic_cast<DcmElement*>(object)) {
      line(context, path, "element", vr, *element);
      value(context, *element);
    }
  }
}

void read(const std::string& name) {
  DcmFileFormat file;
  const OFCondition status = file.loadFile(name.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect);
  Context context{name};
  if (file.getMetaInfo() != nullptr) walk(context, *file.getMetaInfo(), "");
  DcmDataset& data_set = *file.getDataset();
  context.order = DcmXfer(data_set.getOriginalXfer()).getByteOrder();
  walk(context, data_set, "");
  if (status.bad()) std::printf("%s\t!\t%s\n", name.c_str(), status.text());
}

}  // namespace

int main() {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  dcmEnableAutomaticInputDataCorrection.set(OFFalse);
  const rlimit memory{2UL << 30, 2UL << 30};  // a claimed length must not take the machine
  setrlimit(RLIMIT_AS, &memory);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::vector<std::string> files;
  for (std::string name; std::getline(std::cin, name);) files.push_back(name);
  auto* next = static_cast<std::size_t*>(
      mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (next == MAP_FAILED) return 1;
  while (*next < files.size()) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      while (*next < files.size()) {
        alarm(seconds_per_file);
        read(files[*next]);
        std::printf("%s\t.\n", files[*next].c_str());
        std::fflush(stdout);
        ++*next;
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
      std::printf("\n%s\t!\tended by signal %d\n", files[*next].c_str(), WTERMSIG(status));
      ++*next;
    } else if (*next < files.size()) {
      std::printf("\n%s\t!\texit %d\n", files[*next].c_str(), WEXITSTATUS(status));
      ++*next;
    }
    std::fflush(stdout);
  }
  return 0;
}
