// The house rules. Each check returns one line per problem, "path:line: what"; an empty result means tidy.
#pragma once

#include <string>
#include <vector>

#include "source_tree.h"

namespace baton::tidy {

using Files = std::vector<SourceFile>;
using Problems = std::vector<std::string>;

/// Includes between modules point downwards only (the layout of the architecture document).
Problems check_include_arrows(const Files& files);
/// The engine knows no I/O, threads, randomness or process-wide clock.
Problems check_engine_headers(const Files& files);
/// No file over 800 lines; `warnings` gets those over 500.
Problems check_file_lengths(const Files& files, Problems& warnings);
/// No function over 100 lines unless listed with a reason.
Problems check_function_lengths(const Files& files);
/// Calls that have a better replacement or hide errors.
Problems check_banned_calls(const Files& files);
/// Every module with code has a README.md of 30 to 80 lines.
Problems check_module_readmes(const Files& files, Problems& warnings);
/// Open points carry the number of an issue.
Problems check_open_points(const Files& files);
/// XML is parsed in one place.
Problems check_xml_entry_point(const Files& files);
/// No path of somebody's machine.
Problems check_machine_paths(const Files& files);

}  // namespace baton::tidy
