// Index snapshots: what they save at opening, and that nothing foreign, old or damaged is ever believed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "memod/store/store.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMemos = 5000;  // more than an index keeps without a graph
constexpr std::size_t kPayload = 64;

// Points in a cube, so that a graph over them is as good as over real features; 0.1 aside of memo `number`'s.
std::vector<float> scattered(std::uint64_t number, float aside = 0) {
  std::mt19937_64 random(number);
  std::uniform_real_distribution<float> place(-100, 100);
  std::vector<float> feature(kFeatureDimension);
  for (float& value : feature) value = place(random);
  feature[0] += aside;
  return feature;
}

class Snapshots : public testing::Test {
 protected:
  Snapshots() { open(); }
  ~Snapshots() override { close(); }

  void open() {
    log_.clear();
    auto opened = Store::open({.path = path_,
                               .create_bytes = 32ull << 20,
                               .snapshot_interval = std::chrono::hours(1),
                               .log = [this](const std::string& line) { log_ += line + "\n"; }});
    if (!opened) throw std::runtime_error(opened.status().message());
    store_ = std::move(*opened);
    store_->register_leases(leases_);
    space_ = store_->open_space(small_space(kPayload)).value();
  }
  void close() {
    if (store_) store_->unregister_leases(leases_);
    store_.reset();
  }
  void publish(std::uint64_t number) {
    const auto feature = scattered(number);
    const Publication memo{
        .layer = Layer{1}, .key = key_of(number), .feature = feature, .length = 100, .cost_us = 1};
    ASSERT_TRUE(store_->publish(space_, memo, payload_of(number, kPayload)).is_ok());
  }
  void erase(std::uint64_t number) { ASSERT_TRUE(store_->erase(space_, Layer{1}, key_of(number)).is_ok()); }
  // A pool whose graph is complete and saved.
  void fill_and_close() {
    for (std::uint64_t number = 0; number < kMemos; ++number) publish(number);
    ASSERT_TRUE(eventually([this] { return indexed() == kMemos; }));
    close();
    ASSERT_TRUE(fs::exists(snapshot()));
  }
  std::uint64_t indexed() { return store_->stats()->spaces[0].layers[0].indexed; }

  // The number of the memo that is nearest to what `number` has for a feature; nothing beyond a distance of 1.
  std::optional<std::uint64_t> nearest(std::uint64_t number) {
    const auto feature = scattered(number, 0.1f);
    const LookupItem item{key_of(1'000'000'000), feature, 0};
    const std::uint32_t lease = 0;
    std::optional<Found> found;
    EXPECT_TRUE(store_->find({space_, Layer{1}, 1, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
    leases_.release(0);
    if (!found) return std::nullopt;
    EXPECT_TRUE(
        equal(store_->bytes(found->payload_offset, found->payload_bytes), payload_of(found->key.low, kPayload)));
    return found->key.low;
  }
  void expect_all_found(std::uint64_t step = 37) {
    for (std::uint64_t number = 0; number < kMemos; number += step) EXPECT_EQ(nearest(number), number);
  }

  std::string folder() const { return path_ + ".index"; }
  std::string snapshot() const { return folder() + "/0-1"; }
  void copy_aside() { fs::copy(folder(), folder_.file("aside"), fs::copy_options::recursive); }
  void put_back() {
    fs::remove_all(folder());
    fs::copy(folder_.file("aside"), folder(), fs::copy_options::recursive);
  }

  // Opens with what is there now, which must not be used, and must be spoken of.
  void expect_not_used(const std::string& why) {
    open();
    EXPECT_LT(indexed(), kMemos) << why;
    EXPECT_NE(log_.find(why), std::string::npos) << log_;
    expect_all_found(501);
    close();
  }

  std::string log_;
  std::array<std::atomic<std::uint64_t>, 4> words_{};
  LeaseTable leases_{words_};
  TempDir folder_;
  std::string path_ = folder_.file("pool");
  std::unique_ptr<Store> store_;
  SpaceId space_{};
};

TEST_F(Snapshots, GraphIsThereAtOnceAfterOpening) {
  fill_and_close();
  open();
  EXPECT_EQ(indexed(), kMemos);
  expect_all_found();
}

TEST_F(Snapshots, WithoutOneTheGraphIsBuiltAndAnswersMeanwhile) {
  fill_and_close();
  fs::remove_all(folder());
  open();
  EXPECT_LT(indexed(), kMemos);
  expect_all_found();
  EXPECT_TRUE(eventually([this] { return indexed() == kMemos; }));
  expect_all_found();
}

TEST_F(Snapshots, WhatHappenedSinceIsFollowed) {
  fill_and_close();
  copy_aside();
  open();
  for (std::uint64_t number = 0; number < 100; ++number) erase(number);
  for (std::uint64_t number = kMemos; number < kMemos + 200; ++number)
    publish(number);  // some in slots of the erased
  close();
  put_back();
  open();
  for (std::uint64_t number = 0; number < 100; ++number) EXPECT_FALSE(nearest(number).has_value()) << number;
  for (std::uint64_t number = 100; number < kMemos + 200; number += 13) EXPECT_EQ(nearest(number), number);
}

TEST_F(Snapshots, SnapshotOfAnotherPoolIsNotUsed) {
  fill_and_close();
  fs::copy(folder(), folder_.file("aside"), fs::copy_options::recursive);
  fs::remove(path_);
  fs::remove_all(folder());
  open();
  for (std::uint64_t number = 0; number < 10; ++number) publish(number);
  close();
  put_back();
  open();
  EXPECT_EQ(indexed(), 0u);
  EXPECT_EQ(store_->stats()->spaces[0].layers[0].tombstones, 0u);
  EXPECT_EQ(nearest(5), 5u);
}

TEST_F(Snapshots, SnapshotFromALaterStateOfThePoolIsNotUsed) {
  fill_and_close();
  fs::copy_file(path_, folder_.file("old-pool"));
  for (int i = 0; i < 3; ++i) {
    open();
    publish(kMemos + static_cast<std::uint64_t>(i));
    close();
  }
  fs::copy_file(folder_.file("old-pool"), path_, fs::copy_options::overwrite_existing);
  open();
  EXPECT_LT(indexed(), kMemos);
  expect_all_found();
}

// The copied pool repeats the generations of the first run with other memos in the same slots.
TEST_F(Snapshots, SnapshotOfAnotherCourseOfThePoolIsNotBelieved) {
  fill_and_close();
  fs::copy_file(path_, folder_.file("old-pool"));
  open();
  for (std::uint64_t number = 0; number < 50; ++number) publish(10'000 + number);
  ASSERT_TRUE(eventually([this] { return indexed() == kMemos + 50; }));
  close();
  fs::copy_file(folder_.file("old-pool"), path_, fs::copy_options::overwrite_existing);
  copy_aside();
  open();
  for (std::uint64_t number = 0; number < 50; ++number) publish(20'000 + number);
  close();
  put_back();
  open();
  for (std::uint64_t number = 0; number < 50; ++number) {
    EXPECT_FALSE(nearest(10'000 + number).has_value());
    EXPECT_EQ(nearest(20'000 + number), 20'000 + number);
  }
  expect_all_found();
}

TEST_F(Snapshots, AlteredSnapshotsAreNotUsedAndAnswersStayRight) {
  fill_and_close();
  copy_aside();
  std::mt19937_64 random(7);
  const std::uint64_t size = fs::file_size(snapshot());
  for (int i = 0; i < 30; ++i) {
    put_back();
    std::fstream file(snapshot(), std::ios::in | std::ios::out | std::ios::binary);
    const auto offset = static_cast<std::streamoff>(i < 10 ? random() % 72 : random() % size);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ (1 << random() % 8));
    file.seekp(offset);
    file.put(byte);
    file.close();
    open();
    EXPECT_LT(indexed(), kMemos) << "bit flipped in byte " << offset;
    expect_all_found(501);
    store_->unregister_leases(leases_);
    store_.reset();
  }
}

TEST_F(Snapshots, TruncatedSnapshotsAreNotUsed) {
  fill_and_close();
  copy_aside();
  for (const std::uint64_t size : {0u, 1u, 71u, 72u, 73u, 1000u, 100'000u}) {
    put_back();
    fs::resize_file(snapshot(), size);
    open();
    EXPECT_LT(indexed(), kMemos) << size;
    expect_all_found(501);
    close();
  }
}

TEST_F(Snapshots, HalfWrittenSnapshotIsRemoved) {
  fill_and_close();
  std::ofstream(snapshot() + ".writing") << "half";
  open();
  EXPECT_FALSE(fs::exists(snapshot() + ".writing"));
  EXPECT_EQ(indexed(), kMemos);
}

TEST_F(Snapshots, LinksAndFifosAreNotUsedAndHoldNobodyUp) {
  fill_and_close();
  copy_aside();
  fs::rename(snapshot(), folder_.file("real"));
  fs::create_symlink(folder_.file("real"), snapshot());
  expect_not_used("is a symbolic link");
  put_back();
  fs::remove(snapshot());
  ASSERT_EQ(mkfifo(snapshot().c_str(), 0600), 0);
  expect_not_used("is a FIFO");
  put_back();
  fs::rename(folder(), folder_.file("elsewhere"));
  fs::create_directory_symlink(folder_.file("elsewhere"), folder());
  expect_not_used("is a symbolic link");
}

TEST_F(Snapshots, WhatOthersMayWriteIsNotUsed) {
  fill_and_close();
  copy_aside();
  ASSERT_EQ(chmod(snapshot().c_str(), 0666), 0);
  expect_not_used("may be written by anybody");
  put_back();
  ASSERT_EQ(chmod(folder().c_str(), 0777), 0);
  expect_not_used("may be written by anybody");
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  put_back();
  ASSERT_EQ(chown(snapshot().c_str(), 12345, 12345), 0);
  expect_not_used("belongs to user 12345");
  put_back();
  ASSERT_EQ(chown(folder().c_str(), 12345, 12345), 0);
  expect_not_used("belongs to user 12345");
}

TEST_F(Snapshots, SnapshotThatWasLengthenedToAGiantIsNotRead) {
  fill_and_close();
  ASSERT_EQ(truncate(snapshot().c_str(), off_t{1} << 40), 0);
  open();
  EXPECT_LT(indexed(), kMemos);
  expect_all_found(501);
}

// A save makes its file anew, and writes through nothing that lies there.
TEST_F(Snapshots, LinkInTheWayOfASaveIsRemoved) {
  fill_and_close();
  fs::remove(snapshot());
  std::ofstream(folder_.file("victim")) << "precious";
  open();
  fs::create_symlink(folder_.file("victim"), snapshot() + ".writing");
  publish(kMemos);
  ASSERT_TRUE(eventually([this] { return indexed() == kMemos + 1; }));
  close();
  EXPECT_EQ(fs::file_size(folder_.file("victim")), 8u);
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(snapshot())));
}

TEST_F(Snapshots, FolderThatCannotBeMadeCostsNothingElse) {
  for (std::uint64_t number = 0; number < kMemos; ++number) publish(number);
  std::ofstream(folder()) << "a file where the folder should be";
  close();
  open();
  expect_all_found();
}

}  // namespace
}  // namespace memo::test
