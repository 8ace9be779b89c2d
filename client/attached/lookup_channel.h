// LookupChannel: lookups of one session over its lookup ring.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "client/attached/attached_memory.h"
#include "client/protocol/ring/ring_client.h"
#include "memo/memo_store.h"

namespace memo {

// Threads: any.
class LookupChannel {
 public:
  explicit LookupChannel(std::shared_ptr<AttachedMemory> memory);

  // A request that is valid for `spec` and names the daemon's own SpaceId.
  struct Asked {
    LookupRequest request;
    SpaceSpec spec;
  };
  // As MemoStore::lookup_all. The items go out in messages of up to segment::kMaxItemsPerLookup items and
  // kMaxAnswersPerLookup answers. As far as the ring has room, it sends all messages before it waits for the first
  // answer.
  // Errors: busy (no free leases or cells), deadline_exceeded, unavailable, corrupt (an answer makes no sense),
  // and the daemon's own errors. All matches are then empty.
  Status lookup(std::span<const Asked> asked, RingClient::Clock::time_point deadline,
                std::span<std::optional<Match>> matches);

  // Lookups fail from now on.
  void close() { ring_.close(); }

 private:
  // One message: its items among those of all requests, and a lease for each answer.
  struct Message {
    RingTicket ticket;
    std::size_t first = 0;
    std::size_t items = 0;
    std::vector<std::uint32_t> leases;
  };
  struct Call;  // one lookup() under way: lookup_channel.cpp

  Status send_all(Call& call);
  static std::vector<LookupRequest> requests_of(const Call& call, std::size_t first, std::size_t count);
  Status send(Call& call, std::size_t first, std::size_t items, std::size_t answers);
  Result<RingTicket> submit(Call& call, std::span<const std::byte> bytes);
  Status receive_oldest(Call& call);
  Status accept(const Call& call, const Message& message, std::span<const std::byte> reply);
  // The daemon's answer for one item of a message.
  Status accept_item(const Call& call, std::size_t item, std::span<const LookupAnswer> answers,
                     std::span<const std::uint32_t> leases);
  // Sets *match to what was found, if anything.
  Status accept_answer(const Call& call, std::size_t item, const LookupAnswer& answer, std::uint32_t lease,
                       std::optional<Match>* match);
  void give_back(std::span<const std::uint32_t> leases);
  void abandon(std::deque<Message> messages);
  void collect_abandoned();

  std::shared_ptr<AttachedMemory> memory_;
  RingClient ring_;
  std::mutex mutex_;
  // Nobody waits for these any more. Their cells and leases stay taken until the late answers have arrived, for
  // the daemon may grant those leases until then. Under mutex_.
  std::vector<Message> abandoned_;
};

}  // namespace memo
