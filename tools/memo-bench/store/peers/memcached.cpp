// memcached through libmemcached: get, or one multi-get where a lookup has several items.
#include <fmt/format.h>
#include <libmemcached/memcached.h>

#include <cstdlib>
#include <unordered_map>

#include "tools/memo-bench/store/peers/payload_buffer.h"
#include "tools/memo-bench/store/peers/peers.h"

namespace memo {
namespace {

struct ConnectionCloser {
  void operator()(memcached_st* connection) const { memcached_free(connection); }
};
using Connection = std::unique_ptr<memcached_st, ConnectionCloser>;
struct ResultCloser {
  void operator()(memcached_result_st* result) const { memcached_result_free(result); }
};
struct Freer {
  void operator()(char* memory) const { std::free(memory); }
};

class Memcached final : public Contestant {
 public:
  Memcached(Connection connection, std::uint64_t payload_bytes)
      : connection_(std::move(connection)), payload_(payload_bytes) {}

  Status publish(const BenchMemo& memo) override {
    const std::string key = memo.key.hex();  // memcached's text protocol takes no bytes below '!'
    const std::string_view value = payload_.of(memo.key);
    MEMO_RETURN_IF_ERROR(
        check(memcached_set(connection_.get(), key.data(), key.size(), value.data(), value.size(), 0, 0)));
    ++totals_.stored;
    return Status::ok();
  }
  Status flush() override { return Status::ok(); }
  PublishTotals publish_totals() const override { return totals_; }

  Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) override {
    return queries.size() == 1 ? get(queries[0], hits[0]) : get_many(queries, hits);
  }
  bool release() override {
    value_.reset();
    results_.clear();
    return true;
  }

 private:
  Status get(const BenchQuery& query, BenchHit& hit) {
    const std::string key = query.key.hex();
    std::size_t size = 0;
    std::uint32_t flags = 0;
    memcached_return_t code = MEMCACHED_SUCCESS;
    value_.reset(memcached_get(connection_.get(), key.data(), key.size(), &size, &flags, &code));
    hit = code == MEMCACHED_SUCCESS ? hit_of(query.key, value_.get(), size) : BenchHit{};
    return code == MEMCACHED_NOTFOUND ? Status::ok() : check(code);
  }

  Status get_many(std::span<const BenchQuery> queries, std::span<BenchHit> hits) {
    std::vector<std::string> keys;
    std::vector<const char*> pointers;
    std::vector<std::size_t> sizes;
    for (const BenchQuery& query : queries) keys.push_back(query.key.hex());
    for (const std::string& key : keys) {
      pointers.push_back(key.data());
      sizes.push_back(key.size());
    }
    MEMO_RETURN_IF_ERROR(check(memcached_mget(connection_.get(), pointers.data(), sizes.data(), keys.size())));
    memcached_return_t code = MEMCACHED_SUCCESS;
    std::unordered_map<std::string_view, const memcached_result_st*> found;
    while (memcached_result_st* result = memcached_fetch_result(connection_.get(), nullptr, &code)) {
      results_.emplace_back(result);
      found[{memcached_result_key_value(result), memcached_result_key_length(result)}] = result;
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const auto entry = found.find(keys[i]);
      hits[i] = entry == found.end() ? BenchHit{}
                                     : hit_of(queries[i].key, memcached_result_value(entry->second),
                                              memcached_result_length(entry->second));
    }
    const bool over = code == MEMCACHED_END || code == MEMCACHED_NOTFOUND || code == MEMCACHED_SUCCESS;
    return over ? Status::ok() : check(code);
  }

  Status check(memcached_return_t code) const {
    if (code == MEMCACHED_SUCCESS || code == MEMCACHED_BUFFERED) return Status::ok();
    return {StatusCode::internal, fmt::format("memcached: {}", memcached_last_error_message(connection_.get()))};
  }

  const Connection connection_;
  PayloadBuffer payload_;
  PublishTotals totals_;
  std::unique_ptr<char, Freer> value_;
  std::vector<std::unique_ptr<memcached_result_st, ResultCloser>> results_;
};

}  // namespace

Result<std::unique_ptr<Contestant>> open_memcached(const Workload& workload, const ContestantPlace& place) {
  Connection connection(memcached_create(nullptr));
  const std::string socket = place.folder + "/socket";
  if (!connection || memcached_server_add_unix_socket(connection.get(), socket.c_str()) != MEMCACHED_SUCCESS)
    return Status(StatusCode::internal, "memcached: cannot make a connection");
  if (const memcached_return_t code = memcached_version(connection.get()); code != MEMCACHED_SUCCESS)
    return Status(StatusCode::unavailable,
                  fmt::format("memcached: {}", memcached_strerror(connection.get(), code)));
  return std::unique_ptr<Contestant>(new Memcached(std::move(connection), workload.payload_bytes));
}

}  // namespace memo
