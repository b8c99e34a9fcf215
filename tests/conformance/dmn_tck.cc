// Test cases of the DMN TCK (namespace http://www.omg.org/spec/DMN/20160719/testcase): every testCases file below a
// folder, its model with all DMN files beside it, each result node evaluated with the same inputs.
#include "conformance/dmn_tck.h"

#include <algorithm>
#include <map>
#include <vector>

#include "conformance/report.h"
#include "dmn/decision_model.h"
#include "feel/temporal.h"
#include "feel/text.h"
#include "xml/xml.h"

namespace baton::conformance {

using namespace feel;

namespace {

constexpr TimeMs kNow{1'700'000'000'000};  // 2023-11-14T22:13:20Z
constexpr std::string_view kInstanceUri = "http://www.w3.org/2001/XMLSchema-instance";

std::string csv_field(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string_view instance_attribute(const xml::Element& element, std::string_view name) {
  for (const xml::Attribute& attribute : element.attributes) {
    if (attribute.name == name && attribute.uri == kInstanceUri) return attribute.value;
  }
  return {};
}

const xml::Element* child_of(const xml::Element& element, std::string_view name) {
  for (const xml::Element& child : element.children()) {
    if (child.name == name) return &child;
  }
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A simple value by its XML Schema type or, without one, by the type that the model declares.
Value simple_value(std::string_view type, std::string_view text, Evaluation& evaluation) {
  const auto colon = type.find(':');
  if (colon != std::string_view::npos) type.remove_prefix(colon + 1);
  if (type == "boolean") return Value::boolean(trimmed(text) == "true" || trimmed(text) == "1");
  if (type == "decimal" || type == "double" || type == "integer" || type == "number" || type == "float" ||
      type == "int" || type == "long") {
    const auto number = Decimal::parse(trimmed(text));
    return number ? Value::number(*number) : Value();
  }
  if (type == "date") {
    const auto date = parse_date(trimmed(text));
    return date ? Value::date(*date) : Value();
  }
  if (type == "time") {
    const auto time = parse_time(trimmed(text));
    return time ? Value::time(*time) : Value();
  }
  if (type == "dateTime" || type == "date and time") {
    const auto value = parse_date_time(trimmed(text));
    return value ? Value::date_time(*value) : Value();
  }
  if (type.find("uration") != std::string_view::npos) return parse_duration(trimmed(text));
  return evaluation.string(text);
}

/// Reads values of inputs and results.
class ValueReader {
 public:
  ValueReader(const dmn::Types& types, Evaluation& evaluation) : types_(types), evaluation_(evaluation) {}

  /// The content of an element: value, components or list.
  Value read(const xml::Element& element, dmn::TypeId declared) {
    std::vector<ContextEntry> entries;
    const dmn::Type& type = resolved(declared);
    for (const xml::Element& child : element.children()) {
      if (child.name == "value") return read_value(child, type);
      if (child.name == "list") return read_list(child, type);
      if (child.name == "component") {
        const std::string_view name = child.attribute_or_empty("name");
        dmn::TypeId field = dmn::kAnyType;
        for (std::size_t i = 0; i < type.names.size(); ++i) {
          if (type.names[i] == name) field = type.parts[i];
        }
        entries.push_back({evaluation_.string(name).as_string(), read(child, field)});
      }
    }
    if (entries.empty()) return {};
    auto* copy = evaluation_.allocate_array<ContextEntry>(entries.size());
    std::copy(entries.begin(), entries.end(), copy);
    return evaluation_.context({copy, entries.size()});
  }

 private:
  const dmn::Type& resolved(dmn::TypeId id) const {
    const dmn::Type* type = &types_[id];
    for (int i = 0; i < 100 && type->shape == dmn::Type::Shape::kAny && !type->parts.empty(); ++i)
      type = &types_[type->parts[0]];
    return *type;
  }

  Value read_value(const xml::Element& element, const dmn::Type& type) {
    if (instance_attribute(element, "nil") == "true") return {};
    std::string_view written = instance_attribute(element, "type");
    if (written.empty() && element.text.empty()) return {};
    if (written.empty() && type.shape == dmn::Type::Shape::kKind) written = kind_name(type.kind);
    return simple_value(written, element.text, evaluation_);
  }

  Value read_list(const xml::Element& element, const dmn::Type& type) {
    if (instance_attribute(element, "nil") == "true") return {};
    ListBuilder items(evaluation_);
    const dmn::TypeId item_type = type.shape == dmn::Type::Shape::kList ? type.parts[0] : dmn::kAnyType;
    for (const xml::Element& item : element.children()) {
      if (item.name == "item") items.push(read(item, item_type));
    }
    return items.list();
  }

  const dmn::Types& types_;
  Evaluation& evaluation_;
};

/// Equality of the kit: numbers within 1e-8, temporal values by value in their own type.
bool matches(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNumber:
      return compare((a.as_number() - b.as_number()).abs(), Decimal::from_scaled(1, -8)) < 0;
    case Kind::kList: {
      const auto x = a.as_list();
      const auto y = b.as_list();
      return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), matches);
    }
    case Kind::kContext: {
      const auto& x = a.as_context();
      const auto& y = b.as_context();
      return x.entries.size() == y.entries.size() &&
             std::all_of(x.entries.begin(), x.entries.end(), [&](const ContextEntry& e) {
               const Value* other = y.find(e.key);
               return other != nullptr && matches(e.value, *other);
             });
    }
    default: {
      const Ternary same = equals(a, b);
      return same && *same;
    }
  }
}

std::string show(const Value& v) {
  std::string out;
  return append_text(v, out, 1U << 16) ? out.substr(0, 2000) : "(too large)";
}

/// Inputs of one case by name, some of them of an imported file.
class CaseInputs final : public Variables {
 public:
  CaseInputs(const dmn::DecisionModel& model) : model_(model) {}
  void add(std::string_view name, std::string_view uri, const Value& value) {
    inputs_.push_back({std::string(name), std::string(uri), value});
  }
  std::optional<Value> find(std::size_t slot, std::string_view name, Evaluation&) const override {
    const std::string_view uri = slot < model_.inputs().size() ? model_.inputs()[slot].uri : std::string_view();
    for (const Input& input : inputs_) {
      if (input.name == name && (input.uri.empty() || uri.empty() || input.uri == uri)) return input.value;
    }
    return std::nullopt;
  }

 private:
  struct Input {
    std::string name;
    std::string uri;
    Value value;
  };
  const dmn::DecisionModel& model_;
  std::vector<Input> inputs_;
};

struct Outcome {
  bool passed = false;
  bool error_missing = false;
  bool foreign = false;  // it failed, and a function of another language was refused
  std::string message;
};

class Suite {
 public:
  Suite(const std::filesystem::path& csv) : out_(csv) {}

  void run_file(const std::filesystem::path& file) {
    const std::string content = content_of(file);
    const auto document = xml::parse(content);
    if (!document || document->root().name != "testCases") return;
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    const auto model = load(folder, document->root());
    const std::string where = (folder.parent_path().filename() / folder.filename()).string();
    for (const xml::Element& test : document->root().children()) {
      if (test.name != "testCase") continue;
      const Outcome outcome = model ? run_case(**model, test) : Outcome{.message = model.error().message};
      const std::string id(test.attribute_or_empty("id"));
      const std::string name = fmt::format("{} {} {}", where, file.stem().string(), id);
      const bool skipped = !outcome.passed && outcome.foreign;
      if (outcome.passed) {
        report_.pass();
      } else if (skipped) {
        report_.skip(fmt::format("{} needs a function of another language", name));
      } else {
        report_.fail(name, outcome.message);
      }
      if (outcome.error_missing) {
        ++errors_missing_;
        fmt::print("NO ERROR REPORTED {}\n", name);
      }
      out_ << csv_field(where) << ',' << csv_field(file.stem().string()) << ',' << csv_field(id) << ','
           << csv_field(outcome.passed ? "SUCCESS" : (skipped ? "IGNORED" : "ERROR")) << ',' << csv_field(outcome.message) << '\n';
    }
  }

  int finish(const std::filesystem::path& csv) {
    if (!out_.flush()) report_.fail(csv.string(), "cannot be written");
    fmt::print("{} of {} expected errors were not reported\n", errors_missing_, errors_expected_);
    return report_.finish();
  }

 private:
  /// The model that the cases name, with every other DMN file of its folder.
  static Result<std::shared_ptr<const dmn::DecisionModel>> load(const std::filesystem::path& folder,
                                                                const xml::Element& root) {
    const xml::Element* name = child_of(root, "modelName");
    if (name == nullptr) return fail(Code::kInvalidArgument, "the file names no model");
    const std::filesystem::path main = folder / std::string(trimmed(name->text));
    std::vector<dmn::Definitions> files;
    BATON_ASSIGN(dmn::Definitions first, dmn::parse(content_of(main)));
    files.push_back(std::move(first));
    std::vector<std::filesystem::path> others;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".dmn" && entry.path().filename() != main.filename())
        others.push_back(entry.path());
    }
    std::sort(others.begin(), others.end());
    for (const auto& other : others) {
      if (auto definitions = dmn::parse(content_of(other))) files.push_back(std::move(*definitions));
    }
    return dmn::DecisionModel::compile(files, {Dialect::kDmn});
  }

  Outcome run_case(const dmn::DecisionModel& model, const xml::Element& test) {
    bool any = false;
    Outcome outcome{.passed = true};
    for (const xml::Element& node : test.children()) {
      if (node.name != "resultNode") continue;
      any = true;
      const Outcome one = run_node(model, test, node);
      if (!one.passed && outcome.passed) outcome.message = one.message;
      outcome.passed = outcome.passed && one.passed;
      outcome.error_missing = outcome.error_missing || one.error_missing;
      outcome.foreign = outcome.foreign || one.foreign;
    }
    if (!any) return {.message = "the case has no result"};
    return outcome;
  }

  Outcome run_node(const dmn::DecisionModel& model, const xml::Element& test, const xml::Element& node) {
    dmn::DecisionRun run(kNow);
    ValueReader reader(model.types(), run.feel());
    CaseInputs inputs(model);
    for (const xml::Element& input : test.children()) {
      if (input.name != "inputNode") continue;
      const std::string_view name = input.attribute_or_empty("name");
      inputs.add(name, input.attribute_or_empty("namespace"), reader.read(input, input_type(model, name)));
    }
    const std::string_view wanted = node.attribute_or_empty("name");
    Evaluation expected_memory(kNow);
    ValueReader expected_reader(model.types(), expected_memory);
    const xml::Element* expected_element = child_of(node, "expected");
    Value expected;
    if (expected_element != nullptr) expected = expected_reader.read(*expected_element, decision_type(model, wanted));
    const auto got = evaluate(model, test, wanted, inputs, run);
    const bool reported = !got || !run.problems().empty();
    Outcome outcome;
    const Value value = got ? *got : Value();
    outcome.passed = matches(value, expected);
    outcome.foreign = std::any_of(run.problems().begin(), run.problems().end(), [](const dmn::Problem& problem) {
      return problem.message.find("runs no foreign code") != std::string::npos;
    });
    if (node.attribute_or_empty("errorResult") == "true") {
      ++errors_expected_;
      outcome.error_missing = !reported;
    }
    if (!outcome.passed) {
      outcome.message = fmt::format("{}: expected {} but got {}", wanted, show(expected), show(value));
      if (!got) outcome.message += fmt::format(" ({})", got.error().message);
      for (const dmn::Problem& problem : run.problems()) outcome.message += fmt::format("; {}", problem.to_string());
    }
    return outcome;
  }

  static Result<Value> evaluate(const dmn::DecisionModel& model, const xml::Element& test, std::string_view wanted,
                                const CaseInputs& inputs, dmn::DecisionRun& run) {
    if (test.attribute_or_empty("type") == "decisionService") {
      const auto service = model.find_service(test.attribute_or_empty("invocableName"));
      if (!service) return fail(Code::kNotFound, "there is no such decision service");
      BATON_TRY(model.evaluate_service(*service, inputs, run));
      if (model.services()[*service].outputs.size() == 1 || !run.output().is(Kind::kContext)) return run.output();
      const Value* member = run.output().as_context().find(wanted);
      return member != nullptr ? *member : Value();
    }
    const auto decision = model.find_decision(wanted);
    if (!decision) return fail(Code::kNotFound, "there is no such decision");
    BATON_TRY(model.evaluate(*decision, inputs, run, {.variables_replace_decisions = true}));
    return run.output();
  }

  static dmn::TypeId input_type(const dmn::DecisionModel& model, std::string_view name) {
    for (const dmn::InputInfo& input : model.inputs()) {
      if (input.name == name) return input.type;
    }
    return decision_type(model, name);
  }

  static dmn::TypeId decision_type(const dmn::DecisionModel& model, std::string_view name) {
    const auto decision = model.find_decision(name);
    return decision ? model.decisions()[*decision].type : dmn::kAnyType;
  }

  std::ofstream out_;
  Report report_;
  int errors_expected_ = 0;
  int errors_missing_ = 0;
};

}  // namespace

int run_dmn_tck(const std::filesystem::path& folder, const std::filesystem::path& csv) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Suite suite(csv);
  for (const auto& file : files) suite.run_file(file);
  return suite.finish(csv);
}

}  // namespace baton::conformance
