#include "peers/probe.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "harness/diagnose/talk.hpp"
#include "peers/connection.hpp"

namespace assay::peers {
namespace {

using diagnose::Answer;
using diagnose::End;
using diagnose::Probe;
using diagnose::Reach;

Reach reach_of(const error_code& error) {
  if (!error) return Reach::ok;
  if (error == asio::error::host_not_found || error == asio::error::no_data || error == asio::error::service_not_found)
    return Reach::name_unknown;
  if (error == asio::error::host_not_found_try_again || error == asio::error::no_recovery)
    return Reach::name_server_silent;
  if (error == asio::error::connection_refused) return Reach::refused;
  if (error == asio::error::timed_out) return Reach::timed_out;
  if (error == asio::error::connection_reset || error == asio::error::connection_aborted) return Reach::reset;
  if (error == asio::error::host_unreachable || error.value() == EHOSTDOWN) return Reach::host_unreachable;
  if (error == asio::error::network_unreachable || error == asio::error::network_down || error.value() == EADDRNOTAVAIL)
    return Reach::network_unreachable;
  if (error == asio::error::access_denied || error.value() == EPERM) return Reach::blocked;
  if (error == asio::error::operation_aborted) return Reach::interrupted;
  return Reach::failed;
}

std::string words_of(const error_code& error, bool timed_out) {
  return timed_out ? std::string("no answer in time") : error.message();
}

/// Who trusts no issuer sees only that of a certificate; that it is out of time is true all the same.
trace::Tls judged(trace::Tls tls) {
  const bool issuer = tls.chain == trace::Chain::self_signed || tls.chain == trace::Chain::unknown_issuer;
  if (!issuer || !tls.certificate) return tls;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  if (std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &utc) == 0) return tls;
  if (tls.certificate->not_after < text.data()) {
    tls.chain = trace::Chain::expired;
    tls.chain_detail = "certificate has expired";
  } else if (tls.certificate->not_before > text.data()) {
    tls.chain = trace::Chain::not_yet_valid;
    tls.chain_detail = "certificate is not yet valid";
  }
  return tls;
}

/// One probe over one connection. Keeps itself alive through its callbacks until it has finished.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Loop::Impl& loop, std::shared_ptr<const TlsContext> tls, const Probe& probe)
      : loop_(loop), tls_(std::move(tls)), probe_(probe), talk_(probe), resolver_(loop.context), timer_(loop.context) {}

  void start() {
    started_ = loop_.now();
    if (probe_.pause <= Duration{0}) {
      go();
      return;
    }
    timer_.expires_after(probe_.pause);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->go();
    });
  }

  [[nodiscard]] bool finished() const { return answer_.has_value(); }
  [[nodiscard]] Answer take_answer() { return *std::move(answer_); }
  [[nodiscard]] bool holding() const { return talk_.holding(); }
  /// A held association is going to be released: finished() once more when that is over, with the Answer released or
  /// not.
  void reopen() { answer_.reset(); }
  void release() {
    talk_.end_hold(loop_.now());
    carry();
  }
  /// The end of everything: nobody waits for an answer.
  void leave() {
    talk_.end_hold(loop_.now());
    connection_->send(talk_.take_output());
    connection_->close();
  }

  void cancel() {
    timer_.cancel();
    resolver_.cancel();
    if (connection_) connection_->close();
    answer_.reset();
    cancelled_ = true;
  }

 private:
  void go() {
    if (probe_.kind == Probe::Kind::resolve)
      resolve();
    else
      connect();
  }

  void resolve() {
    timer_.expires_after(probe_.connect_wait);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (error || self->finished()) return;
      self->resolver_.cancel();
      self->unreached(Reach::name_server_silent, "the name server does not answer in time");
    });
    resolver_.async_resolve(
        probe_.host, std::to_string(probe_.port),
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& results) {
          if (self->finished() || self->cancelled_) return;
          self->timer_.cancel();
          if (error) {
            const auto reach = reach_of(error);
            self->unreached(reach == Reach::failed ? Reach::name_server_silent : reach, error.message());
            return;
          }
          Answer answer;
          for (const auto& entry : results) {
            const auto address = entry.endpoint().address().to_string();
            if (std::find(answer.addresses.begin(), answer.addresses.end(), address) == answer.addresses.end())
              answer.addresses.push_back(address);
          }
          self->finish(std::move(answer));
        });
  }

  void connect() {
    connection_ = Connection::create(loop_);
    connecting_ = loop_.now();
    connection_->connect(probe_.host, probe_.port, probe_.connect_wait,
                         [weak = weak_from_this()](const error_code& error, bool) {
                           const auto self = weak.lock();
                           if (!self || self->finished() || self->cancelled_) return;
                           self->connect_took_ = self->loop_.now() - self->connecting_;
                           if (error)
                             self->unreached(reach_of(error), words_of(error, error == asio::error::timed_out));
                           else if (self->probe_.tls && self->tls_ && self->talks())
                             self->secure();
                           else
                             self->converse();
                         });
  }

  [[nodiscard]] bool talks() const {
    return probe_.kind == Probe::Kind::associate || probe_.kind == Probe::Kind::listen;
  }

  void secure() {
    const auto begun = loop_.now();
    connection_->secure(tls_, probe_.tls_name.empty() ? probe_.host : probe_.tls_name, probe_.wait,
                        [weak = weak_from_this(), begun](const trace::Tls& tls) {
                          const auto self = weak.lock();
                          if (!self || self->finished() || self->cancelled_) return;
                          if (tls.established) {
                            self->converse();
                            return;
                          }
                          Answer answer;
                          answer.tls = tls;
                          answer.connect_took = self->connect_took_;
                          answer.answer_took = self->loop_.now() - begun;
                          answer.end = answer.answer_took < self->probe_.wait ? End::fin : End::silence;
                          answer.closed_before_answer = answer.end == End::fin;
                          self->connection_->close();
                          self->finish(std::move(answer));
                        });
  }

  void converse() {
    local_address_ = connection_->local_address();
    local_address_.resize(std::min(local_address_.size(), local_address_.rfind(':')));
    talk_.begin(loop_.now());
    connection_->start({.received =
                            [weak = weak_from_this()](ByteView bytes) {
                              if (const auto self = weak.lock()) {
                                self->talk_.receive(bytes, self->loop_.now());
                                self->carry();
                              }
                            },
                        .closed =
                            [weak = weak_from_this()](trace::Closing how, const std::string&) {
                              if (const auto self = weak.lock()) {
                                self->talk_.peer_closed(how == trace::Closing::fin ? End::fin : End::rst,
                                                        self->loop_.now());
                                self->carry();
                              }
                            },
                        .sent = nullptr});
    carry();
  }

  /// Sends what the talk has to say, sets its deadline, ends when it is over.
  void carry() {
    if (finished() || cancelled_) return;
    if (const auto out = talk_.take_output(); !out.empty()) connection_->send(out);
    if (talk_.done()) {
      timer_.cancel();
      if (!talk_.holding()) connection_->close();
      auto answer = talk_.take_answer();
      answer.connect_took = connect_took_;
      answer.local_address = local_address_;
      if (const auto* tls = connection_->tls(); tls != nullptr) answer.tls = judged(*tls);
      finish(std::move(answer));
      return;
    }
    const auto deadline = talk_.next_deadline();
    if (!deadline) return;
    timer_.expires_at(loop_.time_point(*deadline));
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (error || !self) return;
      self->talk_.expire(self->loop_.now());
      self->carry();
    });
  }

  void unreached(Reach reach, std::string why) {
    Answer answer;
    answer.reach = reach;
    answer.system = std::move(why);
    answer.connect_took = connect_took_;
    finish(std::move(answer));
  }

  void finish(Answer answer) {
    answer.took = loop_.now() - started_;
    answer_ = std::move(answer);
  }

  Loop::Impl& loop_;
  std::shared_ptr<const TlsContext> tls_;
  Probe probe_;
  diagnose::Talk talk_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::shared_ptr<Connection> connection_;
  Instant started_;
  Instant connecting_;
  Duration connect_took_{0};
  std::string local_address_;
  std::optional<Answer> answer_;
  bool cancelled_ = false;
};

}  // namespace

struct Prober::Impl {
  Loop& loop;
  std::shared_ptr<const TlsContext> tls;
  std::vector<std::shared_ptr<Run>> held;
};

Prober::Prober(Loop& loop, std::shared_ptr<const TlsContext> tls) : impl_(new Impl{loop, std::move(tls), {}}) {}

Prober::~Prober() {
  for (const auto& one : impl_->held) one->leave();
}

std::pair<std::size_t, std::size_t> Prober::release_held() {
  const auto held = std::exchange(impl_->held, {});
  for (const auto& one : held) {
    one->reopen();
    impl_->loop.post([one] { one->release(); });
  }
  impl_->loop.run_until(
      [&] { return std::all_of(held.begin(), held.end(), [](const auto& one) { return one->finished(); }); });
  std::size_t released = 0;
  for (const auto& one : held) {
    if (!one->finished())
      one->cancel();
    else if (one->take_answer().released)
      ++released;
  }
  return {released, held.size()};
}

diagnose::Answer Prober::run(const Probe& probe) {
  const auto one = std::make_shared<Run>(impl_->loop.impl(), impl_->tls, probe);
  impl_->loop.post([one] { one->start(); });
  impl_->loop.run_until([&] { return one->finished(); });
  if (!one->finished()) {
    one->cancel();
    Answer answer;
    answer.reach = Reach::interrupted;
    return answer;
  }
  if (one->holding()) impl_->held.push_back(one);
  return one->take_answer();
}

}  // namespace assay::peers
