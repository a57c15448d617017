#include "peers/devices/png.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <png.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

namespace assay::peers {
namespace {

struct Writing {
  Bytes out;
  std::string error;
};

void on_error(png_structp png, png_const_charp text) {
  static_cast<Writing*>(png_get_error_ptr(png))->error = text;
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}
void on_write(png_structp png, png_bytep bytes, png_size_t size) {
  auto& out = static_cast<Writing*>(png_get_io_ptr(png))->out;
  out.insert(out.end(), bytes, bytes + size);
}
void on_flush(png_structp) {}

/// Apart, with nothing to destroy: libpng leaves it by longjmp.
bool write(png_structp png, png_infop info, const service::Raster& raster, png_uint_32 per_meter) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_compression_level(png, 3);
  png_set_IHDR(png, info, raster.width, raster.height, 8,
               raster.samples == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_pHYs(png, info, per_meter, per_meter, PNG_RESOLUTION_METER);
  png_write_info(png, info);
  const auto stride = std::size_t{raster.width} * raster.samples;
  for (std::uint32_t y = 0; y < raster.height; ++y) png_write_row(png, raster.pixels.data() + y * stride);
  png_write_end(png, info);
  return true;
}

std::string reason() { return std::strerror(errno); }

}  // namespace

std::expected<Bytes, std::string> png_of(const service::Raster& raster, unsigned dots_per_inch) {
  Writing writing;
  auto* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writing, on_error, on_warning);
  auto* info = png != nullptr ? png_create_info_struct(png) : nullptr;
  bool written = false;
  if (info != nullptr) {
    png_set_write_fn(png, &writing, on_write, on_flush);
    written = write(png, info, raster, static_cast<png_uint_32>(std::lround(dots_per_inch / 0.0254)));
  }
  png_destroy_write_struct(&png, &info);
  if (!written) return std::unexpected(writing.error.empty() ? "no memory for a PNG" : writing.error);
  return std::move(writing.out);
}

std::expected<void, std::string> write_whole(const std::filesystem::path& file, ByteView bytes) {
  auto beside = file;
  beside += ".part";
  const auto fail = [&](const std::string& why) {
    ::unlink(beside.c_str());
    return std::unexpected(fmt::format("{} cannot be written: {}", file.string(), why));
  };
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return fail(reason());
  while (!bytes.empty()) {
    const auto count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const auto why = reason();
      ::close(descriptor);
      return fail(why);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  const bool synced = ::fsync(descriptor) == 0;
  const auto why = reason();
  if (::close(descriptor) != 0 || !synced) return fail(why);
  if (::rename(beside.c_str(), file.c_str()) != 0) return fail(reason());
  const auto folder = file.parent_path();
  if (const int parent = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      parent >= 0) {
    ::fsync(parent);
    ::close(parent);
  }
  return {};
}

}  // namespace assay::peers
