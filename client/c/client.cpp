#include <utility>

#include <fmt/format.h>

#include "client/c/caller_struct.h"
#include "client/c/handles.h"
#include "client/c/seam.h"
#include "client/version.h"
#include "memo/attach.h"

namespace memo::c {
namespace {

template <typename Value>
Value or_default(Value value, Value default_value) {
  return value == 0 ? default_value : value;
}

Result<AttachOptions> options_of(const memo_attach_options* given) {
  AttachOptions options;
  if (given == nullptr) return options;
  MEMO_ASSIGN_OR_RETURN(const auto read, read_struct("options", given));
  if ((read.flags & ~std::uint64_t{MEMO_ATTACH_NO_PREFAULT}) != 0)
    return Status{StatusCode::unsupported, fmt::format("options: flags {:#x} are not known", read.flags)};
  if (read.lookup_timeout_us != 0) options.lookup_timeout = std::chrono::microseconds(read.lookup_timeout_us);
  if (read.control_timeout_ms != 0) options.control_timeout = std::chrono::milliseconds(read.control_timeout_ms);
  if (read.retry_interval_ms != 0) options.retry_interval = std::chrono::milliseconds(read.retry_interval_ms);
  options.leases = or_default(read.leases, options.leases);
  options.draft_bytes = or_default(read.draft_bytes, options.draft_bytes);
  options.prefault = (read.flags & MEMO_ATTACH_NO_PREFAULT) == 0;
  return options;
}

Status attach_client(const char* endpoint, const memo_attach_options* given, memo_client** client) {
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  *client = nullptr;
  MEMO_RETURN_IF_ERROR(check_not_null(endpoint, "endpoint"));
  MEMO_ASSIGN_OR_RETURN(const auto options, options_of(given));
  auto made = std::make_unique<memo_client>();
  MEMO_ASSIGN_OR_RETURN(made->store, attach(endpoint, options));
  *client = made.release();
  return Status::ok();
}

Result<SpaceSpec> spec_of(const memo_space_spec* given) {
  MEMO_ASSIGN_OR_RETURN(const auto read, read_struct("spec", given));
  if (read.reserved != 0) return Status{StatusCode::invalid_argument, "spec: reserved is not 0"};
  return SpaceSpec{.model = {.high = read.model.high, .low = read.model.low},
                   .kind = MemoKind{read.kind},
                   .encoding = PayloadEncoding{read.encoding},
                   .length_bucket = read.length_bucket,
                   .heads = read.heads,
                   .feature_dimension = read.feature_dimension,
                   .payload_bytes = read.payload_bytes};
}

void remember_feature_dimension(memo_client* client, std::uint32_t space, std::uint32_t feature_dimension) {
  const std::lock_guard lock(client->mutex);
  if (client->feature_dimensions.size() <= space) client->feature_dimensions.resize(space + 1);
  client->feature_dimensions[space] = feature_dimension;
}

Status open_space(memo_client* client, const memo_space_spec* given, memo_space* space) {
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  MEMO_RETURN_IF_ERROR(check_not_null(space, "space"));
  MEMO_ASSIGN_OR_RETURN(const auto spec, spec_of(given));
  MEMO_ASSIGN_OR_RETURN(const auto opened, client->store->open_space(spec));
  const auto id = static_cast<std::uint32_t>(opened);
  remember_feature_dimension(client, id, spec.feature_dimension);
  *space = id;
  return Status::ok();
}

}  // namespace
}  // namespace memo::c

using namespace memo::c;

uint32_t memo_abi_version() {
  return MEMO_ABI_VERSION;
}

const char* memo_version() {
  return memo::kVersion;
}

const char* memo_status_name(memo_status status) {
  return memo::to_string(memo::StatusCode{static_cast<int>(status)}).data();
}

memo_status memo_attach(const char* endpoint, const memo_attach_options* options, memo_client** client,
                        memo_error* error) {
  return guarded(error, [&] { return attach_client(endpoint, options, client); });
}

memo_status memo_availability(const memo_client* client, memo_error* error) {
  return guarded(error, [&]() -> memo::Status {
    MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
    return client->store->availability();
  });
}

memo_status memo_open_space(memo_client* client, const memo_space_spec* spec, memo_space* space,
                            memo_error* error) {
  return guarded(error, [&] { return open_space(client, spec, space); });
}

void memo_close(memo_client* client) {
  delete client;
}
