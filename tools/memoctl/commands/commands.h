// The subcommands by what they are for; each adds its own to the set.
#pragma once

#include "tools/memoctl/commands/command_set.h"

namespace memo {

inline constexpr char kLooking[] = "Look inside";
inline constexpr char kWatching[] = "Watch";
inline constexpr char kChanging[] = "Look after";
inline constexpr char kCopying[] = "Make and copy";

void add_info_commands(CommandSet& commands);    // info, spaces
void add_list_commands(CommandSet& commands);    // ls, show
void add_dump_command(CommandSet& commands);     // dump
void add_check_command(CommandSet& commands);    // check
void add_stat_command(CommandSet& commands);     // stat
void add_top_command(CommandSet& commands);      // top
void add_memo_commands(CommandSet& commands);    // pin, unpin, rm
void add_room_commands(CommandSet& commands);    // evict, quota, compact
void add_create_command(CommandSet& commands);   // create
void add_backup_commands(CommandSet& commands);  // backup, restore

}  // namespace memo
