#include "tools/memo-serve/serve_job.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>

#include "client/process/daemon_log.h"
#include "client/settings/setting_values.h"
#include "embed/json/json_text.h"
#include "memod/store/open_store.h"
#include "tools/memo-serve/api/api.h"

namespace memo {
namespace {

constexpr std::size_t kMaxKeyBytes = 4096;
constexpr std::chrono::seconds kFlushTimeout{10};

// Each connection takes a descriptor; the usual soft limit of 1024 is for programs that use select().
void raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct OpenedStore {
  std::unique_ptr<MemoStore> store;  // null: none
  std::string name;                  // for people
};

// Without a pool there is a server nevertheless, which says so.
Result<OpenedStore> open_own_pool(const std::string& folder, std::uint64_t bytes, const Logger& log) {
  if (folder.empty()) {
    log("there is no home folder to keep a pool in; everything is computed (--memo names a place)");
    return OpenedStore{nullptr, "none"};
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string endpoint = fmt::format("file:{}/serve.pool", folder);
  auto store = open_store(endpoint, bytes);
  if (store) return OpenedStore{std::move(*store), endpoint};
  log(fmt::format("{}; everything is computed. A memod serves several processes: --memo unix:PATH",
                  store.status().message()));
  return OpenedStore{nullptr, "none"};
}

Result<OpenedStore> open(const ServeConfig& config, const std::string& cache_folder, const Logger& log) {
  if (!config.memo) return open_own_pool(cache_folder, config.pool_bytes, log);
  if (*config.memo == "none") return OpenedStore{nullptr, "none"};
  MEMO_ASSIGN_OR_RETURN(auto store, open_store(*config.memo, config.pool_bytes));
  return OpenedStore{std::move(store), *config.memo};
}

Result<std::vector<std::size_t>> parse_dimensions(const std::string& text) {
  std::vector<std::size_t> dimensions;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const Result<std::uint32_t> one = parse_count(text.substr(begin, end - begin));
    if (!one) return Status(StatusCode::invalid_argument, "dimensions " + one.status().message());
    dimensions.push_back(*one);
    begin = end + 1;
  }
  return dimensions;
}

Result<std::optional<Policy>> choose_policy(const ServeConfig& config, const std::string& name,
                                            const LoadedModel& model, const MemoStore* store) {
  if (store == nullptr) return std::optional<Policy>();
  const std::string path = ServeConfig::value_for(config.policies, name);
  const std::int64_t layers = model.checkpoint.config.layers;
  if (path.empty()) {
    MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(config.length));
    return std::optional<Policy>(Policy::exact(length, layers));
  }
  MEMO_ASSIGN_OR_RETURN(Policy policy, Policy::load(path, layers));
  if (config.length != 0 && config.length != policy.length)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}: length is {}, --length is {}; they have to be the same", path, policy.length,
                              config.length));
  return std::optional<Policy>(std::move(policy));
}

Result<ServedModel> load_model(const ServeConfig& config, const NamedValue& named, MemoStore* store,
                               std::mutex& turn, const Logger& log) {
  MEMO_ASSIGN_OR_RETURN(LoadedModel loaded, LoadedModel::load(named.value));
  if (loaded.checkpoint.config.task == Task::next_token)
    return Status(
        StatusCode::unsupported,
        fmt::format("{}: generates text, which memo-serve does not serve; it serves models that embed or classify",
                    named.value));
  ServiceOptions options;
  options.engine = {config.type, config.threads};
  options.length = config.length;
  options.queue = config.queue;
  MEMO_ASSIGN_OR_RETURN(options.policy, choose_policy(config, named.name, loaded, store));
  ServedModel model;
  model.name = named.name;
  MEMO_ASSIGN_OR_RETURN(model.dimensions, parse_dimensions(ServeConfig::value_for(config.dimensions, named.name)));
  MEMO_ASSIGN_OR_RETURN(model.service, TextService::make(std::move(loaded), std::move(options), store, turn));
  if (model.service->type() != config.type)
    log(fmt::format("this CPU has no {} products; computing in f32", name_of(config.type)));
  if (const Status spaces = model.service->space_status(); !spaces)
    log(fmt::format("{}: {}; what would be kept there is computed", model.name, spaces.message()));
  if (const std::string assumed = model.service->loaded().assumption(model.service->length()); !assumed.empty())
    log(assumed);
  return model;
}

Result<std::string> read_key(const std::string& path) {
  if (path.empty()) return std::string();
  MEMO_ASSIGN_OR_RETURN(std::string key, read_text_file(path, kMaxKeyBytes));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (!key.empty()) return key;
  return Status(StatusCode::invalid_argument, fmt::format("{}: holds no key", path));
}

std::string describe(const std::vector<ServedModel>& models) {
  std::string text;
  for (const ServedModel& model : models)
    text += fmt::format("{}{} ({}, up to {} tokens)", text.empty() ? "" : ", ", model.name,
                        model.embeds()  ? "embeds"
                        : model.ranks() ? "ranks"
                                        : "classifies",
                        model.service->length());
  return text;
}

// What is set up before anyone connects, in the order in which it has to outlive the rest.
class Serving {
 public:
  explicit Serving(Logger log) : log_(std::move(log)) {}
  ~Serving() {
    if (api_ != nullptr)
      for (ServedModel& model : api_->models()) model.service->stop();
    if (opened_.store != nullptr)
      if (const Status flushed = opened_.store->flush(kFlushTimeout); !flushed)
        log_(fmt::format("some memos may not be stored: {}", flushed.message()));
  }

  Status start(const ServeConfig& config, const std::string& cache_folder) {
    MEMO_ASSIGN_OR_RETURN(const std::string key, read_key(config.api_key_file));
    // This comes first, so that no model is loaded for nothing.
    MEMO_ASSIGN_OR_RETURN(
        server_, HttpServer::listen(
                     config.listen, config.http, [this](const auto& exchange) { api_->handle(exchange); }, log_));
    MEMO_ASSIGN_OR_RETURN(opened_, open(config, cache_folder, log_));
    std::vector<ServedModel> models;
    for (const NamedValue& named : config.models) {
      MEMO_ASSIGN_OR_RETURN(models.emplace_back(), load_model(config, named, opened_.store.get(), turn_, log_));
    }
    const std::string served = describe(models);
    api_ = std::make_unique<Api>(
        std::move(models), ApiOptions{config.api, key, config.cors_origins, opened_.name, config.queue},
        [this] { return server_->figures(); }, log_);
    if (!server_->is_loopback() && key.empty())
      log_("anyone who reaches this address may ask; --api-key-file FILE asks for a key");
    log_(fmt::format("ready: {}; memos {}, listening on http://{}", served, opened_.name, server_->address()));
    return Status::ok();
  }

  void run() {
    server_->run([] {});
  }

 private:
  const Logger log_;
  std::mutex turn_;
  OpenedStore opened_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Api> api_;
};

}  // namespace

Status run_serve_job(const ServeConfig& config, const std::string& cache_folder) {
  raise_descriptor_limit();
  DaemonLog log("memo-serve");
  // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, config.threads);
  Serving serving([&log](const std::string& line) { log.write(line); });
  MEMO_RETURN_IF_ERROR(serving.start(config, cache_folder));
  serving.run();
  return Status::ok();
}

}  // namespace memo
