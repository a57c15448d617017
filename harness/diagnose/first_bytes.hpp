// Whose first bytes are these? Other protocols that sit on the port a DICOM device was expected on.
// Tests: tests/unit/diagnose/first_bytes_test.cpp
#pragma once

#include <string>

#include "harness/base/bytes.hpp"

namespace assay::diagnose {

enum class Protocol : std::uint8_t {
  nothing,  // no byte came
  dicom,    // begins like a PDU of the DICOM Upper Layer
  mirror,   // our own bytes back
  tls,
  http,
  ssh,
  mail,
  ftp,
  hl7,
  telnet,
  database,
  remote_desktop,
  text,     // some protocol of lines
  unknown,  // bytes that fit nothing
};

struct Guess {
  Protocol protocol = Protocol::nothing;
  std::string what;  // "an SSH server (SSH-2.0-OpenSSH_9.2)"; printable
};

/// `sent` is what we said first, to know our own bytes when they come back.
Guess guess_protocol(ByteView received, ByteView sent = {});

}  // namespace assay::diagnose
