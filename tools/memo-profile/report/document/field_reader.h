// FieldReader: reads the fields of an untrusted JSON object.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

// Reads field after field into variables and remembers the first failure, so that an object is read as a list of
// fields and checked once at the end. After a failure, and where a field is wrong, variables keep their values.
// Errors: invalid_argument, naming the field by its way from the top, e.g. "candidates[3].saved".
// Lifetime: the JSON and the status outlive this.
class FieldReader {
 public:
  // `path` is the object's own; empty: the top. Fails where it is no object.
  FieldReader(const nlohmann::json& object, std::string path, Status& status);

  void number(const char* key, double& value) const;
  void number(const char* key, float& value) const;
  template <typename Integer>
  void integer(const char* key, Integer& value) const {
    std::uint64_t read = value;
    unsigned_integer(key, std::numeric_limits<Integer>::max(), read);
    value = static_cast<Integer>(read);
  }
  void flag(const char* key, bool& value) const;
  void text(const char* key, std::string& value) const;

  // Whether there is such a key, and it is not null.
  bool has(const char* key) const;
  FieldReader object(const char* key) const;
  // Calls read for each object of an array.
  template <typename Entry>
  void objects(const char* key, std::vector<Entry>& entries, void (*read)(const FieldReader&, Entry&)) const {
    const nlohmann::json& list = array(key);
    for (std::size_t i = 0; i < list.size() && status_.is_ok(); ++i)
      read(FieldReader(list[i], name(key, i), status_), entries.emplace_back());
  }
  void texts(const char* key, std::vector<std::string>& values) const;
  void integers(const char* key, std::vector<std::uint32_t>& values) const;
  void numbers(const char* key, std::vector<float>& values) const;

  void fail(const char* key, const std::string& must_be) const;

 private:
  // Null after a failure, and where the key is missing, which is one.
  const nlohmann::json* find(const char* key) const;
  // An empty one after a failure.
  const nlohmann::json& array(const char* key) const;
  void unsigned_integer(const char* key, std::uint64_t most, std::uint64_t& value) const;
  void refuse(const std::string& name, const nlohmann::json& value, const std::string& must_be) const;
  std::string name(const char* key) const;
  std::string name(const char* key, std::size_t index) const;

  const nlohmann::json& object_;
  std::string path_;
  Status& status_;
};

}  // namespace memo
