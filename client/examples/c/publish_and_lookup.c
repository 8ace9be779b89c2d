/* Publishes a memo to a running memod and finds it by its key. usage: publish_and_lookup unix:PATH */
#include <memo/memo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static memo_error error;
static void check(memo_status status) {
  if (status == MEMO_OK) return;
  fprintf(stderr, "%s: %s\n", memo_status_name(status), error.message);
  exit(1);
}
int main(int count, char** arguments) {
  memo_client* client;
  check(memo_attach(count > 1 ? arguments[1] : NULL, NULL, &client, &error));
  const memo_space_spec spec = {.struct_size = sizeof(spec),
                                .model = {1, 2},
                                .kind = MEMO_KIND_OUTPUT,
                                .encoding = MEMO_ENCODING_F32,
                                .length_bucket = 128,
                                .payload_bytes = 4096};
  memo_space space;
  check(memo_open_space(client, &spec, &space, &error));
  memo_draft* draft;
  check(memo_draft_make(client, space, 1000, &draft, &error));
  void* payload;
  size_t bytes;
  check(memo_draft_payload(draft, &payload, &bytes, &error));
  memset(payload, 7, bytes);
  const memo_publication publication = {.struct_size = sizeof(publication), .key = {5, 6}, .length = 9};
  check(memo_publish(client, draft, &publication, &error));
  check(memo_flush(client, 10000, &error));
  const memo_query query = {.struct_size = sizeof(query), .space = space, .key = {5, 6}};
  memo_view* view;
  check(memo_lookup(client, &query, &view, &error));
  memo_match match = {.struct_size = sizeof(match)};
  check(memo_view_describe(view, &match, &error));
  printf("found %zu bytes\n", match.payload_bytes);
  check(memo_view_check(view, &error)); /* what was read was the memo's */
  memo_view_release(view);
  memo_close(client);
}
