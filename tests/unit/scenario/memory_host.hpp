// Lends an Interpreter a clock and connections that exist only in memory. What stands at the other end is a Peer: a
// whole device made of the real session and services, or a list of canned bytes.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/scenario/interpreter.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/provider.hpp"
#include "harness/service/store.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/session/session.hpp"

namespace assay::scenario::test {

/// The device's end of one connection.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void opened(Instant) {}
  virtual void receive(ByteView bytes, Instant now) = 0;
  virtual void closed(Instant) {}
  /// What it sends now; empties.
  virtual Bytes take() = 0;
  virtual bool wants_close() { return false; }
  virtual trace::Closing how() { return trace::Closing::fin; }
};

/// Says what a function says to each whole PDU that comes (type and bytes).
class ScriptedPeer : public Peer {
 public:
  struct Reply {
    Bytes bytes;
    bool close = false;
    trace::Closing how = trace::Closing::fin;
  };
  using Script = std::function<Reply(const pdu::Framer::Frame&)>;
  explicit ScriptedPeer(Script script) : script_(std::move(script)) {}

  void receive(ByteView bytes, Instant) override {
    framer_.push(bytes);
    for (auto frame = framer_.next(); frame.status != pdu::Framer::Status::need_more; frame = framer_.next()) {
      auto reply = script_(frame);
      append(out_, ByteView(reply.bytes));
      if (reply.close) {
        close_ = true;
        how_ = reply.how;
      }
      if (frame.status == pdu::Framer::Status::unrecognized) return;
    }
  }
  Bytes take() override { return std::exchange(out_, {}); }
  bool wants_close() override { return close_; }
  trace::Closing how() override { return how_; }

 private:
  Script script_;
  pdu::Framer framer_;
  Bytes out_;
  bool close_ = false;
  trace::Closing how_ = trace::Closing::fin;
};

/// A right archive: negotiation, verification, storage, query.
class Archive : public Peer {
 public:
  explicit Archive(service::InstanceStore& store, service::Policy policy = service::default_policy())
      : store_(&store), policy_(std::move(policy)), session_(dul::Role::acceptor, {}) {}

  void opened(Instant now) override { (void)session_.transport_opened(now); }
  void receive(ByteView bytes, Instant now) override {
    (void)session_.receive(bytes, now);
    work(now);
  }
  void closed(Instant now) override { (void)session_.peer_closed(now); }
  Bytes take() override { return session_.take_output(); }
  bool wants_close() override { return session_.wants_close(); }

 private:
  void work(Instant now) {
    while (auto event = session_.next_event()) {
      if (const auto* rq = std::get_if<session::AssociateIndication>(&*event)) {
        auto answer = service::negotiate(rq->rq, policy_);
        if (auto* ac = std::get_if<pdu::AAssociateAc>(&answer)) {
          (void)session_.submit(session::AssociateAccept{*ac}, now);
          provider_ = std::make_unique<service::Provider>(session_.contexts(), *store_);
        } else {
          (void)session_.submit(session::AssociateReject{std::get<pdu::AAssociateRj>(answer)}, now);
        }
      } else if (auto* message = std::get_if<session::MessageIndication>(&*event)) {
        provider_->receive(std::move(message->message));
      } else if (std::holds_alternative<session::ReleaseIndication>(*event)) {
        (void)session_.submit(session::ReleaseResponse{}, now);
      }
      while (provider_ && provider_->ready())
        if (auto response = provider_->next_message())
          (void)session_.submit(session::MessageRequest{std::move(*response), {}}, now);
    }
  }

  service::InstanceStore* store_;
  service::Policy policy_;
  session::Session session_;
  std::unique_ptr<service::Provider> provider_;
};

/// A right requestor: associates, sends its messages one after the other, releases.
class Modality : public Peer {
 public:
  Modality(std::string abstract_syntax, std::vector<dimse::Message> messages)
      : abstract_(std::move(abstract_syntax)), messages_(std::move(messages)), session_(dul::Role::requestor, {}) {}

  void opened(Instant now) override {
    pdu::AAssociateRq rq;
    rq.called_ae_title = "ASSAY";
    rq.calling_ae_title = "MODALITY";
    rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    pdu::PresentationContextItemRq context;
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{abstract_});
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    rq.items.emplace_back(context);
    rq.items.emplace_back(
        pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"1.2.3.4"}}});
    (void)session_.submit(session::AssociateRequest{rq}, now);
    (void)session_.transport_opened(now);
  }
  void receive(ByteView bytes, Instant now) override {
    (void)session_.receive(bytes, now);
    while (auto event = session_.next_event()) {
      const bool goes_on = std::holds_alternative<session::AssociateConfirm>(*event) ||
                           std::holds_alternative<session::MessageIndication>(*event);
      if (goes_on && next_ < messages_.size()) {
        (void)session_.submit(session::MessageRequest{messages_[next_++], {}}, now);
      } else if (goes_on) {
        (void)session_.submit(session::ReleaseRequest{}, now);
      }
    }
  }
  void closed(Instant now) override { (void)session_.peer_closed(now); }
  Bytes take() override { return session_.take_output(); }
  bool wants_close() override { return session_.wants_close(); }

 private:
  std::string abstract_;
  std::vector<dimse::Message> messages_;
  std::size_t next_ = 0;
  session::Session session_;
};

class MemoryHost {
 public:
  using MakePeer = std::function<std::unique_ptr<Peer>()>;

  /// `device` answers connections; nothing means that nothing listens there.
  explicit MemoryHost(MakePeer device) : device_(std::move(device)) {}
  /// What connects to us when the device is operated.
  void when_operated(MakePeer modality) { modality_ = std::move(modality); }

  /// How often it connects then; once when not said.
  void calls_for_each_operation(int calls) { calls_ = calls; }

  /// How the command that operates it ends, told at once; empty: it never does.
  void command_ends(std::string how) { ends_as_ = std::move(how); }

  trace::CaseResult run(Interpreter& interpreter) {
    interpreter.start(now_);
    for (int round = 0; round < 100'000 && !interpreter.finished(); ++round) {
      if (auto command = interpreter.next_command()) {
        carry_out(interpreter, *command);
        continue;
      }
      if (deliver(interpreter)) continue;
      const auto deadline = interpreter.next_deadline();
      if (!deadline) break;
      now_ = std::max(now_, *deadline);
      interpreter.expire(now_);
    }
    return interpreter.result();
  }

  std::vector<Send> sent;  // every Send as it was asked for
  std::vector<Operate> operated;
  [[nodiscard]] Instant now() const { return now_; }

 private:
  void carry_out(Interpreter& interpreter, const Command& command) {
    if (const auto* connect = std::get_if<Connect>(&command)) {
      auto peer = device_ ? device_() : nullptr;
      if (!peer) {
        interpreter.connect_failed(connect->connection, "connection refused", now_);
        return;
      }
      peer->opened(now_);
      peers_[connect->connection] = std::move(peer);
      interpreter.connected(connect->connection, "127.0.0.1:50000", now_);
    } else if (const auto* send = std::get_if<Send>(&command)) {
      sent.push_back(*send);
      if (const auto found = peers_.find(send->connection); found != peers_.end())
        found->second->receive(send->bytes, now_);
      interpreter.sent(send->connection, now_);
    } else if (const auto* close = std::get_if<Close>(&command)) {
      if (const auto found = peers_.find(close->connection); found != peers_.end()) {
        found->second->closed(now_);
        if (!close->only_write_half) peers_.erase(found);
      }
    } else if (const auto* listen = std::get_if<Listen>(&command)) {
      listeners_.push_back(listen->listener);
      interpreter.listening(listen->listener, 11112, now_);
    } else if (const auto* stop = std::get_if<StopListening>(&command)) {
      std::erase(listeners_, stop->listener);
    } else if (const auto* operate = std::get_if<Operate>(&command)) {
      operated.push_back(*operate);
      if (!modality_) {
        interpreter.operated(operate->operation, false, "nothing says how", now_);
        return;
      }
      if (listeners_.empty()) {
        interpreter.operated(operate->operation, false, "connection refused", now_);
        return;
      }
      for (int call = 0; call < calls_; ++call) {
        auto peer = modality_();
        peer->opened(now_);
        const auto id = interpreter.accepted(listeners_.back(), "127.0.0.1:50001", now_);
        peers_[id] = std::move(peer);
      }
      if (!ends_as_.empty()) interpreter.operated(operate->operation, true, ends_as_, now_);
    }
  }

  bool deliver(Interpreter& interpreter) {
    for (auto it = peers_.begin(); it != peers_.end(); ++it) {
      const auto id = it->first;
      if (const auto bytes = it->second->take(); !bytes.empty()) {
        interpreter.received(id, bytes, now_);
        return true;
      }
      if (it->second->wants_close()) {
        const auto how = it->second->how();
        peers_.erase(it);
        interpreter.peer_closed(id, how, now_);
        return true;
      }
    }
    return false;
  }

  MakePeer device_;
  MakePeer modality_;
  int calls_ = 1;
  std::string ends_as_ = "done";
  std::vector<ListenerId> listeners_;
  std::map<ConnectionId, std::unique_ptr<Peer>> peers_;
  Instant now_;
};

inline std::string head(std::string_view attributes = R"(role="requestor")", std::string_view more = "") {
  return "<scenario id=\"ps3.8/9.3/test\" " + std::string(attributes) +
         ">\n<title>A title</title>\n<clause part=\"PS3.8\" section=\"9.3\" level=\"shall\">A duty.</clause>\n"
         "<advice>Some advice.</advice>\n" +
         std::string(more);
}

/// A scenario with these steps, ready to run; prints what is wrong with it otherwise.
inline std::vector<Case> cases(std::string_view steps, std::string_view attributes = R"(role="requestor")",
                               std::string_view more = "") {
  auto loaded = load(head(attributes, more) + std::string(steps) + "</scenario>", "test.xml");
  if (!loaded) {
    for (const auto& error : loaded.error()) fprintf(stderr, "%s\n", to_string(error).c_str());
    return {};
  }
  return cases_of(std::make_shared<const Scenario>(std::move(loaded->front())));
}

inline Environment environment() {
  Environment out;
  out.target_host = "127.0.0.1";
  out.target_port = 11112;
  for (const auto* name : {"dul-timeout", "dimse-timeout", "artim", "connect-timeout", "operate-timeout"})
    out.waits[name] = std::chrono::seconds(10);
  return out;
}

}  // namespace assay::scenario::test
