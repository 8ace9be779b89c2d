// Bytes of a hostile client, as far as they go without a model: Beast's parser as a connection uses it, and the reading
// of every route's body.
//
// An input's first byte says what the rest is: the body of the route with that number; or, where there is no such route,
// requests of one connection, which come in pieces of so many bytes.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "tools/memo-serve/api/text_request.h"
#include "tools/memo-serve/http/request_parser.h"

namespace memo::fuzz {
namespace {

constexpr RequestLimits kRequestLimits{.max_inputs = 64, .max_depth = 8};
constexpr HttpLimits kHttpLimits{.body_bytes = 4096, .header_bytes = 1024};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_error(const ApiError& error) {
  for (const Dialect dialect : {Dialect::tei, Dialect::openai}) {
    const HttpResponse response = response_of(error, dialect);
    require(response.status >= 400 && response.status < 600);
    require(nlohmann::json::accept(response.body));
    require(response.body.size() < 4096);
  }
}

void check_request(const TextRequest& request) {
  require(!request.texts.empty() || !request.ids.empty());
  require(request.texts.size() <= kRequestLimits.max_inputs + 1 &&
          request.ids.size() <= kRequestLimits.max_inputs);
  require(request.inputs().size() == request.texts.size());
  for (const TextInput& input : request.inputs())
    require(!input.text.empty() && (!input.pair || !input.pair->empty()));
}

using Reader = decltype(&read_embed);
struct Route {
  std::string_view path;
  Reader read;
};
constexpr Route kRoutes[] = {
    {"/embed", read_embed},       {"/embed_all", read_embed_all}, {"/near_maps", read_near_maps},
    {"/predict", read_predict},   {"/rerank", read_rerank},       {"/similarity", read_similarity},
    {"/tokenize", read_tokenize}, {"/decode", read_decode},       {"/v1/embeddings", read_openai_embeddings}};

void read_body(Reader read, std::string_view body) {
  TextRequest request;
  if (const auto error = read(body, kRequestLimits, request))
    check_error(*error);
  else
    check_request(request);
}

// A connection's other side.
class Pieces {
 public:
  Pieces(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::beast::error_code error;
    return read_some(buffers, error);
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, boost::beast::error_code& error) {
    const std::size_t taken =
        boost::asio::buffer_copy(buffers, boost::asio::buffer(bytes_.data(), std::min(piece_, bytes_.size())));
    bytes_.remove_prefix(taken);
    if (taken == 0) error = boost::asio::error::eof;
    return taken;
  }

 private:
  std::string_view bytes_;
  const std::size_t piece_;
};

void read_requests(Pieces pieces) {
  boost::beast::flat_buffer buffer(max_buffered(kHttpLimits));
  boost::beast::error_code error;
  while (!error) {
    RequestParser parser;
    set_limits(parser, kHttpLimits);
    boost::beast::http::read_header(pieces, buffer, parser, error);
    if (error || !has_clear_end(parser)) return;
    boost::beast::http::read(pieces, buffer, parser, error);
    if (error) return;
    const HttpRequest request = to_request(parser, true);
    require(!request.method.empty() && request.path.find('?') == std::string::npos);
    require(request.body.size() <= kHttpLimits.body_bytes);
    const auto route = std::ranges::find(kRoutes, request.path, &Route::path);
    if (route != std::end(kRoutes)) read_body(route->read, request.body);
    (void)asks_for_similarity(request.body, kRequestLimits);
  }
}

}  // namespace
}  // namespace memo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] < std::size(memo::fuzz::kRoutes))
    memo::fuzz::read_body(memo::fuzz::kRoutes[data[0]].read, rest);
  else
    memo::fuzz::read_requests({rest, data[0]});
  return 0;
}
