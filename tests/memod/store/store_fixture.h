// A store in a folder of its own, with a lease table.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "memod/store/pool/pool.h"
#include "memod/store/store.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

class StoreFixture : public testing::Test {
 protected:
  static constexpr std::size_t kPayload = 4096;
  static constexpr std::uint64_t kPoolBytes = 16ull << 20;

  StoreFixture() {
    options_.path = path_;
    options_.create_bytes = kPoolBytes;
    options_.eviction.enabled = false;
    open();
  }
  ~StoreFixture() override { close(); }

  void open() {
    Result<std::unique_ptr<Store>> opened = Store::open(options_);
    if (!opened) throw std::runtime_error(opened.status().message());
    store_ = std::move(*opened);
    store_->register_leases(leases_);
    space_ = store_->open_space(small_space(kPayload)).value();
  }
  void close() {
    if (store_) store_->unregister_leases(leases_);
    store_.reset();
  }
  void reopen() {
    close();
    open();
  }

  Result<PublishOutcome> publish(std::uint64_t number, std::uint32_t length = 100, float penalty = 1) {
    const auto feature = feature_of(static_cast<double>(number));
    const Publication publication{.layer = Layer{0},
                                  .key = key_of(number),
                                  .feature = feature,
                                  .length = length,
                                  .cost_us = 1,
                                  .penalty = penalty};
    return store_->publish(space_, publication, payload_of(number, kPayload));
  }
  // Publishes 0, 1, ... until the pool is full; returns how many it took.
  std::uint64_t fill() {
    std::uint64_t number = 0;
    while (publish(number)) ++number;
    return number;
  }
  // A hit takes lease `lease`.
  std::optional<Found> find(std::uint64_t number, std::uint32_t lease = 0) {
    const LookupItem item{key_of(number), {}, 0};
    std::optional<Found> found;
    EXPECT_TRUE(store_->find({space_, Layer{0}, 0, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
    return found;
  }
  Status erase(std::uint64_t number) { return store_->erase(space_, Layer{0}, key_of(number)); }

  // Closes the store, changes bytes of its file, opens it again.
  template <typename T>
  void damage(std::uint64_t offset, T value) {
    close();
    const int file = ::open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(pwrite(file, &value, sizeof(value), static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof(value)));
    ::close(file);
    open();
  }

  std::array<std::atomic<std::uint64_t>, 8> words_{};
  LeaseTable leases_{words_};
  TempDir folder_;
  std::string path_ = folder_.file("pool");
  StoreOptions options_;  // for the next open(); no eviction, so that what is full stays full
  std::unique_ptr<Store> store_;
  SpaceId space_{};
};

}  // namespace memo::test
