// How the bytes of a request are read: Beast's parser with the server's limits, and what the routes see of it.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>

#include "tools/memo-serve/http/http_message.h"
#include "tools/memo-serve/http/http_server.h"

namespace memo {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// What a connection's buffer holds at most: a header, and a piece of a body or the line of a chunk's size.
std::size_t max_buffered(const HttpLimits& limits);

void set_limits(RequestParser& parser, const HttpLimits& limits);

// Whether a proxy before this server finds the end of the request where Beast finds it, which passes over codings that
// it does not know. Otherwise one client's body could be read as the request of another. Requires: the header is read.
bool has_clear_end(const RequestParser& parser);

// Requires: the request is read whole.
HttpRequest to_request(RequestParser& parser, bool from_loopback);

}  // namespace memo
