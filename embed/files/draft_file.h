// DraftFile: a file that is written beside its place, and moves there when it is complete.
#pragma once

#include <string>

#include "client/protocol/unique_fd.h"
#include "embed/files/output_place.h"
#include "memo/status.h"

namespace memo {

class DraftFile {
 public:
  // A draft without a name leaves nothing behind, however its process ends; not every file system supports that.
  // Else its name is .NAME.memo-PID-N; a file of that name that a killed process left may be deleted.
  enum class Naming { nameless_where_possible, named };

  // Requires: the place is not a stream.
  // Errors: internal (the folder is absent or not writable, or the disk is full), with the system's reason.
  static Result<DraftFile> create(OutputPlace place, Naming naming = Naming::nameless_where_possible);
  DraftFile(DraftFile&& other) = default;
  DraftFile& operator=(DraftFile&&) = delete;
  ~DraftFile();  // removes a draft that has not taken its place

  int descriptor() const { return file_.get(); }

  // The place holds the draft afterwards, with the mode and, where permitted, the owner of the file that was
  // there.
  // Durability: after ok, it survives a power failure. Errors: internal; the file in the place is then left as it
  // was, unless the message says otherwise.
  Status take_place();

 private:
  explicit DraftFile(OutputPlace place) : place_(std::move(place)) {}
  Status open(Naming naming);
  Status open_named();
  void take_over_owner();
  Status give_name();
  Status sync_folder() const;
  std::string draft_name(int attempt) const;
  Status failed(const char* what) const;

  OutputPlace place_;
  UniqueFd folder_;
  UniqueFd file_;
  std::string name_;  // of the draft in the folder; empty while it has none
};

}  // namespace memo
