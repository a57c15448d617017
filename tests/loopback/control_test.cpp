// What is said to devices: how a line becomes words, and that any line does.
#include "harness/app/control.hpp"

#include <gmock/gmock.h>

namespace assay::app {
namespace {

using testing::ElementsAre;

std::vector<std::string> words(std::string_view line) {
  const auto read = control_words(line);
  return read ? *read : std::vector{"error: " + read.error()};
}

TEST(ControlWords, Stand_between_blanks_and_quotation_marks_hold_blanks) {
  EXPECT_THAT(words("  pacs\tlist  study "), ElementsAre("pacs", "list", "study"));
  EXPECT_THAT(words(R"(ris add "PatientName=ROE RITA" A="b c"d "")"),
              ElementsAre("ris", "add", "PatientName=ROE RITA", "A=b cd", ""));
  EXPECT_THAT(words(R"("a \"b\" \\ \c" \x)"), ElementsAre(R"(a "b" \ \c)", R"(\x)"));
  EXPECT_THAT(words(""), ElementsAre());
  EXPECT_THAT(words("pacs \"list"), ElementsAre("error: a quotation mark is not closed"));
}

TEST(ControlWords, Any_line_is_words_or_an_error) {
  const std::string_view alphabet = "a \t\"\\=";
  for (std::size_t n = 0; n < 6 * 6 * 6 * 6 * 6; ++n) {
    std::string line;
    for (auto rest = n; line.size() < 5; rest /= 6) line += alphabet[rest % 6];
    const auto read = control_words(line);
    if (!read) continue;
    std::size_t length = 0;
    for (const auto& word : *read) length += word.size();
    EXPECT_LE(length, line.size());
  }
}

}  // namespace
}  // namespace assay::app
