// The files of the tree as the tidy checks see them: text, and for C++ the code without comments and literals.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace baton::tidy {

struct SourceFile {
  std::string path;  // relative to the root of the tree, with '/'
  std::string text;
  std::string code;  // C++ only: comments and the insides of literals are spaces, line breaks stay

  [[nodiscard]] bool is_cpp() const;
  [[nodiscard]] bool is_test() const;  // below tests/ or a module's tests/
  /// "engine" for src/engine/..., empty outside src.
  [[nodiscard]] std::string module() const;
  [[nodiscard]] std::size_t line_count() const;
};

/// A body of code between braces that looks like a function's.
struct Function {
  std::string name;  // the text before the parameter list, last word
  std::size_t first_line = 0;
  std::size_t lines = 0;
};

/// Every text file below `root` except build results, data and the repository's own folder.
std::vector<SourceFile> load_tree(const std::filesystem::path& root);

/// Makes a file of a fake tree, for testing the checks.
SourceFile make_file(std::string path, std::string text);

/// C++ text with comments and the insides of string and character literals blanked. #include lines are kept.
std::string blank_literals(std::string_view text);

/// Functions of blanked code, by brace matching: approximate, but never too long for a real function.
std::vector<Function> functions_of(std::string_view code);

/// 1-based line of an offset.
std::size_t line_at(std::string_view text, std::size_t offset);

/// Offsets where `word` stands with no identifier character on either side (a side of `word` that is punctuation is
/// free).
std::vector<std::size_t> find_word(std::string_view text, std::string_view word);

}  // namespace baton::tidy
