// Messages of the control plane, as plain structs. control.capnp defines their form; a packet holds one.
//
// Decoding checks what can be checked without a store. A decoded SpaceSpec is still hostile: SpaceSpec::validate()
// must check it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "client/store_admin.h"
#include "memo/status.h"
#include "memo/types.h"

namespace memo {

struct AttachRequest {
  std::uint64_t draft_bytes = 0;
  std::uint32_t leases = 0;
  std::string process;  // for people: program name and pid
};

enum class PageOf { stats, list };

struct PageRequest {
  PageOf what = PageOf::stats;
  std::uint64_t cursor = 0;
  std::uint32_t limit = 0;
};

struct CheckRequest {
  std::uint64_t cursor = 0;
  std::uint32_t limit = 0;
  bool repair = false;
};

enum class MemoAction { show, erase, pin, unpin };

struct MemoRequest {
  MemoAction what = MemoAction::show;
  SpaceId space{};
  Layer layer{};
  Key key;
};

enum class SpaceAction { evict, set_quota, drop };

struct SpaceRequest {
  SpaceAction what = SpaceAction::evict;
  SpaceId space{};
  std::uint64_t amount = 0;  // memos to evict; bytes of the quota; nothing for drop
};

struct CompactRequest {};

struct ControlRequest {
  std::uint32_t version = 0;
  std::variant<AttachRequest, SpaceSpec, PageRequest, CheckRequest, MemoRequest, SpaceRequest, CompactRequest>
      body;
};

struct AttachReply {
  std::uint64_t boot_token = 0;
  std::uint64_t draft_bytes = 0;
  std::uint32_t leases = 0;
  std::uint64_t pool_bytes = 0;
};

// Some spaces of a store, with the figures of the whole store.
struct StatsPage {
  StoreStats stats;
  std::uint64_t next = 0;  // 0: no more spaces
};

// How many memos were evicted.
struct EvictReply {
  std::uint64_t memos = 0;
};

struct ControlReply {
  Status status;  // the body is meaningful when ok
  std::variant<std::monostate, AttachReply, SpaceId, StatsPage, MemoPage, CheckPage, MemoDetail, EvictReply,
               CompactStep>
      body;
};

// The protocol version that this build speaks.
std::uint32_t control_protocol_version();

std::vector<std::byte> encode_request(const ControlRequest& request);
std::vector<std::byte> encode_reply(const ControlReply& reply);

// Requires: bytes are 8-byte aligned.
// Errors: invalid_argument, saying what is malformed. A request of another version is decoded as far as it is
// understood: the daemon compares versions before it answers.
Result<ControlRequest> decode_request(std::span<const std::byte> bytes);
Result<ControlReply> decode_reply(std::span<const std::byte> bytes);

}  // namespace memo
