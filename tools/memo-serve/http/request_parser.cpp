#include "tools/memo-serve/http/request_parser.h"

#include <boost/beast/core/string.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace memo {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kBodyReadBytes = 64 << 10;

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return made;
}

std::string_view to_view(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::size_t max_buffered(const HttpLimits& limits) {
  return limits.header_bytes + kBodyReadBytes;
}

void set_limits(RequestParser& parser, const HttpLimits& limits) {
  parser.body_limit(limits.body_bytes);
  parser.header_limit(limits.header_bytes);
}

bool has_clear_end(const RequestParser& parser) {
  const auto& header = parser.get();
  const std::size_t codings = header.count(http::field::transfer_encoding);
  const bool chunked = beast::iequals(header[http::field::transfer_encoding], "chunked");
  if (codings > 1 || (codings == 1 && (!chunked || header.version() < 11))) return false;
  return header.count(http::field::content_length) <= 1 &&
         to_view(header[http::field::content_length]).find(',') == std::string_view::npos;
}

HttpRequest to_request(RequestParser& parser, bool from_loopback) {
  http::request<http::string_body> read = parser.release();
  HttpRequest request;
  request.method = std::string(to_view(read.method_string()));
  const std::string_view target = to_view(read.target());
  request.path = percent_decoded(target.substr(0, target.find('?')));
  for (const auto& field : read)
    request.headers.emplace_back(lower(to_view(field.name_string())), std::string(to_view(field.value())));
  request.body = std::move(read.body());
  request.from_loopback = from_loopback;
  return request;
}

}  // namespace memo
