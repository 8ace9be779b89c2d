#include "tools/memo-bench/serve/load.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>
#include <random>

namespace memo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

struct Due {
  std::size_t request;
  Clock::time_point when;
};

class Load;

// A connection that sends one request at a time.
class Sender : public std::enable_shared_from_this<Sender> {
 public:
  Sender(Load& load, asio::io_context& context) : load_(load), socket_(context) {}
  Status connect(const tcp::endpoint& server);
  void send(const Due& due);

 private:
  void read();
  void finish(beast::error_code error);

  Load& load_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  std::optional<http::response_parser<http::string_body>> answer_;
  Due due_{};
};

// A connection that holds a place, and sends a byte a second or nothing.
class Loiterer {
 public:
  Loiterer(asio::io_context& context, bool sends) : socket_(context), timer_(context), sends_(sends) {}
  Status connect(const tcp::endpoint& server) {
    beast::error_code error;
    socket_.connect(server, error);
    if (error) return {StatusCode::unavailable, error.message()};
    if (sends_) step();
    return Status::ok();
  }

 private:
  void step() {
    static constexpr char kHeader[] =
        "GET /health HTTP/1.1\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    beast::error_code ignored;
    socket_.write_some(asio::buffer(kHeader + std::min(sent_++, sizeof kHeader - 2), 1), ignored);
    if (ignored) return;
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](beast::error_code error) {
      if (!error) step();
    });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const bool sends_;
  std::size_t sent_ = 0;
};

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), timer_(context_), random_(plan.seed) {}

  Result<LoadFigures> run() {
    MEMO_RETURN_IF_ERROR(connect());
    const Clock::time_point start = Clock::now();
    next_due_ = start;
    plan_.rate > 0 ? wait_for_next() : send_more();
    while (!over() && context_.run_one() > 0) continue;
    figures_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(figures_);
  }

  const LoadPlan& plan() const { return plan_; }
  LoadFigures& figures() { return figures_; }

  void release(const std::shared_ptr<Sender>& sender, const Due& due) {
    ++done_;
    if (std::chrono::duration<double>(Clock::now() - due.when).count() > plan_.max_latency_s)
      figures_.given_up = true;
    free_.push_back(sender);
    send_more();
  }

 private:
  bool over() const { return done_ == plan_.bodies.size() || figures_.given_up; }

  Status connect() {
    beast::error_code error;
    const tcp::endpoint server(asio::ip::make_address(plan_.host, error), plan_.port);
    if (error) return {StatusCode::invalid_argument, fmt::format("{} is no address", plan_.host)};
    for (std::uint32_t i = 0; i < plan_.idle_connections + plan_.slow_connections; ++i) {
      loiterers_.push_back(std::make_unique<Loiterer>(context_, i >= plan_.idle_connections));
      MEMO_RETURN_IF_ERROR(loiterers_.back()->connect(server));
    }
    for (std::uint32_t i = 0; i < plan_.connections; ++i) {
      free_.push_back(std::make_shared<Sender>(*this, context_));
      MEMO_RETURN_IF_ERROR(free_.back()->connect(server));
    }
    return Status::ok();
  }

  void wait_for_next() {
    if (due_count_ == plan_.bodies.size()) return;
    next_due_ += std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::exponential_distribution<double>(plan_.rate)(random_)));
    timer_.expires_at(next_due_);
    timer_.async_wait([this](beast::error_code error) {
      if (error) return;
      waiting_.push_back({due_count_++, next_due_});
      if (std::chrono::duration<double>(Clock::now() - waiting_.front().when).count() > plan_.max_latency_s)
        figures_.given_up = true;
      send_more();
      wait_for_next();
    });
  }

  void send_more() {
    while (!free_.empty()) {
      if (plan_.rate == 0 && waiting_.empty() && due_count_ < plan_.bodies.size())
        waiting_.push_back({due_count_++, Clock::now()});
      if (waiting_.empty()) return;
      const Due due = waiting_.front();
      waiting_.pop_front();
      const std::shared_ptr<Sender> sender = free_.back();
      free_.pop_back();
      sender->send(due);
    }
  }

  const LoadPlan& plan_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Loiterer>> loiterers_;
  std::vector<std::shared_ptr<Sender>> free_;
  std::deque<Due> waiting_;
  Clock::time_point next_due_;
  std::size_t due_count_ = 0;
  std::size_t done_ = 0;
  LoadFigures figures_;
};

Status Sender::connect(const tcp::endpoint& server) {
  beast::error_code error;
  socket_.connect(server, error);
  if (error) return {StatusCode::unavailable, fmt::format("cannot connect: {}", error.message())};
  socket_.set_option(tcp::no_delay(true), error);
  return Status::ok();
}

void Sender::send(const Due& due) {
  due_ = due;
  request_ = {http::verb::post, load_.plan().path, 11};
  request_.set(http::field::host, load_.plan().host);
  request_.set(http::field::content_type, "application/json");
  request_.body() = *load_.plan().bodies[due.request];
  request_.prepare_payload();
  http::async_write(socket_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
    error ? self->finish(error) : self->read();
  });
}

void Sender::read() {
  answer_.emplace();
  answer_->body_limit(std::uint64_t{1} << 30);
  http::async_read(socket_, buffer_, *answer_,
                   [self = shared_from_this()](beast::error_code error, std::size_t) { self->finish(error); });
}

void Sender::finish(beast::error_code error) {
  LoadFigures& figures = load_.figures();
  if (error) {
    ++figures.failed;
    beast::error_code ignored;
    const tcp::endpoint server = socket_.remote_endpoint(ignored);
    socket_.close(ignored);
    buffer_.clear();
    if (!connect(server)) figures.given_up = true;
  } else if (answer_->get().result() != http::status::ok) {
    ++figures.refused;
  } else {
    figures.latencies_s.push_back(std::chrono::duration<double>(Clock::now() - due_.when).count());
    figures.found += answer_->get()["x-memo"] == "output" ? 1 : 0;
  }
  load_.release(shared_from_this(), due_);
}

}  // namespace

double LoadFigures::quantile_s(double share) const {
  if (latencies_s.empty()) return 0;
  std::vector<double> sorted = latencies_s;
  const auto place = static_cast<std::size_t>(
      std::min(std::ceil(share * static_cast<double>(sorted.size())), static_cast<double>(sorted.size())));
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(place, 1) - 1);
  std::ranges::nth_element(sorted, at);
  return *at;
}

Result<LoadFigures> run_load(const LoadPlan& plan) {
  return Load(plan).run();
}

}  // namespace memo
