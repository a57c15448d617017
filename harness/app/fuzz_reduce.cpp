#include "harness/app/fuzz_reduce.hpp"

#include <fmt/format.h>

namespace assay::app {

using fuzz::device::Conversation;
using fuzz::device::Do;
using fuzz::device::Step;

Conversation reduced(const Conversation& conversation, const std::function<bool(const Conversation&)>& still,
                     bool bytes, fuzz::ReduceBudget& budget) {
  auto made = conversation;
  made.steps = fuzz::reduce_units<Step>(
      made.steps, [&](const std::vector<Step>& steps) { return still({made.kind, made.from, steps}); }, budget);
  for (std::size_t i = 0; bytes && i < made.steps.size() && !budget.spent; ++i) {
    if (made.steps[i].what != Do::send || made.steps[i].bytes.empty()) continue;
    // In one piece, and at once, where that does it too.
    if (!made.steps[i].pieces.empty()) {
      auto plain = made;
      plain.steps[i].pieces.clear();
      plain.steps[i].pause = Duration{0};
      if (budget.one_more() && still(plain)) made = std::move(plain);
    }
    const auto original = made.steps[i].bytes;
    made.steps[i].bytes = fuzz::reduce_input(
        original, {.kind = fuzz::InputForm::Kind::binary, .format = ASSAY_FORMAT_WIRE, .skip = 0},
        [&](ByteView candidate) {
          auto tried = made;
          tried.steps[i].bytes = to_bytes(candidate);
          return still(tried);
        },
        budget);
  }
  return made;
}

std::string steps_in_words(const Conversation& conversation) {
  std::string text;
  for (const auto& step : conversation.steps) {
    text += text.empty() ? "" : ", ";
    text += name(step.what);
    if (step.what == Do::send) text += fmt::format(" {} bytes", step.bytes.size());
    if (step.what == Do::await) text += fmt::format(" {}", name(step.await));
  }
  return text;
}

}  // namespace assay::app
