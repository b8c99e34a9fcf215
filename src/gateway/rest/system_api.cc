#include "gateway/rest/system_api.h"

#include <ctime>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace baton::rest {

namespace {

/// Prometheus text format 0.0.4.
class MetricsText {
 public:
  void counter(std::string_view name, std::string_view help, double value) { add(name, "counter", help, {}, value); }
  void gauge(std::string_view name, std::string_view help, double value) { add(name, "gauge", help, {}, value); }
  void add(std::string_view name, std::string_view type, std::string_view help, std::string_view labels, double value) {
    if (name != last_) {
      fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
      last_ = name;
    }
    if (labels.empty()) {
      fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
    } else {
      fmt::format_to(std::back_inserter(text_), "{}{{{}}} {}\n", name, labels, value);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string last_;
};

double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

double this_thread_cpu_seconds() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) / 1e9;
}

std::string metrics(const partition::PartitionStats& stats, const grpc::GrpcServerStats& grpc,
                    const HttpServerStats& http) {
  MetricsText text;
  text.counter("baton_frames_total", "Frames made durable", static_cast<double>(stats.frames));
  text.counter("baton_batches_total", "Batches written and synced", static_cast<double>(stats.batches));
  text.counter("baton_journal_bytes_total", "Bytes appended to the journal", static_cast<double>(stats.journal_bytes));
  text.counter("baton_backpressure_total", "Requests refused because the queue was full",
               static_cast<double>(stats.rejected_by_backpressure));
  text.gauge("baton_disk_full", "1 while new work is refused because the journal has no space",
             stats.journal_full ? 1 : 0);
  text.gauge("baton_last_position", "Position of the last frame", static_cast<double>(stats.last_position));
  text.gauge("baton_durable_position", "Position up to which frames are durable",
             static_cast<double>(stats.durable_position));
  text.gauge("baton_process_instances", "Active process instances", static_cast<double>(stats.active_instances));
  text.gauge("baton_jobs", "Jobs that are not done", static_cast<double>(stats.active_jobs));
  text.gauge("baton_incidents", "Unresolved incidents", static_cast<double>(stats.active_incidents));
  text.gauge("baton_long_polls", "Waiting job activations", static_cast<double>(stats.waiting_polls));
  text.gauge("baton_job_streams", "Open job streams", static_cast<double>(stats.open_streams));
  text.gauge("baton_clock_offset_seconds", "Wall clock minus partition time",
             static_cast<double>(stats.clock_offset_ms) / 1e3);
  for (const double q : {0.5, 0.99, 0.999}) {
    text.add("baton_append_seconds", "gauge", "Write and sync of one batch, quantiles since the start",
             fmt::format("quantile=\"{}\"", q), seconds(stats.append_ns.quantile(q)));
  }
  for (const double q : {0.5, 0.99, 0.999, 1.0}) {
    text.add("baton_turn_seconds", "gauge", "One turn of the partition's work, quantiles since the start",
             fmt::format("quantile=\"{}\"", q), seconds(stats.turn_ns.quantile(q)));
  }
  text.gauge("baton_stored_position", "Position that the state store has", static_cast<double>(stats.stored_position));
  text.gauge("baton_state_store_bytes", "Size of the state store", static_cast<double>(stats.store_bytes));
  text.gauge("baton_instances_in_memory", "Process instances in memory",
             static_cast<double>(stats.instances_in_memory));
  text.gauge("baton_row_bytes", "Estimate of the memory that rows take", static_cast<double>(stats.row_bytes));
  text.counter("baton_checkpoints_total", "Checkpoints written", static_cast<double>(stats.checkpoints));
  text.counter("baton_rows_read_total", "Rows looked up in the state store", static_cast<double>(stats.rows_read));
  for (const double q : {0.5, 0.99}) {
    text.add("baton_checkpoint_seconds", "gauge", "Writing one checkpoint, quantiles since the start",
             fmt::format("quantile=\"{}\"", q), seconds(stats.checkpoint_ns.quantile(q)));
  }
  const std::string_view cpu = "baton_thread_cpu_seconds_total";
  const std::string_view cpu_help = "CPU time of the server's threads";
  text.add(cpu, "counter", cpu_help, "thread=\"gateway\"", this_thread_cpu_seconds());
  text.add(cpu, "counter", cpu_help, "thread=\"partition\"", seconds(stats.partition_cpu_ns));
  text.add(cpu, "counter", cpu_help, "thread=\"journal\"", seconds(stats.journal_cpu_ns));
  text.counter("baton_grpc_calls_total", "gRPC calls given to a handler", static_cast<double>(grpc.calls_dispatched));
  text.gauge("baton_grpc_calls_open", "Open gRPC calls", static_cast<double>(grpc.calls_open));
  text.gauge("baton_grpc_connections", "Open gRPC connections", static_cast<double>(grpc.connections_open));
  text.counter("baton_http_requests_total", "HTTP requests", static_cast<double>(http.requests));
  text.gauge("baton_http_connections", "Open HTTP connections", static_cast<double>(http.connections_open));
  return text.take();
}

std::string element_json(const engine::StateView& state, const engine::Instance& instance,
                         const engine::ElementInstanceRow& row) {
  const bpmn::Element& element = instance.model().element(row.element);
  std::string out =
      fmt::format(R"({{"elementInstanceKey":"{}","elementId":{},"elementName":{},"type":"{}","state":"{}")",
                  row.key.value(), json_quote(element.id), json_quote(element.name),
                  bpmn::element_type_name(element.type), engine::element_state_name(row.state));
  if (const engine::JobRow* job = instance.job(row.job)) {
    fmt::format_to(std::back_inserter(out),
                   R"(,"job":{{"jobKey":"{}","type":{},"state":"{}","retries":{},"worker":{}}})", job->key.value(),
                   json_quote(job->type.text()), engine::job_state_name(state.state_of(*job)), job->retries,
                   json_quote(job->worker.text()));
  }
  if (const engine::UserTaskRow* task = instance.user_task(row.user_task)) {
    fmt::format_to(std::back_inserter(out), R"(,"userTask":{{"userTaskKey":"{}","state":"{}","assignee":{}}})",
                   task->key.value(), engine::user_task_state_name(task->state),
                   task->assignee.empty() ? "null" : json_quote(task->assignee));
  }
  return out + "}";
}

std::string incident_json(const engine::Instance& instance, const engine::IncidentRow& row) {
  const engine::ElementInstanceRow* element = instance.element(row.element_instance);
  return fmt::format(
      R"({{"incidentKey":"{}","elementId":{},"elementInstanceKey":"{}","jobKey":{},"errorType":"{}","message":{},"attempt":{}}})",
      row.key.value(), json_quote(instance.model().element(element->element).id), row.element_instance.value(),
      row.job.value() == 0 ? "null" : fmt::format("\"{}\"", row.job.value()), engine::incident_kind_name(row.incident),
      row.message.json(), row.attempt);
}

template <typename Table, typename F>
std::string joined(const Table& table, F&& format) {
  std::string out;
  for (const auto& [key, row] : table) {
    if (!out.empty()) out.push_back(',');
    out += format(row);
  }
  return out;
}

std::string head_json(const engine::Instance& instance) {
  return fmt::format(
      R"("processInstanceKey":"{}","processDefinitionId":{},"processDefinitionVersion":{},"processDefinitionKey":"{}",)"
      R"("tenantId":{},"state":"ACTIVE","hasIncident":{})",
      instance.row.key.value(), json_quote(instance.definition->process_id), instance.definition->version.value(),
      instance.definition->key.value(), json_quote(instance.row.tenant.text()),
      instance.incidents.empty() ? "false" : "true");
}

}  // namespace

std::string instance_json(const engine::StateView& state, Key key) {
  const engine::Instance* instance = state.instance_of(key);
  if (instance == nullptr) return {};
  return fmt::format(R"({{{},"elements":[{}],"incidents":[{}],"variables":[{}]}})", head_json(*instance),
                     joined(instance->elements, [&](const auto& row) { return element_json(state, *instance, row); }),
                     joined(instance->incidents, [&](const auto& row) { return incident_json(*instance, row); }),
                     joined(instance->variables.rows(), [](const engine::VariableRow& row) {
                       return fmt::format(R"({{"name":{},"scopeKey":"{}","value":{}}})", json_quote(row.name.text()),
                                          row.scope.value(), row.value.json());
                     }));
}

std::string instances_json(const engine::StateView& state, std::size_t limit) {
  std::string out = fmt::format(R"({{"total":{},"items":[)", state.instance_count());
  bool first = true;
  for (const engine::Instance* found : state.newest_instances(limit)) {
    const engine::Instance& instance = *found;
    std::string waits;
    for (const auto& [key, row] : instance.elements) {
      if (row.scope.value() == 0) continue;
      if (!waits.empty()) waits.push_back(',');
      waits += json_quote(instance.model().element(row.element).id);
    }
    if (!first) out.push_back(',');
    first = false;
    out += fmt::format(R"({{{},"waitsAt":[{}],"incidents":[{}]}})", head_json(instance), waits,
                       joined(instance.incidents, [&](const auto& row) { return incident_json(instance, row); }));
  }
  return out + "]}";
}

void serve_system_api(HttpServer& server, gateway::Gateway& gateway, const partition::Partition& partition,
                      const grpc::GrpcServer& grpc, const std::function<HttpHandler(HttpHandler)>& guarded) {
  constexpr std::size_t kListed = 1000;
  // The gateway answers this itself; the partition's threads end the process when they cannot go on.
  const HttpHandler up = [](const HttpRequest&, const HttpReply& reply) {
    reply({200, "application/json", R"({"status":"UP"})"});
  };
  server.get("/health", up);
  // Ready means that a question reaches the partition and what it knows is durable.
  server.get("/ready", [&gateway](const HttpRequest&, HttpReply reply) {
    gateway.read([](const engine::StateView&) { return std::string(R"({"status":"UP"})"); },
                 [reply = std::move(reply)](std::string body) { reply({200, "application/json", std::move(body)}); });
  });
  server.get("/metrics", guarded([&](const HttpRequest&, const HttpReply& reply) {
               reply({200, "text/plain; version=0.0.4", metrics(partition.stats(), grpc.stats(), server.stats())});
             }));
  server.get("/baton/instances", guarded([&gateway](const HttpRequest&, HttpReply reply) {
               gateway.read(
                   [](const engine::StateView& state) { return instances_json(state, kListed); },
                   [reply = std::move(reply)](std::string body) { reply({200, "application/json", std::move(body)}); });
             }));
  server.get(
      "/baton/instances/", guarded([&gateway](const HttpRequest& request, const HttpReply& reply) {
        std::uint64_t key = 0;
        const auto [end, error] = std::from_chars(request.rest.data(), request.rest.data() + request.rest.size(), key);
        const std::string path(request.path);
        if (error != std::errc{} || end != request.rest.data() + request.rest.size()) {
          reply(problem(400, "INVALID_ARGUMENT", "The key must be a number", path));
          return;
        }
        gateway.read([key](const engine::StateView& state) { return instance_json(state, Key(key)); },
                     [reply, path](std::string body) {
                       if (body.empty()) {
                         reply(problem(404, "NOT_FOUND", "There is no active process instance with this key", path));
                       } else {
                         reply({200, "application/json", std::move(body)});
                       }
                     });
      }));
}

}  // namespace baton::rest
