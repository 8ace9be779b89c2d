// What a server's routes see of HTTP: a request, and what is answered to it.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace memo {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// "%20" becomes a blank, and so on; what is no such triplet stays as it is. RFC 3986, section 2.1.
inline std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    const bool triplet =
        text[i] == '%' && text.size() - i > 2 && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    decoded += triplet ? static_cast<char>(value) : text[i];
    i += triplet ? 2 : 0;
  }
  return decoded;
}

struct HttpRequest {
  std::string method;   // "GET"
  std::string path;     // "/v1/embeddings": decoded, without the query
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
