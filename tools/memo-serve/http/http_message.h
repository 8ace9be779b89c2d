// What a server's routes see of HTTP: a request, and what is answered to it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace memo {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // "GET"
  std::string path;     // "/v1/embeddings": without the query
  HttpHeaders headers;  // names in lower case
  std::string body;
  bool from_loopback = true;

  // Nothing where there is no such header. name: in lower case.
  std::optional<std::string_view> header(std::string_view name) const {
    const auto found =
        std::ranges::find(headers, name, [](const auto& header) { return std::string_view(header.first); });
    if (found == headers.end()) return std::nullopt;
    return found->second;
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;
};

}  // namespace memo
