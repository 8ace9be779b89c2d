#include "tools/memo-bench/engine/bench.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <oneapi/tbb/global_control.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "client/cpu/instruction_set.h"
#include "client/process/stderr_text.h"
#include "model/tuning/result/median.h"
#include "tools/common/interrupt.h"
#include "tools/common/random_model/checkpoint_writer.h"
#include "tools/memo-bench/common/held_cpu.h"
#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/common/peer.h"
#include "tools/memo-bench/engine/modes.h"
#include "tools/memo-bench/engine/plot.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

struct KnownModel {
  const char* name;
  Family family;
  std::int64_t hidden, layers, heads, intermediate;
};
constexpr KnownModel kModels[] = {
    {"minilm", Family::bert, 384, 6, 12, 1536},
    {"bert-base", Family::bert, 768, 12, 12, 3072},
    {"roberta-base", Family::roberta, 768, 12, 12, 3072},
    {"deberta-base", Family::deberta, 768, 12, 12, 3072},
    {"gpt2", Family::gpt2, 768, 12, 12, 3072},
    {"mpnet-base", Family::mpnet, 768, 12, 12, 3072},
};
constexpr std::int64_t kVocabulary = 30'000;
constexpr std::int64_t kLongest = 512;

const KnownModel* model_named(const std::string& name) {
  for (const KnownModel& model : kModels)
    if (name == model.name) return &model;
  return nullptr;
}

RandomModel random_options(const KnownModel& known) {
  RandomModel model;
  model.family = known.family;
  model.vocabulary = kVocabulary;
  model.hidden = known.hidden;
  model.layers = known.layers;
  model.heads = known.heads;
  model.intermediate = known.intermediate;
  model.max_positions = kLongest;
  return model;
}

// Wall and CPU milliseconds of one contestant, one value per round.
struct Times {
  std::vector<double> wall, cpu;
  void add(double wall_ms, double cpu_ms) {
    wall.push_back(wall_ms);
    cpu.push_back(cpu_ms);
  }
  double least() const { return *std::min_element(wall.begin(), wall.end()); }
  Json json() const { return {{"wall_ms", median(wall)}, {"wall_ms_least", least()}, {"cpu_ms", median(cpu)}}; }
};

// One setting, in which all contestants are measured together.
struct Case {
  std::string model, dtype;
  std::uint32_t threads, batch, length;
};

std::vector<std::vector<std::int64_t>> wide_ids(const IdBatch& batch) {
  std::vector<std::vector<std::int64_t>> wide;
  for (const auto& sequence : batch) wide.emplace_back(sequence.begin(), sequence.end());
  return wide;
}

class Bench {
 public:
  explicit Bench(const EngineBench& options)
      : options_(options), model_folder_(fmt::format("{}/memo-bench-model-{}", options.folder, getpid())) {}
  ~Bench() {
    std::error_code ignored;
    std::filesystem::remove_all(model_folder_, ignored);
  }

  Result<Json> run() {
    for (const std::string& peer : options_.peers) {
      pythons_[peer] = installed_python(options_.setup, peer);
      if (pythons_[peer].empty()) print_stderr("memo-bench: {} cannot be installed; left out\n", peer);
    }
    if (!pythons_.empty() && peer_hold() == PeerHold::impossible)
      print_stderr("memo-bench: peers cannot be held to {} on this machine, and use what they find\n",
                   to_string(best_instruction_set()));
    const Json machine = machine_json();
    print_stderr("{}\n", describe_machine(machine));
    print_stderr("{:<13}{:<5}{:>2} {:>7}  {}\n", "model", "type", "T", "shape",
                 "plain ms; time saved by fixed, hit, mixed (limit); each peer's time over ours");
    for (const std::string& name : options_.models) {
      // An interrupt reaches the peers, too, so a failure after it is not an error.
      const Status status = run_model(name);
      if (!status && !interrupted()) return status;
    }
    if (!options_.plot.empty()) MEMO_RETURN_IF_ERROR(write_engine_plot(cases_, options_.plot));
    Json result{{"machine", machine}, {"cases", cases_}};
    if (interrupted()) {
      print_stderr("memo-bench: interrupted; the {} cases that were complete are written\n", cases_.size());
      result["interrupted"] = true;
    }
    return result;
  }

 private:
  Status run_model(const std::string& name) {
    const RandomModel model = random_options(*model_named(name));
    MEMO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, random_checkpoint(model));
    if (!options_.peers.empty()) MEMO_RETURN_IF_ERROR(save_checkpoint(random_model(model), model_folder_));
    for (const std::string& dtype : options_.dtypes)
      for (const std::uint32_t threads : options_.threads)
        for (const std::uint32_t batch : options_.batches)
          for (const std::uint32_t length : options_.lengths) {
            if (interrupted()) return Status::ok();
            MEMO_RETURN_IF_ERROR(run_case({name, dtype, threads, batch, length}, checkpoint));
          }
    return Status::ok();
  }

  Status run_case(const Case& shape, const Checkpoint& checkpoint) {
    // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism, shape.threads);
    const EngineOptions engine{data_type_named(shape.dtype).value(), shape.threads};
    if (supported_type(engine.type) != engine.type) {
      print_stderr("memo-bench: this CPU has no {} products; left out\n", shape.dtype);
      return Status::ok();
    }
    MEMO_ASSIGN_OR_RETURN(auto modes, EngineModes::make(checkpoint, engine, shape.batch, shape.length,
                                                        options_.folder, options_.modes));
    std::vector<Peer> peers = start_peers(shape);
    std::map<std::string, Times> times;
    MEMO_RETURN_IF_ERROR(measure(*modes, peers, times));
    if (interrupted()) return Status::ok();
    add_case(shape, *modes, peers, times);
    return Status::ok();
  }

  std::vector<Peer> start_peers(const Case& shape) {
    std::vector<Peer> peers;
    for (const std::string& name : options_.peers) {
      if (pythons_[name].empty()) continue;
      const std::string scripts = std::filesystem::path(options_.setup).parent_path();
      Result<Peer> peer = Peer::start({name, shape.threads, shape.dtype, scripts, pythons_[name]});
      Status status = peer.status();
      if (peer) status = peer->load(model_folder_, shape.batch, shape.length);
      if (status) {
        peers.push_back(std::move(*peer));
      } else {
        print_stderr("memo-bench: {}\n", status.message());
      }
    }
    return peers;
  }

  // All run in turn, so that what disturbs the machine disturbs all of them. The first round warms up.
  Status measure(EngineModes& modes, std::vector<Peer>& peers, std::map<std::string, Times>& times) {
    for (std::size_t round = 0; round <= options_.rounds && !interrupted(); ++round) {
      for (const std::string& mode : modes.modes()) {
        const EngineModes::Timing timing = modes.run(mode, round);
        if (round > 0) times[mode].add(timing.wall_ms, timing.cpu_ms);
      }
      for (Peer& peer : peers) {
        MEMO_ASSIGN_OR_RETURN(const PeerTiming timing, peer.run(wide_ids(modes.batch(round))));
        if (round > 0) times[peer.name()].add(timing.wall_ms, timing.cpu_ms);
      }
    }
    return Status::ok();
  }

  void add_case(const Case& shape, EngineModes& modes, const std::vector<Peer>& peers,
                const std::map<std::string, Times>& times) {
    const double plain = median(times.at("plain").wall);
    const double limit = modes.limit();
    Json json{{"model", shape.model},
              {"dtype", shape.dtype},
              {"threads", shape.threads},
              {"batch", shape.batch},
              {"length", shape.length},
              {"instruction_set", to_string(best_instruction_set())},
              {"kernels", modes.engine().kernels()},
              {"plain", times.at("plain").json()}};
    std::string saved;
    for (const std::string& mode : modes.modes()) {
      if (mode == "plain") continue;
      json[mode] = times.at(mode).json();
      json[mode]["saved"] = 1 - median(times.at(mode).wall) / plain;
      if (mode != "fixed") json[mode]["error"] = modes.error(mode);
      saved += fmt::format(" {:5.1f}", 100 * (1 - median(times.at(mode).wall) / plain));
    }
    json["limit"] = limit;
    std::string ratios;
    for (const Peer& peer : peers) {
      json["peers"][peer.name()] = times.at(peer.name()).json();
      json["peers"][peer.name()]["version"] = peer.version();
      json["peers"][peer.name()]["instruction_set_hold"] = to_string(peer_hold());
      json["peers"][peer.name()]["over_plain"] = median(times.at(peer.name()).wall) / plain;
      json["peers"][peer.name()]["over_plain_least"] = times.at(peer.name()).least() / times.at("plain").least();
      ratios += fmt::format("  {} {:.2f}x", peer.name(), median(times.at(peer.name()).wall) / plain);
    }
    const Json machine = machine_json();
    print_stderr("{}\n", describe_machine(machine));
    print_stderr("{:<13}{:<5}{:>2} {:>7}  {:9.2f}; {} ({:.1f}) %;{}\n", shape.model, shape.dtype, shape.threads,
                 fmt::format("{}x{}", shape.batch, shape.length), plain, saved, 100 * limit, ratios);
    cases_.push_back(std::move(json));
  }

  bool interrupted() const { return interrupt_.wait_for(std::chrono::milliseconds(0)); }

  const EngineBench& options_;
  const Interrupt interrupt_;
  const std::string model_folder_;
  std::map<std::string, std::string> pythons_;
  Json cases_ = Json::array();
};

}  // namespace

Status EngineBench::validate() const {
  const auto refuse = [](const std::string& message) { return Status(StatusCode::invalid_argument, message); };
  for (const std::string& name : models)
    if (model_named(name) == nullptr)
      return refuse(fmt::format(
          "--models has \"{}\", known are minilm, bert-base, roberta-base, deberta-base, gpt2, mpnet-base", name));
  if (modes.empty() || modes.front() != "plain")
    return refuse("--modes must begin with plain, which the others are compared with");
  for (auto mode = modes.begin(); mode != modes.end(); ++mode)
    if (std::find(EngineModes::names().begin(), EngineModes::names().end(), *mode) == EngineModes::names().end() ||
        std::find(modes.begin(), mode, *mode) != mode)
      return refuse(fmt::format("--modes has \"{}\", must be of plain, fixed, hit and mixed, each once", *mode));
  for (const std::uint32_t length : lengths)
    if (length < 2 || length > kLongest)
      return refuse(fmt::format("--lengths has {}, must be 2 to {}", length, kLongest));
  for (const std::uint32_t count : batches)
    if (count < 1 || count > 256) return refuse(fmt::format("--batches has {}, must be 1 to 256", count));
  for (const std::uint32_t count : threads)
    if (count < 1 || count > 1024) return refuse(fmt::format("--threads has {}, must be 1 to 1024", count));
  for (const std::string& dtype : dtypes)
    if (!data_type_named(dtype))
      return refuse(fmt::format("--dtypes has \"{}\", must be {}", dtype, kDataTypeList));
  for (const std::string& peer : peers)
    if (peer != "onnxruntime" && peer != "openvino" && peer != "torch")
      return refuse(fmt::format("--peers has \"{}\", known are onnxruntime, openvino, torch", peer));
  if (!peers.empty() && !std::filesystem::is_regular_file(setup))
    return refuse(fmt::format("{}: the script that installs peers is not there; pass --setup", setup));
  return Status::ok();
}

Result<Json> run_engine_bench(const EngineBench& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  return Bench(options).run();
}

}  // namespace memo
