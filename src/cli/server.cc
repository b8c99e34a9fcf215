#include "cli/server.h"

#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <sys/resource.h>

#include <charconv>
#include <csignal>
#include <cstdio>

#include "base/fault.h"
#include "base/log.h"
#include "base/thread.h"
#include "gateway/api/gateway.h"
#include "gateway/auth/authenticator.h"
#include "gateway/rest/http_server.h"
#include "gateway/rest/rest_api.h"
#include "gateway/rest/setup_page.h"
#include "gateway/rest/system_api.h"
#include "partition/partition.h"
#include "storage/files/file_journal.h"
#include "storage/files/housekeeping.h"
#include "storage/files/lmdb_store.h"

namespace baton::cli {

namespace {

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1";
}

/// Others than this machine get in only with credentials and over TLS.
/// What to do about a state store that cannot be used; the journal says for itself.
Error with_remedy(Error error, const std::string& data) {
  if (error.code == Code::kDataLoss && error.message.find("state store") != std::string::npos) {
    error.message += ". 'baton state verify --data " + data + "' says more, 'baton state restore --data " + data +
                     "' puts the newest good copy in its place";
  }
  return error;
}

Status check_exposure(const HostPort& grpc, const HostPort& http, const ServerOptions& options) {
  for (const auto* address : {&grpc, &http}) {
    if (is_loopback(address->host)) continue;
    if (options.dev) {
      return failf(Code::kPermissionDenied,
                   "refusing to listen on {}: with --dev there is no authentication, so only loopback addresses are "
                   "served. Leave --dev out",
                   address->host);
    }
    if (options.tls_cert.empty() && !options.behind_proxy) {
      return failf(Code::kPermissionDenied,
                   "refusing to listen on {} without TLS: passwords and tokens would cross the network in the clear. "
                   "Give --tls-cert and --tls-key, or --behind-proxy if a proxy on the way ends TLS",
                   address->host);
    }
  }
  return {};
}

Result<std::shared_ptr<http2::TlsContext>> tls_context(const ServerOptions& options, std::string protocol) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return fail(Code::kInvalidArgument, "--tls-cert and --tls-key belong together");
  }
  if (options.tls_cert.empty()) return std::shared_ptr<http2::TlsContext>();
  return http2::TlsContext::server({options.tls_cert, options.tls_key, std::move(protocol)});
}

std::string shown(const HostPort& address, std::uint16_t port) {
  return address.host.find(':') == std::string::npos ? fmt::format("{}:{}", address.host, port)
                                                     : fmt::format("[{}]:{}", address.host, port);
}

}  // namespace

Result<HostPort> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost" || host.empty()) host = "127.0.0.1";
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return failf(Code::kInvalidArgument, "'{}' is not an address: expected HOST:PORT, e.g. 127.0.0.1:26500", text);
  }
  return HostPort{std::string(host), port};
}

struct Server::Impl {
  Impl(http2::EventLoop& event_loop, const Clock& system_clock) : loop(event_loop), clock(system_clock) {}

  http2::EventLoop& loop;
  const Clock& clock;
  storage::PosixDisk disk;
  std::unique_ptr<storage::DirectoryLock> lock;
  std::unique_ptr<auth::Authenticator> authenticator;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<partition::Partition> partition;
  std::unique_ptr<storage::Housekeeping> housekeeping;  // reads the partition's store
  std::unique_ptr<grpc::GrpcServer> grpc;
  std::unique_ptr<rest::RestApi> rest;
  std::unique_ptr<rest::SetupPage> setup;
  std::unique_ptr<rest::HttpServer> http;

  std::string grpc_url;
  std::string http_url;
  std::string setup_token;  // empty: nothing to set up

  /// Connects what was recovered with what listens.
  void serve(const ServerOptions& options) {
    partition->look([this](const engine::StateView& state) { authenticator->load(state); });
    if (!options.dev && authenticator->user_count() == 0) setup_token = auth::random_token();
    gateway->set_authenticator(*authenticator);
    gateway->serve(*grpc, *partition);
    rest = std::make_unique<rest::RestApi>(*gateway, rest::RestOptions{.dev = options.dev, .setup_token = setup_token});
    rest::serve_system_api(*http, *gateway, *partition, *grpc,
                           [this](rest::HttpHandler handler) { return rest->guarded(std::move(handler)); });
    setup = std::make_unique<rest::SetupPage>(*gateway, setup_token);
    http->any("/setup",
              [this](const rest::HttpRequest& request, const rest::HttpReply& reply) { setup->serve(request, reply); });
    http->get("/setup.css", &rest::SetupPage::style);
    http->otherwise(
        [this](const rest::HttpRequest& request, rest::HttpReply reply) { rest->serve(request, std::move(reply)); });
  }

  Status recover(const ServerOptions& options) {
    BATON_TRY(disk.make_directory(options.data));
    BATON_ASSIGN(auto taken, storage::DirectoryLock::take(options.data));
    lock = std::make_unique<storage::DirectoryLock>(std::move(taken));
    const std::int64_t begin = clock.boot_ns();
    const std::string state = options.data + "/state";
    BATON_TRY(disk.make_directory(state));
    auto opened_store = storage::LmdbStore::open({.path = state + "/state.mdb"});
    if (!opened_store) return fail(with_remedy(opened_store.error(), options.data));
    std::unique_ptr<storage::StateStore> store = std::move(*opened_store);
    BATON_TRY(disk.sync_directory(state));
    Position stored;
    const auto open = [&](Position after,
                          const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
      stored = after;
      storage::FileJournalOptions journal;
      journal.directory = options.data + "/journal";
      journal.after = after;
      BATON_ASSIGN(auto opened, storage::FileJournal::open(disk, journal, visit));
      gateway->set_cluster_id(opened->cluster_id());
      return std::unique_ptr<storage::Journal>(std::move(opened));
    };
    storage::HousekeepingOptions keep;
    keep.data = options.data;
    keep.retention_ms = options.retention_ms;
    keep.copy_interval_ms = options.copy_interval_ms;
    keep.interval_ms = options.housekeeping_ms;
    housekeeping = std::make_unique<storage::Housekeeping>(disk, *store, keep);
    if (const Status recovered = partition->recover(open, std::move(store)); !recovered)
      return fail(with_remedy(recovered.error(), options.data));
    log::info("recovered position {}, {} frames replayed, in {} ms: {} definitions, {} active instances, {} incidents",
              partition->state().last_position().value(), partition->state().last_position().value() - stored.value(),
              (clock.boot_ns() - begin) / 1'000'000, partition->state().definition_count(),
              partition->state().instance_count(), partition->state().incident_count());
    return {};
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  // The partition's threads publish to the gateway, whose answers go to the servers: end them first.
  impl_->housekeeping.reset();
  impl_->partition->stop();
  impl_->http.reset();
  impl_->rest.reset();
  impl_->setup.reset();
  impl_->grpc.reset();
  impl_->partition.reset();
  impl_->gateway.reset();
}

Result<std::unique_ptr<Server>> Server::open(http2::EventLoop& loop, const Clock& clock, const ServerOptions& options) {
  if (options.storage != "files") {
    return failf(Code::kUnimplemented, "storage '{}' is not supported by this version; it stores in local files only",
                 options.storage);
  }
  BATON_ASSIGN(const HostPort grpc_address, parse_address(options.grpc));
  BATON_ASSIGN(const HostPort http_address, parse_address(options.http));
  BATON_TRY(check_exposure(grpc_address, http_address, options));
  auto impl = std::make_unique<Impl>(loop, clock);
  // Listening comes first: a port in use is found before the journal begins a new epoch.
  grpc::GrpcServerOptions grpc_options;
  grpc_options.address = grpc_address.host;
  grpc_options.port = grpc_address.port;
  BATON_ASSIGN(grpc_options.tls, tls_context(options, "h2"));
  BATON_ASSIGN(impl->grpc, grpc::GrpcServer::listen(loop, grpc_options));
  rest::HttpServerOptions http_options;
  http_options.address = http_address.host;
  http_options.port = http_address.port;
  BATON_ASSIGN(http_options.tls, tls_context(options, "http/1.1"));
  BATON_ASSIGN(impl->http, rest::HttpServer::listen(loop, http_options));

  gateway::GatewayOptions gateway_options;
  gateway_options.host = grpc_address.host;
  gateway_options.port = impl->grpc->port();
  const std::string_view scheme = options.tls_cert.empty() ? "http" : "https";
  impl->grpc_url = shown(grpc_address, impl->grpc->port());
  impl->http_url = fmt::format("{}://{}", scheme, shown(http_address, impl->http->port()));
  impl->authenticator = std::make_unique<auth::Authenticator>(loop, auth::AuthOptions{.required = !options.dev});
  impl->gateway = std::make_unique<gateway::Gateway>(loop, clock, gateway_options);
  partition::PartitionOptions partition_options;
  partition_options.crash_note_directory = options.data;
  partition_options.checkpoints.memory_bytes = options.memory_mb << 20;
  partition_options.checkpoints.interval_ms = options.checkpoint_ms;
  partition_options.checkpoints.max_frames = options.checkpoint_frames;
  impl->partition = std::make_unique<partition::Partition>(clock, *impl->gateway, partition_options);
  auto server = std::unique_ptr<Server>(new Server(std::move(impl)));
  BATON_TRY(server->impl_->recover(options));
  server->impl_->serve(options);
  server->impl_->partition->start();
  server->impl_->housekeeping->start();
  return server;
}

void Server::stop(std::function<void()> done) {
  impl_->grpc->set_serving("", false);
  impl_->grpc->set_serving("gateway_protocol.Gateway", false);
  impl_->gateway->end_waiting_calls();
  // Done when both have drained.
  auto left = std::make_shared<int>(2);
  const auto one = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  constexpr std::int64_t kHttpDrainNs = 5'000'000'000;
  impl_->http->drain(kHttpDrainNs, one);
  impl_->grpc->drain(one);
}

std::string Server::ready_text() const {
  return fmt::format("gRPC {}, HTTP {}", impl_->grpc_url, impl_->http_url);
}

std::string Server::setup_link() const {
  return impl_->setup_token.empty() ? std::string()
                                    : fmt::format("{}/setup?token={}", impl_->http_url, impl_->setup_token);
}

std::uint16_t Server::grpc_port() const {
  return impl_->grpc->port();
}
std::uint16_t Server::http_port() const {
  return impl_->http->port();
}

namespace {

/// Ten thousand idle workers are normal: use the descriptors that the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int run_server(const ServerOptions& options) {
  raise_descriptor_limit();
  google::protobuf::SetLogHandler(nullptr);  // it prints a line for each malformed request; the caller gets the error
  arm_faults_from_environment();
  std::signal(SIGPIPE, SIG_IGN);
  // Replies are built on one thread and freed on another: few arenas keep the memory together.
  mallopt(M_ARENA_MAX, 2);
  const SystemClock clock;
  http2::EventLoop loop;
  auto server = Server::open(loop, clock, options);
  if (!server) {
    log::error("{}", server.error().message);
    return 1;
  }
  if (options.dev) log::warn("--dev: there is no authentication; everybody on this machine can use this server");
  bool stopping = false;
  const auto stop = [&] {
    if (stopping) {
      loop.stop();
      return;
    }
    stopping = true;
    log::info("stopping");
    (*server)->stop([&loop] { loop.stop(); });
  };
  loop.on_signal(SIGTERM, stop);
  loop.on_signal(SIGINT, stop);
  std::printf("Baton %s is ready: %s\n", BATON_VERSION, (*server)->ready_text().c_str());
  if (const std::string link = (*server)->setup_link(); !link.empty()) {
    std::printf("Create the first user here (the link works once): %s\n", link.c_str());
  }
  std::fflush(stdout);
  ask_for_short_turns();
  loop.run();
  server->reset();
  log::info("stopped; everything acknowledged is durable");
  return 0;
}

}  // namespace baton::cli
