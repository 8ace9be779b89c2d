// dump: a memo's payload, as numbers or as a picture.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "embed/files/output_file.h"
#include "tools/common/distinct_files.h"
#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/memo_address.h"
#include "tools/memoctl/commands/payload_reader.h"
#include "tools/memoctl/output/tables.h"
#include "tools/memoctl/output/terminal_maps.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/open_pool.h"
#include "tools/memoctl/pools/walk.h"
#include "tools/picture/attention_maps.h"
#include "tools/picture/npy.h"
#include "tools/picture/png.h"

namespace memo {
namespace {

constexpr CommandText kDump{
    "dump", kLooking,
    "Draw the attention maps of a memo, or show the numbers of a result or of states; or write them to a file",
    "Row i of a map is where token i looks. Brightness is the cube root of the probability. Without --output "
    "the\n"
    "maps are drawn in the terminal, with --output - they go to stdout as .npy. Reading counts as a hit.\n"
    "Example: a picture, numbers for numpy.load(), and head 3 in the terminal\n"
    "  memoctl dump unix:/run/memod/memod.sock --space 0 --layer 2 4fa0 --output map.png\n"
    "  memoctl dump unix:/run/memod/memod.sock --space 0 --layer 2 4fa0 --output map.npy\n"
    "  memoctl dump unix:/run/memod/memod.sock --space 0 --layer 2 4fa0 --head 3\n"
    "--json: key, space, layer, heads, length, first_head, and values [heads][length][length], or output and "
    "bytes; of\n"
    "a whole result key, space, length and values [numbers]: the embedding, then the logits; of final states\n"
    "values [tokens][numbers]"};

struct DumpOptions {
  PoolArguments pool;
  MemoAddress address;
  std::string output;
  std::optional<std::uint32_t> head;
};

struct Dump {
  PayloadReader::Memo memo;
  SpaceStats space;
  std::uint32_t first_head = 0;
};

Result<Dump> read(const DumpOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto found, find_memo(pool.admin(), options.address));
  MEMO_ASSIGN_OR_RETURN(auto space, space_stats(pool.admin(), found.record.space));
  MEMO_ASSIGN_OR_RETURN(auto reader, PayloadReader::open(pool));
  MEMO_ASSIGN_OR_RETURN(auto memo, reader.read(found.record));
  return Dump{std::move(memo), std::move(space), options.head.value_or(0)};
}

Result<AttentionMaps> maps_of(const Dump& dump, const DumpOptions& options) {
  auto maps = AttentionMaps::decode(dump.space.spec, dump.memo.detail.record.length, dump.memo.payload);
  if (!maps || !options.head) return maps;
  if (*options.head < maps->heads) return maps->only(*options.head);
  return Status(StatusCode::invalid_argument,
                fmt::format("--head is {}, the memo has heads 0 to {}", *options.head, maps->heads - 1));
}

nlohmann::json header(const Dump& dump, std::uint32_t heads) {
  const MemoRecord& record = dump.memo.detail.record;
  return {{"key", record.key.hex()},
          {"space", static_cast<std::uint32_t>(record.space)},
          {"layer", static_cast<std::uint32_t>(record.layer)},
          {"heads", heads},
          {"length", record.length},
          {"first_head", dump.first_head}};
}

// Shapes: [heads][length][length]
nlohmann::json values_of(const AttentionMaps& maps) {
  nlohmann::json heads = nlohmann::json::array();
  for (std::uint32_t head = 0; head < maps.heads; ++head) {
    nlohmann::json rows = nlohmann::json::array();
    for (std::uint32_t row = 0; row < maps.length; ++row)
      rows.push_back(maps.head(head).subspan(std::size_t{row} * maps.length, maps.length));
    heads.push_back(rows);
  }
  return heads;
}

// Whether it is the final states of a text's tokens: the same number of floats for each token.
bool is_states(const Dump& dump) {
  const SpaceSpec& spec = dump.space.spec;
  const std::size_t token_bytes = std::size_t{dump.memo.detail.record.length} * sizeof(float);
  return spec.kind == MemoKind::states && spec.encoding == PayloadEncoding::f32 && token_bytes > 0 &&
         dump.memo.payload.size() % token_bytes == 0;
}

// Whether it is a whole result or states, which hold numbers and no maps.
bool is_result(const Dump& dump) {
  const SpaceSpec& spec = dump.space.spec;
  return is_states(dump) || (spec.kind == MemoKind::output && spec.encoding == PayloadEncoding::f32);
}

Status has_no(std::string_view what, const Dump& dump) {
  return {
      StatusCode::invalid_argument,
      fmt::format("{} {} no {}", name_of(dump.memo.detail.record),
                  is_states(dump) ? "is the states of tokens, which have" : "is a whole result, which has", what)};
}

std::vector<float> numbers_of(const Dump& dump) {
  std::vector<float> numbers(dump.memo.payload.size() / sizeof(float));
  std::memcpy(numbers.data(), dump.memo.payload.data(), numbers.size() * sizeof(float));
  return numbers;
}

nlohmann::json result_header(const Dump& dump) {
  const MemoRecord& record = dump.memo.detail.record;
  return {
      {"key", record.key.hex()}, {"space", static_cast<std::uint32_t>(record.space)}, {"length", record.length}};
}

Status print_result(const Dump& dump, const DumpOptions& options) {
  const std::vector<float> numbers = numbers_of(dump);
  nlohmann::json json = result_header(dump);
  if (options.pool.json) json["values"] = numbers;
  return print(options.pool.json, json, number_lines("result", numbers));
}

// Shapes: [tokens][numbers]
Status print_states(const Dump& dump, const DumpOptions& options) {
  const std::vector<float> numbers = numbers_of(dump);
  const std::size_t tokens = dump.memo.detail.record.length, size = numbers.size() / tokens;
  nlohmann::json json = result_header(dump);
  std::string lines;
  for (std::size_t token = 0; token < tokens; ++token) {
    const std::span<const float> state = std::span(numbers).subspan(token * size, size);
    if (options.pool.json)
      json["values"].push_back(state);
    else
      lines += number_lines(fmt::format("token {}", token), state);
  }
  return print(options.pool.json, json, lines);
}

Status print_maps(const Dump& dump, const DumpOptions& options, const Terminal& terminal) {
  MEMO_ASSIGN_OR_RETURN(const auto maps, maps_of(dump, options));
  nlohmann::json json = header(dump, maps.heads);
  if (options.pool.json) json["values"] = values_of(maps);
  const MemoRecord& record = dump.memo.detail.record;
  const std::string title = fmt::format("{}, {}\n", name_of(record), counted(record.length, "token"));
  return print(options.pool.json, json, title + draw_maps(maps, dump.first_head, terminal));
}

Result<std::string> file_content(const Dump& dump, const DumpOptions& options, const std::string& extension) {
  const auto& payload = dump.memo.payload;
  if (extension == ".bin") return std::string(reinterpret_cast<const char*>(payload.data()), payload.size());
  if (is_result(dump) && extension == ".png") return has_no("picture: write numbers to a .npy", dump);
  if (is_states(dump)) return to_npy(numbers_of(dump), dump.memo.detail.record.length);
  if (is_result(dump)) return to_npy(numbers_of(dump));
  MEMO_ASSIGN_OR_RETURN(const auto maps, maps_of(dump, options));
  return extension == ".png" ? to_png(maps, dump.first_head) : to_npy(maps);
}

Status write_dump(const Dump& dump, const DumpOptions& options) {
  const std::string extension = std::filesystem::path(options.output).extension();
  MEMO_ASSIGN_OR_RETURN(const auto content, file_content(dump, options, extension));
  MEMO_RETURN_IF_ERROR(write_file(options.output, content));
  if (options.output == "-") return Status::ok();
  nlohmann::json json =
      is_result(dump) ? result_header(dump) : header(dump, options.head ? 1 : dump.space.spec.heads);
  json["output"] = options.output;
  json["bytes"] = content.size();
  return print(options.pool.json, json, fmt::format("{}: {}\n", options.output, human_bytes(content.size())));
}

CLI::Validator output_name() {
  return CLI::Validator(
      [](std::string& text) {
        const std::string extension = std::filesystem::path(text).extension();
        const bool known = text == "-" || extension == ".npy" || extension == ".png" || extension == ".bin";
        return known
                   ? std::string()
                   : fmt::format("what to write is seen from the name, .npy, .png or .bin; \"{}\" has none", text);
      },
      "");
}

Status run_dump(const DumpOptions& options, const Terminal& terminal) {
  if (options.output == "-" && terminal.is_terminal)
    return {StatusCode::invalid_argument, "--output - would write binary data to this terminal; redirect it"};
  MEMO_ASSIGN_OR_RETURN(const auto dump, read(options));
  if (is_result(dump) && options.head) return has_no("heads", dump);
  if (!options.output.empty()) return write_dump(dump, options);
  if (is_states(dump)) return print_states(dump, options);
  return is_result(dump) ? print_result(dump, options) : print_maps(dump, options, terminal);
}

}  // namespace

void add_dump_command(CommandSet& commands) {
  const auto options = std::make_shared<DumpOptions>();
  CLI::App& command = commands.add(kDump, [options, &commands] { return run_dump(*options, commands.output()); });
  options->pool.add_to(command);
  options->address.add_to(command);
  command
      .add_option("--output", options->output,
                  "A picture (FILE.png), numbers (FILE.npy, or - for stdout), or the payload as it is (FILE.bin)")
      ->type_name("FILE")
      ->check(output_name());
  command.add_option("--head", options->head, "This head only, counted from 0")->type_name("H");
  require_distinct_files(command, [options] {
    const std::string& endpoint = options->pool.endpoint;
    const bool is_path = !endpoint.starts_with("file:") && !endpoint.starts_with("unix:");
    return std::vector{is_path ? NamedPath::input("ENDPOINT", endpoint) : pool_file("ENDPOINT", endpoint),
                       NamedPath::output("--output", options->output)};
  });
}

}  // namespace memo
