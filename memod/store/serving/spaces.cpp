#include "memod/store/serving/spaces.h"

#include <memory>

#include "memod/store/pool/format/validate.h"

namespace memo {

Result<SpaceId> Spaces::open(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  MEMO_RETURN_IF_ERROR(state_.usable());
  return find_or_add(state_.lock_growth(), spec);
}

Result<SpaceId> Spaces::find_or_add(const GrowthLock&, const SpaceSpec& spec) {
  if (const auto known = state_.catalog.find_space(spec)) return *known;
  Result<SpaceId> added = state_.pool->add_space(spec);
  state_.table_damage.note(added.status());
  if (added) state_.catalog.add_space(spec, 0);
  if (added || added.status().code() != StatusCode::full) return added;
  const auto unused = state_.catalog.take_unused_space();
  if (!unused)
    return Status(StatusCode::full,
                  added.status().message() + ": each has memos or is in use; memoctl drop gives one up");
  const Status replaced = state_.pool->replace_space(*unused, spec);
  const layout::SpaceRecord& record = state_.pool->spaces()[static_cast<std::size_t>(*unused)];
  state_.catalog.put_space(*unused, replaced ? spec : spec_of(record));
  if (!replaced) return replaced;
  return *unused;
}

Result<OpenedSpace> Spaces::use(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  MEMO_RETURN_IF_ERROR(state_.usable());
  const GrowthLock growth = state_.lock_growth();
  MEMO_ASSIGN_OR_RETURN(const SpaceId id, find_or_add(growth, spec));
  auto ref = std::make_shared<SpaceRef>(state_.catalog.space(id));
  ++(**ref).users;
  return OpenedSpace{id, std::shared_ptr<const void>(ref.get(), [ref](const void*) { --(**ref).users; })};
}

Status Spaces::set_quota(SpaceId id, std::uint64_t bytes) {
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(id));
  const GrowthLock growth = state_.lock_growth();
  state_.pool->set_quota(id, bytes);
  space->quota_bytes = bytes;
  space->exhausted = false;
  state_.maintenance.wake();
  return Status::ok();
}

}  // namespace memo
