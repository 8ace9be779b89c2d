#include "client/protocol/control_codec.h"
#include "client/protocol/control_messages.h"

namespace memo {
namespace {

constexpr std::string_view kWhat = "control request";
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

wire::Request::Page::Builder init_page(PageOf what, wire::Request::Builder root) {
  switch (what) {
    case PageOf::stats:
      return root.initStats();
    case PageOf::list:
      return root.initList();
    case PageOf::check:
      break;
  }
  return root.initCheck();
}

void write_body(const PageRequest& page, wire::Request::Builder root) {
  auto out = init_page(page.what, root);
  out.setCursor(page.cursor);
  out.setLimit(page.limit);
}

// A client's name goes to the log: anything but printable ASCII becomes '?'.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kMaxProcessBytes));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

AttachRequest read_attach(wire::Request::Attach::Reader attach) {
  const auto process = attach.getProcess();
  return {.draft_bytes = attach.getDraftBytes(),
          .leases = attach.getLeases(),
          .process = printable({process.begin(), process.size()})};
}

PageRequest read_page(PageOf what, wire::Request::Page::Reader page) {
  return {.what = what, .cursor = page.getCursor(), .limit = page.getLimit()};
}

Status read_request(wire::Request::Reader root, ControlRequest* out) {
  out->version = root.getVersion();
  switch (root.which()) {
    case wire::Request::ATTACH:
      out->body = read_attach(root.getAttach());
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
      out->body = read_page(PageOf::check, root.getCheck());
      return Status::ok();
  }
  return malformed(kWhat, "unknown kind");
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
  MEMO_RETURN_IF_ERROR(
      decode_packet<wire::Request>(kWhat, bytes, [&](auto root) { return read_request(root, &request); }));
  return request;
}

}  // namespace memo
