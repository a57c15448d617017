// Every bound on growth, with its reason. Nothing is allocated because a length field claims it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::limits {

/// Longest PDU other than P-DATA-TF that is collected: 128 contexts with 30 transfer syntaxes of 64 characters
/// and an identity token come to less than 400 KiB; more is noise or an attack.
inline constexpr std::uint32_t max_association_pdu_length = 1U << 20;

/// Longest P-DATA-TF that is collected. Peers told "no limit" have been seen sending a whole image in one PDU.
inline constexpr std::uint32_t max_p_data_length = 256U << 20;

/// The maximum length we announce unless told otherwise (bytes after the PDU header, PS3.8 D.1).
inline constexpr std::uint32_t announced_max_length = 65536;

/// A Command Set is a few hundred bytes; C-MOVE and N-GET lists stay below this.
inline constexpr std::size_t max_command_set_length = 1U << 20;

/// How much of a Data Set the observer keeps for the rules; beyond it only a digest and a count.
inline constexpr std::size_t observed_dataset_bytes = 1U << 20;

/// Nesting of sequences; the deepest seen in practice is 12 (structured reports).
inline constexpr std::size_t max_nesting_depth = 64;

/// Data Elements of one Data Set, items included: enhanced multi-frame objects reach a few hundred thousand.
inline constexpr std::size_t max_elements = 8U << 20;

/// Problems collected from one structure before the rest is only counted.
inline constexpr std::size_t max_problems = 1000;

/// Bytes of one connection that a Trace keeps verbatim; beyond it P-DATA bytes become a digest.
inline constexpr std::size_t trace_bytes = 4U << 20;

/// Events of one Trace kept; beyond it only counters grow.
inline constexpr std::size_t trace_events = 200'000;

}  // namespace assay::limits
