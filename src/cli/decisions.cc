// `baton feel eval`, `baton dmn eval`, `baton dmn check`: decisions here and now, without a server.
#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "dmn/check.h"
#include "dmn/decision_model.h"
#include "feel/json.h"
#include "feel/syntax.h"
#include "feel/text.h"

namespace baton::cli {
namespace {

using feel::Value;

/// The entries of a context as variables.
class ContextVariables final : public feel::Variables {
 public:
  explicit ContextVariables(const Value& context) : context_(context) {}
  std::optional<Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
    const Value* found = context_.as_context().find(name);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }

 private:
  Value context_;
};

Result<Value> read_context(std::string_view json, feel::Evaluation& evaluation) {
  BATON_ASSIGN(const Value context, feel::from_json(json, evaluation));
  if (!context.is(feel::Kind::kContext)) return fail(Code::kInvalidArgument, "the variables are not a JSON object");
  return context;
}

void collect_names(const Value& value, std::vector<std::string>& names) {
  if (value.is(feel::Kind::kList)) {
    for (const Value& item : value.as_list()) collect_names(item, names);
  } else if (value.is(feel::Kind::kContext)) {
    for (const feel::ContextEntry& entry : value.as_context().entries) {
      names.emplace_back(entry.key);
      collect_names(entry.value, names);
    }
  }
}

/// A value as JSON; what JSON has no form for as its FEEL text in quotes.
std::string shown(const Value& value) {
  std::string out;
  if (feel::to_json(value, out)) return out;
  std::string text;
  if (!feel::append_text(value, text, 1U << 20)) return "null";
  return json_quote(text);
}

struct TraceLine {
  int depth = 0;
  std::string source;
  std::string value;
};

/// Values of the parts of an expression, outermost first. Parts with names of their own (loops, filters, functions,
/// contexts) are shown as a whole: their inside has no single value.
class Tracer {
 public:
  Tracer(std::string_view source, const feel::CompileOptions& options, const Value& context)
      : source_(source), options_(options), context_(context) {}

  std::vector<TraceLine> run() {
    if (const auto root = feel::parse_syntax(source_, options_)) visit(*root, 0);
    return std::move(lines_);
  }

 private:
  static bool has_value(feel::SyntaxKind kind) {
    switch (kind) {
      case feel::SyntaxKind::kMember:
      case feel::SyntaxKind::kKey:
      case feel::SyntaxKind::kType:
      case feel::SyntaxKind::kNamedArgument:
      case feel::SyntaxKind::kNumber:
      case feel::SyntaxKind::kString:
      case feel::SyntaxKind::kBoolean:
      case feel::SyntaxKind::kNull:
      case feel::SyntaxKind::kGroup:
        return false;
      default:
        return true;
    }
  }
  static bool has_names(feel::SyntaxKind kind) {
    return kind == feel::SyntaxKind::kFor || kind == feel::SyntaxKind::kSome || kind == feel::SyntaxKind::kEvery ||
           kind == feel::SyntaxKind::kFilter || kind == feel::SyntaxKind::kFunction ||
           kind == feel::SyntaxKind::kContext;
  }

  void visit(const feel::SyntaxNode& node, int depth) {
    int inner = depth;
    if (has_value(node.kind)) {
      add(source_.substr(node.begin, node.end - node.begin), depth);
      ++inner;
    }
    if (has_names(node.kind)) {
      // The base of a filter stands outside of it.
      if (node.kind == feel::SyntaxKind::kFilter) visit(node.children.front(), inner);
      return;
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      // A function's name alone says nothing.
      const bool is_function = i == 0 && node.kind == feel::SyntaxKind::kCall;
      if (!is_function || node.children[i].kind != feel::SyntaxKind::kName) visit(node.children[i], inner);
    }
  }

  void add(std::string_view part, int depth) {
    const auto expression = feel::Expression::compile(part, options_);
    if (!expression) return;
    feel::Evaluation evaluation(SystemClock().wall());
    const auto value = expression->evaluate(evaluation, ContextVariables(context_));
    lines_.push_back({depth, std::string(part), value ? shown(*value) : value.error().message});
  }

  std::string_view source_;
  const feel::CompileOptions& options_;
  Value context_;
  std::vector<TraceLine> lines_;
};

std::string trace_json(const std::vector<TraceLine>& lines) {
  std::string out = "[";
  for (const TraceLine& line : lines) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"depth":{},"expression":{},"value":{}}})", line.depth, json_quote(line.source), line.value);
  }
  return out + "]";
}

Status evaluate_feel(const FeelOptions& options) {
  feel::Evaluation memory(TimeMs(0));
  BATON_ASSIGN(const Value context, read_context(options.context, memory));
  std::vector<std::string> names;
  collect_names(context, names);
  const feel::CompileOptions compile{feel::Dialect::kCamunda, names};
  std::string_view source = options.expression;
  if (source.starts_with('=')) source.remove_prefix(1);
  auto expression = options.unary_tests ? feel::Expression::compile_unary_tests(source, compile)
                                        : feel::Expression::compile(source, compile);
  if (!expression) return fail(expression.error());
  feel::Evaluation evaluation(SystemClock().wall());
  BATON_ASSIGN(const Value value, expression->evaluate(evaluation, ContextVariables(context)));
  std::vector<TraceLine> trace;
  if (options.trace && !options.unary_tests) trace = Tracer(source, compile, context).run();
  if (options.json) {
    std::string warnings;
    for (const auto& warning : evaluation.warnings())
      warnings += (warnings.empty() ? "" : ",") + json_quote(warning.to_string());
    fmt::print(R"({{"result":{},"warnings":[{}])", shown(value), warnings);
    if (options.trace) fmt::print(R"(,"trace":{})", trace_json(trace));
    fmt::print("}}\n");
    return {};
  }
  fmt::print("{}\n", shown(value));
  for (const auto& warning : evaluation.warnings()) fmt::print("warning: {}\n", warning.to_string());
  for (const TraceLine& line : trace)
    fmt::print("  {:{}}{} = {}\n", "", line.depth * 2, line.source, line.value);
  return {};
}

Result<std::shared_ptr<const dmn::DecisionModel>> load(const std::string& file) {
  BATON_ASSIGN(const std::string content, read_file(file));
  return dmn::DecisionModel::load(content, {feel::Dialect::kCamunda});
}

std::string decision_json(const dmn::DecisionModel& model, const dmn::EvaluatedDecision& decision) {
  const dmn::DecisionInfo& info = model.decisions()[decision.decision];
  std::string out = fmt::format(R"({{"decisionId":{},"decisionName":{},"decisionType":"{}","output":{},"inputs":[)",
                                json_quote(info.id), json_quote(info.name), info.logic, shown(decision.output));
  for (std::size_t i = 0; i < decision.inputs.size(); ++i) {
    out += fmt::format(R"({}{{"inputId":{},"inputName":{},"value":{}}})", i == 0 ? "" : ",",
                       json_quote(info.inputs[i].id), json_quote(info.inputs[i].name), shown(decision.inputs[i]));
  }
  out += R"(],"matchedRules":[)";
  for (std::size_t i = 0; i < decision.rules.size(); ++i) {
    const dmn::MatchedRule& rule = decision.rules[i];
    out += fmt::format(R"({}{{"ruleId":{},"ruleIndex":{},"outputs":[)", i == 0 ? "" : ",",
                       json_quote(info.rules[rule.rule].id), rule.rule + 1);
    for (std::size_t k = 0; k < rule.outputs.size(); ++k) {
      out += fmt::format(R"({}{{"outputName":{},"value":{}}})", k == 0 ? "" : ",", json_quote(info.outputs[k].name),
                         shown(rule.outputs[k]));
    }
    out += "]}";
  }
  return out + "]}";
}

void print_evaluation(const dmn::DecisionModel& model, const dmn::DecisionRun& run, bool json) {
  if (json) {
    std::string decisions;
    for (const auto& one : run.decisions()) decisions += (decisions.empty() ? "" : ",") + decision_json(model, one);
    std::string problems;
    for (const auto& one : run.problems()) problems += (problems.empty() ? "" : ",") + json_quote(one.to_string());
    fmt::print(R"({{"output":{},"failed":{},"evaluatedDecisions":[{}],"problems":[{}]}})"
               "\n",
               shown(run.output()), run.failure() != nullptr, decisions, problems);
    return;
  }
  fmt::print("{}\n", shown(run.output()));
  for (const auto& one : run.decisions()) {
    const dmn::DecisionInfo& info = model.decisions()[one.decision];
    fmt::print("  decision {}: {}{}\n", info.id, shown(one.output), one.failed ? " (failed)" : "");
    for (std::size_t i = 0; i < one.inputs.size(); ++i)
      fmt::print("    input {} = {}\n", info.inputs[i].name, shown(one.inputs[i]));
    for (const auto& rule : one.rules) {
      std::string outputs;
      for (const Value& output : rule.outputs) outputs += (outputs.empty() ? "" : ", ") + shown(output);
      fmt::print("    rule {} ({}): {}\n", rule.rule + 1, info.rules[rule.rule].id, outputs);
    }
  }
  for (const auto& problem : run.problems())
    fmt::print("  {}: {}\n", problem.failure ? "failed" : "warning", problem.to_string());
}

Result<bool> evaluate_decision(const std::string& file, const std::string& decision, const std::string& variables,
                               bool json) {
  BATON_ASSIGN(const auto model, load(file));
  const auto index = model->find_decision(decision);
  if (!index) return failf(Code::kNotFound, "'{}' has no decision '{}'", file, decision);
  for (const auto& diagnostic : model->diagnostics()) fmt::print(stderr, "{}: {}\n", file, diagnostic.to_string());
  dmn::DecisionRun run(SystemClock().wall());
  BATON_ASSIGN(const Value context, read_context(variables, run.feel()));
  BATON_TRY(model->evaluate(*index, ContextVariables(context), run));
  print_evaluation(*model, run, json);
  return run.failure() == nullptr;
}

std::string finding_json(const dmn::Finding& finding) {
  std::string rules;
  for (const auto rule : finding.rules) rules += fmt::format("{}{}", rules.empty() ? "" : ",", rule);
  std::string ranges;
  for (const auto& range : finding.ranges) ranges += (ranges.empty() ? "" : ",") + json_quote(range);
  return fmt::format(R"({{"kind":"{}","decision":{},"line":{},"rules":[{}],"ranges":[{}],"message":{}}})",
                     dmn::finding_kind_name(finding.kind), json_quote(finding.decision), finding.line, rules, ranges,
                     json_quote(finding.message));
}

Result<bool> check_file(const std::string& file, bool json) {
  BATON_ASSIGN(const auto model, load(file));
  const auto findings = dmn::check_tables(*model);
  bool clean = model->diagnostics().empty();
  for (const auto& finding : findings) clean = clean && finding.kind == dmn::Finding::Kind::kNotAnalysed;
  if (json) {
    std::string text;
    for (const auto& finding : findings) text += (text.empty() ? "" : ",") + finding_json(finding);
    std::string broken;
    for (const auto& one : model->diagnostics()) broken += (broken.empty() ? "" : ",") + json_quote(one.to_string());
    fmt::print(R"({{"diagnostics":[{}],"findings":[{}]}})"
               "\n",
               broken, text);
    return clean;
  }
  for (const auto& diagnostic : model->diagnostics()) fmt::print("{}: {}\n", file, diagnostic.to_string());
  for (const auto& finding : findings) {
    fmt::print("{}:{}: {}: decision '{}': {}\n", file, finding.line, dmn::finding_kind_name(finding.kind),
               finding.decision, finding.message);
    if (finding.ranges.empty()) continue;
    std::string where;
    const auto decision = model->find_decision(finding.decision);
    for (std::size_t i = 0; i < finding.ranges.size(); ++i) {
      where += fmt::format("{}{}: {}", where.empty() ? "" : "; ", model->decisions()[*decision].inputs[i].name,
                           finding.ranges[i]);
    }
    fmt::print("    {}\n", where);
  }
  return clean;
}

int exit_code(const Result<bool>& result, bool json) {
  if (!result) return report(result.error(), json);
  return *result ? 0 : 1;
}

}  // namespace

int feel_eval(const FeelOptions& options) {
  const Status status = evaluate_feel(options);
  return status ? 0 : report(status.error(), options.json);
}

int dmn_eval(const std::string& file, const std::string& decision, const std::string& variables, bool json) {
  return exit_code(evaluate_decision(file, decision, variables, json), json);
}

int dmn_check(const std::string& file, bool json) {
  return exit_code(check_file(file, json), json);
}

}  // namespace baton::cli
