// Build tool: openapi_tables OPENAPI.json OUT.cc compiles the API description into tables. What it does not understand
// ends the build, so that the description never promises a check that nobody makes.
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "openapi_tables: %s\n", what.c_str());
  std::exit(1);
}

std::string literal(const std::string& text) {
  return Json(text).dump();
}

const std::map<std::string, std::string> kPatterns = {
    {"^-?[0-9]+$", "kKey"},
    {"^[A-Za-z][A-Za-z0-9_\\-:.]{0,99}$", "kTag"},
    {"^(<default>|[A-Za-z0-9_@.+-]+)$", "kTenant"},
    {"^[\\p{L}_][\\p{L}\\p{N}_\\-\\.]*$", "kDefinitionId"},
    {"^[0-9]+-[0-9]+$", "kEvaluationKey"},
};

class Tables {
 public:
  explicit Tables(const Json& document) : document_(document) {
    for (const auto& [path, methods] : document["paths"].items()) {
      for (const auto& [method, operation] : methods.items()) add_operation(path, method, operation);
    }
    // Opaque subtrees are skipped by name before any schema is known: a name is opaque everywhere or nowhere.
    for (const std::string& name : opaque_) {
      if (plain_objects_.contains(name)) give_up("'" + name + "' is free JSON in one schema and an object in another");
    }
  }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << "// Made from openapi.json; do not edit.\n#include \"gateway/rest/openapi_tables.h\"\n"
        << "namespace baton::rest::openapi {\nnamespace {\n";
    table(out, "Schema", "kSchemaTable", schemas_);
    table(out, "Property", "kPropertyTable", properties_);
    table(out, "SchemaIndex", "kAlternativeTable", alternatives_);
    table(out, "std::string_view", "kValueTable", values_);
    table(out, "Operation", "kOperationTable", operations_);
    table(out, "Parameter", "kParameterTable", parameters_);
    table(out, "Response", "kResponseTable", responses_);
    std::vector<std::string> opaque;
    for (const std::string& name : opaque_) opaque.push_back(literal(name));
    table(out, "std::string_view", "kOpaqueTable", opaque);
    out << "}\nconst std::span<const Schema> kSchemas = kSchemaTable;\n"
        << "const std::span<const Property> kProperties = kPropertyTable;\n"
        << "const std::span<const SchemaIndex> kAlternatives = kAlternativeTable;\n"
        << "const std::span<const std::string_view> kValues = kValueTable;\n"
        << "const std::span<const Operation> kOperations = kOperationTable;\n"
        << "const std::span<const Parameter> kParameters = kParameterTable;\n"
        << "const std::span<const Response> kResponses = kResponseTable;\n"
        << "const std::span<const std::string_view> kOpaqueNames = kOpaqueTable;\n}\n";
    return out.str();
  }

 private:
  static void table(std::ostringstream& out, const char* type, const char* name, const std::vector<std::string>& rows) {
    out << "constexpr " << type << " " << name << "[] = {\n";
    for (const std::string& row : rows) out << row << ",\n";
    out << "};\n";
  }

  /// The place of a schema; named ones are compiled once, also when they refer to themselves.
  std::size_t schema(const Json& json) {
    if (json.contains("$ref")) {
      const std::string name = json["$ref"].get<std::string>();
      if (const auto known = named_.find(name); known != named_.end()) return known->second;
      const std::size_t index = schemas_.size();
      schemas_.emplace_back();
      named_[name] = index;
      fill(index, resolve(name), false);
      return index;
    }
    if (json.contains("allOf")) {
      if (json["allOf"].size() != 1) give_up("allOf of several schemas");
      const Json& only = json["allOf"][0];
      const std::size_t index = schemas_.size();
      schemas_.emplace_back();
      fill(index, only.contains("$ref") ? resolve(only["$ref"].get<std::string>()) : only,
           json.value("nullable", false));
      return index;
    }
    const std::size_t index = schemas_.size();
    schemas_.emplace_back();
    fill(index, json, json.value("nullable", false));
    return index;
  }

  const Json& resolve(const std::string& reference) {
    const Json* found = &document_.at(Json::json_pointer(reference.substr(1)));
    while (found->contains("$ref")) {
      found = &document_.at(Json::json_pointer((*found)["$ref"].get<std::string>().substr(1)));
    }
    return *found;
  }

  void fill(std::size_t index, const Json& json, bool nullable) {
    std::ostringstream row;
    const std::string type = json.value("type", "");
    std::string more;
    std::string kind = "kAny";
    std::string format = "kNone";
    bool open = false;
    if (json.contains("oneOf")) {
      kind = "kOneOf";
      std::vector<std::string> list;
      for (const Json& alternative : json["oneOf"]) list.push_back(std::to_string(schema(alternative)));
      more += ".first_alternative=" + std::to_string(alternatives_.size()) +
              ",.alternative_count=" + std::to_string(list.size()) + ",";
      alternatives_.insert(alternatives_.end(), list.begin(), list.end());
    } else if (type == "object") {
      kind = "kObject";
      open = json.contains("additionalProperties") && json["additionalProperties"] != Json(false);
      if (json.contains("properties")) more += fill_properties(json);
    } else if (type == "array") {
      kind = "kArray";
      more += ".items=" + std::to_string(schema(json["items"])) + ",";
      if (json.contains("maxItems")) more += ".max_items=" + json["maxItems"].dump() + ",";
    } else if (type == "string") {
      kind = "kString";
      format = string_format(json);
      if (json.contains("enum")) {
        more += ".first_value=" + std::to_string(values_.size()) +
                ",.value_count=" + std::to_string(json["enum"].size()) + ",";
        for (const Json& value : json["enum"]) values_.push_back(value.dump());
      }
      if (json.contains("minLength")) more += ".min_length=" + json["minLength"].dump() + ",";
      if (json.contains("maxLength")) more += ".max_length=" + json["maxLength"].dump() + ",";
    } else if (type == "integer") {
      kind = "kInteger";
      const bool narrow = json.value("format", "") == "int32";
      if (json.contains("minimum")) {
        more += ".minimum=" + json["minimum"].dump() + ",";
      } else if (narrow) {
        more += ".minimum=-2147483647-1,";
      }
      if (json.contains("maximum")) {
        more += ".maximum=" + json["maximum"].dump() + ",";
      } else if (narrow) {
        more += ".maximum=2147483647,";
      }
    } else if (type == "number") {
      kind = "kNumber";
    } else if (type == "boolean") {
      kind = "kBoolean";
    } else if (!type.empty()) {
      give_up("a schema of type " + type);
    }
    row << "{.kind=Kind::" << kind << ",.format=Format::" << format << ",";
    if (nullable || json.value("nullable", false)) row << ".nullable=true,";
    if (open) row << ".open=true,";
    row << more << "}";
    schemas_[index] = row.str();
  }

  std::string fill_properties(const Json& json) {
    std::set<std::string> required;
    for (const Json& name : json.value("required", Json::array())) required.insert(name.get<std::string>());
    std::vector<std::string> rows;
    for (const auto& [name, property] : json["properties"].items()) {
      note_opaque(name, property);
      rows.push_back("{" + literal(name) + "," + std::to_string(schema(property)) + "," +
                     (required.erase(name) != 0 ? "true" : "false") + "}");
    }
    if (!required.empty()) give_up("the required property '" + *required.begin() + "' is not described");
    const std::string place = ".first_property=" + std::to_string(properties_.size()) +
                              ",.property_count=" + std::to_string(rows.size()) + ",";
    properties_.insert(properties_.end(), rows.begin(), rows.end());
    return place;
  }

  void note_opaque(const std::string& name, const Json& property) {
    if (!in_request_) return;
    const Json& shape = property.contains("$ref") ? resolve(property["$ref"].get<std::string>()) : property;
    const bool free = shape.value("type", "") == "object" && !shape.contains("properties");
    if (free) {
      opaque_.insert(name);
    } else if (shape.value("type", "") == "object" || shape.value("type", "") == "array" || shape.contains("oneOf")) {
      plain_objects_.insert(name);
    }
  }

  static std::string string_format(const Json& json) {
    if (json.contains("pattern")) {
      const auto found = kPatterns.find(json["pattern"].get<std::string>());
      if (found == kPatterns.end()) give_up("the pattern " + json["pattern"].dump());
      return found->second;
    }
    const std::string format = json.value("format", "");
    if (format.empty()) return "kNone";
    if (format == "date-time") return "kDateTime";
    if (format == "binary") return "kBinary";
    give_up("the format " + format);
  }

  void add_operation(const std::string& path, const std::string& method, const Json& json) {
    const bool served = json.value("x-baton-served", false);
    std::string upper = method;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::string body = "kNone";
    std::size_t request = 65535;
    bool required = false;
    if (json.contains("requestBody")) {
      required = json["requestBody"].value("required", false);
      const Json& content = json["requestBody"]["content"];
      body = content.contains("multipart/form-data") ? "kMultipart" : "kJson";
      if (served && body == "kJson") {
        in_request_ = true;
        request = schema(content.at("application/json")["schema"]);
        in_request_ = false;
      }
    }
    const std::size_t first_parameter = parameters_.size();
    for (const Json& parameter : json.value("parameters", Json::array())) {
      if (!served && parameter["in"] != "path") continue;
      parameters_.push_back("{" + literal(parameter["name"].get<std::string>()) + "," +
                            (parameter["in"] == "path" ? "true," : "false,") +
                            (parameter.value("required", false) ? "true," : "false,") +
                            std::to_string(served ? schema(parameter["schema"]) : 65535) + "}");
    }
    const std::size_t first_response = responses_.size();
    if (served) add_responses(json["responses"]);
    const bool open = json.contains("security") && json["security"].empty();
    std::ostringstream row;
    row << "{" << literal(json["operationId"].get<std::string>()) << "," << literal(upper) << "," << literal(path)
        << "," << (served ? "true" : "false") << "," << (open ? "true" : "false") << ",Body::" << body << ","
        << (required ? "true" : "false") << "," << request << "," << first_parameter << ","
        << parameters_.size() - first_parameter << "," << first_response << "," << responses_.size() - first_response
        << "}";
    operations_.push_back(row.str());
  }

  void add_responses(const Json& responses) {
    for (const auto& [status, response] : responses.items()) {
      if (status[0] != '2') continue;
      std::string type;
      std::size_t index = 65535;
      if (response.contains("content")) {
        const auto content = response["content"].items().begin();
        type = content.key();
        if (type == "application/json") index = schema(content.value()["schema"]);
      }
      responses_.push_back("{" + status + "," + literal(type) + "," + std::to_string(index) + "}");
    }
  }

  const Json& document_;
  std::vector<std::string> schemas_, properties_, alternatives_, values_, operations_, parameters_, responses_;
  std::map<std::string, std::size_t> named_;
  std::set<std::string> opaque_, plain_objects_;
  bool in_request_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("usage: openapi_tables OPENAPI.json OUT.cc");
  std::ifstream in(argv[1]);
  const Json document = Json::parse(in, nullptr, false);
  if (document.is_discarded()) give_up(std::string(argv[1]) + " is no JSON");
  std::ofstream out(argv[2]);
  out << Tables(document).text();
  return out ? 0 : 1;
}
