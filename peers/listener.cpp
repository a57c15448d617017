#include "peers/listener.hpp"

#include <fmt/format.h>

namespace assay::peers {

std::expected<std::uint16_t, std::string> listen_on(tcp::acceptor& acceptor, const std::string& address,
                                                    std::uint16_t port, std::string_view port_option) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return std::unexpected("\"" + address + "\" is no IP address to listen on");
  const tcp::endpoint endpoint(ip, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor.local_endpoint(error).port();
  if (error == asio::error::address_in_use)
    return std::unexpected(fmt::format(
        "port {} is in use: choose another one with {}, or stop the program that holds it", port, port_option));
  if (error == asio::error::access_denied)
    return std::unexpected(fmt::format("port {} needs rights this user lacks: choose one above 1023", port));
  if (error == boost::system::errc::address_not_available)
    return std::unexpected(
        fmt::format("{} is no address of this machine: name one that is, or 0.0.0.0 for all", address));
  return std::unexpected(fmt::format("cannot listen on {}:{}: {}", address, port, error.message()));
}

bool is_short_of_resources(const error_code& error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system || error == asio::error::no_descriptors ||
         error == asio::error::no_memory || error == asio::error::no_buffer_space;
}

}  // namespace assay::peers
