#include "client/attached/lookup_channel.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "client/step.h"

namespace memo {

struct LookupChannel::Call {
  // An item, counted through all requests.
  struct Item {
    const Asked* asked;
    const LookupItem* item;
    std::size_t place;  // of its first match
    std::size_t neighbours() const { return asked->request.neighbours; }
  };
  std::vector<Item> items;
  RingClient::Clock::time_point deadline;
  std::span<std::optional<Match>> matches;
  std::deque<Message> sent;  // not answered yet, oldest first

  // How many items from `first` on go into one message, and how many answers they ask for.
  struct Portion {
    std::size_t items = 0;
    std::size_t answers = 0;
  };
  Portion portion(std::size_t first) const {
    Portion portion;
    for (; first < items.size() && portion.items < segment::kMaxItemsPerLookup; ++first, ++portion.items) {
      if (portion.answers + items[first].neighbours() > segment::kMaxAnswersPerLookup) break;
      portion.answers += items[first].neighbours();
    }
    return portion;
  }
};

namespace {

Status nonsense(std::string what) {
  return {StatusCode::corrupt, "lookup reply: " + std::move(what)};
}

// What an answer says beside where the payload lies.
Status check_answer(const LookupAnswer& answer, const LookupItem& item, const SpaceSpec& spec) {
  const bool exact = answer.kind == LookupAnswer::Kind::exact;
  if (exact && answer.key != item.key) return nonsense("exact match of another key");
  if (!exact && item.feature.empty()) return nonsense("similar match for an item without feature");
  if (answer.length < std::max(1u, item.min_length) || answer.length > spec.length_bucket)
    return nonsense(fmt::format("length {}", answer.length));
  if (answer.payload_bytes < 1 || answer.payload_bytes > spec.payload_bytes)
    return nonsense(fmt::format("payload of {} bytes", answer.payload_bytes));
  return Status::ok();
}

}  // namespace

LookupChannel::LookupChannel(std::shared_ptr<AttachedMemory> memory)
    : memory_(std::move(memory)), ring_(memory_->lookup_ring(), segment::kLookupRing) {}

Status LookupChannel::lookup(std::span<const Asked> asked, RingClient::Clock::time_point deadline,
                             std::span<std::optional<Match>> matches) {
  step("lookup: begun");
  collect_abandoned();
  Call call{.items = {}, .deadline = deadline, .matches = matches, .sent = {}};
  call.items.reserve(matches.size());
  std::size_t place = 0;
  for (const Asked& one : asked)
    for (const LookupItem& item : one.request.items) {
      call.items.push_back({&one, &item, place});
      place += one.request.neighbours;
    }
  Status status = send_all(call);
  while (status && !call.sent.empty()) status = receive_oldest(call);
  if (!status) {
    abandon(std::move(call.sent));
    std::fill(matches.begin(), matches.end(), std::nullopt);
  }
  return status;
}

Status LookupChannel::send_all(Call& call) {
  for (std::size_t first = 0; first < call.items.size();) {
    const Call::Portion portion = call.portion(first);
    MEMO_RETURN_IF_ERROR(send(call, first, portion.items, portion.answers));
    first += portion.items;
  }
  return Status::ok();
}

// The requests that `count` items from `first` belong to, cut to these items.
std::vector<LookupRequest> LookupChannel::requests_of(const Call& call, std::size_t first, std::size_t count) {
  std::vector<LookupRequest> requests;
  for (std::size_t end = first + count; first < end;) {
    const Call::Item& begin = call.items[first];
    std::size_t items = 1;
    while (first + items < end && call.items[first + items].asked == begin.asked) ++items;
    requests.push_back(begin.asked->request);
    requests.back().items = {begin.item, items};
    first += items;
  }
  return requests;
}

Status LookupChannel::send(Call& call, std::size_t first, std::size_t items, std::size_t answers) {
  std::vector<std::uint32_t> leases(answers);
  if (!memory_->leases().take(leases)) return {StatusCode::busy, "all leases of this session are held by views"};

  step("lookup: leases taken");
  alignas(8) std::array<std::byte, segment::kLookupRequestBytes> buffer;
  const auto size = encode_lookup(requests_of(call, first, items), leases, buffer);
  auto ticket = size ? submit(call, std::span(buffer).first(*size)) : Result<RingTicket>(size.status());
  if (!ticket) {
    give_back(leases);
    return ticket.status();
  }
  step("lookup: sent");
  call.sent.push_back({.ticket = *ticket, .first = first, .items = items, .leases = std::move(leases)});
  return Status::ok();
}

// A call that waits for a free cell while it holds answered ones could wait for itself, or for another call that
// does the same. So a call takes its own answers first, and waits for a cell only when it holds none.
Result<RingTicket> LookupChannel::submit(Call& call, std::span<const std::byte> bytes) {
  auto ticket = ring_.submit(bytes, RingClient::kNow);
  while (!ticket && ticket.status().code() == StatusCode::busy && !call.sent.empty()) {
    MEMO_RETURN_IF_ERROR(receive_oldest(call));
    ticket = ring_.submit(bytes, RingClient::kNow);
  }
  if (!ticket && ticket.status().code() == StatusCode::busy) return ring_.submit(bytes, call.deadline);
  return ticket;
}

Status LookupChannel::receive_oldest(Call& call) {
  MEMO_RETURN_IF_ERROR(ring_.wait(call.sent.front().ticket, call.deadline));
  step("lookup: answered");
  const Message message = std::move(call.sent.front());
  call.sent.pop_front();
  const auto reply = ring_.take(message.ticket);
  if (!reply) {
    give_back(message.leases);
    return reply.status();
  }
  step("lookup: answer taken");
  return accept(call, message, *reply);
}

Status LookupChannel::accept(const Call& call, const Message& message, std::span<const std::byte> reply) {
  LookupAnswers answers;
  Status status = decode_answers(reply, &answers);
  if (!status)
    status = nonsense(status.message());
  else if (answers.code != StatusCode::ok)
    status = {answers.code,
              fmt::format("memod refused the lookup: {}",
                          answers.reason.empty() ? to_string(answers.code) : std::string_view(answers.reason))};
  else if (answers.answers.size() != message.leases.size())
    status = nonsense(fmt::format("{} answers, {} were asked for", answers.answers.size(), message.leases.size()));
  if (!status) {
    give_back(message.leases);
    return status;
  }
  std::size_t begin = 0;
  for (std::size_t item = message.first; item < message.first + message.items; ++item) {
    const std::size_t count = call.items[item].neighbours();
    const Status accepted =
        accept_item(call, item, std::span<const LookupAnswer>(answers.answers).subspan(begin, count),
                    std::span<const std::uint32_t>(message.leases).subspan(begin, count));
    if (!accepted) status = accepted;
    begin += count;
  }
  return status;
}

// What was found goes to the front. Every answer is taken even if one is nonsense: its lease must be given back.
Status LookupChannel::accept_item(const Call& call, std::size_t item, std::span<const LookupAnswer> answers,
                                  std::span<const std::uint32_t> leases) {
  const auto matches = call.matches.subspan(call.items[item].place, answers.size());
  std::size_t found = 0;
  Status status;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Status accepted = accept_answer(call, item, answers[i], leases[i], &matches[found]);
    if (!accepted) status = accepted;
    if (matches[found] && ++found > 1 && (matches[0]->exact || matches[found - 1]->exact))
      status = nonsense("an exact match is not the only one");
  }
  return status;
}

Status LookupChannel::accept_answer(const Call& call, std::size_t item, const LookupAnswer& answer,
                                    std::uint32_t lease, std::optional<Match>* match) {
  Result<View::Parts> parts = View::Parts{};
  if (answer.kind != LookupAnswer::Kind::miss) {
    const Status checked = check_answer(answer, *call.items[item].item, call.items[item].asked->spec);
    parts = checked ? memory_->view_of(answer, lease) : Result<View::Parts>(checked);
  }
  if (!parts || parts->state_word == nullptr) {
    memory_->leases().give_back(lease);
    return parts.status();
  }
  step("lookup: view made");
  *match = Match{.view = View(std::move(parts).value()),
                 .exact = answer.kind == LookupAnswer::Kind::exact,
                 .distance = answer.distance,
                 .length = answer.length,
                 .key = answer.key};
  return Status::ok();
}

void LookupChannel::give_back(std::span<const std::uint32_t> leases) {
  for (const std::uint32_t lease : leases) memory_->leases().give_back(lease);
}

void LookupChannel::abandon(std::deque<Message> messages) {
  const std::lock_guard lock(mutex_);
  for (Message& message : messages) abandoned_.push_back(std::move(message));
}

void LookupChannel::collect_abandoned() {
  const std::lock_guard lock(mutex_);
  std::erase_if(abandoned_, [this](const Message& message) {
    if (!ring_.answered(message.ticket)) return false;
    // The reply's content does not matter, and neither does the size in the cell: all leases that it may have been
    // granted are ended.
    (void)ring_.take(message.ticket);
    give_back(message.leases);
    return true;
  });
}

}  // namespace memo
