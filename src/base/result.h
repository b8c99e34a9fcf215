// Errors as values. Every fallible function returns Status or Result<T>; expected errors never throw.
//
//   Result<Model> read(std::string_view bytes);
//   auto model = read(bytes);
//   if (!model) return fail(model.error());
//
// A Status says what happened, where (element id, line, key) and what to do. The codes map one to one to gRPC codes.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace baton {

/// Canonical error codes; the numeric values are those of gRPC.
enum class [[nodiscard]] Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// Upper-case name as APIs print it, e.g. "NOT_FOUND".
std::string_view code_name(Code code);

/// An error: a code and one sentence for a person.
struct Error {
  Code code = Code::kUnknown;
  std::string message;

  /// "NOT_FOUND: ..." for logs and command lines.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;
using Failure = tl::unexpected<Error>;

/// Builds the failure value of a Result or Status.
inline Failure fail(Code code, std::string message) {
  return Failure(Error{code, std::move(message)});
}
inline Failure fail(Error error) {
  return Failure(std::move(error));
}
template <typename... Args>
Failure failf(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return Failure(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace baton

// Propagates the error of a Status- or Result-valued expression.
#define BATON_TRY(expression)                              \
  do {                                                     \
    if (auto&& baton_try_ = (expression); !baton_try_) {   \
      return ::baton::fail(std::move(baton_try_.error())); \
    }                                                      \
  } while (false)

#define BATON_CONCAT_INNER(a, b) a##b
#define BATON_CONCAT(a, b) BATON_CONCAT_INNER(a, b)
#define BATON_ASSIGN_IMPL(tmp, declaration, expression)   \
  auto tmp = (expression);                                \
  if (!tmp) return ::baton::fail(std::move(tmp.error())); \
  declaration = std::move(*tmp)

// BATON_ASSIGN(auto x, f()): x = value of f(), or return its error.
#define BATON_ASSIGN(declaration, expression) \
  BATON_ASSIGN_IMPL(BATON_CONCAT(baton_assign_, __LINE__), declaration, expression)
