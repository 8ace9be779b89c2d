#include "client/c/caller_struct.h"
#include "client/c/handles.h"
#include "client/c/seam.h"

namespace memo::c {
namespace {

Status describe(const memo_view* view, memo_match* match) {
  MEMO_RETURN_IF_ERROR(check_not_null(view, "view"));
  const Match& found = view->match;
  memo_match filled = {};
  filled.payload = found.view.payload().data();
  filled.payload_bytes = found.view.payload().size();
  filled.key = {.high = found.key.high, .low = found.key.low};
  filled.length = found.length;
  filled.distance = found.distance;
  filled.exact = found.exact ? 1 : 0;
  return write_struct("match", filled, match);
}

Status check(const memo_view* view) {
  MEMO_RETURN_IF_ERROR(check_not_null(view, "view"));
  if (view->match.view.intact()) return Status::ok();
  return {StatusCode::unavailable, "memod took the view back: discard what was read from it, and compute"};
}

}  // namespace
}  // namespace memo::c

using namespace memo::c;

memo_status memo_view_describe(const memo_view* view, memo_match* match, memo_error* error) {
  return guarded(error, [&] { return describe(view, match); });
}

memo_status memo_view_check(const memo_view* view, memo_error* error) {
  return guarded(error, [&] { return check(view); });
}

void memo_view_release(memo_view* view) {
  delete view;
}
