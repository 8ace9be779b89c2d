#include "tools/memoctl/commands/command_set.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cctype>
#include <utility>

#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/files/output_file.h"
#include "memod/store/pool/format/layout.h"

namespace memo {

CommandSet::CommandSet(CLI::App& app, const Environment& environment)
    : app_(app),
      output_(terminal_at(STDOUT_FILENO, environment)),
      notes_(terminal_at(STDERR_FILENO, environment)) {
  app_.require_subcommand(1);
}

CLI::App& CommandSet::add(const CommandText& text, std::function<Status()> work) {
  CLI::App* command = app_.add_subcommand(text.name, text.description);
  command->group(text.group)->footer(text.footer);
  entries_.push_back({command, std::move(work)});
  return *command;
}

Status CommandSet::run() const {
  for (const Entry& entry : entries_)
    if (entry.app->parsed()) return entry.work();
  return {StatusCode::invalid_argument, "no subcommand was given"};
}

void PoolArguments::add_to(CLI::App& command) {
  command.add_option("ENDPOINT", endpoint, "unix:PATH, file:PATH or a path")->type_name("")->required();
  add_json_flag(command, json);
}

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "One JSON object instead of text");
}

CLI::Validator pool_size() {
  return CLI::Validator(
      [](std::string& text) {
        const auto size = parse_size(text);
        if (!size) return size.status().message();
        if (*size < layout::kMinPoolBytes) return fmt::format("a pool has at least 16 MiB, not {}", text);
        text = std::to_string(*size);
        return std::string();
      },
      "");
}

CLI::Validator key_prefix() {
  return CLI::Validator(
      [](std::string& text) {
        bool hex = !text.empty() && text.size() <= 32;
        for (char& character : text) {
          hex = hex && std::isxdigit(static_cast<unsigned char>(character)) != 0;
          character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
        }
        return hex ? std::string() : fmt::format("a key is 1 to 32 hex digits, not \"{}\"", text);
      },
      "");
}

Status print(bool as_json, const nlohmann::json& json, const std::string& table) {
  MEMO_ASSIGN_OR_RETURN(auto output, OutputFile::create("-"));
  MEMO_RETURN_IF_ERROR(output.write(as_json ? json.dump(2) + "\n" : table));
  return output.close();
}

void note(const std::string& text) {
  say("memoctl", text);
}

}  // namespace memo
