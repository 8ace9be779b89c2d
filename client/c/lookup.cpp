#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "client/c/caller_struct.h"
#include "client/c/feature.h"
#include "client/c/handles.h"
#include "client/c/seam.h"
#include "client/request_rules.h"

namespace memo::c {
namespace {

// Queries as the caller laid them out, one every struct_size bytes.
struct QueryList {
  const memo_query* first = nullptr;
  std::size_t count = 0;
};

Result<memo_query> query_at(const QueryList& queries, std::size_t index) {
  const std::size_t stride = queries.first->struct_size;
  const std::byte* bytes = reinterpret_cast<const std::byte*>(queries.first) + index * stride;
  const auto* query = reinterpret_cast<const memo_query*>(bytes);
  // This check comes before the queries are read: the first one's size says where the last one ends.
  if (query->struct_size != stride)
    return Status{StatusCode::invalid_argument, fmt::format("query {}: struct_size is {}, that of the first is {}",
                                                            index, query->struct_size, stride)};
  return read_struct("query", query);
}

// The same queries for the store: adjacent queries with the same space, layer, distance and timeout share a
// request.
class Requests {
 public:
  Requests(const QueryList& queries, std::uint32_t neighbours) : neighbours_(neighbours) {
    items_.reserve(queries.count);  // requests point into it
  }

  // Errors: invalid_argument.
  Status add(const memo_query& query) {
    MEMO_ASSIGN_OR_RETURN(const auto feature, feature_of(query.feature, query.feature_dimension));
    items_.push_back({.key = {.high = query.key.high, .low = query.key.low},
                      .feature = feature,
                      .min_length = query.min_length});
    LookupRequest request = place_of(query);
    if (!requests_.empty() && is_same_place(requests_.back(), request))
      requests_.back().items = {requests_.back().items.data(), requests_.back().items.size() + 1};
    else
      requests_.push_back(request);
    return Status::ok();
  }

  std::span<const LookupRequest> all() const { return requests_; }

 private:
  // Called with the last item.
  LookupRequest place_of(const memo_query& query) const {
    LookupRequest request{.space = SpaceId{query.space},
                          .layer = Layer{query.layer},
                          .max_distance = query.max_distance,
                          .items = {&items_.back(), 1},
                          .neighbours = neighbours_};
    if (query.timeout_us != 0) request.within = std::chrono::microseconds(query.timeout_us);
    return request;
  }
  static bool is_same_place(const LookupRequest& a, const LookupRequest& b) {
    return a.space == b.space && a.layer == b.layer && a.max_distance == b.max_distance && a.within == b.within;
  }

  const std::uint32_t neighbours_;
  std::vector<LookupItem> items_;
  std::vector<LookupRequest> requests_;
};

// Either all matches become views or, when memory runs out, none.
void hand_out(std::span<std::optional<Match>> matches, memo_view** views) {
  std::vector<std::unique_ptr<memo_view>> made(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i)
    if (matches[i]) made[i] = std::make_unique<memo_view>(memo_view{std::move(*matches[i])});
  for (std::size_t i = 0; i < matches.size(); ++i) views[i] = made[i].release();
}

Status check_counts(std::size_t query_count, std::uint32_t neighbours) {
  if (query_count < 1 || query_count > MEMO_MAX_BATCH)
    return {StatusCode::invalid_argument,
            fmt::format("lookup: query_count is {}, must be 1 to {}", query_count, MEMO_MAX_BATCH)};
  return check_neighbours("lookup", neighbours);
}

Status lookup_batch(memo_client* client, const QueryList& queries, std::uint32_t neighbours, memo_view** views) {
  MEMO_RETURN_IF_ERROR(check_not_null(views, "views"));
  MEMO_RETURN_IF_ERROR(check_counts(queries.count, neighbours));
  const std::size_t view_count = queries.count * neighbours;
  std::fill_n(views, view_count, nullptr);
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  MEMO_RETURN_IF_ERROR(check_not_null(queries.first, "queries"));
  Requests requests(queries, neighbours);
  for (std::size_t i = 0; i < queries.count; ++i) {
    MEMO_ASSIGN_OR_RETURN(const auto query, query_at(queries, i));
    MEMO_RETURN_IF_ERROR(requests.add(query));
  }
  std::vector<std::optional<Match>> matches(view_count);
  MEMO_RETURN_IF_ERROR(client->store->lookup_all(requests.all(), matches));
  hand_out(matches, views);
  return Status::ok();
}

Status lookup_one(memo_client* client, const memo_query* query, memo_view** view) {
  MEMO_RETURN_IF_ERROR(check_not_null(view, "view"));
  *view = nullptr;
  MEMO_RETURN_IF_ERROR(check_not_null(query, "query"));
  MEMO_RETURN_IF_ERROR(lookup_batch(client, {query, 1}, 1, view));
  if (*view != nullptr) return Status::ok();
  return {StatusCode::not_found, query->feature == nullptr
                                     ? "no memo has this key"
                                     : fmt::format("no memo has this key or is within {}", query->max_distance)};
}

}  // namespace
}  // namespace memo::c

using namespace memo::c;

static_assert(MEMO_MAX_NEIGHBOURS == memo::kMaxNeighbours);

memo_status memo_lookup(memo_client* client, const memo_query* query, memo_view** view, memo_error* error) {
  return guarded(error, [&] { return lookup_one(client, query, view); });
}

memo_status memo_lookup_batch(memo_client* client, const memo_query* queries, size_t query_count,
                              uint32_t neighbours, memo_view** views, memo_error* error) {
  return guarded(error, [&] { return lookup_batch(client, {queries, query_count}, neighbours, views); });
}
