@0xd6d4a2f1b7c09e11;
# The control plane: one request, one reply, each a single Cap'n Proto message in one SOCK_SEQPACKET packet
# (at most 128 KiB; long answers come in pages). No interface: nothing here needs an RPC runtime, an event loop or a second thread.
#
# Every field of a request is hostile until the daemon has checked it, and every field of a reply until the
# client has.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("memo::wire");

const protocolVersion :UInt32 = 4;

struct Digest {
  high @0 :UInt64;
  low  @1 :UInt64;
}

struct SpaceSpec {
  model            @0 :Digest;
  kind             @1 :UInt32;  # memo::MemoKind
  encoding         @2 :UInt32;  # memo::Encoding
  lengthBucket     @3 :UInt32;
  heads            @4 :UInt32;
  featureDimension @5 :UInt32;
  payloadBytes     @6 :UInt64;
}

struct Request {
  version @0 :UInt32;           # protocolVersion of the sender
  union {
    attach    @1 :Attach;
    openSpace @2 :SpaceSpec;
    stats     @3 :Page;           # cursor: first space
    list      @4 :Page;
    check     @5 :Check;
    show      @6 :Memo;
    erase     @7 :Memo;
    pin       @8 :Memo;
    unpin     @9 :Memo;
    evict     @10 :Amount;        # memos
    setQuota  @11 :Amount;        # bytes; 0: no limit
    compact   @12 :Void;
    drop      @13 :Amount;        # of the space only
  }

  struct Attach {
    draftBytes @0 :UInt64;
    leases     @1 :UInt32;
    process    @2 :Text;        # for people: program name and pid
  }
  struct Page {
    cursor @0 :UInt64;
    limit  @1 :UInt32;
  }
  struct Check {
    cursor @0 :UInt64;
    limit  @1 :UInt32;
    repair @2 :Bool;            # erase what is damaged
  }
  struct Memo {
    space @0 :UInt32;
    layer @1 :UInt32;
    key   @2 :Digest;
  }
  struct Amount {
    space  @0 :UInt32;
    amount @1 :UInt64;
  }
}

struct Reply {
  code    @0 :UInt32;           # memo::StatusCode; anything but ok carries only `message`
  message @1 :Text;
  union {
    none      @2 :Void;
    attach    @3 :Attach;
    openSpace @4 :UInt32;       # SpaceId
    stats     @5 :Stats;
    list      @6 :MemoPage;
    check     @7 :CheckPage;
    show      @8 :MemoDetail;
    evict     @9 :UInt64;       # memos evicted
    compact   @10 :CompactStep;
  }

  # Two descriptors come with it (SCM_RIGHTS): the session's segment (a sealed memfd, read-write) and the pool
  # (read-only). The layout of the segment follows from draftBytes and leases: see segment.h.
  struct Attach {
    bootToken  @0 :UInt64;      # differs after every start of a daemon
    draftBytes @1 :UInt64;      # as granted
    leases     @2 :UInt32;
    poolBytes  @3 :UInt64;      # how much of the pool to map
  }
}

struct LayerStats {
  layer       @0 :UInt32;
  memos       @1 :UInt64;
  lookups     @2 :UInt64;
  exactHits   @3 :UInt64;
  similarHits @4 :UInt64;
  published   @5 :UInt64;
  duplicates  @6 :UInt64;
  indexed     @7 :UInt64;
  tombstones  @8 :UInt64;
}

struct SpaceStats {
  id            @0 :UInt32;
  spec          @1 :SpaceSpec;
  memos         @2 :UInt64;
  slots         @3 :UInt64;
  reservedBytes @4 :UInt64;
  layers        @5 :List(LayerStats);
  quotaBytes    @6 :UInt64;
  emptyLayerLookups @7 :UInt64;
  users         @8 :UInt32;       # sessions that have it open
}

struct Stats {
  poolPath      @0 :Text;
  poolUuid      @1 :Text;
  layoutVersion @2 :UInt32;
  poolBytes     @3 :UInt64;
  reservedBytes @4 :UInt64;
  payloadBytes  @5 :UInt64;
  memos         @6 :UInt64;
  opens         @7 :UInt64;
  sessions      @8 :UInt64;
  refused       @9 :UInt64;
  uptimeSeconds @10 :Float64;
  durability    @11 :Text;
  spaces        @12 :List(SpaceStats);
  next          @13 :UInt64;    # cursor of the next page of spaces; 0: that was all
  evicted       @14 :UInt64;
  damaged       @15 :UInt64;
  memory        @16 :PoolMemory;
}

struct PoolMemory {
  backing          @0 :Text;
  numa             @1 :Text;
  hugePageSetting  @2 :Text;
  presentBytes     @3 :UInt64;
  hugeBytes        @4 :UInt64;
  pageTableBytes   @5 :UInt64;
  prefaultBytes    @6 :UInt64;
  prefaultedBytes  @7 :UInt64;
  hugePageFailures @8 :UInt64;
}

struct MemoRecord {
  slot          @0 :UInt64;
  space         @1 :UInt32;
  layer         @2 :UInt32;
  key           @3 :Digest;
  generation    @4 :UInt64;
  length        @5 :UInt32;
  payloadBytes  @6 :UInt64;
  createdUnixNs @7 :Int64;
  hits          @8 :UInt64;
  usage         @9 :Float32;
  pinned        @10 :Bool;
}

struct MemoDetail {
  record          @0 :MemoRecord;
  costUs          @1 :Float32;
  payloadChecksum @2 :UInt64;
  feature         @3 :List(Float32);
  penalty         @4 :Float32 = 1;
}

struct CompactStep {
  moved      @0 :UInt64;
  freedBytes @1 :UInt64;
  more       @2 :Bool;
}

struct MemoPage {
  memos @0 :List(MemoRecord);
  next  @1 :UInt64;
}

struct CheckPage {
  checked @0 :UInt64;
  bytes   @1 :UInt64;
  damage  @2 :List(Text);
  next    @3 :UInt64;
}
