#include "embed/safetensors/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "embed/files/lfs_pointer.h"
#include "embed/files/mapped_file.h"
#include "embed/safetensors/safetensors_header.h"

namespace memo {

struct SafetensorsFile::Contents {
  std::string path;
  MappedFile file;
  SafetensorsHeader header;

  std::string where(const std::string& name) const { return fmt::format("{}: tensor \"{}\"", path, name); }
  Result<const SafetensorsEntry*> find(const std::string& name, const std::vector<std::int64_t>& shape) const;
  Tensor copy(const SafetensorsEntry& entry, ElementType type) const;
};

namespace {

bool matches(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& wanted) {
  const auto fits = [](std::int64_t size, std::int64_t want) { return want == -1 || size == want; };
  return std::equal(shape.begin(), shape.end(), wanted.begin(), wanted.end(), fits);
}

// Requires: tensor is contiguous f32. -> the first element that is not finite, or -1
std::int64_t first_not_finite(const Tensor& tensor) {
  const float* begin = tensor.data_ptr<float>();
  const float* end = begin + tensor.numel();
  const float* found = std::find_if_not(begin, end, [](float value) { return std::isfinite(value); });
  return found == end ? -1 : found - begin;
}

}  // namespace

Result<const SafetensorsEntry*> SafetensorsFile::Contents::find(const std::string& name,
                                                                const std::vector<std::int64_t>& shape) const {
  const auto found = header.tensors.find(name);
  if (found == header.tensors.end()) return Status(StatusCode::not_found, where(name) + " is missing");
  if (!matches(found->second.shape, shape))
    return Status(StatusCode::invalid_argument,
                  fmt::format("{} has shape {}, expected {}", where(name), found->second.shape, shape));
  return &found->second;
}

// The file's bytes need not be aligned for their type, so they are copied before anything reads them as that type.
Tensor SafetensorsFile::Contents::copy(const SafetensorsEntry& entry, ElementType type) const {
  Tensor tensor = Tensor::empty(entry.shape, type);
  const std::size_t bytes = entry.end - entry.begin;
  if (bytes > 0) std::memcpy(tensor.data_ptr(), file.bytes().data() + entry.begin, bytes);
  return tensor;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto file, MappedFile::open(path));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  MEMO_RETURN_IF_ERROR(check_is_no_lfs_pointer(text, path));
  MEMO_ASSIGN_OR_RETURN(auto header, parse_safetensors_header(file.bytes(), path));
  return SafetensorsFile(std::make_unique<Contents>(Contents{path, std::move(file), std::move(header)}));
}

SafetensorsFile::SafetensorsFile(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;
SafetensorsFile::~SafetensorsFile() = default;

const std::string& SafetensorsFile::path() const {
  return contents_->path;
}

bool SafetensorsFile::has(const std::string& name) const {
  return contents_->header.tensors.contains(name);
}

const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
  return contents_->header.metadata;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : contents_->header.tensors) names.push_back(name);
  return names;
}

Result<Tensor> SafetensorsFile::tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
  static constexpr ElementType kFloats[] = {ElementType::f32, ElementType::f16, ElementType::bf16};
  MEMO_ASSIGN_OR_RETURN(auto entry, contents_->find(name, shape));
  const std::string& dtype = entry->dtype;
  const auto* type = std::find_if(std::begin(kFloats), std::end(kFloats),
                                  [&](ElementType known) { return safetensors_dtype(known) == dtype; });
  if (type == std::end(kFloats))
    return Status(StatusCode::unsupported, fmt::format("{} has dtype {}, only F32, F16 and BF16 can be read",
                                                       contents_->where(name), dtype));
  try {
    Tensor tensor = to_f32(contents_->copy(*entry, *type));
    const std::int64_t bad = first_not_finite(tensor);
    if (bad < 0) return tensor;
    return Status(StatusCode::corrupt, fmt::format("{} holds {} at element {}", contents_->where(name),
                                                   tensor.data_ptr<float>()[bad], bad));
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", contents_->where(name), error.what()));
  }
}

Result<Tensor> SafetensorsFile::byte_tensor(const std::string& name,
                                            const std::vector<std::int64_t>& shape) const {
  MEMO_ASSIGN_OR_RETURN(auto entry, contents_->find(name, shape));
  if (entry->dtype != safetensors_dtype(ElementType::u8))
    return Status(StatusCode::unsupported,
                  fmt::format("{} has dtype {}, expected U8", contents_->where(name), entry->dtype));
  try {
    return contents_->copy(*entry, ElementType::u8);
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", contents_->where(name), error.what()));
  }
}

}  // namespace memo
