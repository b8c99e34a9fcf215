#include "checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace baton::tidy {
namespace {

constexpr std::size_t kFileLinesMax = 800;
constexpr std::size_t kFileLinesWarn = 500;
constexpr std::size_t kFunctionLinesMax = 100;
constexpr std::size_t kReadmeLinesMin = 30;
constexpr std::size_t kReadmeLinesMax = 80;

/// Which modules a module may include, beside itself.
const std::map<std::string, std::set<std::string>>& allowed_includes() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"base", {}},
      {"feel", {"base"}},
      {"xml", {"base"}},
      {"dmn", {"base", "feel", "xml"}},
      {"bpmn", {"base", "feel", "xml"}},
      {"engine", {"base", "feel", "dmn", "bpmn"}},
      {"storage", {"base"}},
      {"partition", {"base", "feel", "dmn", "bpmn", "engine", "storage"}},
      {"projection", {"base", "feel", "dmn", "bpmn", "engine", "storage"}},
      {"gateway", {"base", "feel", "dmn", "bpmn", "engine", "partition", "projection"}},
      {"connectors", {"base", "feel", "gateway"}},
      {"cli", {"base", "feel", "dmn", "bpmn", "engine", "storage", "partition", "projection", "gateway", "connectors"}},
  };
  return table;
}

/// Single headers beyond the table: module and header, each with the reason beside it.
const std::set<std::pair<std::string, std::string>>& extra_includes() {
  static const std::set<std::pair<std::string, std::string>> list = {
  };
  return list;
}

/// Functions that may be longer, as "path:name", each with the reason beside it.
const std::set<std::string>& long_functions() {
  static const std::set<std::string> list = {};
  return list;
}

/// Modules whose README is still owed; a warning until it is there.
const std::set<std::string>& owed_readmes() {
  static const std::set<std::string> list = {"gateway", "partition", "storage"};
  return list;
}

struct BannedCall {
  std::string_view word;
  std::string_view instead;
  bool (*allowed)(const SourceFile& file) = nullptr;
};

bool may_print(const SourceFile& file) {
  return file.is_test() || file.module() == "cli" || file.path.starts_with("bench/");
}
bool is_the_clock(const SourceFile& file) {
  return file.path == "src/base/clock.cc" || file.path == "src/base/clock.h";
}

constexpr BannedCall kBannedCalls[] = {
    {"std::regex", "a linear-time matcher"},
    {"strcpy", "std::string"},
    {"strcat", "std::string"},
    {"sprintf", "fmt::format"},
    {"vsprintf", "fmt::format"},
    {"gets(", "a bounded read"},
    {"rand(", "numbers that come with the command"},
    {"system(", "posix_spawn with a fixed program"},
    {"std::cout", "base/log.h, or return the text", may_print},
    {"time(nullptr)", "base/clock.h", is_the_clock},
    {"time(NULL)", "base/clock.h", is_the_clock},
    {"gettimeofday", "base/clock.h", is_the_clock},
    {"std::chrono::system_clock", "base/clock.h", is_the_clock},
    {"catch (...)", "catch the type that the library throws"},
    {"catch(...)", "catch the type that the library throws"},
};

std::string place(const SourceFile& file, std::size_t line) {
  return fmt::format("{}:{}", file.path, line);
}

/// The checks' own words would be found in their own files.
bool is_tidy_itself(const SourceFile& file) {
  return file.path.starts_with("tests/tidy/");
}

struct Include {
  std::string header;
  std::size_t line;
  bool quoted;
};

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  for (const std::size_t at : find_word(file.code, "#include")) {
    const std::size_t end_of_line = std::min(file.code.find('\n', at), file.code.size());
    const std::size_t open = file.code.find_first_of("\"<", at);
    if (open >= end_of_line) continue;
    const std::size_t close = file.code.find_first_of("\">", open + 1);
    if (close >= end_of_line) continue;
    includes.push_back({file.code.substr(open + 1, close - open - 1), line_at(file.code, at), file.code[open] == '"'});
  }
  return includes;
}

}  // namespace

Problems check_include_arrows(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    const std::string module = file.module();
    if (module.empty() || !file.is_cpp()) continue;
    const auto allowed = allowed_includes().find(module);
    if (allowed == allowed_includes().end()) {
      problems.push_back(fmt::format("{}: module '{}' is not in the table of include arrows", place(file, 1), module));
      continue;
    }
    for (const Include& include : includes_of(file)) {
      const std::string target = include.header.substr(0, include.header.find('/'));
      if (!include.quoted || target == module || !allowed_includes().contains(target)) continue;
      if (allowed->second.contains(target) || extra_includes().contains({module, include.header})) continue;
      problems.push_back(fmt::format("{}: {} must not include {}", place(file, include.line), module, include.header));
    }
  }
  return problems;
}

Problems check_engine_headers(const Files& files) {
  static const std::set<std::string> banned = {"fstream", "iostream", "filesystem", "thread", "future",      "random",
                                               "ctime",   "unistd.h", "fcntl.h",    "time.h", "base/clock.h"};
  Problems problems;
  for (const SourceFile& file : files) {
    if (file.module() != "engine" || !file.is_cpp() || file.is_test()) continue;
    for (const Include& include : includes_of(file)) {
      if (banned.contains(include.header) || include.header.starts_with("sys/")) {
        problems.push_back(
            fmt::format("{}: the engine must not include {}", place(file, include.line), include.header));
      }
    }
  }
  return problems;
}

Problems check_file_lengths(const Files& files, Problems& warnings) {
  Problems problems;
  for (const SourceFile& file : files) {
    const bool is_code = file.is_cpp() || file.path.ends_with(".ts") || file.path.ends_with(".js");
    const std::size_t lines = file.line_count();
    if (!is_code || lines <= kFileLinesWarn) continue;
    (lines > kFileLinesMax ? problems : warnings).push_back(fmt::format("{}: {} lines", place(file, 1), lines));
  }
  return problems;
}

Problems check_function_lengths(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    for (const Function& function : functions_of(file.code)) {
      if (function.lines <= kFunctionLinesMax || long_functions().contains(file.path + ":" + function.name)) continue;
      problems.push_back(
          fmt::format("{}: function {} has {} lines", place(file, function.first_line), function.name, function.lines));
    }
  }
  return problems;
}

Problems check_banned_calls(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    for (const BannedCall& banned : kBannedCalls) {
      if (banned.allowed != nullptr && banned.allowed(file)) continue;
      for (const std::size_t at : find_word(file.code, banned.word)) {
        problems.push_back(
            fmt::format("{}: {} is banned, use {}", place(file, line_at(file.code, at)), banned.word, banned.instead));
      }
    }
    if (is_tidy_itself(file) || (!file.is_cpp() && !file.path.ends_with(".sql"))) continue;
    std::string lower = file.text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view lock : {"pg_advisory", "pg_try_advisory"}) {
      const std::size_t at = lower.find(lock);
      if (at != std::string::npos)
        problems.push_back(fmt::format("{}: advisory locks are banned", place(file, line_at(lower, at))));
    }
  }
  return problems;
}

Problems check_module_readmes(const Files& files, Problems& warnings) {
  std::set<std::string> modules;
  std::map<std::string, std::size_t> readme_lines;
  for (const SourceFile& file : files) {
    const std::string module = file.module();
    if (module.empty()) continue;
    if (file.is_cpp()) modules.insert(module);
    if (file.path == "src/" + module + "/README.md") readme_lines[module] = file.line_count();
  }
  Problems problems;
  for (const std::string& module : modules) {
    const auto readme = readme_lines.find(module);
    if (readme == readme_lines.end()) {
      (owed_readmes().contains(module) ? warnings : problems)
          .push_back(fmt::format("src/{}: README.md is missing", module));
    } else if (readme->second < kReadmeLinesMin || readme->second > kReadmeLinesMax) {
      problems.push_back(fmt::format("src/{}/README.md:1: {} lines, expected {} to {}", module, readme->second,
                                     kReadmeLinesMin, kReadmeLinesMax));
    }
  }
  return problems;
}

Problems check_open_points(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    if (is_tidy_itself(file) || file.path.ends_with(".md") || file.path.ends_with(".json")) continue;
    for (const std::string_view word : {"TODO", "FIXME"}) {
      for (const std::size_t at : find_word(file.text, word)) {
        std::string_view rest = std::string_view(file.text).substr(at + word.size());
        const bool numbered =
            rest.starts_with("(#") && rest.size() > 2 && std::isdigit(static_cast<unsigned char>(rest[2])) != 0;
        if (!numbered)
          problems.push_back(fmt::format("{}: {} without the number of an issue, write {}(#12)",
                                         place(file, line_at(file.text, at)), word, word));
      }
    }
  }
  return problems;
}

Problems check_xml_entry_point(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    if (!file.is_cpp() || file.path == "src/xml/xml.cc") continue;
    for (const Include& include : includes_of(file)) {
      for (const std::string_view parser :
           {"libxml/", "libxml2/", "expat", "pugixml", "tinyxml", "rapidxml", "xercesc", "boost/property_tree"}) {
        if (!include.header.starts_with(parser)) continue;
        problems.push_back(fmt::format("{}: includes {}; XML is parsed by xml/xml.h only", place(file, include.line),
                                       include.header));
      }
    }
  }
  return problems;
}

Problems check_machine_paths(const Files& files) {
  Problems problems;
  for (const SourceFile& file : files) {
    if (is_tidy_itself(file)) continue;
    for (const std::string_view path : {"/home/", "/root/", "/Users/", "/work/", "C:\\Users\\"}) {
      for (std::size_t at = file.text.find(path); at != std::string::npos; at = file.text.find(path, at + 1)) {
        // Within a longer path or an address it is a name like any other.
        const bool begins =
            at == 0 || std::string_view(" \t\n\"'`(=:,<>[").find(file.text[at - 1]) != std::string_view::npos;
        if (begins)
          problems.push_back(
              fmt::format("{}: a path of one machine ({}...)", place(file, line_at(file.text, at)), path));
      }
    }
  }
  return problems;
}

}  // namespace baton::tidy
