#include "memod/store/catalog/index_snapshot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "client/protocol/unique_fd.h"
#include "memod/store/pool/file/own_file.h"

namespace memo {
namespace {

constexpr std::uint64_t kMagic = 0x31786469646d6dULL | (std::uint64_t{'\n'} << 56);  // "mmdidx1\n"
constexpr std::uint32_t kVersion = 1;
constexpr char kWritingSuffix[] = ".writing";

struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t feature_dimension;
  std::uint64_t pool_high;
  std::uint64_t pool_low;
  std::uint64_t opens;
  std::uint32_t space;
  std::uint32_t layer;
  std::uint64_t body_bytes;
  std::uint64_t body_checksum;    // XXH3-64
  std::uint64_t header_checksum;  // XXH3-64 over the fields above
};
static_assert(sizeof(Header) == 72);

std::uint64_t header_checksum(const Header& header) {
  return XXH3_64bits(&header, offsetof(Header, header_checksum));
}

Header make_header(const SnapshotIdentity& identity, std::uint64_t body_bytes, std::uint64_t body_checksum) {
  Header header = {.magic = kMagic,
                   .version = kVersion,
                   .feature_dimension = identity.feature_dimension,
                   .pool_high = identity.pool.high,
                   .pool_low = identity.pool.low,
                   .opens = identity.opens,
                   .space = static_cast<std::uint32_t>(identity.space),
                   .layer = static_cast<std::uint32_t>(identity.layer),
                   .body_bytes = body_bytes,
                   .body_checksum = body_checksum,
                   .header_checksum = 0};
  header.header_checksum = header_checksum(header);
  return header;
}

// Writes a body behind the place of its header, and hashes it.
class BodyWriter {
 public:
  explicit BodyWriter(int fd) : fd_(fd), hash_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(hash_.get());
  }

  bool write(std::span<const std::byte> bytes) {
    XXH3_64bits_update(hash_.get(), bytes.data(), bytes.size());
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(sizeof(Header) + size_));
      if (written <= 0) return false;
      size_ += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
  }
  std::uint64_t size() const { return size_; }
  std::uint64_t checksum() const { return XXH3_64bits_digest(hash_.get()); }

 private:
  int fd_;
  std::uint64_t size_ = 0;
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash_;
};

Status failed(const std::string& path, int error) {
  const StatusCode code =
      error == ENOSPC || error == EDQUOT || error == EFBIG ? StatusCode::full : StatusCode::internal;
  return {code, fmt::format("cannot write {}: {}", path, strerror(error))};
}

// Reads from `offset` on until `bytes` is full.
bool read_at(int file, std::uint64_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count <= 0) return false;
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

// What is wrong with the header; null when nothing is.
const char* find_fault(const Header& header, const SnapshotIdentity& identity) {
  if (header.magic != kMagic || header.version != kVersion) return "it is no snapshot of this version";
  if (header.header_checksum != header_checksum(header)) return "its header is damaged";
  if (header.pool_high != identity.pool.high || header.pool_low != identity.pool.low)
    return "it is of another pool";
  if (header.opens > identity.opens) return "it is of a later state of the pool";
  if (header.space != static_cast<std::uint32_t>(identity.space) ||
      header.layer != static_cast<std::uint32_t>(identity.layer) ||
      header.feature_dimension != identity.feature_dimension)
    return "it is of another index";
  return nullptr;
}

std::string snapshot_name(const SnapshotIdentity& identity) {
  return fmt::format("{}-{}", static_cast<std::uint32_t>(identity.space),
                     static_cast<std::uint32_t>(identity.layer));
}

// The body. It is read as a whole before it is examined: the file may change at any time. Nothing when the file is
// not as long as its header says; that is checked before anything is read.
std::optional<std::vector<std::byte>> read_body(int file, const Header& header) {
  struct stat info = {};
  if (::fstat(file, &info) != 0 || static_cast<std::uint64_t>(info.st_size) < sizeof(header) ||
      static_cast<std::uint64_t>(info.st_size) - sizeof(header) != header.body_bytes)
    return std::nullopt;
  std::vector<std::byte> body(header.body_bytes);
  if (!read_at(file, sizeof(header), body) || header.body_checksum != XXH3_64bits(body.data(), body.size()))
    return std::nullopt;
  return body;
}

}  // namespace

std::string IndexSnapshots::path_of(const std::string& name) const {
  return fmt::format("{}/{}", folder_, name);
}

void IndexSnapshots::note(const char* step) const {
  if (observer_ != nullptr) observer_->committing(step);
}

Status IndexSnapshots::write(int file, const SnapshotIdentity& identity, const VectorIndex& index,
                             const StampOf& stamp_of) const {
  BodyWriter body(file);
  const bool written = index.save(stamp_of, [&](std::span<const std::byte> bytes) {
    note("snapshot: piece");
    return body.write(bytes);
  });
  note("snapshot: header");
  const Header header = make_header(identity, body.size(), body.checksum());
  if (written && ::pwrite(file, &header, sizeof(header), 0) == sizeof(header)) return Status::ok();
  return failed(path_of(snapshot_name(identity)), errno);
}

// The file is not synced: what a power failure leaves of it fails its checksum.
Status IndexSnapshots::save(const SnapshotIdentity& identity, const VectorIndex& index,
                            const StampOf& stamp_of) const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return failed(folder_, errno);
  MEMO_ASSIGN_OR_RETURN(const auto folder, open_own_folder(folder_));
  const std::string name = snapshot_name(identity);
  const std::string writing = name + kWritingSuffix;
  ::unlinkat(folder.get(), writing.c_str(), 0);
  const UniqueFd file(
      ::openat(folder.get(), writing.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failed(path_of(writing), errno);
  Status saved = write(file.get(), identity, index, stamp_of);
  note("snapshot: renaming");
  if (saved && ::renameat(folder.get(), writing.c_str(), folder.get(), name.c_str()) != 0)
    saved = failed(path_of(name), errno);
  note("snapshot: done");
  if (!saved) ::unlinkat(folder.get(), writing.c_str(), 0);
  return saved;
}

Status IndexSnapshots::load(const SnapshotIdentity& identity, VectorIndex& index,
                            const IsCurrent& is_current) const {
  MEMO_ASSIGN_OR_RETURN(const auto folder, open_own_folder(folder_));
  const std::string path = path_of(snapshot_name(identity));
  MEMO_ASSIGN_OR_RETURN(const auto file, open_own_file_in(folder.get(), snapshot_name(identity), path, O_RDONLY));
  const auto unusable = [&path](std::string_view why) {
    return Status(StatusCode::corrupt, fmt::format("snapshot {} is not used: {}", path, why));
  };
  Header header = {};
  if (!read_at(file.get(), 0, std::as_writable_bytes(std::span(&header, 1)))) return unusable("it is damaged");
  if (const char* fault = find_fault(header, identity)) return unusable(fault);
  const auto body = read_body(file.get(), header);
  if (!body) return unusable("it is damaged");
  if (const auto fault = index.load(*body, is_current)) return unusable(*fault);
  return Status::ok();
}

Status IndexSnapshots::remove_leftovers() const {
  const auto folder = open_own_folder(folder_);
  if (!folder) return folder.status().code() == StatusCode::not_found ? Status::ok() : folder.status();
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(memo::name_of(folder->get()), ignored))
    if (entry.path().string().ends_with(kWritingSuffix))
      ::unlinkat(folder->get(), entry.path().filename().c_str(), 0);
  return Status::ok();
}

}  // namespace memo
