// Errors have the statuses and forms that clients of both interfaces act on.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

#include "tools/memo-serve/api/api_error.h"

namespace memo::test {
namespace {

using Json = nlohmann::json;

unsigned status_of(Fault fault, Dialect dialect) {
  return response_of({fault, "why"}, dialect).status;
}

std::string header_of(const HttpResponse& response, const std::string& name) {
  const auto found = std::ranges::find(response.headers, name, [](const auto& header) { return header.first; });
  return found == response.headers.end() ? "" : found->second;
}

TEST(ApiError, HasTheStatusesOfTextEmbeddingsInference) {
  EXPECT_EQ(status_of(Fault::validation, Dialect::tei), 422u);
  EXPECT_EQ(status_of(Fault::empty, Dialect::tei), 400u);
  EXPECT_EQ(status_of(Fault::too_long, Dialect::tei), 413u);
  EXPECT_EQ(status_of(Fault::unauthorized, Dialect::tei), 401u);
  EXPECT_EQ(status_of(Fault::wrong_task, Dialect::tei), 424u);
  EXPECT_EQ(status_of(Fault::overloaded, Dialect::tei), 429u);
  EXPECT_EQ(status_of(Fault::late, Dialect::tei), 503u);
  EXPECT_EQ(status_of(Fault::unavailable, Dialect::tei), 503u);
  EXPECT_EQ(status_of(Fault::internal, Dialect::tei), 500u);
}

TEST(ApiError, HasTheStatusesOfOpenAi) {
  EXPECT_EQ(status_of(Fault::validation, Dialect::openai), 400u);
  EXPECT_EQ(status_of(Fault::wrong_task, Dialect::openai), 400u);
  EXPECT_EQ(status_of(Fault::unauthorized, Dialect::openai), 401u);
  EXPECT_EQ(status_of(Fault::not_found, Dialect::openai), 404u);
  EXPECT_EQ(status_of(Fault::overloaded, Dialect::openai), 429u);
  EXPECT_EQ(status_of(Fault::late, Dialect::openai), 503u);
}

TEST(ApiError, HasAMessageAndATypeForTei) {
  const HttpResponse response = response_of({Fault::validation, "`inputs` is 1", "inputs"}, Dialect::tei);
  EXPECT_EQ(Json::parse(response.body), Json({{"error", "`inputs` is 1"}, {"error_type", "Validation"}}));
  EXPECT_EQ(response.content_type, "application/json");
}

TEST(ApiError, NamesTheParameterForOpenAiWhereThereIsOne) {
  const Json named = Json::parse(response_of({Fault::validation, "why", "input"}, Dialect::openai).body);
  EXPECT_EQ(
      named,
      Json({{"error",
             {{"message", "why"}, {"type", "invalid_request_error"}, {"param", "input"}, {"code", nullptr}}}}));
  const Json unnamed = Json::parse(response_of({Fault::not_found, "why"}, Dialect::openai).body);
  EXPECT_TRUE(unnamed["error"]["param"].is_null());
  EXPECT_EQ(unnamed["error"]["code"], "model_not_found");
}

TEST(ApiError, SaysWhenToTryAgain) {
  EXPECT_EQ(header_of(response_of({Fault::overloaded, "why", "", 7}, Dialect::tei), "retry-after"), "7");
  EXPECT_EQ(header_of(response_of({Fault::overloaded, "why", "", 7}, Dialect::openai), "retry-after"), "7");
  EXPECT_EQ(header_of(response_of({Fault::validation, "why"}, Dialect::tei), "retry-after"), "");
}

TEST(ApiError, AsksForAKeyInTheWayOfHttp) {
  EXPECT_EQ(header_of(response_of({Fault::unauthorized, "why"}, Dialect::tei), "www-authenticate"), "Bearer");
}

TEST(ApiError, OfAnyBytesIsValidJson) {
  for (const Dialect dialect : {Dialect::tei, Dialect::openai}) {
    const HttpResponse response = response_of({Fault::validation, "\xff\"\n\0", "\xfe"}, dialect);
    EXPECT_TRUE(Json::accept(response.body)) << response.body;
  }
}

TEST(ApiError, OfAStatusTellsClientsWhetherToRetry) {
  EXPECT_EQ(error_of({StatusCode::busy, "full"}, 3).fault, Fault::overloaded);
  EXPECT_EQ(error_of({StatusCode::busy, "full"}, 3).retry_after_s, 3u);
  EXPECT_EQ(error_of({StatusCode::deadline_exceeded, "late"}, 3).fault, Fault::late);
  EXPECT_EQ(error_of({StatusCode::unavailable, "ending"}, 3).fault, Fault::unavailable);
  EXPECT_EQ(error_of({StatusCode::invalid_argument, "bad"}, 3).fault, Fault::validation);
  EXPECT_EQ(error_of({StatusCode::corrupt, "odd"}, 3).fault, Fault::internal);
  EXPECT_EQ(error_of({StatusCode::invalid_argument, "bad"}, 3).retry_after_s, 0u);
}

}  // namespace
}  // namespace memo::test
