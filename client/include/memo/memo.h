/* memo.h: the client of memod for C, and for languages that call C.
 *
 *   memo_attach -> memo_open_space -> memo_lookup -> memo_view_describe, memo_view_check, memo_view_release
 *                                  -> memo_draft_make -> memo_draft_payload -> memo_publish -> memo_flush
 *   memo_close
 *
 * Errors:    Each function that can fail returns a memo_status, and writes why into *error. Nothing is thrown, and
 *            a wrong argument (NULL, a size of 0, a number out of range) is refused as MEMO_INVALID_ARGUMENT.
 *            Output pointers are then set to NULL, or the output is left as it was.
 * Threads:   A client may be used by any thread at any time, until memo_close. A view or a draft is for one thread
 *            at a time. A memo_error is the caller's own memory: one for each thread.
 * Lifetime:  The caller releases each handle that a function gives out by a pointer, once. Views and drafts
 *            may outlive their client. Arguments are only read during the call.
 * Timeouts:  No call waits longer than its timeout, whatever the daemon does. While no daemon runs, lookups miss
 *            with MEMO_UNAVAILABLE; the client attaches to the next one by itself.
 * Growth:    The caller sets struct_size to sizeof of the structure it was compiled with. Fields are only ever
 *            added, at the end; a field that is 0 stands for its default. A library that is older than the caller
 *            refuses structures whose unknown fields are not 0, as MEMO_UNSUPPORTED.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MEMO_EXPORT __attribute__((visibility("default")))
#else
#define MEMO_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a program that was compiled with an older memo.h can no longer use the library. */
#define MEMO_ABI_VERSION 1u
#define MEMO_MAX_NEIGHBOURS 16u     /* memos that a query may ask for */
#define MEMO_MAX_BATCH 65536u       /* queries of one call */
#define MEMO_MAX_MESSAGE_BYTES 512u /* of an error, with the 0 at its end */

/* As memo::StatusCode in memo/status.h. Never renumbered. */
typedef enum memo_status {
  MEMO_OK = 0,
  MEMO_INVALID_ARGUMENT = 1,  /* the caller's input cannot be used: fix it and call again */
  MEMO_NOT_FOUND = 2,         /* no such memo */
  MEMO_ALREADY_EXISTS = 3,    /* a name is taken */
  MEMO_IN_USE = 4,            /* another process holds it */
  MEMO_FULL = 5,              /* no room in the pool; nothing was changed */
  MEMO_BUSY = 6,              /* no free draft, lease or ring cell just now; try later or do without */
  MEMO_UNAVAILABLE = 7,       /* the daemon is gone or not reachable; or the view is no longer valid */
  MEMO_DEADLINE_EXCEEDED = 8, /* no answer in time */
  MEMO_CORRUPT = 9,           /* stored bytes fail a check */
  MEMO_UNSUPPORTED = 10,      /* a version or feature that this library does not know */
  MEMO_INTERNAL = 11          /* a library or system call failed, or memory ran out */
} memo_status;

/* Why a call failed: text that ends with 0, cut to fit; "" after a call that succeeded. `error` may be NULL. */
typedef struct memo_error {
  char message[MEMO_MAX_MESSAGE_BYTES];
} memo_error;

typedef struct memo_client memo_client; /* an attachment to a daemon */
typedef struct memo_view memo_view;     /* a leased memo that a lookup found */
typedef struct memo_draft memo_draft;   /* memory for a payload to publish */

/* An index into the client's own table of spaces, counted from 0. */
typedef uint32_t memo_space;

/* 128 bits of a content hash. */
typedef struct memo_digest {
  uint64_t high;
  uint64_t low;
} memo_digest;

/* MEMO_ABI_VERSION of the library that is loaded. */
MEMO_EXPORT uint32_t memo_abi_version(void);
/* The library's release, as "1.2.3". Lifetime: the program's. */
MEMO_EXPORT const char* memo_version(void);
/* The status' name, as "invalid_argument"; "unknown" for other numbers. Lifetime: the program's. */
MEMO_EXPORT const char* memo_status_name(memo_status status);

/* ---- Attaching ---- */

enum { MEMO_ATTACH_NO_PREFAULT = 1 }; /* a flag: do not map the whole pool in, in the background */

typedef struct memo_attach_options {
  size_t struct_size;
  uint32_t lookup_timeout_us;  /* how long one lookup may wait, microseconds, up to an hour; 0: 20000 */
  uint32_t control_timeout_ms; /* of attaching and of memo_open_space, milliseconds, up to an hour; 0: 2000 */
  uint32_t retry_interval_ms;  /* how often to try to reach a lost daemon, up to an hour; 0: 200 */
  uint32_t leases;             /* views held at the same time, up to 65536; 0: 1024 */
  uint64_t draft_bytes;        /* memory for drafts, bytes, rounded up to 64 KiB; 0: 32 MiB */
  uint64_t flags;              /* MEMO_ATTACH_... */
} memo_attach_options;

/* Attaches to the daemon at `endpoint`, "unix:PATH". Also succeeds while no daemon listens there: lookups miss
 * until one does. `options` may be NULL.
 * Errors: INVALID_ARGUMENT (malformed endpoint, bad option), UNSUPPORTED (a daemon of another protocol version).
 */
MEMO_EXPORT memo_status memo_attach(const char* endpoint, const memo_attach_options* options, memo_client** client,
                                    memo_error* error);

/* Whether lookups can be answered just now. Errors: UNAVAILABLE; the message says why. */
MEMO_EXPORT memo_status memo_availability(const memo_client* client, memo_error* error);

/* Ends the attachment, and an attempt to attach that is under way. Publishes that were not flushed may be lost.
 * NULL is allowed.
 * Threads: no other call with this client may be under way.
 */
MEMO_EXPORT void memo_close(memo_client* client);

/* ---- Spaces ---- */

enum { MEMO_KIND_MAP = 1, MEMO_KIND_TRACE = 2, MEMO_KIND_OUTPUT = 3, MEMO_KIND_STATES = 4 };
enum { MEMO_ENCODING_U8_ROW_SCALED = 1, MEMO_ENCODING_F16 = 2, MEMO_ENCODING_F32 = 3 };

/* A space: memos that may stand in for one another. Every field is part of its identity; none has a default. */
typedef struct memo_space_spec {
  size_t struct_size;
  memo_digest model;          /* fingerprint of weights and architecture */
  uint32_t kind;              /* MEMO_KIND_... */
  uint32_t encoding;          /* MEMO_ENCODING_...: how payloads are encoded */
  uint32_t length_bucket;     /* longest sequence, tokens, 1 .. 65536 */
  uint32_t heads;             /* 1 .. 1024; also 0 unless the kind is MEMO_KIND_MAP */
  uint32_t feature_dimension; /* floats in a feature, 0 .. 256; 0: memos are found by their keys only */
  uint32_t reserved;          /* 0 */
  uint64_t payload_bytes;     /* the largest payload, 1 .. 2^30 */
} memo_space_spec;

/* Finds or creates a space. It stays valid across restarts of a daemon; while none is reachable, the space is
 * remembered and opened as soon as one is.
 * Errors: INVALID_ARGUMENT, FULL.
 */
MEMO_EXPORT memo_status memo_open_space(memo_client* client, const memo_space_spec* spec, memo_space* space,
                                        memo_error* error);

/* ---- Looking up ---- */

typedef struct memo_query {
  size_t struct_size;
  memo_space space;
  uint32_t layer; /* 0 .. 1023 */
  memo_digest key;
  /* [feature_dimension], the space's number of floats; used if no memo has the key. NULL, 0: exact hits only. */
  const float* feature;
  uint32_t feature_dimension;
  uint32_t min_length; /* shortest acceptable memo, tokens */
  float max_distance;  /* L2 distance between features; a similar memo is at most this far */
  uint32_t timeout_us; /* where shorter than the client's own; 0: the client's own */
} memo_query;

/* Looks for the memo of query->key, else for the nearest one to query->feature. *view is NULL unless found.
 * Errors: NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED, BUSY, INVALID_ARGUMENT.
 */
MEMO_EXPORT memo_status memo_lookup(memo_client* client, const memo_query* query, memo_view** view,
                                    memo_error* error);

/* Looks up many queries at once; a few take one round trip. Put queries of one space and layer side by side.
 * A key that is found is its query's only view; else the nearest memos follow, nearest first.
 * Shapes: queries [query_count], 1 .. MEMO_MAX_BATCH, all of the same struct_size; neighbours 1 ..
 *         MEMO_MAX_NEIGHBOURS; views [query_count, neighbours], NULL where no more was found. A miss is no error
 *         here.
 * Errors: UNAVAILABLE, DEADLINE_EXCEEDED, BUSY, INVALID_ARGUMENT; then all views are NULL, except where
 *         query_count or neighbours is itself refused: no view is written then.
 */
MEMO_EXPORT memo_status memo_lookup_batch(memo_client* client, const memo_query* queries, size_t query_count,
                                          uint32_t neighbours, memo_view** views, memo_error* error);

/* What was found. The library fills the first struct_size bytes. */
typedef struct memo_match {
  size_t struct_size;
  const void* payload; /* [payload_bytes], read-only, in the pool itself */
  size_t payload_bytes;
  memo_digest key;   /* the memo's own key */
  uint32_t length;   /* tokens of the stored sequence */
  float distance;    /* L2; 0 when exact */
  uint32_t exact;    /* 1: found by its key, 0: by its feature */
  uint32_t reserved; /* 0 */
} memo_match;

/* Lifetime: match->payload is mapped until the view is released. Errors: INVALID_ARGUMENT. */
MEMO_EXPORT memo_status memo_view_describe(const memo_view* view, memo_match* match, memo_error* error);

/* MEMO_OK: every byte read from the payload before this call was the memo's. Use the bytes first, then call this;
 * a daemon may take an overdue lease back. Errors: UNAVAILABLE (discard what was read, and compute).
 */
MEMO_EXPORT memo_status memo_view_check(const memo_view* view, memo_error* error);

/* Gives the lease back. NULL is allowed. */
MEMO_EXPORT void memo_view_release(memo_view* view);

/* ---- Publishing ---- */

/* Memory for a payload of `bytes` bytes, 1 .. the space's payload_bytes.
 * Errors: BUSY (all drafts are waiting to be copied), UNAVAILABLE, INVALID_ARGUMENT.
 */
MEMO_EXPORT memo_status memo_draft_make(memo_client* client, memo_space space, size_t bytes, memo_draft** draft,
                                        memo_error* error);

/* The draft's memory: writable, 64-byte aligned. Lifetime: until the draft is published or discarded. */
MEMO_EXPORT memo_status memo_draft_payload(const memo_draft* draft, void** payload, size_t* bytes,
                                           memo_error* error);

/* Gives an unpublished draft back. NULL is allowed. */
MEMO_EXPORT void memo_draft_discard(memo_draft* draft);

typedef struct memo_publication {
  size_t struct_size;
  memo_digest key;
  /* [feature_dimension], the space's number of floats. NULL and 0: the memo is found by its key only. */
  const float* feature;
  uint32_t feature_dimension;
  uint32_t layer;    /* 0 .. 1023 */
  uint32_t length;   /* tokens of the sequence, 1 .. length_bucket */
  float cost_us;     /* measured time that a hit saves, microseconds */
  float penalty;     /* factor on the distance when near memos are ordered, 1/16 .. 16; 0: 1 */
  uint32_t reserved; /* 0 */
} memo_publication;

/* Hands the draft over; it is released in any case. Asynchronous: a full pool, or a key that is already there, is
 * counted, not reported.
 * Durability: the memo survives any process crash once memo_flush has returned MEMO_OK after this call.
 * Errors: BUSY, UNAVAILABLE (also for a draft of another client, or of an earlier daemon), INVALID_ARGUMENT.
 */
MEMO_EXPORT memo_status memo_publish(memo_client* client, memo_draft* draft, const memo_publication* publication,
                                     memo_error* error);

/* Waits up to timeout_ms milliseconds until everything published by this client before is stored or refused.
 * Errors: DEADLINE_EXCEEDED, UNAVAILABLE (the daemon went away with publishes unanswered: reported once).
 */
MEMO_EXPORT memo_status memo_flush(memo_client* client, uint32_t timeout_ms, memo_error* error);

/* What became of this client's publishes. The library fills the first struct_size bytes. */
typedef struct memo_publish_counts {
  size_t struct_size;
  uint64_t acknowledged; /* stored */
  uint64_t duplicates;   /* the key was already there */
  uint64_t refused;      /* pool full or bad request */
  uint64_t dropped;      /* no draft for it, never sent, or unanswered when the daemon went away */
  memo_error refusal;    /* why the last one was refused */
} memo_publish_counts;

MEMO_EXPORT memo_status memo_get_publish_counts(const memo_client* client, memo_publish_counts* counts,
                                                memo_error* error);

#ifdef __cplusplus
}
#endif
