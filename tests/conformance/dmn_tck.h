// Runs test cases of the DMN TCK (dmn_tck.cc).
#pragma once

#include <filesystem>

namespace baton::conformance {

/// Runs every file of test cases below `folder` and writes the result to `csv` in the kit's form. Returns an exit code.
int run_dmn_tck(const std::filesystem::path& folder, const std::filesystem::path& csv);

}  // namespace baton::conformance
