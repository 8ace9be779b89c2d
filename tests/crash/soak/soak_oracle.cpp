#include "tests/crash/soak/soak_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "client/attached/control_client.h"
#include "memo/attach.h"

namespace memo::soak {
namespace {

constexpr std::size_t kMaxFindings = 20;
constexpr std::size_t kItems = 64;
constexpr std::chrono::seconds kPatience{30};

std::string text_of(MemoId memo) {
  return fmt::format("memo {} of space {}", memo.number, memo.space);
}

AttachOptions patient() {
  return {
      .lookup_timeout = kPatience, .control_timeout = kPatience, .retry_interval = std::chrono::milliseconds(5)};
}

// Runs of memos that one lookup can ask for: of one space and layer.
std::vector<std::vector<MemoId>> batches(std::vector<MemoId> memos) {
  const auto group = [](MemoId memo) { return std::pair(memo.space, memo.layer()); };
  std::stable_sort(memos.begin(), memos.end(),
                   [&](MemoId left, MemoId right) { return group(left) < group(right); });
  std::vector<std::vector<MemoId>> batches;
  for (const MemoId memo : memos) {
    if (batches.empty() || group(batches.back().back()) != group(memo) || batches.back().size() == kItems)
      batches.emplace_back();
    batches.back().push_back(memo);
  }
  return batches;
}

}  // namespace

SoakOracle::SoakOracle(const std::vector<std::string>& logs) {
  for (const std::string& log : logs) logs_.emplace_back(log);
}

void SoakOracle::read_logs() {
  for (SoakLogReader& log : logs_)
    for (const SoakRecord& record : log.read()) note(record);
}

void SoakOracle::note(const SoakRecord& record) {
  if (record.is_of_memo()) {
    Entry& entry = entries_[record.memo()];
    entry.is_promised = record.kind == SoakRecord::acknowledged;
    entry.is_recent = true;
    entry.records += 1;
  }
  switch (record.kind) {
    case SoakRecord::in_doubt:
      return;
    case SoakRecord::acknowledged:
      totals_.acknowledged += 1;
      return;
    case SoakRecord::erased:
      totals_.erased += 1;
      return;
    case SoakRecord::lookups:
      totals_.lookups += record.number;
      return;
    case SoakRecord::hits:
      totals_.hits += record.number;
      return;
    case SoakRecord::torn:
      return finding(totals_.torn, text_of(record.memo()) + ": a client read wrong bytes");
    case SoakRecord::crossed:
      return finding(totals_.crossed, text_of(record.memo()) + ": a client read another space's");
    case SoakRecord::lost:
      return finding(totals_.lost, text_of(record.memo()) + ": its publisher missed it");
  }
}

void SoakOracle::finding(std::uint64_t& count, std::string text) {
  count += 1;
  if (findings_.size() < kMaxFindings) findings_.push_back(fmt::format("after {} kills: {}", totals_.kills, text));
}

Status SoakOracle::verify(const std::string& socket, std::size_t sample, std::mt19937_64& random) {
  read_logs();
  std::vector<MemoId> recent, older, chosen;
  for (const auto& [memo, entry] : entries_) (entry.is_recent ? recent : older).push_back(memo);
  std::sample(older.begin(), older.end(), std::back_inserter(chosen), sample, random);
  chosen.insert(chosen.end(), recent.begin(), recent.end());
  MEMO_RETURN_IF_ERROR(verify(socket, chosen));
  for (const MemoId memo : recent) entries_[memo].is_recent = false;
  return Status::ok();
}

Status SoakOracle::verify_all(const std::string& socket) {
  read_logs();
  std::vector<MemoId> all;
  for (const auto& [memo, entry] : entries_) all.push_back(memo);
  MEMO_RETURN_IF_ERROR(verify(socket, all));
  MEMO_ASSIGN_OR_RETURN(auto control, ControlClient::connect(socket, kPatience));
  for (std::uint64_t cursor = 0;;) {
    MEMO_ASSIGN_OR_RETURN(const auto page, control->check(cursor, 1000, false));
    for (const std::string& line : page.damage) finding(totals_.torn, line);
    if ((cursor = page.next) == 0) return Status::ok();
  }
}

Status SoakOracle::verify(const std::string& socket, const std::vector<MemoId>& memos) {
  MEMO_ASSIGN_OR_RETURN(auto store, attach("unix:" + socket, patient()));
  std::vector<SpaceId> spaces;
  for (std::uint32_t space = 0; space < kSpaces.size(); ++space) {
    MEMO_ASSIGN_OR_RETURN(const auto id, store->open_space(spec_of(space)));
    spaces.push_back(id);
  }
  for (const auto& batch : batches(memos))
    MEMO_RETURN_IF_ERROR(look_up(*store, spaces[batch.front().space], batch));
  MEMO_ASSIGN_OR_RETURN(auto control, ControlClient::connect(socket, kPatience));
  MEMO_ASSIGN_OR_RETURN(const auto stats, control->stats());
  totals_.evicted += stats.evicted;
  if (stats.damaged > 0) finding(totals_.torn, fmt::format("{} memos were found damaged", stats.damaged));
  return Status::ok();
}

Status SoakOracle::look_up(MemoStore& store, SpaceId space, const std::vector<MemoId>& memos) {
  std::vector<LookupItem> items;
  std::vector<Entry> before;
  for (const MemoId memo : memos) {
    items.push_back({memo.key(), {}, 0});
    before.push_back(entries_[memo]);
  }
  std::vector<std::optional<Match>> matches(items.size());
  MEMO_RETURN_IF_ERROR(store.lookup({space, memos.front().layer(), 0, items}, matches));
  totals_.lookups += memos.size();
  for (std::size_t i = 0; i < memos.size(); ++i) {
    totals_.verified += 1;
    totals_.hits += matches[i].has_value();
    if (!matches[i]) {
      judge_miss(memos[i], before[i]);
      continue;
    }
    const Answer answer = judge(memos[i], matches[i]->view.payload());
    if (!matches[i]->view.intact() || answer == Answer::right) continue;
    finding(answer == Answer::torn ? totals_.torn : totals_.crossed, text_of(memos[i]) + ": wrong bytes");
  }
  return Status::ok();
}

// The clients go on meanwhile: a memo that its owner has said anything about since is not missed.
void SoakOracle::judge_miss(MemoId memo, const Entry& before) {
  if (!before.is_promised) return;
  read_logs();
  if (entries_[memo].records == before.records) finding(totals_.lost, text_of(memo) + " is gone");
}

}  // namespace memo::soak
