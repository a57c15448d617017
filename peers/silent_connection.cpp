#include <utility>

#include "peers/connection.hpp"
#include "peers/probe.hpp"

namespace assay::peers {

struct SilentConnection::Impl {
  std::shared_ptr<Connection> connection;
};

std::unique_ptr<SilentConnection> SilentConnection::open(Loop& loop, const std::string& host, std::uint16_t port,
                                                         Duration within) {
  auto connection = Connection::create(loop.impl());
  const auto answer = std::make_shared<std::optional<bool>>();
  connection->connect(host, port, within, [answer](error_code error, bool) { *answer = !error; });
  if (!loop.run_until([&] { return answer->has_value(); }) || !**answer) {
    connection->reset();
    return nullptr;
  }
  connection->start({});
  return std::unique_ptr<SilentConnection>(new SilentConnection(std::make_unique<Impl>(std::move(connection))));
}

SilentConnection::SilentConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SilentConnection::~SilentConnection() { impl_->connection->close(); }

}  // namespace assay::peers
