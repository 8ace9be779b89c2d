#include "memo/attach.h"

#include <utility>

#include <fmt/format.h>

#include "client/attached/attached_store.h"
#include "client/protocol/packet_socket.h"
#include "client/protocol/segment.h"

namespace memo {
namespace {

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

template <typename Duration>
Status check_duration(std::string_view name, Duration value) {
  if (value > Duration::zero() && value <= std::chrono::hours{1}) return Status::ok();
  return invalid(fmt::format("{} must be positive and at most an hour", name));
}

}  // namespace

Status AttachOptions::validate() const {
  MEMO_RETURN_IF_ERROR(check_duration("lookup_timeout", lookup_timeout));
  MEMO_RETURN_IF_ERROR(check_duration("control_timeout", control_timeout));
  MEMO_RETURN_IF_ERROR(check_duration("retry_interval", retry_interval));
  if (draft_bytes < 1 || draft_bytes > segment::kMaxDraftBytes)
    return invalid(fmt::format("draft_bytes is {}, must be 1 to {}", draft_bytes, segment::kMaxDraftBytes));
  if (leases < 1 || leases > segment::kMaxLeases)
    return invalid(fmt::format("leases is {}, must be 1 to {}", leases, segment::kMaxLeases));
  return Status::ok();
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view path = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if ((scheme != "unix" && scheme != "file") || path.empty())
    return invalid(fmt::format("endpoint must be unix:PATH or file:PATH, not \"{}\"", text));
  return Endpoint{.scheme = scheme == "unix" ? Scheme::unix_socket : Scheme::file, .path = std::string(path)};
}

Result<std::unique_ptr<MemoStore>> attach(std::string_view endpoint, const AttachOptions& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  MEMO_ASSIGN_OR_RETURN(auto parsed, Endpoint::parse(endpoint));
  if (parsed.scheme != Endpoint::Scheme::unix_socket)
    return invalid(
        fmt::format("attach() wants unix:PATH, not \"{}\"; open a pool in this process instead", endpoint));
  if (const auto address = make_socket_address(parsed.path); !address) return address.status();
  MEMO_ASSIGN_OR_RETURN(auto store, AttachedStore::make(std::move(parsed.path), options));
  return std::unique_ptr<MemoStore>(std::move(store));
}

}  // namespace memo
