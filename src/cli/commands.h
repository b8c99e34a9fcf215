// The commands of `baton`. Each returns the exit code: 0 done, 1 refused or failed, 2 wrong use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace baton::cli {

struct ClientOptions {
  std::string grpc = "127.0.0.1:26500";
  std::string http = "127.0.0.1:8080";
  bool json = false;
  std::string user;   // with a password from BATON_PASSWORD or the terminal
  std::string token;  // an API token; goes before the user
  bool tls = false;
  std::string ca;  // PEM file of authorities; empty: the system's
};

int deploy(const ClientOptions& options, const std::vector<std::string>& files);
int create(const ClientOptions& options, const std::string& process_id, int version, const std::string& variables,
           bool with_result);
int cancel(const ClientOptions& options, std::int64_t key);

struct MessageOptions {
  std::string name;
  std::string key;
  std::int64_t ttl_ms = 0;
  std::string id;
  std::string variables = "{}";
};
int publish(const ClientOptions& options, const MessageOptions& message);
int broadcast(const ClientOptions& options, const std::string& name, const std::string& variables);
struct TaskFilter {
  std::string assignee;  // empty: whoever
  std::string group;     // a candidate group; empty: any
  int limit = 100;
};
/// Prints user tasks that somebody may work on.
int task_list(const ClientOptions& options, const TaskFilter& filter);
int task_complete(const ClientOptions& options, std::int64_t key, const std::string& variables);
/// With `claim` only a task that nobody else has.
int task_assign(const ClientOptions& options, std::int64_t key, const std::string& assignee, bool claim);
int resolve(const ClientOptions& options, std::int64_t incident, int retries);
int show(const ClientOptions& options, std::int64_t key);
int status(const ClientOptions& options);
int work(const ClientOptions& options, const std::string& type, const std::string& command,
         const std::string& worker_name);
int demo(const ClientOptions& options, const std::string& directory, bool only_work);

/// Runs the first process of the files without a server or data directory, to its end or first wait states.
int run_embedded(const std::vector<std::string>& files, const std::string& variables, bool json);

struct FeelOptions {
  std::string expression;
  std::string context = "{}";  // variables as a JSON object
  bool unary_tests = false;    // the expression is a decision table's cell; the input is the variable `?`
  bool trace = false;          // print the values of its parts too
  bool json = false;
};
int feel_eval(const FeelOptions& options);
/// Evaluates a decision of a file; 1 if it fails.
int dmn_eval(const std::string& file, const std::string& decision, const std::string& variables, bool json);
/// Prints what is wrong with a file's decision tables; 1 if something is.
int dmn_check(const std::string& file, bool json);
/// Creates a user; with a set-up token the first one. The password comes from BATON_NEW_PASSWORD or the terminal.
int user_add(const ClientOptions& options, const std::string& username, const std::string& name,
             const std::string& email, const std::string& setup_token);
int user_remove(const ClientOptions& options, const std::string& username);
/// Creates an API token and prints it: the only time that it is shown.
int token_create(const ClientOptions& options, const std::string& client);
int token_remove(const ClientOptions& options, std::int64_t key);
/// Checks a server and the machine that it runs on, and says what to do about what it finds.
int doctor(const ClientOptions& options, const std::string& data);
/// Prints a completion script for bash, zsh or fish. `words` has the commands with their subcommands and options.
struct CompletionWord {
  std::string command;  // "user add"
  std::string help;
  std::vector<std::string> options;
};
int completion(const std::string& shell, const std::vector<CompletionWord>& words);

int journal_verify(const std::string& data, bool json);
int journal_dump(const std::string& data);
int state_verify(const std::string& data, bool json);
int state_restore(const std::string& data, bool json);

/// Reads a whole file. Errors: kNotFound.
Result<std::string> read_file(const std::string& path);
/// Prints an error for a person, or as {"error":{...}}, and returns 1.
int report(const Error& error, bool json);

}  // namespace baton::cli
