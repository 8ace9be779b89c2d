// HttpExchange: one request, and the place of its answer.
#pragma once

#include <functional>
#include <memory>

#include "tools/memo-serve/http/http_message.h"

namespace memo {

// Threads: any. Lifetime: shared by the connection and whoever answers.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  const HttpRequest& request() const { return request_; }

  // Answers, once. Where the client has gone, the answer is dropped.
  virtual void respond(HttpResponse response) = 0;
  // Calls work on a thread that is neither the one of the connections nor the one of an engine: for what takes
  // longer than a millisecond.
  virtual void run_aside(std::function<void()> work) = 0;
  // Calls this when the client closes its connection before it is answered; at once where it has.
  virtual void on_gone(std::function<void()> gone) = 0;

 protected:
  explicit HttpExchange(HttpRequest request) : request_(std::move(request)) {}

 private:
  const HttpRequest request_;
};

}  // namespace memo
