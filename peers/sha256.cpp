#include "peers/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "harness/base/hex.hpp"

namespace assay::peers {

std::string sha256(ByteView bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) return {};
  return to_hex(ByteView(digest).first(length));
}

}  // namespace assay::peers
