// A listening TCP socket, and what everybody who listens does when it cannot. Internal.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "peers/asio.hpp"

namespace assay::peers {

/// Opens `acceptor` on an IP address and a port (0: a free one) and gives back the port; or why not, in one line with
/// what to do. `port_option` is what chooses the port on the command line, for that line.
std::expected<std::uint16_t, std::string> listen_on(tcp::acceptor& acceptor, const std::string& address,
                                                    std::uint16_t port, std::string_view port_option);

/// Whether accept() failed for want of files or memory: what is open goes on, the caller has to wait.
bool is_short_of_resources(const error_code& error);

/// How long to wait before accept() is tried again after that.
inline constexpr auto accept_retry = std::chrono::milliseconds(100);

}  // namespace assay::peers
