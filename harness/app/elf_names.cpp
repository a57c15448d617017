#include "harness/app/elf_names.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

namespace assay::app {
namespace {

constexpr std::size_t most_sections = 4096;
constexpr std::size_t most_segments = 256;
constexpr std::size_t longest_table = std::size_t{64} << 20;

class Elf {
 public:
  explicit Elf(const std::filesystem::path& file) : in_(file, std::ios::binary) {}

  std::string function_at(std::uint64_t offset) {
    const auto header = read<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB)
      return "";
    std::optional<std::uint64_t> address;
    for (std::size_t i = 0; i < header->e_phnum && i < most_segments; ++i) {
      const auto segment = read<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
      if (segment && segment->p_type == PT_LOAD && offset >= segment->p_offset &&
          offset - segment->p_offset < segment->p_filesz)
        address = offset - segment->p_offset + segment->p_vaddr;
    }
    if (!address) return "";
    for (std::size_t i = 0; i < header->e_shnum && i < most_sections; ++i) {
      const auto section = read<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
      if (!section || (section->sh_type != SHT_SYMTAB && section->sh_type != SHT_DYNSYM)) continue;
      const auto strings = read<Elf64_Shdr>(header->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
      if (!strings) continue;
      if (auto name = in_table(*section, *strings, *address); !name.empty()) return name;
    }
    return "";
  }

 private:
  template <typename T>
  std::optional<T> read(std::uint64_t at) {
    T out;
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(at));
    in_.read(reinterpret_cast<char*>(&out), sizeof out);
    if (!in_) return std::nullopt;
    return out;
  }

  /// What of it is really there.
  std::vector<char> block(std::uint64_t at, std::uint64_t size) {
    std::vector<char> out;
    in_.clear();
    in_.seekg(0, std::ios::end);
    const auto length = static_cast<std::uint64_t>(std::max<std::streamoff>(in_.tellg(), 0));
    if (at > length || size > length - at || size > longest_table) return out;
    out.resize(size);
    in_.seekg(static_cast<std::streamoff>(at));
    in_.read(out.data(), static_cast<std::streamsize>(size));
    if (!in_) out.clear();
    return out;
  }

  std::string in_table(const Elf64_Shdr& section, const Elf64_Shdr& strings, std::uint64_t address) {
    const auto table = block(section.sh_offset, section.sh_size);
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, table.data() + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || address < symbol.st_value ||
          address - symbol.st_value >= symbol.st_size || symbol.st_name >= strings.sh_size)
        continue;
      const auto names = block(strings.sh_offset, strings.sh_size);
      if (symbol.st_name >= names.size()) return "";
      const std::string_view rest(names.data() + symbol.st_name, names.size() - symbol.st_name);
      return std::string(rest.substr(0, std::min(rest.find('\0'), rest.size())));
    }
    return "";
  }

  std::ifstream in_;
};

std::string readable(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  if (status != 0 || !name) return symbol;
  const std::string whole = name.get();
  const auto bracket = whole.find('(');
  return bracket == std::string::npos || bracket == 0 ? whole : whole.substr(0, bracket);
}

}  // namespace

std::string function_at(const std::filesystem::path& file, std::uint64_t offset) {
  const auto symbol = Elf(file).function_at(offset);
  return symbol.empty() ? "" : readable(symbol);
}

std::string frame_name(std::string_view frame) {
  const auto plus = frame.rfind("+0x");
  const auto slash = frame.rfind('/');
  const auto base = frame.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (plus == std::string_view::npos || slash == std::string_view::npos || plus < slash) return std::string(base);
  std::uint64_t offset = 0;
  std::from_chars(frame.data() + plus + 3, frame.data() + frame.size(), offset, 16);
  const auto name = function_at(frame.substr(0, plus), offset);
  const auto module = frame.substr(slash + 1, plus - slash - 1);
  return name.empty() ? std::string(base) : fmt::format("{} ({})", name, module);
}

}  // namespace assay::app
