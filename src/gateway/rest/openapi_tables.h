// The router's and the validator's tables, compiled from openapi.json when Baton is built (generate/openapi_tables.cc).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace baton::rest::openapi {

enum class Kind : std::uint8_t { kAny, kObject, kArray, kString, kInteger, kNumber, kBoolean, kOneOf };
/// What a string must look like; each stands for one `pattern` or `format` of the file.
enum class Format : std::uint8_t { kNone, kKey, kTag, kTenant, kDefinitionId, kEvaluationKey, kDateTime, kBinary };

using SchemaIndex = std::uint16_t;
inline constexpr SchemaIndex kNoSchema = std::numeric_limits<SchemaIndex>::max();

struct Property {
  std::string_view name;
  SchemaIndex schema;
  bool required;
};

struct Schema {
  Kind kind = Kind::kAny;
  Format format = Format::kNone;
  bool nullable = false;
  bool open = false;  // objects: unknown properties are allowed
  std::uint16_t first_property = 0, property_count = 0;
  SchemaIndex items = kNoSchema;  // of arrays
  std::uint16_t first_alternative = 0, alternative_count = 0;
  std::uint16_t first_value = 0, value_count = 0;  // of enumerations
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::uint32_t min_length = 0;  // characters
  std::uint32_t max_length = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t max_items = std::numeric_limits<std::uint32_t>::max();
};

enum class Body : std::uint8_t { kNone, kJson, kMultipart };

struct Response {
  unsigned status;
  std::string_view content_type;
  SchemaIndex schema;
};

struct Operation {
  std::string_view id;
  std::string_view method;
  std::string_view path;  // "/v2/jobs/{jobKey}"
  bool served;
  bool open;  // needs no authentication
  Body body;
  bool body_required;
  SchemaIndex request;
  std::uint16_t first_parameter, parameter_count;  // of the path and the query
  std::uint16_t first_response, response_count;    // successful ones
};

struct Parameter {
  std::string_view name;
  bool in_path;
  bool required;
  SchemaIndex schema;
};

extern const std::span<const Schema> kSchemas;
extern const std::span<const Property> kProperties;
extern const std::span<const SchemaIndex> kAlternatives;
extern const std::span<const std::string_view> kValues;
extern const std::span<const Operation> kOperations;
extern const std::span<const Parameter> kParameters;
extern const std::span<const Response> kResponses;
/// Names whose values are free JSON: they are checked by whoever uses them.
extern const std::span<const std::string_view> kOpaqueNames;

inline std::span<const Property> properties_of(const Schema& schema) {
  return kProperties.subspan(schema.first_property, schema.property_count);
}

}  // namespace baton::rest::openapi
