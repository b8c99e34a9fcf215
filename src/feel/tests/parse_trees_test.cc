// The third-party parse trees under $BATON_CONFORMANCE/feel/lezer-feel-parse-trees: what the parser read, written in
// that collection's terms, must be the tree that it gives. A tree with an error mark asks for a refusal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "feel/json.h"
#include "feel/syntax.h"

namespace baton::feel {
namespace {

/// A tree in the collection's terms. `any` stands for whatever may be there.
struct Tree {
  std::string name;
  std::vector<Tree> children;
  bool any = false;
};

// Names are leaves here, and what only repeats the source (brackets, keywords) is left out.
const std::set<std::string> kLeaves = {"VariableName",  "PathName",       "Name",      "NumericLiteral",
                                       "SpecialType",   "BooleanLiteral", "Wildcard",  "DateTimeConstructor",
                                       "StringLiteral", "null",           "CompareOp", "ArithOp"};
const std::set<std::string> kKeywords = {"and",      "or",        "in",   "between", "for",  "return",   "every",
                                         "some",     "satisfies", "if",   "then",    "else", "function", "external",
                                         "instance", "of",        "list", "context", "not"};

class TreeReader {
 public:
  explicit TreeReader(std::string_view text) : text_(text) {}
  Tree read() {
    Tree root;
    items(root);
    return root.children.empty() ? Tree{"", {}, true} : root.children[0];
  }
  [[nodiscard]] bool has_error() const { return text_.find("⚠") != std::string_view::npos; }

 private:
  void skip() {
    while (at_ < text_.size() && (std::isspace(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == ','))
      ++at_;
  }
  void items(Tree& parent) {
    for (skip(); at_ < text_.size() && text_[at_] != ')'; skip()) {
      if (text_.substr(at_, 3) == "...") {
        parent.any = true;
        at_ += 3;
        continue;
      }
      Tree child;
      if (text_[at_] == '"') {
        const std::size_t end = text_.find('"', at_ + 1);
        child.name = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        if (child.name == "?") child.name = "VariableName";
        if (std::isalpha(static_cast<unsigned char>(child.name[0])) == 0) continue;
      } else {
        const std::size_t end = std::min(text_.find_first_of("(), \n", at_), text_.size());
        child.name = text_.substr(at_, end - at_);
        at_ = std::max(end, at_ + 1);
      }
      if (at_ < text_.size() && text_[at_] == '(') {
        ++at_;
        items(child);
        ++at_;
      }
      if (child.name == "SpecialFunctionName") child.name = "VariableName";
      if (kLeaves.contains(child.name)) child = {child.name, {}, false};
      if (!kKeywords.contains(child.name)) parent.children.push_back(std::move(child));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Translator {
 public:
  explicit Translator(std::string_view source) : source_(source) {}

  [[nodiscard]] Tree translate(const SyntaxNode& node) const {
    const auto& c = node.children;
    switch (node.kind) {
      case SyntaxKind::kNumber:
        return leaf("NumericLiteral");
      case SyntaxKind::kString:
        return leaf("StringLiteral");
      case SyntaxKind::kBoolean:
        return leaf("BooleanLiteral");
      case SyntaxKind::kNull:
        return leaf("null");
      case SyntaxKind::kTemporal:
        return {"DateTimeLiteral", {{"AtLiteral", {leaf("StringLiteral")}}}};
      case SyntaxKind::kName:
        return leaf("VariableName");
      case SyntaxKind::kMember:
        return leaf("PathName");
      case SyntaxKind::kKey:
        return leaf("Name");
      case SyntaxKind::kArithmetic:
        return {"ArithmeticExpression", {translate(c[0]), leaf("ArithOp"), translate(c[1])}};
      case SyntaxKind::kNegation:
        return {"ArithmeticExpression", {leaf("ArithOp"), translate(c[0])}};
      case SyntaxKind::kComparison:
        return {"Comparison", {translate(c[0]), leaf("CompareOp"), translate(c[1])}};
      case SyntaxKind::kConjunction:
        return chain("Conjunction", c);
      case SyntaxKind::kDisjunction:
        return chain("Disjunction", c);
      case SyntaxKind::kBetween:
        return {"Comparison", all(c)};
      case SyntaxKind::kIn:
        return membership(c);
      case SyntaxKind::kInstanceOf:
        return {"InstanceOfExpression", all(c)};
      case SyntaxKind::kIf:
        return {"IfExpression", all(c)};
      case SyntaxKind::kFor:
        return {"ForExpression", loop(c)};
      case SyntaxKind::kSome:
      case SyntaxKind::kEvery:
        return {"QuantifiedExpression", loop(c)};
      case SyntaxKind::kIterator:
        return {"InExpression", {leaf("Name"), {"IterationContext", all({c.begin() + 1, c.end()})}}};
      case SyntaxKind::kPath:
        return {"PathExpression", all(c)};
      case SyntaxKind::kFilter:
        return {"FilterExpression", all(c)};
      case SyntaxKind::kCall:
        return call(c);
      case SyntaxKind::kNamedArgument:
        return {"NamedParameter", {{"ParameterName", {leaf("Name")}}, translate(c[1])}};
      case SyntaxKind::kList:
        return {"List", all(c)};
      case SyntaxKind::kContext:
        return {"Context", all(c)};
      case SyntaxKind::kEntry:
        return {"ContextEntry", {{"Key", {translate(c[0])}}, translate(c[1])}};
      case SyntaxKind::kFunction:
        return {"FunctionDefinition",
                {{"FormalParameters", all({c.begin(), c.end() - 1})}, {"FunctionBody", {translate(c.back())}}}};
      case SyntaxKind::kParameter: {
        Tree tree{"FormalParameter", {{"ParameterName", {leaf("Name")}}}};
        if (c.size() > 1) tree.children.push_back(translate(c[1]));
        return tree;
      }
      case SyntaxKind::kType:
        return type(node);
      case SyntaxKind::kRange:
        return {"SimplePositiveUnaryTest", {{"Interval", all(c)}}};
      case SyntaxKind::kComparisonTest:
        return {"SimplePositiveUnaryTest", {leaf("CompareOp"), translate(c[0])}};
      case SyntaxKind::kGroup:
        return {"ParenthesizedExpression", all(c)};
      case SyntaxKind::kAnyValue:
        return leaf("Wildcard");
      case SyntaxKind::kNot:
        return tests(c);
      case SyntaxKind::kCell:
        if (c[0].kind == SyntaxKind::kAnyValue || c[0].kind == SyntaxKind::kNot) return {"UnaryTests", all(c)};
        return {"UnaryTests", {tests(c)}};
    }
    return {};
  }

 private:
  static Tree leaf(const char* name) { return {name, {}, false}; }
  [[nodiscard]] std::vector<Tree> all(const std::vector<SyntaxNode>& nodes) const {
    std::vector<Tree> out;
    for (const SyntaxNode& node : nodes) out.push_back(translate(node));
    return out;
  }
  [[nodiscard]] Tree chain(const char* name, const std::vector<SyntaxNode>& nodes) const {
    Tree left = translate(nodes[0]);
    for (std::size_t i = 1; i < nodes.size(); ++i) left = {name, {std::move(left), translate(nodes[i])}};
    return left;
  }
  [[nodiscard]] Tree tests(std::vector<SyntaxNode> nodes) const {
    Tree tree{"PositiveUnaryTests", {}};
    for (const SyntaxNode& node : nodes) tree.children.push_back({"PositiveUnaryTest", {translate(node)}});
    return tree;
  }
  [[nodiscard]] Tree membership(const std::vector<SyntaxNode>& nodes) const {
    if (nodes.size() > 2) return {"Comparison", {translate(nodes[0]), tests({nodes.begin() + 1, nodes.end()})}};
    return {"Comparison", {translate(nodes[0]), {"PositiveUnaryTest", {translate(nodes[1])}}}};
  }
  [[nodiscard]] std::vector<Tree> loop(const std::vector<SyntaxNode>& nodes) const {
    return {{"InExpressions", all({nodes.begin(), nodes.end() - 1})}, translate(nodes.back())};
  }
  [[nodiscard]] std::string text(const SyntaxNode& node) const {
    std::istringstream words{std::string(source_.substr(node.begin, node.end - node.begin))};
    std::string out;
    for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
    return out;
  }
  [[nodiscard]] Tree call(const std::vector<SyntaxNode>& nodes) const {
    const bool named = nodes.size() > 1 && nodes[1].kind == SyntaxKind::kNamedArgument;
    Tree arguments{named ? "NamedParameters" : "PositionalParameters", all({nodes.begin() + 1, nodes.end()})};
    const std::string name = text(nodes[0]);
    if (name == "date" || name == "time" || name == "duration" || name == "date and time")
      return {"DateTimeLiteral", {leaf("DateTimeConstructor"), std::move(arguments)}};
    return {"FunctionInvocation", {translate(nodes[0]), std::move(arguments)}};
  }
  [[nodiscard]] Tree type(const SyntaxNode& node) const {
    const std::string name = text(node);
    const auto starts = [&](const char* word) { return name.rfind(word, 0) == 0; };
    auto parts = all(node.children);
    if (starts("list")) return {"Type", {{"ListType", std::move(parts)}}};
    if (starts("context")) {
      Tree entries{"ContextEntryTypes", {}};
      for (Tree& part : parts) entries.children.push_back({"ContextEntryType", {leaf("Name"), std::move(part)}});
      return {"Type", {{"ContextType", {std::move(entries)}}}};
    }
    if (starts("function")) {
      Tree arguments{"ArgumentTypes", {}};
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) arguments.children.push_back({"ArgumentType", {parts[i]}});
      return {"Type", {{"FunctionType", {std::move(arguments), parts.back()}}}};
    }
    if (name.find(' ') != std::string::npos) return {"Type", {leaf("SpecialType")}};
    Tree qualified{"QualifiedName", {}};
    for (std::size_t dots = static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1; dots > 0; --dots)
      qualified.children.push_back(leaf("VariableName"));
    return {"Type", {std::move(qualified)}};
  }

  std::string_view source_;
};

bool fits(const Tree& wanted, const Tree& got) {
  if (wanted.name != got.name) return false;
  if (wanted.any) return true;
  return std::equal(wanted.children.begin(), wanted.children.end(), got.children.begin(), got.children.end(), fits);
}

std::string show(const Tree& tree) {
  std::string out = tree.name;
  if (tree.any) return out + "(...)";
  for (std::size_t i = 0; i < tree.children.size(); ++i)
    out += (i == 0 ? "(" : ",") + show(tree.children[i]) + (i + 1 == tree.children.size() ? ")" : "");
  return out;
}

struct Case {
  std::string title;
  std::string source;
  std::string expected;
  std::string top = "Expression";
  Dialect dialect = Dialect::kDmn;
  std::vector<std::string> names;
};

void collect_names(const Value& v, std::vector<std::string>& names) {
  if (!v.is(Kind::kContext)) return;
  for (const ContextEntry& entry : v.as_context().entries) {
    names.emplace_back(entry.key);
    collect_names(entry.value, names);
  }
}

void read_options(std::string_view json, Case& out) {
  Evaluation evaluation(TimeMs(0));
  const auto options = from_json(json, evaluation);
  if (!options || !options->is(Kind::kContext)) return;
  const auto& context = options->as_context();
  if (const Value* top = context.find("top")) out.top = top->as_string();
  if (const Value* dialect = context.find("dialect"); dialect != nullptr && dialect->as_string() == "camunda")
    out.dialect = Dialect::kCamunda;
  if (const Value* names = context.find("context")) collect_names(*names, out.names);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<Case> cases;
  bool in_tree = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# ", 0) == 0) {
      Case& next = cases.emplace_back();
      const auto brace = line.find(" {");
      next.title = trimmed(line.substr(2, brace == std::string::npos ? brace : brace - 2));
      if (brace != std::string::npos) read_options(line.substr(brace + 1), next);
      in_tree = false;
    } else if (line.rfind("==", 0) == 0) {
      in_tree = true;
    } else if (!cases.empty()) {
      (in_tree ? cases.back().expected : cases.back().source) += line + "\n";
    }
  }
  return cases;
}

/// Sources between semicolons outside of strings.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
    if (text[i] == ';' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  if (trimmed(parts.back()).empty()) parts.pop_back();
  return parts;
}

/// The text of what differs, or nothing.
std::string run(const Case& test) {
  TreeReader reader(test.expected);
  const Tree wanted = reader.read();
  const CompileOptions options{test.dialect, test.names};
  std::vector<Tree> trees;
  std::string refusal;
  const auto sources = split(test.source);
  for (const std::string& source : sources) {
    const std::string text = trimmed(source);
    const auto syntax =
        test.top == "UnaryTests" ? parse_unary_tests_syntax(text, options) : parse_syntax(text, options);
    if (!syntax) {
      refusal = syntax.error().message;
      break;
    }
    trees.push_back(Translator(text).translate(*syntax));
  }
  if (reader.has_error()) return refusal.empty() ? "accepted although it is wrong" : "";
  if (!refusal.empty()) return refusal;
  const Tree got = test.top == "UnaryTests" ? trees[0] : Tree{test.top, trees};
  return fits(wanted, got) ? "" : "expected " + show(wanted) + "\n     got " + show(got);
}

// What does not pass is argued in docs/feel-exceptions.md.
constexpr int kExceptions = 5;

TEST(Conformance, ParseTrees) {
  const char* root = std::getenv("BATON_CONFORMANCE");
  if (root == nullptr) GTEST_SKIP() << "BATON_CONFORMANCE is not set: skipping feel/lezer-feel-parse-trees";
  const auto folder = std::filesystem::path(root) / "feel/lezer-feel-parse-trees/test";
  int cases = 0;
  int failed = 0;
  for (const char* name : {"camunda.txt", "expressions.txt", "unary-tests.txt"}) {
    for (const Case& test : read_cases(folder / name)) {
      ++cases;
      const std::string difference = run(test);
      if (difference.empty()) continue;
      ++failed;
      std::cout << "FAIL " << test.title << ": " << difference << "\n";
    }
  }
  std::cout << "parse trees: " << cases - failed << " of " << cases << "\n";
  EXPECT_GT(cases, 0);
  EXPECT_LE(failed, kExceptions);
}

}  // namespace
}  // namespace baton::feel
