#include "fuzz/device/coverage_map.hpp"

#include <fmt/format.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "fuzz/device/guide.hpp"

namespace assay::fuzz::device {
namespace {

/// The device writes at the same time.
std::uint64_t look(std::uint64_t& word) { return std::atomic_ref(word).load(std::memory_order_relaxed); }

}  // namespace

unsigned count_bucket(std::uint8_t count) {
  if (count <= 3) return count == 0 ? 0U : count - 1U;
  return count < 8 ? 3 : count < 16 ? 4 : count < 32 ? 5 : count < 128 ? 6 : 7;
}

std::size_t CoverageMap::wanted_size() {
  const char* const text = std::getenv("AFL_MAP_SIZE");
  if (text == nullptr) return usual_coverage_map;
  std::size_t size = 0;
  const auto* const end = text + std::strlen(text);
  if (const auto read = std::from_chars(text, end, size); read.ec != std::errc() || read.ptr != end)
    return usual_coverage_map;
  return std::clamp(size, least_coverage_map, most_coverage_map);
}

std::expected<std::unique_ptr<CoverageMap>, std::string> CoverageMap::make(std::size_t size) {
  size = (std::clamp(size, least_coverage_map, most_coverage_map) + 7) / 8 * 8;
  const auto wrong = [](const char* call) {
    return std::unexpected(fmt::format("no shared memory for coverage: {}: {}", call, std::strerror(errno)));
  };
  const int segment = ::shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
  if (segment < 0) return wrong("shmget");
  void* const memory = ::shmat(segment, nullptr, 0);
  const int attach_error = errno;
  ::shmctl(segment, IPC_RMID, nullptr);  // at once, see above
  if (memory == reinterpret_cast<void*>(-1)) {
    errno = attach_error;
    return wrong("shmat");
  }
  return std::unique_ptr<CoverageMap>(new CoverageMap(segment, static_cast<std::uint64_t*>(memory), size));
}

CoverageMap::CoverageMap(int segment, std::uint64_t* words, std::size_t size)
    : segment_(segment), words_(words), size_(size), seen_(size) {}

CoverageMap::~CoverageMap() { ::shmdt(words_); }

std::vector<std::pair<std::string, std::string>> CoverageMap::environment() const {
  return {{"__AFL_SHM_ID", std::to_string(segment_)}, {"AFL_MAP_SIZE", std::to_string(size_)}};
}

bool CoverageMap::offered() const {
  for (std::size_t i = 0; i < size_ / 8; ++i)
    if (look(words_[i]) != 0) return true;
  return false;
}

std::uint64_t CoverageMap::digest() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size_ / 8; ++i)
    if (const auto word = look(words_[i]); word != 0) sum = std::rotl(sum ^ (word + i), 7) * 0x9e3779b97f4a7c15ULL;
  return sum;
}

void CoverageMap::clear() {
  for (std::size_t i = 0; i < size_ / 8; ++i)
    if (look(words_[i]) != 0) std::atomic_ref(words_[i]).store(0, std::memory_order_relaxed);
}

std::vector<std::uint64_t> CoverageMap::take() {
  std::vector<std::uint64_t> features;
  for (std::size_t i = 0; i < size_ / 8; ++i) {
    if (look(words_[i]) == 0) continue;
    const auto counts =
        std::bit_cast<std::array<std::uint8_t, 8>>(std::atomic_ref(words_[i]).exchange(0, std::memory_order_relaxed));
    for (std::size_t j = 0; j < counts.size(); ++j) {
      const auto edge = (i * 8) + j;
      const auto count = counts.at(j);
      if (count == 0 || edge == 0) continue;  // cell 0: somebody is there
      auto& seen = seen_[edge];
      const auto bucket = count_bucket(count);
      const auto bit = static_cast<std::uint8_t>(1U << bucket);
      if (features.size() >= max_coverage_features || ((seen.buckets & bit) == 0 && known_ >= max_coverage_known))
        continue;
      if (seen.buckets == 0) ++edges_;
      if ((seen.buckets & bit) == 0) ++known_;
      seen.buckets = static_cast<std::uint8_t>(seen.buckets | bit);
      seen.most = std::max(seen.most, count);
      ++seen.times;
      features.push_back(coverage_feature(edge, bucket));
    }
  }
  return features;
}

std::string CoverageMap::table() const {
  std::string out;
  for (std::size_t edge = 0; edge < seen_.size(); ++edge)
    if (const auto& seen = seen_[edge]; seen.times > 0)
      out += fmt::format("{:8}  {:3}  edge {}\n", seen.times, seen.most, edge);
  return out;
}

}  // namespace assay::fuzz::device
