// Messages to P-DATA and back (PS3.7 8.1, PS3.8 Annex E): any legal packing is taken, the packing sent is chosen.
// Tests: tests/unit/dimse/pdv_test.cpp, tests/unit/dimse/assembler_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "harness/base/gather.hpp"
#include "harness/base/limits.hpp"
#include "harness/base/loan.hpp"
#include "harness/dimse/message.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::dimse {

struct Packing {
  std::uint32_t maximum_length = 16384;    // the receiver's maximum length item; 0 = no limit (64 KiB are used)
  std::uint32_t fragment_length = 0;       // bytes of each fragment; 0 = as large as fits values_per_pdu; made even
  std::uint32_t values_per_pdu = 1;        // PDVs per P-DATA-TF PDU, while they fit
  bool command_and_data_together = false;  // the first data fragment may share a PDU with the last of the command
};

/// Appends the P-DATA-TF PDUs of a message. Fragments are even; nothing exceeds packing.maximum_length.
/// False, with nothing appended, when a maximum length of 1 to 7 leaves no room for two bytes in a PDV.
bool fragment(Bytes& out, const Message& message, const Packing& packing);
/// The same without a copy of a lent Data Set: its larger fragments stay in their owner's memory.
bool fragment(Gather& out, const Message& message, const Packing& packing);
/// The same as model values, for the layout tree.
std::vector<pdu::PDataTf> fragment_to_pdus(const Message& message, const Packing& packing);

struct AssemblerOptions {
  std::size_t keep_data_set_bytes = limits::observed_dataset_bytes;  // beyond: counted only
  Budget common;                                                     // of the Data Sets that are not whole yet
};

/// Puts PDVs of one direction of one association together again.
class Assembler {
 public:
  explicit Assembler(AssemblerOptions options = {})
      : keep_data_set_bytes_(options.keep_data_set_bytes), loan_(std::move(options.common)) {}

  struct Output {
    std::optional<Message> message;  // set when this PDV completed one
    bool command_completed = false;  // the Command Set is whole; peek with current_command()
    Problems problems;               // offsets count in the connection (PDV offsets)
    Problems command_problems;       // of the Command Set; offsets count in the Command Set itself
  };

  /// PS3.8 Annex E.2: one message at a time, command before data, no interleaving of contexts. A message that was
  /// begun and never completed is dropped when the next command begins; the PDV that shows it carries the problem.
  /// `owner`, where it is given, holds the fragment: a Data Set that is all of its bytes is lent and not copied.
  Output push(const pdu::PdvView& value, const std::shared_ptr<const Bytes>& owner = nullptr);

  /// Called with each Data Set fragment as it comes, for stores that stream.
  void on_data(std::function<void(const CommandSet&, ByteView fragment)> sink) { sink_ = std::move(sink); }

  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }
  [[nodiscard]] const CommandSet* current_command() const {
    return phase_ == Phase::data ? &message_.command : nullptr;
  }
  void reset();

 private:
  enum class Phase : std::uint8_t { idle, command, data };
  Output push_command(const pdu::PdvView& value);
  Output push_data(const pdu::PdvView& value, const std::shared_ptr<const Bytes>& owner);
  [[nodiscard]] bool borrow(ByteView fragment, const std::shared_ptr<const Bytes>& owner);
  void own_what_is_lent();
  void finish(Output& out);
  void begin(const pdu::PdvView& value);
  [[nodiscard]] bool command_looks_whole() const;
  void report_context(Output& out, const pdu::PdvView& value);

  std::size_t keep_data_set_bytes_;
  Loan loan_;                 // for message_.data_set
  bool keeping_data_ = true;  // no limit was met in this Data Set
  Phase phase_ = Phase::idle;
  bool data_announced_ = true;           // false right after a message whose Data Set Type said that none follows
  bool skipping_command_ = false;        // of a Command Set past its limit, until its last fragment
  std::size_t borrowed_ = 0;             // bytes of message_.lent_data_set that have come
  std::size_t last_data_set_bytes_ = 0;  // of the message before, as far as it was kept and room is made for
  bool skipping_data_ = false;           // of a Data Set whose message was given up, until its last fragment
  bool data_begun_ = false;
  Bytes command_bytes_;
  Message message_;
  std::function<void(const CommandSet&, ByteView)> sink_;
};

}  // namespace assay::dimse
