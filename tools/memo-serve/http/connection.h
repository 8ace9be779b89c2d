// Connection: one client's HTTP/1.1 connection: reads a request, waits for its answer, writes it, and so on.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>

#include "tools/memo-serve/http/http_server.h"
#include "tools/memo-serve/http/request_parser.h"

namespace memo {

class Connection;

// What all connections of a server share. Threads: that of the connections, unless said otherwise.
struct ConnectionHost {
  HttpLimits limits;
  HttpServer::Handler handler;
  boost::asio::thread_pool* aside = nullptr;
  std::unordered_set<Connection*> open;
  bool stopping = false;
  struct {  // Threads: any.
    std::atomic<std::uint64_t> open{0}, accepted{0}, refused{0}, timed_out{0}, malformed{0};
  } figures;
};

// Threads: that of the connections. Lifetime: its pending operations and its exchange keep it; the host outlives it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionHost& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { read_first(); }
  // Says 503 and closes.
  void refuse();
  // Closes, unless a request is being read or answered.
  void close_if_idle();

 private:
  class Exchange;
  enum class State { idle, reading, answering, writing, closed };
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void read_first();
  void read_header();
  void read_body();
  void refuse_framing();
  void read_continued();
  void fail(boost::beast::error_code error);
  void handle();
  void watch();
  void respond(const std::shared_ptr<Exchange>& exchange, HttpResponse response);
  void write(Response response, bool keep_open);
  void write_error(boost::beast::http::status status, std::string_view why);
  void end();
  void discard();
  void close();

  boost::beast::tcp_stream stream_;
  ConnectionHost& host_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  std::shared_ptr<Exchange> exchange_;  // while it is answered
  State state_ = State::idle;
  bool from_loopback_ = false;
  bool watched_ = false;  // for the client's end
  bool head_ = false;
  bool keep_alive_ = false;
  unsigned version_ = 11;
};

}  // namespace memo
