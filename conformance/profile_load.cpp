// A profile from its files: bases and includes resolved, then read, then held against itself.
// Tests: tests/unit/conformance/profile_load_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/profile_parts.hpp"
#include "harness/base/hex.hpp"

namespace assay::conformance {
namespace {

using scenario::Element;
using scenario::LoadError;
using scenario::Location;

/// Bytes of all files of one profile.
constexpr std::size_t max_bytes = 16U << 20;

class Loader {
 public:
  Loader(const ReadFile& read, std::vector<LoadError>& errors) : read_(read), errors_(errors) {}

  /// Everything of the file and of its base, or nothing after an error.
  std::optional<Profile> profile(std::string_view text, const std::string& file) {
    auto root = document(text, file, "profile");
    if (!root) return std::nullopt;
    Profile out;
    if (const auto* base = root->attribute("base")) {
      const auto source = open(*base, "base");
      if (!source) return std::nullopt;
      opened_.push_back(source->path);
      auto from = profile(source->text, source->path);
      opened_.pop_back();
      if (!from) return std::nullopt;
      out = std::move(*from);
    }
    out.at = place_of(root->at);
    apply_elements(*root, out, errors_);
    if (!errors_.empty()) return std::nullopt;
    return out;
  }

  void begin(std::string file) { opened_.push_back(std::move(file)); }

 private:
  /// A file of this root with its includes in place.
  std::optional<Element> document(std::string_view text, const std::string& file, std::string_view wanted) {
    bytes_ += text.size();
    auto root = scenario::read_checked(text, file, profile_language(), errors_);
    if (!root || !errors_.empty()) return std::nullopt;
    if (root->name != wanted) {
      wrong(root->at, fmt::format("here stands <{}>, but this file is used as a <{}>", root->name, wanted));
      return std::nullopt;
    }
    if (!plain_text(*root) || !expand(*root)) return std::nullopt;
    return root;
  }

  std::optional<SourceFile> open(const scenario::Attribute& name, std::string_view how) {
    if (!read_) {
      wrong(name.at, fmt::format("{}=\"{}\": other files cannot be read here", name.name, printable(name.value)));
      return std::nullopt;
    }
    if (opened_.size() >= max_profile_depth) {
      wrong(name.at, fmt::format("bases and includes go deeper than {}", max_profile_depth));
      return std::nullopt;
    }
    if (++files_ > max_profile_files || bytes_ > max_bytes) {
      wrong(name.at,
            fmt::format("a profile may pull in at most {} files of {} bytes together", max_profile_files, max_bytes));
      return std::nullopt;
    }
    auto source = read_(name.at.file ? *name.at.file : std::string(), name.value);
    if (!source) {
      wrong(name.at, source.error());
      return std::nullopt;
    }
    if (const auto found = std::ranges::find(opened_, source->path); found != opened_.end()) {
      std::string way;
      for (auto one = found; one != opened_.end(); ++one) way += printable(*one) + " -> ";
      wrong(name.at, fmt::format("{} goes in a circle: {}{}", how, way, printable(source->path)));
      return std::nullopt;
    }
    return std::move(*source);
  }

  bool expand(Element& element) {
    std::vector<Element> children;
    children.reserve(element.children.size());
    for (auto& child : element.children) {
      if (child.name != "include") {
        if (!expand(child)) return false;
        if (++elements_ > max_profile_entries) {
          wrong(child.at, fmt::format("a profile has at most {} entries", max_profile_entries));
          return false;
        }
        children.push_back(std::move(child));
        continue;
      }
      const auto* href = child.attribute("href");
      const auto source = open(*href, "include");
      if (!source) return false;
      opened_.push_back(source->path);
      auto fragment = document(source->text, source->path, "fragment");
      opened_.pop_back();
      if (!fragment) return false;
      const auto* type = profile_language().find(element.type);
      for (auto& part : fragment->children) {
        if (type == nullptr || type->child(part.name) == nullptr) {
          errors_.push_back(error_between(
              place_of(part.at), fmt::format("<{}> is not allowed in <{}>, which includes it", part.name, element.name),
              place_of(child.at)));
          return false;
        }
        children.push_back(std::move(part));
      }
    }
    element.children = std::move(children);
    return true;
  }

  /// Values are what they are: no variables, no control characters.
  bool plain_text(const Element& element) {
    const auto check = [&](const std::string& value, const Location& at) {
      if (value.find("${") != std::string::npos) wrong(at, "profiles have no ${variables}");
      const bool control = std::ranges::any_of(
          value, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r'; });
      if (control) wrong(at, "there is a control character in this text");
    };
    for (const auto& attribute : element.attributes) check(attribute.value, attribute.at);
    check(element.text, element.text_at);
    for (const auto& child : element.children) plain_text(child);
    return errors_.empty();
  }

  void wrong(const Location& at, std::string message) { errors_.push_back(scenario::error_at(at, std::move(message))); }

  const ReadFile& read_;
  std::vector<LoadError>& errors_;
  std::vector<std::string> opened_;  // the files around the one that is read
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

std::string to_string(const Place& place) { return fmt::format("{}:{}:{}", place.file, place.line, place.column); }

Place place_of(const Location& at) { return {at.file ? *at.file : std::string(), at.line, at.column}; }

LoadError error_between(const Place& at, std::string message, const Place& other) {
  return {at.file, at.line, at.column, fmt::format("{} (the other place is {})", message, to_string(other))};
}

std::expected<Profile, std::string> load_profile(std::string_view xml, std::string_view file_name,
                                                 const ReadFile& read) {
  std::vector<LoadError> errors;
  Loader loader(read, errors);
  loader.begin(std::string(file_name));
  auto profile = loader.profile(xml, std::string(file_name));
  if (profile && errors.empty()) check_whole(*profile, errors);
  if (profile && errors.empty()) return std::move(*profile);
  if (errors.size() > scenario::max_load_errors) errors.resize(scenario::max_load_errors);
  std::string text;
  for (const auto& error : errors) text.append(text.empty() ? "" : "\n").append(scenario::to_string(error));
  return std::unexpected(std::move(text));
}

}  // namespace assay::conformance
