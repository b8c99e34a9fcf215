// baton-conformance: runs third-party conformance data against this version.
//
//   baton-conformance feel FILE.jsonl            rows of a FEEL table
//   baton-conformance models DIR                 every .bpmn file below DIR: deployed and run, or refused with a reason
//   baton-conformance dmn-tck DIR --csv FILE     cases of the DMN TCK; the result as its CSV
//   baton-conformance betsy TESTS.json DIR       cases with expected traces
//   baton-conformance paths CASES.json DIR       cases with an ordered path
//
// Ends with "N passed, N failed, N skipped"; exit code 1 if something failed, 2 if it was not used as above.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "conformance/dmn_tck.h"
#include "conformance/feel_rows.h"
#include "conformance/report.h"

namespace baton::conformance {

namespace {

constexpr int kUsageError = 2;

int run_feel(const std::filesystem::path& file) {
  Report report;
  std::ifstream in(file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const RowOutcome outcome = run_feel_row(line);
    switch (outcome.result) {
      case RowResult::kPassed:
        report.pass();
        break;
      case RowResult::kFailed:
        report.fail(fmt::format("row {}", number), outcome.report);
        break;
      case RowResult::kSkipped:
        report.skip_quietly();
        break;
    }
  }
  return report.finish();
}

/// A member as text; "" if it is absent or null.
std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

int skip_betsy(const nlohmann::json& tests) {
  fmt::print("betsy: this version does not run trace tests yet\n");
  Report report;
  for (const auto& test : tests) {
    const auto cases = test.find("cases");
    if (cases == test.end()) continue;
    for (const auto& one : *cases)
      report.skip(fmt::format("{} {} case {}", text_of(test, "group"), text_of(test, "name"), text_of(one, "case")));
  }
  return report.finish();
}

int run_json(const std::filesystem::path& file, int (*run)(const nlohmann::json&)) {
  const auto document = nlohmann::json::parse(content_of(file), nullptr, false);
  if (document.is_array()) return run(document);
  Report report;
  report.fail(file.string(), "is not a JSON array of cases");
  return report.finish();
}

int usage() {
  fmt::print(stderr,
             "baton-conformance feel FILE.jsonl | models DIR | dmn-tck DIR --csv FILE | betsy TESTS.json DIR | paths "
             "CASES.json DIR\n");
  return kUsageError;
}

int run(const std::vector<std::string>& args) {
  if (args.size() < 2 || !std::filesystem::exists(args[1])) {
    if (args.size() >= 2) fmt::print(stderr, "{} does not exist\n", args[1]);
    return usage();
  }
  const std::string& mode = args[0];
  if (mode == "feel" && args.size() == 2) return run_feel(args[1]);
  if (mode == "models" && args.size() == 2) return run_models(args[1]);
  if (mode == "dmn-tck" && args.size() == 4 && args[2] == "--csv") return run_dmn_tck(args[1], args[3]);
  if (mode == "betsy" && args.size() == 3) return run_json(args[1], &skip_betsy);
  if (mode == "paths" && args.size() == 3) return run_paths(args[1], args[2]);
  return usage();
}

}  // namespace

}  // namespace baton::conformance

int main(int argc, char** argv) {
  return baton::conformance::run(std::vector<std::string>(argv + 1, argv + argc));
}
