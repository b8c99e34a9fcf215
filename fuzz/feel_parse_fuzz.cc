// Any bytes as FEEL source, in both dialects, as an expression and as unary tests: a program or an error, never a
// crash.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feel/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton::feel;
  static const std::vector<std::string> kNames = {"a", "Monthly Salary", "pre-bureau risk", "x in y"};
  static const std::vector<NamedType> kTypes = {{"tItem", "context<a: number, b: list<string>>"},
                                                {"tItems", "list<tItem>"}};
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  for (const Dialect dialect : {Dialect::kDmn, Dialect::kCamunda}) {
    const CompileOptions options{dialect, kNames, kTypes};
    if (const auto expression = Expression::compile(source, options)) (void)expression->free_names();
    (void)Expression::compile_unary_tests(source, options);
  }
  return 0;
}
