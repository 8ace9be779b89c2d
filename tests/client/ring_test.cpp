#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "client/protocol/ring/ring_client.h"
#include "client/protocol/ring/ring_server.h"

namespace memo {
namespace {

constexpr segment::RingShape kShape{.cells = 4, .request_bytes = 64, .reply_bytes = 64};
constexpr auto kForever = std::chrono::hours(1);

std::uint64_t number_in(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

class Ring : public testing::Test {
 protected:
  ~Ring() override { stop(); }

  void serve() {
    thread_ = std::thread([this] { served_ = server_.serve(&Ring::add_one); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }
  static Result<std::size_t> add_one(std::span<const std::byte> request, std::span<std::byte> reply) {
    const std::uint64_t answer = number_in(request) + 1;
    std::memcpy(reply.data(), &answer, sizeof(answer));
    return sizeof(answer);
  }
  Result<RingTicket> submit(std::uint64_t value, RingClient::Clock::time_point deadline = RingClient::kNow) {
    return client_.submit(std::as_bytes(std::span(&value, 1)), deadline);
  }
  std::uint64_t answer(RingTicket ticket) {
    EXPECT_TRUE(client_.wait(ticket, RingClient::Clock::now() + kForever).is_ok());
    const auto reply = client_.take(ticket);
    return reply ? number_in(*reply) : 0;
  }

  struct alignas(4096) Memory {
    std::array<std::byte, 4096> bytes{};
  };
  Memory memory_;
  RingClient client_{memory_.bytes, kShape};
  RingServer server_{memory_.bytes, kShape};
  Status served_{StatusCode::internal, "did not end"};
  std::thread thread_;
};

TEST_F(Ring, EveryRequestGetsItsOwnReplyFromManyThreads) {
  serve();
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (std::uint64_t base : {1'000, 2'000, 3'000})
    clients.emplace_back([&, base] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const auto ticket = submit(base + i, RingClient::Clock::now() + kForever);
        if (!ticket || answer(*ticket) != base + i + 1) ++wrong;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Ring, RepliesCanBeTakenInAnyOrder) {
  serve();
  const auto first = submit(10);
  const auto second = submit(20);
  EXPECT_EQ(answer(*second), 21u);
  EXPECT_EQ(answer(*first), 11u);
}

TEST_F(Ring, FullRingIsBusyUntilAReplyIsTaken) {
  serve();
  const auto first = submit(0);
  for (std::uint64_t i = 1; i < kShape.cells; ++i) ASSERT_TRUE(submit(i).is_ok());
  EXPECT_EQ(submit(9).status().code(), StatusCode::busy);
  EXPECT_EQ(answer(*first), 1u);
  EXPECT_TRUE(submit(9).is_ok());
}

TEST_F(Ring, LateReplyCanStillBeTakenAfterATimeout) {
  const auto ticket = submit(5);
  EXPECT_EQ(client_.wait(*ticket, RingClient::Clock::now()).code(), StatusCode::deadline_exceeded);
  serve();
  EXPECT_EQ(answer(*ticket), 6u);
}

TEST_F(Ring, SleepingServerIsWokenByARequest) {
  serve();
  ASSERT_EQ(answer(*submit(1)), 2u);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(answer(*submit(2)), 3u);
}

TEST_F(Ring, StopEndsAnIdleServer) {
  serve();
  stop();
  EXPECT_TRUE(served_.is_ok()) << served_.message();
}

TEST_F(Ring, CloseWakesAWaiter) {
  const auto ticket = submit(1);
  Status waited;
  std::thread waiter([&] { waited = client_.wait(*ticket, RingClient::Clock::now() + kForever); });
  client_.close();
  waiter.join();
  EXPECT_EQ(waited.code(), StatusCode::unavailable);
  EXPECT_EQ(submit(2).status().code(), StatusCode::unavailable);
}

TEST_F(Ring, ImpossibleReplySizeIsCorrupt) {
  const auto ticket = submit(1);
  RingCells cells(memory_.bytes, kShape);
  cells.header(0).reply_size = 1 << 20;
  cells.header(0).phase = RingCells::reply_phase(0);
  EXPECT_EQ(client_.take(*ticket).status().code(), StatusCode::corrupt);
}

TEST_F(Ring, SizeThatIsNoMultipleOfAWordEndsTheServer) {
  RingCells cells(memory_.bytes, kShape);
  cells.header(0).request_size = 7;
  cells.header(0).phase = RingCells::request_phase(0);
  cells.doorbell().submitted = 1;
  EXPECT_EQ(server_.serve(&Ring::add_one).code(), StatusCode::invalid_argument);
}

TEST_F(Ring, HandlersErrorEndsTheServer) {
  ASSERT_TRUE(submit(1).is_ok());
  const Status ended = server_.serve([](auto, auto) -> Result<std::size_t> {
    return Status{StatusCode::invalid_argument, "nonsense"};
  });
  EXPECT_EQ(ended.message(), "nonsense");
}

}  // namespace
}  // namespace memo
