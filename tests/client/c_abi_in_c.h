/* What a C program does with memo.h, for c_abi_test.cpp. The steps are compiled as C. */
#pragma once

#include "memo/memo.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { kCFeatureDimension = 8, kCPayloadBytes = 4096 };

/* Space, publication and query of memo `number`; its feature is 10 * number away from that of memo 0. */
memo_space_spec c_space_spec(void);

/* Publishes `bytes` bytes that are all `number`, and flushes. With has_feature 0: found by its key only. */
memo_status c_publish(memo_client* client, memo_space space, uint8_t number, int has_feature, memo_error* error);

/* A query of the key of `number`. */
memo_query c_query(memo_space space, uint8_t number);

/* Whether the payload is what c_publish wrote. */
int c_is_payload_of(const memo_view* view, uint8_t number);

#ifdef __cplusplus
}
#endif
