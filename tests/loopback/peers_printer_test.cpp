// The printer over real sockets: our SCU prints, pages lie in a folder as PNG with a description beside each.
#include "peers/devices/printer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <png.h>
#include <algorithm>

#include <unistd.h>

#include <fstream>

#include "peers/devices/png.hpp"
#include "peers/print.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

struct Picture {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  Bytes pixels;
};

Picture picture(const std::filesystem::path& file, bool color = false) {
  Picture out;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_file(&image, file.c_str()), 0) << image.message;
  image.format = color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  out.pixels.resize(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, out.pixels.data(), 0, nullptr), 0) << image.message;
  out.width = image.width;
  out.height = image.height;
  return out;
}

service::PrintImage image(std::uint8_t value, bool color = false) {
  service::PrintImage out;
  out.columns = out.rows = 8;
  out.samples = color ? 3 : 1;
  out.pixels.assign(64U * out.samples, value);
  if (color)
    for (std::size_t i = 0; i < out.pixels.size(); i += 3) out.pixels[i] = 250;
  return out;
}

struct Bench {
  Loop loop;
  std::filesystem::path folder;
  PrinterOptions options;
  std::vector<std::string> log;
  std::unique_ptr<Printer> printer;

  Bench() {
    folder =
        std::filesystem::path(testing::TempDir()) /
        fmt::format("assay-printer-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    options.folder = folder;
    options.dots_per_inch = 20;
  }
  ~Bench() { std::filesystem::remove_all(folder); }
  /// A line of the log has this in it.
  [[nodiscard]] bool told(std::string_view words) const {
    return std::ranges::any_of(log, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  void start() {
    options.log = [this](std::string line) { log.push_back(std::move(line)); };
    auto started = Printer::start(loop, options);
    ASSERT_TRUE(started) << started.error();
    printer = std::move(*started);
  }
  PrintResult print(PrintRequest request) {
    std::optional<PrintResult> result;
    async_print(loop, to_port(printer->port()), std::move(request),
                [&](PrintResult done) { result.emplace(std::move(done)); });
    EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
    return result ? std::move(*result) : PrintResult{};
  }
  void until_pages(std::size_t count) {
    EXPECT_TRUE(loop.run_until([&] { return printer->pages() >= count; }));
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(folder / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST(Printer, Pages_lie_in_the_folder_as_pictures_with_their_description) {
  Bench bench;
  bench.start();
  PrintRequest request;
  request.images = {image(10), image(200), image(90)};
  request.format = "STANDARD\\2,1";
  request.film_size = "8INX10IN";
  request.copies = 3;
  request.label = "Knee \"left\"";
  const auto result = bench.print(std::move(request));
  EXPECT_EQ(result.association.failure, Failure::none) << result.association.message;
  EXPECT_EQ(result.films, 2U) << "three images on films of two";
  EXPECT_EQ(result.printer_status, "NORMAL");
  EXPECT_EQ(result.jobs.size(), 2U);
  for (const auto& step : result.steps)
    EXPECT_EQ(step.status, 0) << step.what << " " << step.words << " " << step.comment;
  bench.until_pages(2);
  const auto page = picture(bench.folder / "000001-01.png");
  EXPECT_EQ(page.width, 160U);
  EXPECT_EQ(page.height, 200U);
  EXPECT_EQ(page.pixels[100 * 160 + 40], 10);
  EXPECT_EQ(page.pixels[100 * 160 + 120], 200);
  EXPECT_EQ(page.pixels[0], 0) << "the border is black";
  EXPECT_EQ(picture(bench.folder / "000002-01.png").pixels[100 * 160 + 40], 90);
  const auto about = bench.text("000001-01.json");
  EXPECT_THAT(about, HasSubstr("\"NumberOfCopies\": \"3\""));
  EXPECT_THAT(about, HasSubstr("\"FilmSizeID\": \"8INX10IN\""));
  EXPECT_THAT(about, HasSubstr("\"FilmSessionLabel\": \"Knee \\\"left\\\"\""));
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder))
    EXPECT_NE(entry.path().extension(), ".part");
}

TEST(Printer, Colour_is_printed_in_colour_and_refused_by_a_gray_printer) {
  Bench bench;
  bench.start();
  PrintRequest request;
  request.images = {image(5, true)};
  request.color = true;
  request.film_size = "8INX10IN";
  EXPECT_EQ(bench.print(request).association.failure, Failure::none);
  bench.until_pages(1);
  const auto page = picture(bench.folder / "000001-01.png", true);
  const auto at = (100U * 160 + 80) * 3;
  EXPECT_EQ(page.pixels[at], 250);
  EXPECT_EQ(page.pixels[at + 1], 5);

  bench.printer.reset();
  bench.options.color = false;
  bench.start();
  const auto refused = bench.print(request);
  EXPECT_EQ(refused.association.failure, Failure::no_context);
  EXPECT_THAT(refused.association.message, HasSubstr("--color"));
}

TEST(Printer, A_restarted_printer_goes_on_counting) {
  Bench bench;
  for (std::size_t i = 1; i <= 2; ++i) {
    bench.start();
    PrintRequest request;
    request.images = {image(5)};
    (void)bench.print(std::move(request));
    bench.until_pages(1);
    bench.printer.reset();
    EXPECT_TRUE(std::filesystem::exists(bench.folder / fmt::format("{:06}-01.png", i)));
  }
}

TEST(Printer, A_full_queue_is_told_and_what_was_made_is_deleted) {
  Bench bench;
  bench.options.max_queue = 1;
  bench.options.job_time = patient;
  bench.start();
  PrintRequest request;
  request.images = {image(5), image(6)};
  const auto result = bench.print(std::move(request));
  EXPECT_EQ(result.association.failure, Failure::status);
  EXPECT_EQ(result.films, 1U);
  const auto refused = std::ranges::find(result.steps, 0xc602, &PrintStep::status);
  ASSERT_NE(refused, result.steps.end());
  EXPECT_THAT(refused->words, HasSubstr("queue is full"));
  EXPECT_EQ(result.steps.back().what, "Film Session N-DELETE");
  EXPECT_EQ(bench.printer->queued(), 1U);
  bench.printer->finish_queue();
  EXPECT_EQ(bench.printer->pages(), 1U) << "a stop loses nothing";
}

TEST(Printer, A_printer_in_failure_prints_when_it_is_well_again) {
  Bench bench;
  bench.start();
  bench.printer->set_status(service::PrinterStatus::failure, "SUPPLY EMPTY");
  PrintRequest request;
  request.images = {image(5)};
  const auto result = bench.print(std::move(request));
  EXPECT_EQ(result.printer_status, "FAILURE");
  EXPECT_EQ(result.printer_info, "SUPPLY EMPTY");
  EXPECT_EQ(bench.printer->queued(), 1U);
  bench.printer->set_status(service::PrinterStatus::normal, "NORMAL");
  bench.until_pages(1);
}

TEST(Printer, What_cannot_be_is_told_before_anything_is_sent) {
  Bench bench;
  bench.start();
  PrintRequest request;
  EXPECT_EQ(bench.print(request).association.failure, Failure::usage);
  request.images = {image(1)};
  request.format = "STANDARD\\0";
  EXPECT_THAT(bench.print(request).association.message, HasSubstr("no Image Display Format"));
  auto nowhere = bench.options;
  nowhere.folder = "/proc/assay";
  EXPECT_FALSE(Printer::start(bench.loop, nowhere));
}

TEST(Printer, A_folder_that_cannot_be_written_any_more_is_a_failed_job) {
  Bench bench;
  bench.start();
  std::filesystem::remove_all(bench.folder);
  PrintRequest request;
  request.images = {image(1)};
  (void)bench.print(std::move(request));
  EXPECT_TRUE(bench.loop.run_until([&] { return bench.told("cannot be written"); }));
  EXPECT_EQ(bench.printer->pages(), 0U);
}

}  // namespace
}  // namespace assay::peers::test
