@0xa1c93d0e55b7f264;
# Messages of the request rings: single segment, written in place into a ring cell. In a file of its own because
# it is the hot path: no interface, nothing that a future control plane may pull in.
#
# Who reads a message copies it out of shared memory first, then parses the copy under a traversal limit.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("memo::wire");

struct LookupItem {
  keyHigh   @0 :UInt64;
  keyLow    @1 :UInt64;
  minLength @2 :UInt32;
  hasFeature @3 :Bool;
}

# Where the next `items` items of a request look.
struct LookupGroup {
  space       @0 :UInt32;
  layer       @1 :UInt32;
  maxDistance @2 :Float32;
  items       @3 :UInt16;
  neighbours  @4 :UInt16;       # answers of an item, 1 or more
}

struct LookupRequest {
  groups      @0 :List(LookupGroup);
  items       @1 :List(LookupItem);
  features    @2 :List(Float32);  # of the items with hasFeature, in their order; each as long as its space says
  leases      @3 :List(UInt32);   # entries of the session's lease table that hits are to take: one an answer
}

struct LookupAnswer {
  kind            @0 :Kind;
  length          @1 :UInt32;
  distance        @2 :Float32;
  generation      @3 :UInt64;
  stateWordOffset @4 :UInt64;   # in the pool file
  payloadOffset   @5 :UInt64;
  payloadBytes    @6 :UInt64;
  keyHigh         @7 :UInt64;   # under which the memo is stored
  keyLow          @8 :UInt64;
  enum Kind { miss @0; exact @1; similar @2; }
}

struct LookupReply {
  code    @0 :UInt32;           # memo::StatusCode
  answers @1 :List(LookupAnswer);  # when code is ok: `neighbours` an item, in the order of the items
  reason  @2 :Text;             # for people, when code is not ok
}

struct PublishRequest {
  space        @0 :UInt32;
  layer        @1 :UInt32;
  keyHigh      @2 :UInt64;
  keyLow       @3 :UInt64;
  length       @4 :UInt32;
  costUs       @5 :Float32;
  draftOffset  @6 :UInt64;      # in the segment's draft area
  payloadBytes @7 :UInt64;
  feature      @8 :List(Float32);
  penalty      @9 :Float32 = 1;
}

struct PublishReply {
  code      @0 :UInt32;         # memo::StatusCode
  duplicate @1 :Bool;
  reason    @2 :Text;           # for people, when code is not ok
}
