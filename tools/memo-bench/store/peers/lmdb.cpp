// LMDB in the client's process: one read transaction per lookup, payloads read in place.
#include <fmt/format.h>
#include <lmdb.h>

#include "tools/memo-bench/store/peers/payload_buffer.h"
#include "tools/memo-bench/store/peers/peers.h"

namespace memo {
namespace {

constexpr std::uint64_t kAtOnce = 256;  // memos per write transaction

struct EnvironmentCloser {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentCloser>;

Status lmdb_status(int code) {
  if (code == MDB_SUCCESS) return Status::ok();
  return {StatusCode::internal, fmt::format("lmdb: {}", mdb_strerror(code))};
}

MDB_val value_of(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

class Lmdb final : public Contestant {
 public:
  Lmdb(Environment environment, std::uint64_t payload_bytes)
      : environment_(std::move(environment)), payload_(payload_bytes) {}
  ~Lmdb() override {
    if (writing_ != nullptr) mdb_txn_abort(writing_);
    if (reading_ != nullptr) mdb_txn_abort(reading_);
  }

  Status open(bool filling) {
    MDB_txn* transaction = nullptr;
    MEMO_RETURN_IF_ERROR(
        lmdb_status(mdb_txn_begin(environment_.get(), nullptr, filling ? 0 : MDB_RDONLY, &transaction)));
    const int opened = mdb_dbi_open(transaction, nullptr, 0, &database_);
    const int ended = opened == MDB_SUCCESS ? mdb_txn_commit(transaction) : (mdb_txn_abort(transaction), opened);
    MEMO_RETURN_IF_ERROR(lmdb_status(ended));
    if (filling) return Status::ok();
    MEMO_RETURN_IF_ERROR(lmdb_status(mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &reading_)));
    mdb_txn_reset(reading_);
    return Status::ok();
  }

  Status publish(const BenchMemo& memo) override {
    if (writing_ == nullptr)
      MEMO_RETURN_IF_ERROR(lmdb_status(mdb_txn_begin(environment_.get(), nullptr, 0, &writing_)));
    MDB_val key = value_of(key_bytes(memo.key)), value = value_of(payload_.of(memo.key));
    MEMO_RETURN_IF_ERROR(lmdb_status(mdb_put(writing_, database_, &key, &value, 0)));
    return ++totals_.stored % kAtOnce == 0 ? flush() : Status::ok();
  }
  Status flush() override {
    return writing_ == nullptr ? Status::ok() : lmdb_status(mdb_txn_commit(std::exchange(writing_, nullptr)));
  }
  PublishTotals publish_totals() const override { return totals_; }

  Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) override {
    MEMO_RETURN_IF_ERROR(lmdb_status(mdb_txn_renew(reading_)));
    for (std::size_t i = 0; i < queries.size(); ++i) {
      MDB_val key = value_of(key_bytes(queries[i].key)), value = {};
      const int code = mdb_get(reading_, database_, &key, &value);
      hits[i] = code == MDB_SUCCESS ? hit_of(queries[i].key, value.mv_data, value.mv_size) : BenchHit{};
      if (code != MDB_NOTFOUND) MEMO_RETURN_IF_ERROR(lmdb_status(code));
    }
    return Status::ok();
  }
  bool release() override {
    if (reading_ != nullptr) mdb_txn_reset(reading_);
    return true;
  }

 private:
  const Environment environment_;
  MDB_dbi database_ = 0;
  MDB_txn* writing_ = nullptr;
  MDB_txn* reading_ = nullptr;  // reset between lookups
  PayloadBuffer payload_;
  PublishTotals totals_;
};

}  // namespace

Result<std::unique_ptr<Contestant>> open_lmdb(const Workload& workload, const ContestantPlace& place) {
  MDB_env* made = nullptr;
  MEMO_RETURN_IF_ERROR(lmdb_status(mdb_env_create(&made)));
  Environment environment(made);
  const std::uint64_t pages = workload.memos * (workload.payload_bytes / 4096 + 2);
  MEMO_RETURN_IF_ERROR(lmdb_status(mdb_env_set_mapsize(made, pages * 4096 * 5 / 4 + (64 << 20))));
  // Nothing needs to last: no sync, and writes go straight into the mapped file.
  const unsigned flags = place.filling ? MDB_NOSYNC | MDB_WRITEMAP : MDB_RDONLY | MDB_NORDAHEAD;
  MEMO_RETURN_IF_ERROR(lmdb_status(mdb_env_open(made, place.folder.c_str(), flags, 0600)));
  auto lmdb = std::make_unique<Lmdb>(std::move(environment), workload.payload_bytes);
  MEMO_RETURN_IF_ERROR(lmdb->open(place.filling));
  return std::unique_ptr<Contestant>(std::move(lmdb));
}

}  // namespace memo
