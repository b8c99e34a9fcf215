// From the raw model to the immutable process model that instances run on.
//
// Compiling does not validate: a stricter validation in a later version must not break resources that a journal already
// holds. It refuses only what it cannot represent.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "bpmn/definitions.h"
#include "bpmn/process_model.h"

namespace baton::bpmn {

/// Compiles every executable process, in document order; elements and flows are numbered in document order, the process
/// itself is element 0. Errors (INVALID_ARGUMENT) name process, element and line.
Result<std::vector<ProcessModel>> compile(const Definitions& definitions);

/// Compiles one executable process with the numbers of a journaled table. Ids that the table does not have are numbered
/// after it. Errors: NOT_FOUND if there is no such executable process; DATA_LOSS if the table names an id that the file
/// does not have, or names one twice; INVALID_ARGUMENT as above.
Result<ProcessModel> compile(const Definitions& definitions, std::string_view process_id, const ElementTable& table);

}  // namespace baton::bpmn
