// Redis through hiredis: GET, or as many GETs in one pipeline as a lookup has items.
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include "tools/memo-bench/store/peers/payload_buffer.h"
#include "tools/memo-bench/store/peers/peers.h"

namespace memo {
namespace {

struct ContextCloser {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct ReplyCloser {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, ContextCloser>;
using Reply = std::unique_ptr<redisReply, ReplyCloser>;

class Redis final : public Contestant {
 public:
  Redis(Context context, std::uint64_t payload_bytes) : context_(std::move(context)), payload_(payload_bytes) {}

  Status publish(const BenchMemo& memo) override {
    const std::string_view key = key_bytes(memo.key), value = payload_.of(memo.key);
    const Reply reply(static_cast<redisReply*>(
        redisCommand(context_.get(), "SET %b %b", key.data(), key.size(), value.data(), value.size())));
    MEMO_RETURN_IF_ERROR(check(reply.get()));
    ++totals_.stored;
    return Status::ok();
  }
  Status flush() override { return Status::ok(); }
  PublishTotals publish_totals() const override { return totals_; }

  Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) override {
    for (const BenchQuery& query : queries) {
      const std::string_view key = key_bytes(query.key);
      if (redisAppendCommand(context_.get(), "GET %b", key.data(), key.size()) != REDIS_OK) return failure();
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      void* answer = nullptr;
      if (redisGetReply(context_.get(), &answer) != REDIS_OK) return failure();
      Reply& reply = replies_.emplace_back(static_cast<redisReply*>(answer));
      MEMO_RETURN_IF_ERROR(check(reply.get()));
      hits[i] = reply->type == REDIS_REPLY_STRING ? hit_of(queries[i].key, reply->str, reply->len) : BenchHit{};
    }
    return Status::ok();
  }
  bool release() override {
    replies_.clear();
    return true;
  }

 private:
  Status failure() const { return {StatusCode::unavailable, fmt::format("redis: {}", context_->errstr)}; }
  Status check(const redisReply* reply) const {
    if (reply == nullptr) return failure();
    if (reply->type == REDIS_REPLY_ERROR)
      return {StatusCode::internal, fmt::format("redis: {}", std::string_view(reply->str, reply->len))};
    return Status::ok();
  }

  const Context context_;
  PayloadBuffer payload_;
  PublishTotals totals_;
  std::vector<Reply> replies_;
};

}  // namespace

Result<std::unique_ptr<Contestant>> open_redis(const Workload& workload, const ContestantPlace& place) {
  Context context(redisConnectUnix((place.folder + "/socket").c_str()));
  if (!context) return Status(StatusCode::internal, "redis: no memory for a connection");
  if (context->err != 0) return Status(StatusCode::unavailable, fmt::format("redis: {}", context->errstr));
  return std::unique_ptr<Contestant>(new Redis(std::move(context), workload.payload_bytes));
}

}  // namespace memo
