#include "tools/memo-bench/serve/fixed_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <fmt/format.h>

#include <pthread.h>

#include <ctime>
#include <string>
#include <thread>
#include <utility>

namespace memo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

class FixedConnection : public std::enable_shared_from_this<FixedConnection> {
 public:
  FixedConnection(tcp::socket socket, const std::string& answer) : socket_(std::move(socket)), answer_(answer) {
    beast::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  const std::string& answer_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
};

class Server : public FixedServer {
 public:
  explicit Server(std::size_t body_bytes)
      : answer_(
            fmt::format("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{:0<{}}",
                        body_bytes, "", body_bytes)) {}
  ~Server() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status open() {
    beast::error_code error;
    const tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(any.protocol(), error);
    if (!error) acceptor_.bind(any, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return {StatusCode::unavailable, error.message()};
    accept();
    thread_ = std::thread([this] { context_.run(); });
    return Status::ok();
  }

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

  double cpu_seconds() const override {
    clockid_t clock{};
    timespec time{};
    pthread_t thread = const_cast<std::thread&>(thread_).native_handle();
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!error) std::make_shared<FixedConnection>(std::move(socket), answer_)->read();
      if (acceptor_.is_open()) accept();
    });
  }

  const std::string answer_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  std::thread thread_;  // last: it uses all the others
};

}  // namespace

Result<std::unique_ptr<FixedServer>> FixedServer::start(std::size_t body_bytes) {
  auto server = std::make_unique<Server>(body_bytes);
  MEMO_RETURN_IF_ERROR(server->open());
  return std::unique_ptr<FixedServer>(std::move(server));
}

}  // namespace memo
