// The `baton` command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/server.h"

/// Read by jemalloc: freed memory goes back to the system also while nothing happens, and soon.
extern "C" const char* const malloc_conf;
extern "C" const char* const malloc_conf = "background_thread:true,dirty_decay_ms:2000";

namespace baton::cli {
namespace {

struct Arguments {
  ServerOptions server;
  ClientOptions client;
  std::vector<std::string> files;
  std::string text;
  std::string variables = "{}";
  std::string type;
  std::string exec;
  std::string worker = "baton-cli";
  std::string data = "baton-data";
  std::string directory = "examples/order-to-cash";
  MessageOptions message;
  TaskFilter tasks;
  std::int64_t key = 0;
  int version = -1;
  int retries = 0;
  bool with_result = false;
  bool only_work = false;
  FeelOptions feel;
  std::string name;
  std::string email;
  std::string setup_token;
};

using Action = std::function<int()>;

CLI::App* client_command(CLI::App& app, Arguments& a, const std::string& name, const std::string& help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--grpc", a.client.grpc, "gRPC address of the server")->capture_default_str();
  command->add_option("--http", a.client.http, "HTTP address of the server")->capture_default_str();
  command->add_flag("--json", a.client.json, "print JSON");
  command->add_option("--token", a.client.token, "API token")->envname("BATON_TOKEN");
  command->add_option("--user", a.client.user, "user; the password comes from BATON_PASSWORD or the terminal")
      ->envname("BATON_USER");
  command->add_flag("--tls", a.client.tls, "connect over TLS");
  command->add_option("--ca", a.client.ca, "authorities to trust, a PEM file; the system's without it");
  return command;
}

/// A duration with a unit, e.g. 500ms, 30s, 10min, 6h, 30d; kept in ms.
void add_duration(CLI::App* command, const std::string& name, std::int64_t& ms, const std::string& help) {
  const auto number = [&ms](const std::string& text) {
    static const std::map<std::string, double> kUnits{{"ms", 1}, {"s", 1e3}, {"min", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
    if (text == "forever") {
      ms = -1;
      return true;
    }
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const auto unit = kUnits.find(end);
    const bool zero = value == 0 && *end == '\0' && end != text.c_str();
    if (!zero && (end == text.c_str() || unit == kUnits.end() || !(value >= 0) || value > 1e9)) return false;
    ms = zero ? 0 : static_cast<std::int64_t>(value * unit->second);
    return true;
  };
  command->add_option(
      name,
      [name, number](const CLI::results_t& texts) {
        if (number(texts[0])) return true;
        throw CLI::ValidationError(name,
                                   "'" + texts[0] + "' is no duration: expected e.g. 500ms, 30s, 10min, 6h or 30d");
      },
      help);
}

void add_server_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* start = app.add_subcommand("start", "start a server");
  start->add_option("--data", a.server.data, "data directory")->capture_default_str();
  start->add_option("--http", a.server.http, "address for HTTP")->capture_default_str();
  start->add_option("--grpc", a.server.grpc, "address for gRPC")->capture_default_str();
  start->add_option("--storage", a.server.storage, "storage URL; this version knows 'files'")->capture_default_str();
  start->add_option("--memory", a.server.memory_mb, "memory for the state in MiB; what is not used waits on the disk")
      ->capture_default_str()
      ->check(CLI::Range(16, 1 << 20));
  add_duration(start, "--checkpoint-interval", a.server.checkpoint_ms, "longest time between checkpoints");
  start->add_option("--checkpoint-frames", a.server.checkpoint_frames, "most frames that a start has to replay")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_duration(start, "--retention", a.server.retention_ms,
               "how long the journal is kept beyond what is needed; 'forever' for ever");
  add_duration(start, "--copy-interval", a.server.copy_interval_ms,
               "time between verified copies of the state store; 0: no copies");
  add_duration(start, "--housekeeping-interval", a.server.housekeeping_ms,
               "time between looks at what can be copied, compressed and removed");
  start->add_flag("--dev", a.server.dev, "development: no authentication, loopback only");
  start->add_option("--tls-cert", a.server.tls_cert, "certificate (chain) for TLS, a PEM file");
  start->add_option("--tls-key", a.server.tls_key, "its private key, a PEM file");
  start->add_flag("--behind-proxy", a.server.behind_proxy, "a proxy ends TLS: other addresses are served without it");
  start->callback([&] { action = [&] { return run_server(a.server); }; });

  CLI::App* journal = app.add_subcommand("journal", "look at the journal of a data directory");
  journal->require_subcommand(1);
  for (const bool verify : {true, false}) {
    CLI::App* command = verify ? journal->add_subcommand("verify", "check every checksum, chain link and frame hash")
                               : journal->add_subcommand("dump", "print every frame as a line of JSON");
    command->add_option("--data", a.data, "data directory")->capture_default_str();
    command->add_flag("--json", a.client.json, "print JSON");
    command->callback([&a, &action, verify] {
      action = [&a, verify] { return verify ? journal_verify(a.data, a.client.json) : journal_dump(a.data); };
    });
  }

  CLI::App* state = app.add_subcommand("state", "look after the state store of a data directory; no server may use it");
  state->require_subcommand(1);
  for (const bool verify : {true, false}) {
    CLI::App* command =
        verify
            ? state->add_subcommand("verify", "check every row, index entry and counter, and replay the journal on it")
            : state->add_subcommand("restore", "put the newest good copy in its place, or rebuild it from the journal");
    command->add_option("--data", a.data, "data directory")->capture_default_str();
    command->add_flag("--json", a.client.json, "print JSON");
    command->callback([&a, &action, verify] {
      action = [&a, verify] {
        return verify ? state_verify(a.data, a.client.json) : state_restore(a.data, a.client.json);
      };
    });
  }

  CLI::App* version = app.add_subcommand("version", "print the version");
  version->add_flag("--json", a.client.json, "print JSON");
  version->callback([&] {
    action = [&] {
      std::printf(a.client.json ? "{\"version\":\"%s\"}\n" : "baton %s\n", BATON_VERSION);
      return 0;
    };
  });
}

void add_model_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* command = client_command(app, a, "deploy", "deploy BPMN, DMN and form files, all or none");
  command->add_option("FILE", a.files, "files")->required();
  command->callback([&] { action = [&] { return deploy(a.client, a.files); }; });

  command = client_command(app, a, "create", "create a process instance");
  command->add_option("PROCESS", a.text, "BPMN process id")->required();
  command->add_option("--vars", a.variables, "variables as a JSON object");
  command->add_option("--version", a.version, "version of the definition; the latest without it");
  command->add_flag("--with-result", a.with_result, "wait for the end and print the variables");
  command->callback([&] { action = [&] { return create(a.client, a.text, a.version, a.variables, a.with_result); }; });

  command = app.add_subcommand("run", "run a process here and now, without a server");
  command->add_option("FILE", a.files, "BPMN file, and the DMN files that it needs")->required();
  command->add_option("--vars", a.variables, "variables as a JSON object");
  command->add_flag("--json", a.client.json, "print JSON");
  command->callback([&] { action = [&] { return run_embedded(a.files, a.variables, a.client.json); }; });

  command = client_command(app, a, "demo", "deploy an example, work its jobs, print where each instance is");
  command->add_option("--dir", a.directory, "folder of the example")->capture_default_str();
  command->add_flag("--only-work", a.only_work, "start nothing, only work jobs until stopped");
  command->callback([&] { action = [&] { return demo(a.client, a.directory, a.only_work); }; });
}

void add_decision_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* feel = app.add_subcommand("feel", "FEEL expressions");
  feel->require_subcommand(1);
  CLI::App* command = feel->add_subcommand("eval", "evaluate an expression");
  command->add_option("EXPR", a.feel.expression, "the expression")->required();
  command->add_option("--context", a.feel.context, "variables as a JSON object");
  command->add_flag("--unary", a.feel.unary_tests, "unary tests of a decision table; the input is the variable ?");
  command->add_flag("--trace", a.feel.trace, "print the values of the parts");
  command->add_flag("--json", a.feel.json, "print JSON");
  command->callback([&] { action = [&] { return feel_eval(a.feel); }; });

  CLI::App* dmn = app.add_subcommand("dmn", "DMN decisions");
  dmn->require_subcommand(1);
  command = dmn->add_subcommand("eval", "evaluate a decision of a file");
  command->add_option("FILE", a.text, "DMN file")->required();
  command->add_option("--decision", a.type, "id or name of the decision")->required();
  command->add_option("--vars", a.variables, "variables as a JSON object");
  command->add_flag("--json", a.client.json, "print JSON");
  command->callback([&] { action = [&] { return dmn_eval(a.text, a.type, a.variables, a.client.json); }; });

  command = dmn->add_subcommand("check", "look for gaps, overlaps and rules that never decide");
  command->add_option("FILE", a.text, "DMN file")->required();
  command->add_flag("--json", a.client.json, "print JSON");
  command->callback([&] { action = [&] { return dmn_check(a.text, a.client.json); }; });
}

void add_operation_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* command = client_command(app, a, "worker", "run a shell command for each job of a type");
  command->add_option("--type", a.type, "job type")->required();
  command->add_option("--exec", a.exec, "shell command: variables on standard input, result as JSON on standard output")
      ->required();
  command->add_option("--name", a.worker, "worker name")->capture_default_str();
  command->callback([&] { action = [&] { return work(a.client, a.type, a.exec, a.worker); }; });

  command = client_command(app, a, "cancel", "cancel a process instance");
  command->add_option("KEY", a.key, "process instance key")->required();
  command->callback([&] { action = [&] { return cancel(a.client, a.key); }; });

  command = client_command(app, a, "publish", "publish a message");
  command->add_option("NAME", a.message.name, "message name")->required();
  command->add_option("--key", a.message.key, "correlation key");
  command->add_option("--ttl", a.message.ttl_ms, "how long it waits for somebody, in ms");
  command->add_option("--id", a.message.id, "no second message with this id while the first one waits");
  command->add_option("--vars", a.message.variables, "variables as a JSON object");
  command->callback([&] { action = [&] { return publish(a.client, a.message); }; });

  command = client_command(app, a, "signal", "broadcast a signal");
  command->add_option("NAME", a.text, "signal name")->required();
  command->add_option("--vars", a.variables, "variables as a JSON object");
  command->callback([&] { action = [&] { return broadcast(a.client, a.text, a.variables); }; });

  command = client_command(app, a, "resolve", "resolve an incident: the failed step is tried again");
  command->add_option("KEY", a.key, "incident key")->required();
  command->add_option("--retries", a.retries, "give the job of the incident so many retries first");
  command->callback([&] { action = [&] { return resolve(a.client, a.key, a.retries); }; });

  command = client_command(app, a, "show", "show where a process instance is, and why");
  command->add_option("KEY", a.key, "key of the instance or of anything in it")->required();
  command->callback([&] { action = [&] { return show(a.client, a.key); }; });

  command = client_command(app, a, "status", "show the topology");
  command->callback([&] { action = [&] { return status(a.client); }; });
}

void add_task_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* task = app.add_subcommand("task", "user tasks");
  task->require_subcommand(1);
  CLI::App* command = client_command(*task, a, "list", "list the user tasks that somebody may work on");
  command->add_option("--assignee", a.tasks.assignee, "only those of this user");
  command->add_option("--group", a.tasks.group, "only those for this candidate group");
  command->add_option("--limit", a.tasks.limit, "how many at most")->capture_default_str()->check(CLI::PositiveNumber);
  command->callback([&] { action = [&] { return task_list(a.client, a.tasks); }; });

  command = client_command(*task, a, "complete", "complete a user task");
  command->add_option("KEY", a.key, "user task key")->required();
  command->add_option("--vars", a.variables, "variables as a JSON object");
  command->callback([&] { action = [&] { return task_complete(a.client, a.key, a.variables); }; });

  for (const bool claim : {false, true}) {
    command = claim ? client_command(*task, a, "claim", "assign a user task that nobody else has")
                    : client_command(*task, a, "assign", "assign a user task, whoever has it");
    command->add_option("KEY", a.key, "user task key")->required();
    command->add_option("USER", a.text, "who gets it")->required();
    command->callback(
        [&a, &action, claim] { action = [&a, claim] { return task_assign(a.client, a.key, a.text, claim); }; });
  }
}

void add_identity_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* user = app.add_subcommand("user", "users");
  user->require_subcommand(1);
  CLI::App* command = client_command(*user, a, "add", "create a user");
  command->add_option("NAME", a.text, "user name")->required();
  command->add_option("--name", a.name, "full name");
  command->add_option("--email", a.email, "e-mail address");
  command->add_option("--setup-token", a.setup_token, "token of the set-up link: creates the first user");
  command->callback([&] { action = [&] { return user_add(a.client, a.text, a.name, a.email, a.setup_token); }; });
  command = client_command(*user, a, "remove", "remove a user");
  command->add_option("NAME", a.text, "user name")->required();
  command->callback([&] { action = [&] { return user_remove(a.client, a.text); }; });

  CLI::App* token = app.add_subcommand("token", "API tokens of clients");
  token->require_subcommand(1);
  command = client_command(*token, a, "create", "create an API token and print it");
  command->add_option("CLIENT", a.text, "name of the client that will use it")->required();
  command->callback([&] { action = [&] { return token_create(a.client, a.text); }; });
  command = client_command(*token, a, "remove", "withdraw an API token");
  command->add_option("KEY", a.key, "key of the token")->required();
  command->callback([&] { action = [&] { return token_remove(a.client, a.key); }; });
}

/// Every command with its options, for completion.
void collect_words(const CLI::App& app, const std::string& path, std::vector<CompletionWord>& out) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CompletionWord word{path + command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) word.options.push_back("--" + name);
    }
    out.push_back(std::move(word));
    collect_words(*command, path + command->get_name() + " ", out);
  }
}

void add_help_commands(CLI::App& app, Arguments& a, Action& action) {
  CLI::App* command = client_command(app, a, "doctor", "check a server and its machine, and say what to do");
  command->add_option("--data", a.data, "data directory on this machine")->capture_default_str();
  command->callback([&] { action = [&] { return doctor(a.client, a.data); }; });

  command = app.add_subcommand("completion", "print a completion script, e.g. source <(baton completion bash)");
  command->add_option("SHELL", a.text, "bash, zsh or fish")->required();
  command->callback([&] {
    action = [&] {
      std::vector<CompletionWord> words;
      collect_words(app, "", words);
      return completion(a.text, words);
    };
  });
}

int run(int argc, char** argv) {
  CLI::App app("Baton: process orchestration. BPMN executed durably.", "baton");
  app.require_subcommand(1);
  Arguments arguments;
  Action action;
  add_server_commands(app, arguments, action);
  add_model_commands(app, arguments, action);
  add_decision_commands(app, arguments, action);
  add_operation_commands(app, arguments, action);
  add_task_commands(app, arguments, action);
  add_identity_commands(app, arguments, action);
  add_help_commands(app, arguments, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return action();
}

}  // namespace
}  // namespace baton::cli

int main(int argc, char** argv) {
  return baton::cli::run(argc, argv);
}
