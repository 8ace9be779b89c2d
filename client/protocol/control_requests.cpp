#include "client/protocol/control_codec.h"
#include "client/protocol/control_messages.h"

namespace memo {
namespace {

constexpr std::string_view kControlRequest = "control request";
constexpr std::size_t kMaxProcessBytes = 256;

void write_body(const AttachRequest& attach, wire::Request::Builder root) {
  auto out = root.initAttach();
  out.setDraftBytes(attach.draft_bytes);
  out.setLeases(attach.leases);
  out.setProcess(attach.process.substr(0, kMaxProcessBytes));
}

void write_body(const SpaceSpec& spec, wire::Request::Builder root) {
  write_spec(spec, root.initOpenSpace());
}

void write_body(const PageRequest& page, wire::Request::Builder root) {
  auto out = page.what == PageOf::stats ? root.initStats() : root.initList();
  out.setCursor(page.cursor);
  out.setLimit(page.limit);
}

void write_body(const CheckRequest& check, wire::Request::Builder root) {
  auto out = root.initCheck();
  out.setCursor(check.cursor);
  out.setLimit(check.limit);
  out.setRepair(check.repair);
}

wire::Request::Memo::Builder init_memo(MemoAction what, wire::Request::Builder root) {
  switch (what) {
    case MemoAction::show:
      return root.initShow();
    case MemoAction::erase:
      return root.initErase();
    case MemoAction::pin:
      return root.initPin();
    case MemoAction::unpin:
      break;
  }
  return root.initUnpin();
}

void write_body(const MemoRequest& memo, wire::Request::Builder root) {
  auto out = init_memo(memo.what, root);
  out.setSpace(static_cast<std::uint32_t>(memo.space));
  out.setLayer(static_cast<std::uint32_t>(memo.layer));
  write_digest(memo.key, out.initKey());
}

wire::Request::Amount::Builder init_amount(SpaceAction what, wire::Request::Builder root) {
  switch (what) {
    case SpaceAction::evict:
      return root.initEvict();
    case SpaceAction::set_quota:
      return root.initSetQuota();
    case SpaceAction::drop:
      break;
  }
  return root.initDrop();
}

void write_body(const SpaceRequest& space, wire::Request::Builder root) {
  auto out = init_amount(space.what, root);
  out.setSpace(static_cast<std::uint32_t>(space.space));
  out.setAmount(space.amount);
}

void write_body(const CompactRequest&, wire::Request::Builder root) {
  root.setCompact();
}

// A client's name goes to the log: anything but printable ASCII becomes '?'.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kMaxProcessBytes));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

AttachRequest read_attach_request(wire::Request::Attach::Reader attach) {
  const auto process = attach.getProcess();
  return {.draft_bytes = attach.getDraftBytes(),
          .leases = attach.getLeases(),
          .process = printable({process.begin(), process.size()})};
}

PageRequest read_page(PageOf what, wire::Request::Page::Reader page) {
  return {.what = what, .cursor = page.getCursor(), .limit = page.getLimit()};
}

CheckRequest read_check(wire::Request::Check::Reader check) {
  return {.cursor = check.getCursor(), .limit = check.getLimit(), .repair = check.getRepair()};
}

MemoRequest read_memo(MemoAction what, wire::Request::Memo::Reader memo) {
  return {.what = what,
          .space = SpaceId{memo.getSpace()},
          .layer = Layer{memo.getLayer()},
          .key = read_digest(memo.getKey())};
}

SpaceRequest read_amount(SpaceAction what, wire::Request::Amount::Reader amount) {
  return {.what = what, .space = SpaceId{amount.getSpace()}, .amount = amount.getAmount()};
}

Status read_request(wire::Request::Reader root, ControlRequest* out) {
  out->version = root.getVersion();
  switch (root.which()) {
    case wire::Request::ATTACH:
      out->body = read_attach_request(root.getAttach());
      return Status::ok();
    case wire::Request::OPEN_SPACE:
      out->body = read_spec(root.getOpenSpace());
      return Status::ok();
    case wire::Request::STATS:
      out->body = read_page(PageOf::stats, root.getStats());
      return Status::ok();
    case wire::Request::LIST:
      out->body = read_page(PageOf::list, root.getList());
      return Status::ok();
    case wire::Request::CHECK:
      out->body = read_check(root.getCheck());
      return Status::ok();
    case wire::Request::SHOW:
      out->body = read_memo(MemoAction::show, root.getShow());
      return Status::ok();
    case wire::Request::ERASE:
      out->body = read_memo(MemoAction::erase, root.getErase());
      return Status::ok();
    case wire::Request::PIN:
      out->body = read_memo(MemoAction::pin, root.getPin());
      return Status::ok();
    case wire::Request::UNPIN:
      out->body = read_memo(MemoAction::unpin, root.getUnpin());
      return Status::ok();
    case wire::Request::EVICT:
      out->body = read_amount(SpaceAction::evict, root.getEvict());
      return Status::ok();
    case wire::Request::SET_QUOTA:
      out->body = read_amount(SpaceAction::set_quota, root.getSetQuota());
      return Status::ok();
    case wire::Request::DROP:
      out->body = read_amount(SpaceAction::drop, root.getDrop());
      return Status::ok();
    case wire::Request::COMPACT:
      out->body = CompactRequest{};
      return Status::ok();
  }
  return malformed(kControlRequest, "unknown kind");
}

}  // namespace

std::uint32_t control_protocol_version() {
  return wire::PROTOCOL_VERSION;
}

std::vector<std::byte> encode_request(const ControlRequest& request) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<wire::Request>();
  root.setVersion(request.version);
  std::visit([&](const auto& body) { write_body(body, root); }, request.body);
  return to_packet(builder);
}

Result<ControlRequest> decode_request(std::span<const std::byte> bytes) {
  ControlRequest request;
  MEMO_RETURN_IF_ERROR(decode_packet<wire::Request>(kControlRequest, bytes,
                                                    [&](auto root) { return read_request(root, &request); }));
  return request;
}

}  // namespace memo
