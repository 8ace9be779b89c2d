#include "tools/memo-serve/http/connection.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <mutex>
#include <string>
#include <utility>

namespace memo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kReadBytes = 8 << 10;
// Larger ones take longer to read as JSON and to tokenize than others should wait.
constexpr std::size_t kSmallBody = 16 << 10;
constexpr std::chrono::seconds kLinger{2};

// Whether the other side has closed, or reset, the connection. What it sent is left to be read.
bool has_ended(int socket) {
  char byte = 0;
  const ssize_t got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

std::string json_error(std::string_view why) {
  return "{\"error\":\"" + std::string(why) + "\",\"error_type\":\"Validation\"}";
}

}  // namespace

// Threads: any; what it does to the connection is done on the connection's thread.
class Connection::Exchange : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(HttpRequest request, std::shared_ptr<Connection> connection)
      : HttpExchange(std::move(request)), connection_(std::move(connection)) {}
  // Where it is the last to hold the connection, that ends on its own thread nevertheless.
  ~Exchange() override {
    const auto executor = connection_->stream_.get_executor();
    asio::dispatch(executor, [connection = std::move(connection_)] {});
  }

  void respond(HttpResponse response) override {
    asio::dispatch(connection_->stream_.get_executor(),
                   [self = shared_from_this(), response = std::move(response)]() mutable {
                     self->connection_->respond(self, std::move(response));
                   });
  }

  void run_aside(std::function<void()> work) override { asio::post(*connection_->host_.aside, std::move(work)); }

  void on_gone(std::function<void()> gone) override {
    const std::lock_guard lock(mutex_);
    if (is_gone_) return gone();
    gone_ = std::move(gone);
  }

  void go() {
    const std::lock_guard lock(mutex_);
    is_gone_ = true;
    if (gone_) std::exchange(gone_, nullptr)();
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::mutex mutex_;
  // Under mutex_.
  std::function<void()> gone_;
  bool is_gone_ = false;
};

Connection::Connection(asio::ip::tcp::socket socket, ConnectionHost& host)
    : stream_(std::move(socket)), host_(host), buffer_(max_buffered(host.limits)) {
  host_.open.insert(this);
  ++host_.figures.open;
  beast::error_code error;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = stream_.socket().remote_endpoint(error);
  from_loopback_ = !error && peer.address().is_loopback();
}

Connection::~Connection() {
  host_.open.erase(this);
  --host_.figures.open;
}

// The time between requests is another one than that for a request.
void Connection::read_first() {
  state_ = State::idle;
  if (host_.stopping) return close();
  if (buffer_.size() > 0) return read_header();
  stream_.expires_after(host_.limits.idle_time);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                            if (error) return self->close();
                            self->buffer_.commit(bytes);
                            self->read_header();
                          });
}

void Connection::read_header() {
  state_ = State::reading;
  parser_.emplace();
  set_limits(*parser_, host_.limits);
  stream_.expires_after(host_.limits.header_time);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (error) return self->fail(error);
                            self->version_ = self->parser_->get().version();
                            self->head_ = self->parser_->get().method() == http::verb::head;
                            if (!has_clear_end(*self->parser_)) return self->refuse_framing();
                            self->stream_.expires_after(self->host_.limits.body_time);
                            if (beast::iequals(self->parser_->get()[http::field::expect], "100-continue"))
                              return self->read_continued();
                            self->read_body();
                          });
}

void Connection::refuse_framing() {
  ++host_.figures.malformed;
  parser_.reset();  // which may take what follows for the next request
  write_error(http::status::bad_request,
              "the end of the body is in doubt: one Content-Length, or Transfer-Encoding: chunked with HTTP/1.1");
}

// A client that asks first sends its body after this.
void Connection::read_continued() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](beast::error_code error, std::size_t) {
                      if (error) return self->close();
                      self->read_body();
                    });
}

void Connection::read_body() {
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (error) return self->fail(error);
    self->handle();
  });
}

void Connection::fail(beast::error_code error) {
  keep_alive_ = false;
  if (error == http::error::end_of_stream || error == asio::error::operation_aborted) return close();
  if (error == beast::error::timeout) {
    ++host_.figures.timed_out;
    return close();
  }
  if (error == http::error::body_limit) {
    ++host_.figures.malformed;
    return write_error(http::status::payload_too_large,
                       "the body is larger than " + std::to_string(host_.limits.body_bytes) + " bytes");
  }
  if (error == http::error::header_limit) {
    ++host_.figures.malformed;
    return write_error(http::status::request_header_fields_too_large, "the header is too large");
  }
  if (error.category() != make_error_code(http::error::bad_method).category()) return close();
  ++host_.figures.malformed;
  write_error(http::status::bad_request, "not HTTP/1.1: " + error.message());
}

void Connection::handle() {
  state_ = State::answering;
  stream_.expires_never();
  keep_alive_ = parser_->keep_alive();  // the message itself would look at its first such header alone
  exchange_ = std::make_shared<Exchange>(to_request(*parser_, from_loopback_), shared_from_this());
  const std::shared_ptr<Exchange> exchange = exchange_;
  if (exchange->request().body.size() <= kSmallBody)
    host_.handler(exchange);
  else
    asio::post(*host_.aside, [&host = host_, exchange] { host.handler(exchange); });
  if (exchange_ == exchange) watch();
}

// Notices when the client closes before it is answered. A client that sends its next request already is not watched.
void Connection::watch() {
  watched_ = true;
  stream_.socket().async_wait(
      asio::ip::tcp::socket::wait_read, [self = shared_from_this()](beast::error_code error) {
        if (error || self->state_ != State::answering || !has_ended(self->stream_.socket().native_handle()))
          return;
        const std::shared_ptr<Exchange> exchange = self->exchange_;
        self->close();
        if (exchange) exchange->go();
      });
}

void Connection::respond(const std::shared_ptr<Exchange>& exchange, HttpResponse response) {
  if (state_ != State::answering || exchange_ != exchange) return;
  exchange_.reset();
  beast::error_code ignored;
  if (std::exchange(watched_, false)) stream_.socket().cancel(ignored);
  Response made(http::int_to_status(response.status), version_);
  made.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) made.set(name, value);
  made.body() = std::move(response.body);
  write(std::move(made), keep_alive_ && !host_.stopping);
}

void Connection::write_error(http::status status, std::string_view why) {
  Response made(status, version_);
  made.set(http::field::content_type, "application/json");
  made.body() = json_error(why);
  write(std::move(made), false);
}

void Connection::write(Response response, bool keep_open) {
  state_ = State::writing;
  response.set(http::field::server, "memo-serve");
  response.keep_alive(keep_open);
  response.prepare_payload();
  if (head_) response.body().clear();  // the length stays that of a GET
  head_ = false;
  const auto shared = std::make_shared<Response>(std::move(response));
  stream_.expires_after(host_.limits.write_time);
  http::async_write(stream_, *shared,
                    [self = shared_from_this(), shared, keep_open](beast::error_code error, std::size_t) {
                      if (error == beast::error::timeout) ++self->host_.figures.timed_out;
                      if (error) return self->close();
                      if (!keep_open) return self->end();
                      self->read_first();
                    });
}

// A client that still sends would not read the answer if the connection was closed at once: what it sends is read for
// a moment.
void Connection::end() {
  beast::error_code ignored;
  if (parser_ && parser_->is_done() && stream_.socket().available(ignored) == 0) return close();
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kLinger);
  discard();
}

void Connection::discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (error) return self->close();
                            self->discard();
                          });
}

void Connection::refuse() {
  ++host_.figures.refused;
  write_error(http::status::service_unavailable, "too many connections");
}

void Connection::close_if_idle() {
  if (state_ == State::idle) close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  exchange_.reset();
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

}  // namespace memo
