// The documents for people that the server shows; they load nothing from elsewhere.
#pragma once

#include <string_view>

namespace memo {

extern const std::string_view kPageHtml;     // page.html: try a model, see what memos save
extern const std::string_view kDocsHtml;     // docs.html: shows openapi.json
extern const std::string_view kOpenApiJson;  // openapi.json: every route

}  // namespace memo
