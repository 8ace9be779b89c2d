#include "tools/memo-bench/common/peer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "tools/memo-bench/common/held_cpu.h"

namespace memo {
namespace {

using nlohmann::json;

// glibc otherwise returns the peer's buffers to the kernel after every pass and faults them in again in the next.
const std::vector<std::string> kEnvironment = {"MALLOC_MMAP_THRESHOLD_=1073741824",
                                               "MALLOC_TRIM_THRESHOLD_=2000000000", "MALLOC_TOP_PAD_=268435456",
                                               "PYTHONDONTWRITEBYTECODE=1"};

std::vector<std::string> command_of(const PeerOptions& options) {
  return {options.python, options.script_folder + "/peer_server.py", "--peer",  options.name,
          "--threads",    std::to_string(options.threads),           "--dtype", options.dtype};
}

// An unnamed file in memory. The peer opens it by its path in /proc.
class StatesFile {
 public:
  StatesFile() : descriptor_(memfd_create("peer-states", MFD_CLOEXEC)) {}
  ~StatesFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  StatesFile(const StatesFile&) = delete;
  StatesFile& operator=(const StatesFile&) = delete;

  std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), descriptor_); }

  Result<std::vector<float>> floats(std::size_t count) const {
    const off_t size = lseek(descriptor_, 0, SEEK_END);
    if (size != static_cast<off_t>(count * sizeof(float)))
      return Status(StatusCode::corrupt,
                    fmt::format("wrote {} bytes of states, not {}", size, count * sizeof(float)));
    std::vector<float> values(count);
    auto* bytes = reinterpret_cast<char*>(values.data());
    for (off_t done = 0; done < size;) {
      const ssize_t part = pread(descriptor_, bytes + done, static_cast<std::size_t>(size - done), done);
      if (part <= 0) return Status(StatusCode::internal, "the states that it wrote cannot be read");
      done += part;
    }
    return values;
  }

 private:
  int descriptor_;
};

Status senseless(const std::string& line) {
  return {StatusCode::corrupt, fmt::format("answered what is not in its protocol: {}", line.substr(0, 200))};
}

// The number in a list of one; null if the field is anything else. A single run answers such lists.
const json* only_number(const json& answer, const char* field) {
  const auto list = answer.find(field);
  const bool good = list != answer.end() && list->is_array() && list->size() == 1 && list->front().is_number();
  return good ? &list->front() : nullptr;
}

}  // namespace

Status PeerOptions::validate() const {
  const auto bad = [](std::string message) { return Status(StatusCode::invalid_argument, std::move(message)); };
  if (name.empty()) return bad("the peer has no name; known are onnxruntime, openvino and torch");
  if (threads == 0) return bad("a peer needs at least one thread");
  if (dtype != "f32" && dtype != "bf16" && dtype != "s8")
    return bad(fmt::format("dtype is {}; known are f32, bf16 and s8", dtype));
  for (const std::string& file : {python, script_folder + "/peer_server.py"}) {
    std::error_code error;
    if (!std::filesystem::exists(file, error))
      return {StatusCode::not_found,
              fmt::format("peer {}: there is no {}; run tools/memo-bench/peers/setup {}", name, file, name)};
  }
  return Status::ok();
}

Result<Peer> Peer::start(const PeerOptions& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  std::vector<std::string> environment = holding_variables();
  environment.insert(environment.end(), kEnvironment.begin(), kEnvironment.end());
  MEMO_ASSIGN_OR_RETURN(auto process, PeerProcess::start(command_of(options), environment));
  return Peer(options, std::move(process));
}

std::string installed_python(const std::string& setup, const std::string& peer) {
  const std::string command = fmt::format("'{}' {}", setup, peer);
  std::string line;
  if (FILE* pipe = popen(command.c_str(), "r")) {
    std::array<char, 4096> buffer;
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) line += buffer.data();
    pclose(pipe);
  }
  const std::size_t tab = line.find('\t');
  return tab == std::string::npos ? std::string() : line.substr(tab + 1, line.find('\n') - tab - 1);
}

Status Peer::load(const std::string& model_folder, std::uint32_t batch, std::uint32_t length,
                  const PeerQuantization& quantization) {
  json request{{"command", "load"}, {"model", model_folder}, {"batch", batch}, {"length", length}};
  if (!quantization.way.empty()) request["choose"] = {{"quantization", quantization.way}};
  if (!quantization.calibration.empty()) request["calibration"] = quantization.calibration;
  MEMO_ASSIGN_OR_RETURN(const auto answer, ask(request));
  const auto version = answer.find("version");
  if (version == answer.end() || !version->is_string()) return failure(senseless(answer.dump()));
  version_ = version->get<std::string>();
  settings_ = answer.value("settings", json::object());
  return Status::ok();
}

Result<PeerTiming> Peer::run(const std::vector<std::vector<std::int64_t>>& ids) {
  MEMO_ASSIGN_OR_RETURN(const auto answer, ask({{"command", "run"}, {"ids", ids}, {"repeat", 1}}));
  const json *wall = only_number(answer, "wall_ms"), *cpu = only_number(answer, "cpu_ms");
  if (wall == nullptr || cpu == nullptr) return failure(senseless(answer.dump()));
  return PeerTiming{wall->get<double>(), cpu->get<double>()};
}

Result<std::vector<float>> Peer::states(const std::vector<std::vector<std::int64_t>>& ids) {
  const StatesFile file;
  MEMO_ASSIGN_OR_RETURN(const auto answer, ask({{"command", "states"}, {"ids", ids}, {"output", file.path()}}));
  std::size_t count = 1;
  const json shape = answer.value("shape", json::array());
  for (const json& size : shape) count *= size.is_number_unsigned() ? size.get<std::size_t>() : 0;
  if (shape.size() != 3 || count == 0) return failure(senseless(answer.dump()));
  auto states = file.floats(count);
  return states ? std::move(states) : Result<std::vector<float>>(failure(states.status()));
}

Result<json> Peer::ask(const json& request) {
  const auto line = process_.ask(request.dump(), options_.patience);
  if (!line) return failure(line.status());
  json answer = json::parse(*line, nullptr, false);
  const bool known = answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean();
  if (!known) return failure(senseless(*line));
  if (answer["ok"].get<bool>()) return answer;
  if (!answer.contains("error") || !answer["error"].is_string()) return failure(senseless(*line));
  return failure({StatusCode::invalid_argument, answer["error"].get<std::string>()});
}

Status Peer::failure(const Status& status) const {
  return {status.code(), fmt::format("peer {}: {}", options_.name, status.message())};
}

}  // namespace memo
