#include "tests/client/c_abi_in_c.h"

#include <string.h>

memo_space_spec c_space_spec(void) {
  const memo_space_spec spec = {.struct_size = sizeof(spec),
                                .model = {0x1234, 0x5678},
                                .kind = MEMO_KIND_MAP,
                                .encoding = MEMO_ENCODING_U8_ROW_SCALED,
                                .length_bucket = 128,
                                .heads = 4,
                                .feature_dimension = kCFeatureDimension,
                                .payload_bytes = kCPayloadBytes};
  return spec;
}

memo_status c_publish(memo_client* client, memo_space space, uint8_t number, int has_feature, memo_error* error) {
  memo_draft* draft = NULL;
  memo_status status = memo_draft_make(client, space, kCPayloadBytes, &draft, error);
  if (status != MEMO_OK) return status;
  void* payload = NULL;
  size_t bytes = 0;
  status = memo_draft_payload(draft, &payload, &bytes, error);
  if (status != MEMO_OK) return status;
  memset(payload, number, bytes);
  const float feature[kCFeatureDimension] = {10.0f * (float)number};
  memo_publication publication = {.struct_size = sizeof(publication), .key = {0xfeed, number}, .length = 9};
  if (has_feature) {
    publication.feature = feature;
    publication.feature_dimension = kCFeatureDimension;
  }
  status = memo_publish(client, draft, &publication, error);
  return status != MEMO_OK ? status : memo_flush(client, 30000, error);
}

memo_query c_query(memo_space space, uint8_t number) {
  const memo_query query = {.struct_size = sizeof(query), .space = space, .key = {0xfeed, number}};
  return query;
}

int c_is_payload_of(const memo_view* view, uint8_t number) {
  memo_match match = {.struct_size = sizeof(match)};
  if (memo_view_describe(view, &match, NULL) != MEMO_OK || match.payload_bytes != kCPayloadBytes) return 0;
  const uint8_t* payload = match.payload;
  for (size_t i = 0; i < match.payload_bytes; ++i)
    if (payload[i] != number) return 0;
  return memo_view_check(view, NULL) == MEMO_OK;
}
