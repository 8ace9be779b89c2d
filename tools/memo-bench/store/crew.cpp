#include "tools/memo-bench/store/crew.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kGlance{50};  // how often a signal is looked for
constexpr std::chrono::seconds kToSend{10};
constexpr std::chrono::milliseconds kToGetReady{20};  // from an order to the instant at which a round begins

std::int64_t start_of_round() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now + kToGetReady).count();
}

}  // namespace

Status interrupted() {
  return {StatusCode::unavailable, "interrupted"};
}

Result<ClientCrew> ClientCrew::start(const std::string& program, std::uint32_t count, const Interrupt& interrupt) {
  ClientCrew crew(interrupt);
  for (std::uint32_t client = 0; client < count; ++client) {
    MEMO_ASSIGN_OR_RETURN(auto process, PeerProcess::start({program}, {}));
    crew.clients_.push_back(std::move(process));
  }
  return crew;
}

Result<Json> ClientCrew::receive(PeerProcess& client) {
  while (!client.answers_within(kGlance))
    if (interrupt_->wait_for(std::chrono::milliseconds(0))) return interrupted();
  const auto line = client.receive(kToSend);
  // If the same Ctrl-C ended a client, this reports the interruption only.
  if (!line && interrupt_->wait_for(std::chrono::milliseconds(0))) return interrupted();
  if (!line) return Status(line.status().code(), "a client process " + line.status().message());
  Json answer = Json::parse(*line, nullptr, false);
  if (!answer.is_object() || !answer.contains("ok"))
    return Status(StatusCode::corrupt, "a client process wrote what is no answer: " + *line);
  if (answer["ok"] != true) return Status(StatusCode::internal, answer.value("error", "a client process failed"));
  return answer;
}

// Sends the order to all clients before it waits for the first answer.
Result<std::vector<Json>> ClientCrew::ask(std::uint32_t clients, const Json& order) {
  const std::string line = order.dump();
  for (std::uint32_t client = 0; client < clients; ++client)
    MEMO_RETURN_IF_ERROR(clients_.at(client).send(line, kToSend));
  std::vector<Json> answers;
  for (std::uint32_t client = 0; client < clients; ++client) {
    MEMO_ASSIGN_OR_RETURN(auto answer, receive(clients_[client]));
    answers.push_back(std::move(answer));
  }
  return answers;
}

Status ClientCrew::set_workload(const Workload& workload) {
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    const Json order = {{"do", "workload"}, {"workload", workload.to_json()}, {"client", client}};
    MEMO_RETURN_IF_ERROR(clients_[client].send(order.dump(), kToSend));
    if (const auto answer = receive(clients_[client]); !answer) return answer.status();
  }
  return Status::ok();
}

Status ClientCrew::open(std::uint32_t clients, const std::string& contestant, const std::string& folder) {
  return ask(clients, {{"do", "open"}, {"contestant", contestant}, {"folder", folder}, {"filling", false}})
      .status();
}

Status ClientCrew::close(std::uint32_t clients, const std::string& contestant) {
  return ask(clients, {{"do", "close"}, {"contestant", contestant}}).status();
}

Status ClientCrew::fill(const std::string& contestant, const std::string& folder, std::uint64_t first,
                        std::uint64_t last) {
  MEMO_RETURN_IF_ERROR(
      ask(1, {{"do", "open"}, {"contestant", contestant}, {"folder", folder}, {"filling", true}}).status());
  MEMO_RETURN_IF_ERROR(
      ask(1, {{"do", "fill"}, {"contestant", contestant}, {"first", first}, {"last", last}}).status());
  return close(1, contestant);
}

Result<std::vector<RoundFigures>> ClientCrew::run(const Round& round) {
  MEMO_ASSIGN_OR_RETURN(const auto answers, ask(round.clients, {{"do", "run"},
                                                                {"contestant", round.contestant},
                                                                {"round", round.number},
                                                                {"start_ns", start_of_round()},
                                                                {"seconds", round.seconds},
                                                                {"operations", round.operations}}));
  std::vector<RoundFigures> figures;
  for (const Json& answer : answers) figures.push_back(RoundFigures::from_json(answer.at("figures")));
  return figures;
}

Result<Json> ClientCrew::recall(const std::string& contestant, std::uint32_t queries) {
  MEMO_ASSIGN_OR_RETURN(auto answers,
                        ask(1, {{"do", "recall"}, {"contestant", contestant}, {"queries", queries}}));
  return answers.front().at("answers");
}

}  // namespace memo
