// What broke a parser in process, as it looks on a network: a scenario that sends the same bytes to a device, and a
// capture that shows them to whoever has only Wireshark or `assay explain`. Tests: tests/interop/fuzz_findings_test.py,
// tests/loopback/fuzz_network_test.cpp
#pragma once

#include <expected>
#include <string>

#include "fuzz/findings/finding.hpp"
#include "fuzz/findings/reduce.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/base/bytes.hpp"

namespace assay::app {

struct NetworkForm {
  std::string scenario;  // XML
  std::string capture;   // pcapng
};

/// PDUs as a peer sends them; a file or a Data Set as what a C-STORE-RQ carries. The error is one sentence that says
/// why an input has no form on a network.
std::expected<NetworkForm, std::string> network_form(const fuzz::Finding& finding, const fuzz::InputForm& form,
                                                     ByteView input);

/// Adds scenario.xml and capture.pcapng to the files of a finding, or says in `happened` why there are none.
void add_network_form(fuzz::Finding& finding, const fuzz::InputForm& form, ByteView input, FindingFiles& files);

}  // namespace assay::app
