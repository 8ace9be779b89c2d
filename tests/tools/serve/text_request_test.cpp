// What clients send is read as they mean it, and what they get wrong is named.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tools/memo-serve/api/text_request.h"

namespace memo::test {
namespace {

using Texts = std::vector<std::string>;
using Reader = decltype(&read_embed);

constexpr RequestLimits kLimits{.max_inputs = 4, .max_depth = 8};

struct Named {
  const char* name;
  Reader read;
};
constexpr Named kReaders[] = {{"embed", read_embed},         {"predict", read_predict},
                              {"rerank", read_rerank},       {"similarity", read_similarity},
                              {"tokenize", read_tokenize},   {"decode", read_decode},
                              {"near_maps", read_near_maps}, {"openai", read_openai_embeddings}};

TextRequest accepted(Reader read, const std::string& body) {
  TextRequest request;
  const std::optional<ApiError> error = read(body, kLimits, request);
  EXPECT_FALSE(error) << body << ": " << error->message;
  return request;
}

ApiError refused(Reader read, const std::string& body, const RequestLimits& limits = kLimits) {
  TextRequest request;
  const std::optional<ApiError> error = read(body, limits, request);
  EXPECT_TRUE(error) << body;
  return error.value_or(ApiError{});
}

TEST(EmbedRequest, IsATextOrAList) {
  const TextRequest one = accepted(read_embed, R"({"inputs": "a"})");
  EXPECT_EQ(one.texts, Texts{"a"});
  EXPECT_TRUE(one.single);
  const TextRequest many = accepted(read_embed, R"({"inputs": ["a", "b"]})");
  EXPECT_EQ(many.texts, (Texts{"a", "b"}));
  EXPECT_FALSE(many.single);
}

TEST(EmbedRequest, SaysNothingOfWhatItLeavesOut) {
  for (const char* body : {R"({"inputs": "a"})", R"({"inputs": "a", "truncate": null, "normalize": null,
       "truncation_direction": null, "prompt_name": null, "dimensions": null, "model": null, "parameters": null})"}) {
    const TextRequest request = accepted(read_embed, body);
    EXPECT_FALSE(request.truncate || request.dimensions || request.prompt_name || request.model);
    EXPECT_TRUE(request.normalize);
    EXPECT_FALSE(request.side);
  }
}

TEST(EmbedRequest, SaysHowTextsAreCutAndScaled) {
  const TextRequest request = accepted(read_embed, R"({"inputs": ["a"], "truncate": true, "normalize": false,
      "truncation_direction": "left", "prompt_name": "query", "dimensions": 128, "model": "m"})");
  EXPECT_EQ(request.truncate, true);
  EXPECT_FALSE(request.normalize);
  EXPECT_EQ(request.side, TruncationSide::left);
  EXPECT_EQ(request.prompt_name, "query");
  EXPECT_EQ(request.dimensions, 128u);
  EXPECT_EQ(request.model, "m");
}

TEST(EmbedRequest, TakesParametersAsHuggingFaceHubSendsThem) {
  const TextRequest request = accepted(read_embed, R"({"inputs": "a", "parameters": {"normalize": false,
      "prompt_name": "query", "truncate": true, "truncation_direction": "Left"}})");
  EXPECT_FALSE(request.normalize);
  EXPECT_EQ(request.prompt_name, "query");
  EXPECT_EQ(request.truncate, true);
  EXPECT_EQ(request.side, TruncationSide::left);
  (void)accepted(read_embed, R"({"inputs": ["a"], "parameters": {}})");
}

TEST(PredictRequest, IsATextAPairOrABatchOfBoth) {
  const TextRequest text = accepted(read_predict, R"({"inputs": "a"})");
  EXPECT_TRUE(text.single);
  EXPECT_FALSE(text.inputs()[0].pair);
  EXPECT_TRUE(accepted(read_predict, R"({"inputs": ["a"]})").single);
  const TextRequest pair = accepted(read_predict, R"({"inputs": ["a", "b"]})");
  EXPECT_TRUE(pair.single);
  EXPECT_EQ(pair.inputs()[0].pair, "b");
  const TextRequest batch = accepted(read_predict, R"({"inputs": [["a"], ["b", "c"]], "raw_scores": true})");
  EXPECT_FALSE(batch.single);
  EXPECT_TRUE(batch.raw_scores);
  ASSERT_EQ(batch.inputs().size(), 2u);
  EXPECT_FALSE(batch.inputs()[0].pair);
  EXPECT_EQ(batch.inputs()[1].text, "b");
  EXPECT_EQ(batch.inputs()[1].pair, "c");
}

TEST(RerankRequest, PairsTheQueryWithEveryText) {
  const TextRequest request = accepted(
      read_rerank,
      R"({"query": "q", "texts": ["a", "b"], "return_text": true, "raw_scores": true, "truncate": true})");
  ASSERT_EQ(request.inputs().size(), 2u);
  EXPECT_EQ(request.inputs()[1].text, "q");
  EXPECT_EQ(request.inputs()[1].pair, "b");
  EXPECT_TRUE(request.return_text && request.raw_scores);
}

TEST(SimilarityRequest, HasTheSourceBeforeTheSentences) {
  const TextRequest request = accepted(read_similarity, R"({"inputs": {"source_sentence": "s",
      "sentences": ["a", "b"]}, "parameters": {"truncate": false, "prompt_name": "p"}})");
  EXPECT_EQ(request.texts, (Texts{"s", "a", "b"}));
  EXPECT_EQ(request.truncate, false);
  EXPECT_EQ(request.prompt_name, "p");
}

TEST(SimilarityRequest, IsRecognizedByItsInputs) {
  EXPECT_TRUE(asks_for_similarity(R"({"inputs": {"source_sentence": "s", "sentences": ["a"]}})", kLimits));
  EXPECT_FALSE(asks_for_similarity(R"({"inputs": "\"source_sentence\""})", kLimits));
  EXPECT_FALSE(asks_for_similarity(R"({"inputs": ["source_sentence"]})", kLimits));
  EXPECT_FALSE(asks_for_similarity(R"("source_sentence")", kLimits));
  EXPECT_FALSE(asks_for_similarity(R"({"source_sentence")", kLimits));
}

TEST(TokenizeRequest, SaysWhetherSpecialTokensAreAdded) {
  EXPECT_TRUE(accepted(read_tokenize, R"({"inputs": "a"})").add_special_tokens);
  EXPECT_FALSE(accepted(read_tokenize, R"({"inputs": ["a"], "add_special_tokens": false})").add_special_tokens);
}

TEST(NearMapsRequest, HasOneTextAndSaysWhichMapsAreShown) {
  const TextRequest request = accepted(read_near_maps, R"({"inputs": "a", "layer": 0, "neighbours": 2})");
  EXPECT_EQ(request.texts, std::vector<std::string>{"a"});
  EXPECT_EQ(request.layer, 0u);
  EXPECT_EQ(request.neighbours, 2u);
  EXPECT_FALSE(accepted(read_near_maps, R"({"inputs": "a"})").layer);
  EXPECT_EQ(refused(read_near_maps, R"({"inputs": ["a"]})").message,
            "`inputs` has [\"a\"] (input 0), must be a string");
  EXPECT_EQ(refused(read_near_maps, R"({"inputs": "a", "layer": -1})").message,
            "`layer` is -1, must be a whole number");
  EXPECT_EQ(refused(read_near_maps, R"({"inputs": "a", "neighbours": 0})").message,
            "`neighbours` is 0, must be a positive whole number");
}

TEST(DecodeRequest, HasIdsOfOneTextOrOfSeveral) {
  using Ids = std::vector<std::vector<std::int32_t>>;
  EXPECT_EQ(accepted(read_decode, R"({"ids": [1, 2]})").ids, (Ids{{1, 2}}));
  EXPECT_EQ(accepted(read_decode, R"({"ids": [[1, 2], [2147483647]]})").ids, (Ids{{1, 2}, {2147483647}}));
  EXPECT_FALSE(accepted(read_decode, R"({"ids": [1], "skip_special_tokens": false})").skip_special_tokens);
}

TEST(DecodeRequest, WithOtherThingsThanIdsIsRefused) {
  for (const char* ids : {"1", "\"a\"", "{}", "[-1]", "[1.5]", "[2147483648]", "[18446744073709551616]", "[true]",
                          "[[1], 2]", "[[[1]]]", "[1, [2]]"})
    EXPECT_EQ(refused(read_decode, std::string(R"({"ids": )") + ids + "}").field, "ids") << ids;
}

TEST(DecodeRequest, AFaultIsShownShortened) {
  const std::string text(100'000, 'x');
  EXPECT_LT(refused(read_decode, R"({"ids": [")" + text + R"("]})").message.size(), 300u);
}

TEST(OpenAiRequest, AsksForNumbersOrBase64) {
  EXPECT_FALSE(accepted(read_openai_embeddings, R"({"input": "a", "model": "m"})").base64);
  EXPECT_FALSE(accepted(read_openai_embeddings, R"({"input": "a", "encoding_format": "float"})").base64);
  const TextRequest request = accepted(read_openai_embeddings, R"({"input": ["a", "b"], "model": "m",
      "encoding_format": "base64", "dimensions": 64, "user": "u"})");
  EXPECT_TRUE(request.base64);
  EXPECT_EQ(request.dimensions, 64u);
  EXPECT_EQ(request.model, "m");
}

TEST(OpenAiRequest, WithTokenIdsIsToldWhatToSend) {
  for (const char* input : {"[1, 2]", "[[1, 2], [3]]", "5"}) {
    const ApiError error =
        refused(read_openai_embeddings, std::string(R"({"input": )") + input + R"(, "model": "m"})");
    EXPECT_EQ(error.field, "input");
    EXPECT_NE(error.message.find("token ids"), std::string::npos) << error.message;
  }
}

// A body, and the words that its refusal has to have.
struct Refusal {
  Reader read;
  const char* body;
  const char* field;
  const char* message;
  Fault fault = Fault::validation;
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.body;
}

class RefusedRequest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedRequest, NamesTheFieldItsValueAndWhatItMustBe) {
  const Refusal& expected = GetParam();
  const ApiError error = refused(expected.read, expected.body);
  EXPECT_EQ(error.field, expected.field);
  EXPECT_EQ(error.message, expected.message);
  EXPECT_EQ(error.fault, expected.fault);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedRequest,
    testing::Values(
        Refusal{
            read_embed, R"({"inputs": 1.5})", "inputs",
            "`inputs` has token ids (input 0); this server takes texts, as ids depend on the model's tokenizer. "
            "OpenAIEmbeddings of langchain: check_embedding_ctx_length=False"},
        Refusal{read_embed, R"({"inputs": {"a": 1}})", "inputs",
                R"(`inputs` has {"a":1} (input 0), must be a string)"},
        Refusal{read_embed, R"({"inputs": ["a", null]})", "inputs",
                "`inputs` has null (input 1), must be a string"},
        Refusal{read_embed, R"({"inputs": ["a", ""]})", "inputs", "`inputs` cannot be empty (input 1)"},
        Refusal{read_embed, R"({"inputs": ""})", "inputs", "`inputs` cannot be empty (input 0)"},
        Refusal{read_embed, R"({"inputs": []})", "inputs", "`inputs` cannot be empty", Fault::empty},
        Refusal{read_embed, R"({"inputs": ["a","a","a","a","a"]})", "inputs",
                "batch size 5 > maximum allowed batch size 4", Fault::too_long},
        Refusal{read_embed, R"({})", "inputs", "`inputs` is missing"},
        Refusal{read_embed, R"({"inputs": null})", "inputs", "`inputs` is missing"},
        Refusal{read_embed, R"({"inputs": "a", "truncate": "yes"})", "truncate",
                R"(`truncate` is "yes", must be true or false)"},
        Refusal{read_embed, R"({"inputs": "a", "normalize": 1})", "normalize",
                "`normalize` is 1, must be true or false"},
        Refusal{read_embed, R"({"inputs": "a", "truncation_direction": "up"})", "truncation_direction",
                R"(`truncation_direction` is "up", must be one of right, left, Right, Left)"},
        Refusal{read_embed, R"({"inputs": "a", "dimensions": 0})", "dimensions",
                "`dimensions` is 0, must be a positive whole number"},
        Refusal{read_embed, R"({"inputs": "a", "dimensions": -3})", "dimensions",
                "`dimensions` is -3, must be a positive whole number"},
        Refusal{read_embed, R"({"inputs": "a", "dimensions": 1e99})", "dimensions",
                "`dimensions` is 1e+99, must be a positive whole number"},
        Refusal{read_embed, R"({"inputs": "a", "prompt_name": ["q"]})", "prompt_name",
                R"(`prompt_name` is ["q"], must be a string)"},
        Refusal{read_embed, R"({"inputs": "a", "model": 1})", "model", "`model` is 1, must be a string"},
        Refusal{read_embed, R"({"inputs": "a", "parameters": 1})", "parameters",
                "the field \"parameters\" is not known here; known are inputs, truncate, truncation_direction, "
                "prompt_name, normalize, dimensions, model"},
        Refusal{read_embed, R"({"truncate": true, "inputs": "a", "parameters": {"truncate": false}})", "truncate",
                "`truncate` is given twice"},
        Refusal{read_embed, R"({"inputs": "a", "parameters": {"colour": 1}})", "colour",
                "the field \"colour\" is not known here; known are inputs, truncate, truncation_direction, "
                "prompt_name, normalize, dimensions, model"},
        Refusal{read_predict, R"({"inputs": ["a", "b", "c"]})", "inputs",
                "`inputs` must be a string, a pair of strings [string, string], or a batch of strings and pairs "
                "[[string], [string, string], ...]"},
        Refusal{read_predict, R"({"inputs": [["a"], "b"]})", "inputs",
                "`inputs` must be a string, a pair of strings [string, string], or a batch of strings and pairs "
                "[[string], [string, string], ...]"},
        Refusal{
            read_predict, R"({"inputs": [["a"], ["b", 1]]})", "inputs",
            "`inputs` has token ids (input 1); this server takes texts, as ids depend on the model's tokenizer. "
            "OpenAIEmbeddings of langchain: check_embedding_ctx_length=False"},
        Refusal{read_predict, R"({"inputs": [["a"],["a"],["a"],["a"],["a"]]})", "inputs",
                "batch size 5 > maximum allowed batch size 4", Fault::too_long},
        Refusal{read_rerank, R"({"texts": ["a"]})", "query", "`query` is missing"},
        Refusal{read_rerank, R"({"query": "q"})", "texts", "`texts` is missing"},
        Refusal{read_rerank, R"({"query": "q", "texts": "a"})", "texts",
                R"(`texts` is "a", must be a list of strings)"},
        Refusal{read_rerank, R"({"query": "q", "texts": []})", "texts", "`texts` cannot be empty", Fault::empty},
        Refusal{read_similarity, R"({"inputs": "a"})", "inputs", R"(`inputs` is "a", must be an object)"},
        Refusal{read_similarity, R"({"inputs": {"sentences": ["a"]}})", "source_sentence",
                "`source_sentence` is missing"},
        Refusal{read_similarity, R"({"inputs": {"source_sentence": "a", "sentences": [""]}})", "sentences",
                "`sentences` cannot be empty (input 0)"},
        Refusal{read_similarity, R"({"inputs": {"source_sentence": "a", "sentences": ["b"]}, "parameters": []})",
                "parameters", "`parameters` is [], must be an object"},
        Refusal{read_similarity,
                R"({"inputs": {"source_sentence": "a", "sentences": ["b"]}, "parameters": {"truncate": 1}})",
                "truncate", "`truncate` is 1, must be true or false"},
        Refusal{read_openai_embeddings, R"({"input": "a", "encoding_format": "hex"})", "encoding_format",
                R"(`encoding_format` is "hex", must be one of float, base64)"},
        Refusal{
            read_openai_embeddings, R"({"inputs": "a"})", "inputs",
            "the field \"inputs\" is not known here; known are input, model, encoding_format, dimensions, user"},
        Refusal{read_openai_embeddings, R"({"input": "a", "user": 7})", "user", "`user` is 7, must be a string"}));

class EveryReader : public testing::TestWithParam<Named> {
 protected:
  ApiError refused(const std::string& body) const { return test::refused(GetParam().read, body); }
};

TEST_P(EveryReader, RefusesWhatIsNoJsonObject) {
  for (const std::string& body :
       {std::string(), std::string("nothing"), std::string("{"), std::string("[]"), std::string("1"),
        std::string("null"), std::string("\"a\""), std::string("{\"inputs\": \"a\"}}"),
        std::string("{\"inputs\": \"a\"\0}", 16), std::string("{\"inputs\": \"a\"}\0}", 17), std::string("\0", 1),
        std::string("{'inputs': 'a'}"), std::string("{\"inputs\": NaN}"), std::string("\xff\xfe{\0}\0", 6),
        std::string("{\"inputs\": \"a\",}")}) {
    const ApiError error = refused(body);
    EXPECT_EQ(error.fault, Fault::validation) << body;
    EXPECT_NE(error.message.find("the body"), std::string::npos) << error.message;
  }
}

TEST_P(EveryReader, RefusesInvalidUtf8) {
  for (const char* bytes : {"\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf"})
    (void)refused(std::string("{\"inputs\": \"") + bytes + "\"}");
}

TEST_P(EveryReader, RefusesLoneSurrogates) {
  for (const char* escape : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\ud800)"})
    (void)refused(std::string("{\"inputs\": \"") + escape + "\"}");
}

TEST_P(EveryReader, RefusesDeepNestingBeforeItIsParsed) {
  for (const std::size_t depth : {8, 100, 1'000'000})
    for (const char* bracket : {"[", "{\"a\":"}) {
      std::string body = "{\"inputs\":";
      for (std::size_t i = 0; i < depth; ++i) body += bracket;
      EXPECT_EQ(refused(body).message, "the body: JSON is nested deeper than 8 levels");
    }
}

TEST_P(EveryReader, RefusesAFieldThatIsGivenTwice) {
  const std::string message = refused(R"({"model": "a", "model": "b"})").message;
  EXPECT_EQ(message, "the body: JSON has the key \"model\" twice");
}

TEST_P(EveryReader, RefusesAFieldThatItDoesNotKnowAndShortensIt) {
  const ApiError error = refused("{\"" + std::string(100'000, 'x') + "\": 1}");
  EXPECT_LT(error.message.size(), 300u);
  EXPECT_NE(error.message.find("is not known here"), std::string::npos) << error.message;
}

INSTANTIATE_TEST_SUITE_P(Readers, EveryReader, testing::ValuesIn(kReaders),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(TextRequest, KeepsTextsByteByByte) {
  const TextRequest request = accepted(
      read_embed, "{\"inputs\": [\"\\u0000\\u0001\", \"\\ud83d\\ude00\", \"\xf0\x9f\x98\x80\", \"a\\nb\"]}");
  EXPECT_EQ(request.texts, (Texts{std::string("\0\1", 2), "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "a\nb"}));
}

TEST(TextRequest, OfAHugeNumberIsRefused) {
  const std::string digits(100'000, '9');
  EXPECT_LT(refused(read_embed, R"({"inputs": "a", "dimensions": )" + digits + "}").message.size(), 300u);
}

}  // namespace
}  // namespace memo::test
