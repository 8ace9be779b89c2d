#include "tools/memo-serve/http/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <utility>

#include "tools/memo-serve/http/connection.h"

namespace memo {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kAsideThreads = 2;

Result<tcp::endpoint> parse_address(const std::string& address) {
  const Status invalid(StatusCode::invalid_argument,
                       fmt::format("\"{}\" is no address such as 127.0.0.1:8080 or [::1]:8080", address));
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return invalid;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto [stopped, wrong] = std::from_chars(address.data() + colon + 1, end, port);
  if (wrong != std::errc() || stopped != end) return invalid;
  error_code error;
  const auto parsed = asio::ip::make_address(host, error);
  if (error) return invalid;
  return tcp::endpoint(parsed, port);
}

std::string to_text(const tcp::endpoint& endpoint) {
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", endpoint.address().to_string(), endpoint.port())
                                    : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

class Server : public HttpServer {
 public:
  Server(HttpLimits limits, Handler handler, Logger log)
      : log_(std::move(log)), acceptor_(context_), signals_(context_, SIGTERM, SIGINT), timer_(context_) {
    host_.limits = limits;
    host_.handler = std::move(handler);
    host_.aside = &aside_;
  }

  ~Server() override {
    aside_.stop();
    aside_.join();
  }

  Status open(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return Status::ok();
    const StatusCode code = error == asio::error::address_in_use ? StatusCode::in_use : StatusCode::internal;
    return {code, fmt::format("cannot listen at {}: {}", to_text(endpoint), error.message())};
  }

  std::string address() const override {
    error_code ignored;
    return to_text(acceptor_.local_endpoint(ignored));
  }
  bool is_loopback() const override {
    error_code ignored;
    return acceptor_.local_endpoint(ignored).address().is_loopback();
  }

  HttpFigures figures() const override {
    const auto& now = host_.figures;
    return {now.open, now.accepted, now.refused, now.timed_out, now.malformed};
  }

  void run(std::function<void()> on_stop) override {
    accept();
    signals_.async_wait([this, stop = std::move(on_stop)](error_code error, int) {
      if (!error) end(stop);
    });
    while (!context_.stopped()) serve();
    // Nobody calls the handler from here on.
    aside_.stop();
    aside_.join();
  }

 private:
  // A request that there is no memory for costs its own connection only.
  void serve() {
    try {
      context_.run();
    } catch (const std::exception& error) {
      log_(error.what());
    }
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later(error);
      ++host_.figures.accepted;
      const auto connection = std::make_shared<Connection>(std::move(socket), host_);
      host_.open.size() > host_.limits.connections ? connection->refuse() : connection->start();
      accept();
    });
  }

  // No descriptor, or no memory, is left just now.
  void accept_later(error_code error) {
    log_(fmt::format("cannot accept a connection: {}", error.message()));
    timer_.expires_after(std::chrono::milliseconds(100));
    timer_.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
  }

  void end(const std::function<void()>& on_stop) {
    log_(fmt::format("ending: {} connections are open", host_.open.size()));
    host_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto open = host_.open;
    for (Connection* connection : open) connection->close_if_idle();
    on_stop();
    timer_.expires_after(host_.limits.drain_time);
    timer_.async_wait([this](error_code cancelled) {
      if (!cancelled) context_.stop();
    });
    signals_.async_wait([this](error_code error, int) {
      if (!error) context_.stop();
    });
    wait_for_last();
  }

  void wait_for_last() {
    if (host_.open.empty()) return context_.stop();
    const auto timer = std::make_shared<asio::steady_timer>(context_, std::chrono::milliseconds(10));
    timer->async_wait([this, timer](error_code) { wait_for_last(); });
  }

  const Logger log_;
  ConnectionHost host_;  // outlives the context, whose pending operations hold connections
  asio::io_context context_{1};
  asio::thread_pool aside_{kAsideThreads};  // what waits here holds connections of the context
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address, HttpLimits limits,
                                                       Handler handler, Logger log) {
  MEMO_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, parse_address(address));
  auto server = std::make_unique<Server>(limits, std::move(handler), std::move(log));
  MEMO_RETURN_IF_ERROR(server->open(endpoint));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace memo
