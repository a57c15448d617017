#include "harness/app/diagnose.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "harness/diagnose/ladder.hpp"
#include "harness/diagnose/services.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/negotiation.hpp"
#include "peers/probe.hpp"

namespace assay::app {
namespace {

using diagnose::Question;

std::expected<std::string, std::string> uid(const std::string& text, const char* what) {
  const auto known = dict::uid_of(text);
  if (known.empty())
    return std::unexpected(
        fmt::format("'{}' is no {}: write a UID, or a keyword such as {}", text, what,
                    std::string_view(what) == "SOP Class" ? "CTImageStorage" : "ImplicitVRLittleEndian"));
  if (known.size() > 64) return std::unexpected(fmt::format("'{}' has more than the 64 characters of a UID", text));
  return std::string(known);
}

std::expected<Question, std::string> question_of(const DiagnoseOptions& options) {
  Question question;
  const auto target = host_port(options.target);
  if (!target) return std::unexpected(target.error());
  question.host = target->host;
  question.port = target->port;
  question.called = options.called_ae;
  question.calling = options.calling_ae;
  std::vector<std::string> services;
  for (const auto& name : options.services) {
    if (name == "all") {
      for (const auto& service : diagnose::all_services()) services.emplace_back(service.name);
    } else {
      services.push_back(name);
    }
  }
  for (const auto& name : services) {
    const auto* service = diagnose::find_service(name);
    if (service == nullptr) {
      std::string known;
      for (const auto& one : diagnose::all_services()) known += fmt::format("{}, ", one.name);
      return std::unexpected(fmt::format("there is no service '{}'; there are: {}all", name, known));
    }
    question.wishes.push_back({name, {service->sop_classes.begin(), service->sop_classes.end()}, false});
  }
  for (const auto& text : options.sop_classes) {
    const auto known = uid(text, "SOP Class");
    if (!known) return std::unexpected(known.error());
    question.wishes.push_back({text, {*known}, true});
  }
  for (const auto& text : options.transfer_syntaxes) {
    const auto known = uid(text, "transfer syntax");
    if (!known) return std::unexpected(known.error());
    question.transfer_syntaxes.push_back(*known);
  }
  const auto us = service::default_policy();
  question.application_context = options.application_context.value_or(std::string(uids::application_context));
  question.implementation_class_uid = options.implementation_class_uid.value_or(us.implementation_class_uid);
  question.version_name = options.version_name.value_or(us.implementation_version_name);
  question.maximum_length = options.maximum_length.value_or(us.maximum_length);
  for (const auto& text : options.also) {
    const auto other = host_port(text);
    if (!other) return std::unexpected(other.error());
    question.also.emplace_back(other->host, other->port);
  }
  question.tls = options.tls.any();
  question.tls_check = !options.tls.no_verify;
  question.tls_authority = !options.tls.ca.empty();
  question.tls_less = options.tls_less;
  question.try_called = options.try_called;
  question.try_calling = options.try_calling;
  question.other_ports = !options.only_this_port;
  question.exercise = options.exercise;
  question.check_callers = options.check_callers;
  question.associations = options.associations;
  question.wait = options.wait;
  question.total = options.timeout;
  return question;
}

}  // namespace

int diagnose(const DiagnoseOptions& options, Console& console) {
  auto question = question_of(options);
  if (!question) {
    console.error(question.error());
    return exit_codes::usage;
  }
  TlsContextPtr tls;
  if (question->tls) {
    auto made = tls_looker(options.tls);
    if (!made) {
      console.error(made.error());
      return exit_codes::usage;
    }
    tls = std::move(*made);
  }
  diagnose::Ladder ladder(std::move(*question));
  peers::Loop loop;
  bool interrupted = false;
  loop.on_signal([&](int) {
    interrupted = true;
    loop.stop();
  });
  std::optional<diagnose::Diagnosis> diagnosis;
  {
    peers::Prober prober(loop, tls);
    std::size_t number = 0;
    while (!diagnosis) {
      auto next = ladder.next();
      if (auto* done = std::get_if<diagnose::Diagnosis>(&next)) {
        diagnosis = std::move(*done);
        break;
      }
      const auto& probe = std::get<diagnose::Probe>(next);
      console.progress(fmt::format("probe {}: {} (Ctrl-C shows what is known so far)", ++number, probe.purpose));
      auto answer = prober.run(probe);
      if (interrupted || answer.reach == diagnose::Reach::interrupted)
        diagnosis = ladder.so_far(probe.purpose);
      else
        ladder.answer(std::move(answer));
    }
  }
  console.clear_progress();
  console.text(options.json ? diagnosis_json(*diagnosis, options)
                            : diagnosis_text(*diagnosis, options, console.colour(), console.width()));
  return interrupted ? exit_codes::interrupted : diagnosis->exit_code();
}

int diagnose_causes(bool json, Console& console) {
  auto list = nlohmann::ordered_json::array();
  std::string text;
  for (const auto& cause : diagnose::all_causes()) {
    text += fmt::format("{:26} {:13} {:10} {}\n", cause.code, name(cause.rung), name(cause.blame), cause.title);
    list.push_back({{"code", cause.code},
                    {"rung", name(cause.rung)},
                    {"blame", name(cause.blame)},
                    {"exit", cause.exit_code},
                    {"title", cause.title},
                    {"meaning", cause.meaning},
                    {"change_on_device", cause.at_device},
                    {"change_on_this_side", cause.at_caller}});
  }
  console.text(json ? list.dump(1) + "\n" : text);
  return exit_codes::ok;
}

}  // namespace assay::app
