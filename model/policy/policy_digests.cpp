// Whether the files that a policy names are those it was written with.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include "embed/tensor/hasher.h"
#include "model/policy/policy.h"

namespace memo {
namespace {

constexpr std::size_t kChunk = 1 << 20;

// The digest in hex; empty without a file.
Result<std::string> digest_of(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status(StatusCode::not_found, fmt::format("{}: {}", path, std::strerror(errno)));
  Hasher hasher;
  std::vector<char> chunk(kChunk);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0)
    hasher.add(std::string_view(chunk.data(), static_cast<std::size_t>(file.gcount())));
  if (file.bad()) return Status(StatusCode::internal, fmt::format("{}: cannot be read", path));
  return hasher.digest().hex();
}

Status check(const std::string& path, const std::string& expected) {
  if (path.empty() || expected.empty()) return Status::ok();
  MEMO_ASSIGN_OR_RETURN(const std::string found, digest_of(path));
  if (found == expected) return Status::ok();
  return {
      StatusCode::invalid_argument,
      fmt::format("{}: is not the file that the policy was written with: its digest is {}, the policy says {}; "
                  "memo-profile writes both anew",
                  path, found, expected)};
}

Status take(const std::string& path, std::string& digest) {
  Result<std::string> found = digest_of(path);
  if (found) digest = std::move(*found);
  return found.status();
}

}  // namespace

Status Policy::take_digests() {
  MEMO_RETURN_IF_ERROR(take(embedder, digests.embedder));
  MEMO_RETURN_IF_ERROR(take(codebook, digests.codebook));
  return take(calibration, digests.calibration);
}

Status Policy::check_digests() const {
  MEMO_RETURN_IF_ERROR(check(embedder, digests.embedder));
  MEMO_RETURN_IF_ERROR(check(codebook, digests.codebook));
  return check(calibration, digests.calibration);
}

}  // namespace memo
