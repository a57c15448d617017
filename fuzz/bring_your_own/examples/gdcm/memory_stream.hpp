// A stream over memory, without a copy.
#pragma once

#include <cstdint>
#include <streambuf>

class MemoryStream : public std::streambuf {
 public:
  MemoryStream(const std::uint8_t* data, std::size_t size) {
    auto* begin = const_cast<char*>(reinterpret_cast<const char*>(data));
    setg(begin, begin, begin + size);
  }

 protected:
  pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
    const char* base = from == std::ios_base::beg ? eback() : from == std::ios_base::cur ? gptr() : egptr();
    if (by < eback() - base || by > egptr() - base) return {off_type(-1)};
    setg(eback(), eback() + (base - eback()) + by, egptr());
    return {gptr() - eback()};
  }
  pos_type seekpos(pos_type at, std::ios_base::openmode mode) override {
    return seekoff(off_type(at), std::ios_base::beg, mode);
  }
};
