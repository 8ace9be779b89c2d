#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/support/open_descriptors.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

TEST(Listener, SocketIsForItsUserOnly) {
  ServedPool pool;
  struct stat file = {};
  ASSERT_EQ(::lstat(pool.socket_path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST(Listener, SocketIsRemovedAtTheEnd) {
  ServedPool pool;
  pool.stop();
  EXPECT_FALSE(fs::exists(pool.socket_path()));
}

TEST(Listener, LiveDaemonOnThePathIsNotDisturbed) {
  ServedPool pool;
  EXPECT_EQ(Listener::open(pool.socket_path()).status().code(), StatusCode::in_use);
  EXPECT_TRUE(pool.attach()->available());
}

TEST(Listener, StaleSocketIsReplaced) {
  TempDir folder;
  const std::string path = folder.file("socket");
  {
    UniqueFd dead(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    const auto address = make_socket_address(path);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)), 0);
  }
  EXPECT_TRUE(Listener::open(path).is_ok());
}

TEST(Listener, RegularFileOnThePathIsKept) {
  TempDir folder;
  const std::string path = folder.file("precious");
  std::ofstream(path) << "data";
  EXPECT_EQ(Listener::open(path).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(fs::file_size(path), 4u);
}

TEST(Listener, PathOf108BytesIsRefused) {
  EXPECT_EQ(Listener::check("/" + std::string(107, 'x')).code(), StatusCode::invalid_argument);
}

TEST(Server, GarbagePacketEndsItsConnectionOnly) {
  ServedPool pool;
  const auto store = pool.attach();
  auto bad = PacketSocket::connect(pool.socket_path());
  ASSERT_TRUE(bad.is_ok());
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  ASSERT_TRUE(bad->send(std::vector<std::byte>(64, std::byte{0xff}), {}, soon).is_ok());
  EXPECT_EQ(bad->receive(soon).status().code(), StatusCode::unavailable);
  EXPECT_TRUE(store->open_space(small_space()).is_ok());
  EXPECT_TRUE(store->available());
}

TEST(Server, OtherProtocolVersionIsRefusedByName) {
  ServedPool pool;
  auto socket = PacketSocket::connect(pool.socket_path());
  ASSERT_TRUE(socket.is_ok());
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  ASSERT_TRUE(socket->send(encode_request({.version = 99, .body = PageRequest{}}), {}, soon).is_ok());
  const auto packet = socket->receive(soon);
  ASSERT_TRUE(packet.is_ok());
  EXPECT_EQ(decode_reply(packet->bytes)->status.code(), StatusCode::unsupported);
}

TEST(Server, ConnectionBeyondTheLimitIsToldSo) {
  ServedPool pool(64ull << 20, 1);
  const auto first = pool.attach();
  auto second = ControlClient::connect(pool.socket_path(), std::chrono::seconds(30));
  ASSERT_TRUE(second.is_ok());
  EXPECT_EQ((*second)->stats().status().code(), StatusCode::busy);
  EXPECT_TRUE(first->available());
}

TEST(Server, ImpossibleAttachSizesAreRefused) {
  ServedPool pool;
  auto control = ControlClient::connect(pool.socket_path(), std::chrono::seconds(30));
  ASSERT_TRUE(control.is_ok());
  for (const AttachRequest& request : {AttachRequest{.draft_bytes = ~0ull, .leases = 1, .process = {}},
                                       AttachRequest{.draft_bytes = 65536, .leases = ~0u, .process = {}},
                                       AttachRequest{.draft_bytes = 1, .leases = 1, .process = {}}})
    EXPECT_EQ((*control)->attach(request).status().code(), StatusCode::invalid_argument);
}

TEST(Server, EndedSessionsLeaveNoDescriptorsBehind) {
  ServedPool pool;
  pool.attach().reset();
  ASSERT_TRUE(eventually([&] { return pool.sessions() == 0; }));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 10; ++i) pool.attach().reset();
  EXPECT_TRUE(eventually([&] { return pool.sessions() == 0 && open_descriptors() <= before; }));
}

// Holds up whoever stores a payload, for as long as it is closed.
class Gate : public PersistObserver {
 public:
  void storing(std::uint64_t, std::span<const std::byte> bytes) override {
    if (bytes.size() < kPayload) return;
    waiting_ = true;
    open_.wait(false);
  }
  void flushed(std::uint64_t, std::uint64_t) override {}
  void fenced() override {}
  void committing(const char*) override {}
  void committed(const char*) override {}

  bool is_waited_at() const { return waiting_; }
  void open() {
    open_ = true;
    open_.notify_all();
  }

  static constexpr std::size_t kPayload = 4096;

 private:
  std::atomic<bool> waiting_ = false, open_ = false;
};

// A copy of hundreds of MiB takes long, and ending its session waits for it.
TEST(Server, EndingASessionWhoseCopyGoesOnHoldsUpNobody) {
  const auto gate = std::make_shared<Gate>();
  ServedPool pool(64ull << 20, 256, fs::temp_directory_path(), gate);
  auto client = pool.attach();
  const auto space = client->open_space(small_space(Gate::kPayload));
  ASSERT_TRUE(space.is_ok());
  auto draft = client->draft(*space, Gate::kPayload);
  const auto feature = feature_of(1);
  ASSERT_TRUE(client->publish(std::move(*draft), {.key = key_of(1), .feature = feature, .length = 9}).is_ok());
  ASSERT_TRUE(eventually([&] { return gate->is_waited_at(); }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return pool.sessions() == 0; }));
  EXPECT_TRUE(pool.attach()->available());
  gate->open();
}

// The spaces that a session has open are its own until it ends.
TEST(Server, SpaceIsInUseWhileASessionHasItOpen) {
  ServedPool pool;
  auto client = pool.attach();
  const auto space = client->open_space(small_space());
  ASSERT_TRUE(client->open_space(small_space()).is_ok());
  auto control = ControlClient::connect(pool.socket_path(), std::chrono::seconds(30));
  EXPECT_EQ((*control)->stats()->spaces[0].users, 1u);
  EXPECT_EQ((*control)->drop(*space).status().code(), StatusCode::in_use);
  client.reset();
  EXPECT_TRUE(eventually([&] { return (*control)->drop(*space).is_ok(); }));
}

TEST(Server, StatsOfManySpacesComeInWholePages) {
  ServedPool pool(256ull << 20);
  const auto store = pool.attach();
  for (std::uint32_t bucket = 1; bucket <= 40; ++bucket) {
    SpaceSpec spec = small_space();
    spec.length_bucket = bucket;
    const auto space = pool.store().open_space(spec);
    ASSERT_TRUE(space.is_ok()) << space.status().message();
    const LookupItem item{.key = key_of(1), .feature = {}, .min_length = 0};
    std::optional<Found> found;
    std::vector<std::atomic<std::uint64_t>> words(1);
    LeaseTable leases(words);
    const std::uint32_t lease = 0;
    for (std::uint32_t layer = 0; layer < 100; ++layer)
      ASSERT_TRUE(
          pool.store().find({*space, Layer{layer}, 0, {&item, 1}}, leases, {&lease, 1}, {&found, 1}).is_ok());
  }
  auto control = ControlClient::connect(pool.socket_path(), std::chrono::seconds(30));
  const auto stats = (*control)->stats();
  ASSERT_TRUE(stats.is_ok()) << stats.status().message();
  ASSERT_EQ(stats->spaces.size(), 40u);
  for (std::uint32_t i = 0; i < 40; ++i) EXPECT_EQ(stats->spaces[i].spec.length_bucket, i + 1);
}

}  // namespace
}  // namespace memo::test
