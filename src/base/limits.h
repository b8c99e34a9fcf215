// Limits of everything that comes from outside, in one place. Each one has a test at the limit and one beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace baton::limits {

// XML (reliability.md 4.2)
inline constexpr std::size_t kXmlBytes = 4U << 20;
inline constexpr int kXmlDepth = 256;
inline constexpr std::size_t kXmlAttributes = 256;
inline constexpr std::size_t kXmlNodes = 1'000'000;
inline constexpr std::size_t kXmlNameBytes = 4096;
inline constexpr std::size_t kXmlNamespaces =
    256;  // declarations in scope at one place: each prefix look-up walks them

// BPMN models
inline constexpr std::size_t kBpmnIdBytes = 255;         // ids and job types: they are parts of row keys
inline constexpr std::size_t kMappingPathSegments = 32;  // a target nests one object per segment

// Names and correlation keys of messages and signals: they are parts of row keys
inline constexpr std::size_t kSubscriptionTextBytes = 32U << 10;
// Process instances that call each other
inline constexpr std::uint32_t kCallDepth = 1000;
inline constexpr std::size_t kBusinessIdBytes = 256;
// Request ids that are remembered, and for how long
inline constexpr std::size_t kRequests = 1'000'000;
inline constexpr std::int64_t kRequestMs = 3'600'000;
inline constexpr std::size_t kRequestIdBytes = 256;
// DMN models
inline constexpr int kDmnNesting = 64;                   // boxed expressions and item components inside each other
inline constexpr std::size_t kDmnDecisions = 1000;       // of one deployed file
inline constexpr std::size_t kDmnIndexBytes = 4U << 20;  // of one decision table's column indexes
inline constexpr std::size_t kDmnEvaluatedDecisions = 10'000;  // recorded in one evaluation

// Violations of one file, and the text of all violations of one deployment
inline constexpr std::size_t kViolations = 1000;
inline constexpr std::size_t kViolationTextBytes = 12U << 10;

// JSON documents of variables
inline constexpr std::size_t kJsonBytes = 4U << 20;
inline constexpr int kJsonDepth = 100;

// Messages of the APIs
inline constexpr std::size_t kMessageBytes = 4U << 20;
inline constexpr std::size_t kBatchMarginBytes = 8U << 10;
inline constexpr std::size_t kErrorMessageChars = 10'000;

// FEEL budgets, all counted, never timed
inline constexpr std::uint64_t kFeelSteps = 1'000'000;
inline constexpr std::size_t kFeelBytes = 16U << 20;
inline constexpr int kFeelParseDepth = 200;
inline constexpr std::size_t kFeelTokens = 100'000;
inline constexpr int kFeelCallDepth = 128;
inline constexpr std::size_t kFeelStringBytes = 1U << 20;
inline constexpr std::size_t kFeelListItems = 100'000;

}  // namespace baton::limits
