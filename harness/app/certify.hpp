// `assay certify`: a conformance statement held against a device: what it answers when it is asked (learn), the cases
// of the catalogue that its claims call for, and what it proposes when it calls us. The judging itself stands in
// conformance/certify.hpp. Tests: tests/interop/certify_test.py
#pragma once

#include <string>
#include <vector>

#include "conformance/certify.hpp"
#include "harness/app/console.hpp"
#include "harness/app/learn.hpp"

namespace assay::app {

/// Whom the report names; any of it may be empty.
struct Signature {
  std::string tester;
  std::string site;
  std::string serial;  // of the device
};

struct CertifyOptions {
  LearnOptions learn;   // the target, and how it is asked
  std::string profile;  // the statement: file, or the name of a shipped one
  std::string out = "assay-certificate";
  std::string record;             // judge this record again; no device
  bool cases = true;              // run the catalogue
  std::vector<std::string> only;  // globs over case ids
  bool unattended = false;
  std::string dut_act;
  std::uint16_t listen = 0;
  unsigned jobs = 1;
  Signature signature;
  std::string command_line;
};

/// What was seen of a device, and when: the file record.json.
struct DeviceRecord {
  conformance::certify::Record seen;
  std::string target;
  std::string called_ae;
  std::string calling_ae;
  std::string date;
  std::string product;  // as seen on the wire: implementation version name and class UID
  std::string edition;
  std::string assay_version;
  std::vector<std::string> remarks;
  bool interrupted = false;
};
std::string record_json(const DeviceRecord& record);
/// The error names the file and what is wrong with it.
std::expected<DeviceRecord, std::string> read_record(const std::string& text, const std::string& file);

struct Certificate {
  const conformance::Profile* statement = nullptr;
  DeviceRecord record;
  Signature signature;
  std::vector<conformance::certify::Judgement> judgements;
  std::vector<conformance::certify::CaseSeen> broken;
  std::string digest;  // SHA-256 of record.json

  [[nodiscard]] std::size_t count(conformance::certify::Standing standing) const;
  /// "agrees with ...", "disagrees with ...": the sentence that the report stands for.
  [[nodiscard]] std::string sentence() const;
};
std::string certificate_text(const Certificate& certificate, bool colour);
/// The edition of the standard that the statement names. There is one version, 3.0; a year alone is an edition.
std::string stated_edition(const conformance::Profile& statement);
std::string certificate_json(const Certificate& certificate);
/// One file, no network.
std::string certificate_html(const Certificate& certificate);

/// 0 nothing contradicted, 1 something is, 2 bad usage, 3 not reached, 130 interrupted.
int certify(const CertifyOptions& options, Console& console);

}  // namespace assay::app
