// Damage to what libpmemobj keeps for itself, each kind by name, as the programs see it: refused in one line that names
// the file and what is wrong, and left as it is, also by a repair.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include "memod/store/pool/examine/pmdk_format.h"
#include "memod/store/pool/pool.h"
#include "tests/crash/examiner.h"
#include "tests/crash/in_child.h"
#include "tests/support/child_process.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

// A place in a pool whose heap starts with the root's object, and an extent's behind it.
constexpr std::uint64_t kChunkHeaders = pmdk::kZonesOffset + sizeof(pmdk::ZoneHeader);
constexpr std::uint64_t kChunks = pmdk::kZonesOffset + pmdk::kZoneTableBytes;
constexpr std::uint64_t kRootChunks = 2;

constexpr std::uint64_t chunk_header(std::uint64_t chunk) {
  return kChunkHeaders + chunk * sizeof(pmdk::ChunkHeader);
}
constexpr std::uint64_t in_lane(std::uint64_t lane, std::uint64_t field) {
  return pmdk::kLanesOffset + lane * sizeof(pmdk::Lane) + field;
}
constexpr std::uint64_t kInternal = offsetof(pmdk::Lane, internal);
constexpr std::uint64_t kExternal = offsetof(pmdk::Lane, external);
constexpr std::uint64_t kUndo = offsetof(pmdk::Lane, undo);
constexpr std::uint64_t kEntries = sizeof(pmdk::LogHeader);
constexpr std::uint64_t kNext = offsetof(pmdk::LogHeader, next);
constexpr std::uint64_t kCapacity = offsetof(pmdk::LogHeader, capacity);
constexpr std::uint64_t kSizeOfPiece = offsetof(pmdk::ChunkHeader, chunk_count);

struct HeapDamage {
  const char* name;
  std::uint64_t offset;
  std::uint64_t value;
  std::size_t bytes;
  const char* text;  // in the refusal
};
void PrintTo(const HeapDamage& damage, std::ostream* stream) {
  *stream << damage.name;
}

class DamagedHeap : public testing::TestWithParam<HeapDamage> {
 protected:
  DamagedHeap() {
    StoreOptions options = examined(path_);
    options.create_bytes = layout::kMinPoolBytes;
    const auto store = std::move(Store::open(options).value());
    for (std::uint64_t number = 0; number < 10; ++number) EXPECT_TRUE(publish(*store, {0, number}).is_ok());
  }

  void damage(const HeapDamage& damage) const {
    overwrite(path_, damage.offset, std::as_bytes(std::span(&damage.value, 1)).first(damage.bytes));
  }

  // As a transaction of one step leaves it that dies before the step.
  void store_log(const pmdk::RedoEntry& entry) const {
    struct {
      pmdk::LogHeader header{};
      std::array<pmdk::RedoEntry, 4> entries{};
    } log;
    log.header.capacity = sizeof(log.entries);
    log.entries[0] = entry;
    const auto bytes = std::as_bytes(std::span(&log, 1));
    log.header.checksum = pmdk::checksum(bytes.first(sizeof(log.header) + sizeof(entry)));
    overwrite(path_, in_lane(0, kExternal), bytes);
  }

  void expect_refused_by(const std::vector<std::string>& command, const std::string& text) const {
    const std::string before = read_file(path_);
    const Finished finished = run(command, folder_.path().string());
    EXPECT_EQ(finished.exit_code, 1) << command[0] << ": " << finished.errors;
    EXPECT_NE(finished.errors.find(path_), std::string::npos) << finished.errors;
    EXPECT_NE(finished.errors.find(text), std::string::npos) << finished.errors;
    EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1) << finished.errors;
    EXPECT_TRUE(before == read_file(path_)) << command[0] << " changed the pool";
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
};

TEST_P(DamagedHeap, IsRefusedByEveryProgramInOneLineAndLeftAsItIs) {
  damage(GetParam());
  expect_refused_by({program("memoctl"), "check", path_}, GetParam().text);
  expect_refused_by({program("memoctl"), "check", path_, "--repair"}, GetParam().text);
  expect_refused_by({program("memoctl"), "info", "file:" + path_}, GetParam().text);
  expect_refused_by(
      {program("memod"), "--pool", path_, "--size", "16MiB", "--listen", "unix:" + folder_.file("socket")},
      GetParam().text);
}

constexpr std::uint64_t kRuntime = pmdk::kRuntimeOffset;

INSTANTIATE_TEST_SUITE_P(
    Kinds, DamagedHeap,
    testing::Values(
        HeapDamage{"Header", 9, 1, 1, "libpmemobj's header fails its checksum"},
        HeapDamage{"Descriptor", pmdk::kDescriptorOffset + offsetof(pmdk::Descriptor, heap_offset), 0, 8,
                   "descriptor fails its checksum"},
        HeapDamage{"RootOffset", kRuntime + offsetof(pmdk::RuntimeFields, root_offset), 77, 8,
                   "root: its object at byte 77"},
        HeapDamage{"RootSize", kRuntime + offsetof(pmdk::RuntimeFields, root_bytes), 77, 8,
                   "its root has 77 bytes"},
        HeapDamage{"RunId", kRuntime + offsetof(pmdk::RuntimeFields, run_id), 7, 8, "run id is 7"},
        HeapDamage{"HeapSize", kRuntime + offsetof(pmdk::RuntimeFields, heap_bytes), 1 << 20, 8, "says 1048576"},
        // libpmemobj follows it.
        HeapDamage{"Extension", in_lane(3, kInternal + kNext), 1ull << 40, 8,
                   "lane 3 of libpmemobj: internal redo log"},
        HeapDamage{"Capacity", in_lane(0, kExternal + kCapacity), 1ull << 40, 8, "capacity"},
        HeapDamage{"UndoCapacity", in_lane(1023, kUndo + kCapacity), 64, 8, "capacity"},
        // An entry of no kind has size 0: libpmemobj reads it for ever.
        HeapDamage{"EntryOfNoKind", in_lane(900, kInternal + kEntries), 0x60ull << 56, 8, "target"},
        HeapDamage{"UndoEntryOfNoKind", in_lane(900, kUndo + kEntries), 0xE0ull << 56, 8, "target"},
        HeapDamage{"HeapHeader", pmdk::kHeapOffset + 100, 1, 1, "heap fails its checksum"},
        HeapDamage{"ZoneMagic", pmdk::kZonesOffset, 1, 4, "zone 0 of libpmemobj's heap: magic"},
        HeapDamage{"ZoneSize", pmdk::kZonesOffset + 4, 60000, 4, "zone 0 of libpmemobj's heap: size"},
        HeapDamage{"PieceType", chunk_header(0), 7, 2, "chunk 0: type is 7"},
        HeapDamage{"PieceRun", chunk_header(kRootChunks), 4, 2, "chunk 2: type is 4"},
        HeapDamage{"PieceFlags", chunk_header(kRootChunks) + 2, 8, 2, "chunk 2: flags"},
        // A piece of no chunks has no next one.
        HeapDamage{"PieceOfNothing", chunk_header(0) + kSizeOfPiece, 0, 4, "chunk 0: size is 0"},
        HeapDamage{"PieceTooLong", chunk_header(kRootChunks) + kSizeOfPiece, 1u << 31, 4, "chunk 2: size"},
        HeapDamage{"ExtentSetFree", chunk_header(kRootChunks), 2, 2, "extent 0: its object"},
        HeapDamage{"ExtentWithoutHeader", chunk_header(kRootChunks) + 2, 0, 2, "has no header"},
        HeapDamage{"ObjectSize", kChunks + kRootChunks* pmdk::kChunkBytes, 77, 6,
                   "extent 0: its object's header says 77"},
        HeapDamage{"RootsObjectSize", kChunks, 77, 6, "root: its object's header says 77"}),
    [](const auto& info) { return info.param.name; });

// A log that was stored but not yet cleared is replayed before anything else is looked at.
TEST_F(DamagedHeap, UnfinishedTransactionThatLeavesThePoolIsRefused) {
  store_log({.target = 1ull << 50, .value = 1});
  expect_refused_by({program("memoctl"), "check", path_}, "external redo log: target is");
}

// What the replay makes of the heap is what counts.
TEST_F(DamagedHeap, UnfinishedTransactionThatFreesAnExtentIsRefused) {
  pmdk::RedoEntry entry{.target = chunk_header(kRootChunks), .value = 0};
  const pmdk::ChunkHeader free{pmdk::ChunkType::free, 1, 8};
  std::memcpy(&entry.value, &free, sizeof(free));
  store_log(entry);
  expect_refused_by({program("memoctl"), "check", path_}, "extent 0: its object");
}

TEST_F(DamagedHeap, SoundPoolIsConsistent) {
  const Finished finished = run({program("memoctl"), "check", path_}, folder_.path().string());
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
}

}  // namespace
}  // namespace memo::test
