// RocksDB in the client's process: payloads pinned where they lie in the mapped files, without a copy. Its fastest
// settings for this: no compression, no log, checksums not compared at every read, one compacted level.
#include <fmt/format.h>
#include <rocksdb/c.h>

#include <cstdlib>

#include "tools/memo-bench/store/peers/payload_buffer.h"
#include "tools/memo-bench/store/peers/peers.h"

namespace memo {
namespace {

// Handles of the C interface, each with its own function that frees it.
template <auto End>
struct Ender {
  template <typename Handle>
  void operator()(Handle* handle) const {
    End(handle);
  }
};
using Options = std::unique_ptr<rocksdb_options_t, Ender<rocksdb_options_destroy>>;
using Database = std::unique_ptr<rocksdb_t, Ender<rocksdb_close>>;
using ReadOptions = std::unique_ptr<rocksdb_readoptions_t, Ender<rocksdb_readoptions_destroy>>;
using WriteOptions = std::unique_ptr<rocksdb_writeoptions_t, Ender<rocksdb_writeoptions_destroy>>;
using FlushOptions = std::unique_ptr<rocksdb_flushoptions_t, Ender<rocksdb_flushoptions_destroy>>;
using Pinned = std::unique_ptr<rocksdb_pinnableslice_t, Ender<rocksdb_pinnableslice_destroy>>;

// Frees the message of a failed call; null: the call did not fail.
Status rocksdb_status(char* error) {
  if (error == nullptr) return Status::ok();
  Status status(StatusCode::internal, fmt::format("rocksdb: {}", error));
  std::free(error);
  return status;
}

class RocksDb final : public Contestant {
 public:
  RocksDb(Options options, Database database, std::uint64_t payload_bytes)
      : options_(std::move(options)),
        database_(std::move(database)),
        read_options_(rocksdb_readoptions_create()),
        write_options_(rocksdb_writeoptions_create()),
        payload_(payload_bytes) {
    rocksdb_readoptions_set_verify_checksums(read_options_.get(), 0);
    rocksdb_writeoptions_disable_WAL(write_options_.get(), 1);
  }

  Status publish(const BenchMemo& memo) override {
    const std::string_view key = key_bytes(memo.key), value = payload_.of(memo.key);
    char* error = nullptr;
    rocksdb_put(database_.get(), write_options_.get(), key.data(), key.size(), value.data(), value.size(), &error);
    MEMO_RETURN_IF_ERROR(rocksdb_status(error));
    ++totals_.stored;
    return Status::ok();
  }
  Status flush() override {
    const FlushOptions options(rocksdb_flushoptions_create());
    char* error = nullptr;
    rocksdb_flush(database_.get(), options.get(), &error);
    MEMO_RETURN_IF_ERROR(rocksdb_status(error));
    rocksdb_compact_range(database_.get(), nullptr, 0, nullptr, 0);
    return Status::ok();
  }
  PublishTotals publish_totals() const override { return totals_; }

  Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) override {
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const std::string_view key = key_bytes(queries[i].key);
      char* error = nullptr;
      Pinned pinned(rocksdb_get_pinned(database_.get(), read_options_.get(), key.data(), key.size(), &error));
      MEMO_RETURN_IF_ERROR(rocksdb_status(error));
      hits[i] = {};
      if (!pinned) continue;
      std::size_t size = 0;
      const char* data = rocksdb_pinnableslice_value(pinned.get(), &size);
      hits[i] = hit_of(queries[i].key, data, size);
      pinned_.push_back(std::move(pinned));
    }
    return Status::ok();
  }
  bool release() override {
    pinned_.clear();
    return true;
  }

 private:
  const Options options_;
  const Database database_;
  const ReadOptions read_options_;
  const WriteOptions write_options_;
  PayloadBuffer payload_;
  PublishTotals totals_;
  std::vector<Pinned> pinned_;
};

}  // namespace

Result<std::unique_ptr<Contestant>> open_rocksdb(const Workload& workload, const ContestantPlace& place) {
  Options options(rocksdb_options_create());
  rocksdb_options_set_create_if_missing(options.get(), 1);
  rocksdb_options_set_compression(options.get(), rocksdb_no_compression);
  rocksdb_options_set_allow_mmap_reads(options.get(), 1);
  const std::string path = place.folder + "/database";
  char* error = nullptr;
  Database database(place.filling ? rocksdb_open(options.get(), path.c_str(), &error)
                                  : rocksdb_open_for_read_only(options.get(), path.c_str(), 0, &error));
  MEMO_RETURN_IF_ERROR(rocksdb_status(error));
  return std::unique_ptr<Contestant>(new RocksDb(std::move(options), std::move(database), workload.payload_bytes));
}

}  // namespace memo
