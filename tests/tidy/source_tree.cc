#include "source_tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>

namespace baton::tidy {
namespace {

namespace fs = std::filesystem;

constexpr auto kSkippedFolders =
    std::to_array<std::string_view>({".git", "build", "node_modules", "baton-data", "dist", "corpus"});
constexpr auto kTextEndings =
    std::to_array<std::string_view>({".cc", ".h", ".cmake", ".txt", ".md", ".json", ".ts", ".js", ".css", ".html",
                                     ".bpmn", ".dmn", ".feel", ".sql", ".proto", ".sh", ".yml", ".yaml"});

bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// True if the quote at `at` separates digits, as in 1'000'000.
bool is_digit_separator(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && (is_word_char(text[begin - 1]) || text[begin - 1] == '\'')) --begin;
  return begin < at && std::isdigit(static_cast<unsigned char>(text[begin])) != 0;
}

class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool looking_at(std::string_view what) const { return text_.compare(at_, what.size(), what) == 0; }

  void blank_to(std::size_t end) {
    for (; at_ < std::min(end, text_.size()); ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }

  void step() {
    if (looking_at("#include")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (looking_at("//")) {
      blank_to(text_.find('\n', at_));
    } else if (looking_at("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      blank_to(end == std::string_view::npos ? end : end + 2);
    } else if (looking_at("R\"") && (at_ == 0 || !is_word_char(text_[at_ - 1]))) {
      raw_string();
    } else if (text_[at_] == '"' || (text_[at_] == '\'' && !is_digit_separator(text_, at_))) {
      quoted(text_[at_]);
    } else {
      ++at_;
    }
  }

  void raw_string() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) return blank_to(open);
    const std::string closing = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
    const std::size_t end = text_.find(closing, open);
    at_ += 2;
    blank_to(end == std::string_view::npos ? end : end + closing.size() - 1);
    at_ = std::min(at_ + 1, text_.size());
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    ++at_;
    blank_to(end);
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

/// `statement` without what stands in parentheses and without template parameter lists.
std::string bare(std::string_view statement) {
  std::string out;
  int parentheses = 0;
  int angles = 0;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (c == '(') ++parentheses;
    if (parentheses == 0 && c == '<' && (angles > 0 || out.ends_with("template") || out.ends_with("template ")))
      ++angles;
    if (parentheses == 0 && angles == 0) out.push_back(c);
    if (c == ')' && parentheses > 0) --parentheses;
    if (c == '>' && angles > 0 && parentheses == 0) --angles;
  }
  return out;
}

bool has_word(std::string_view text, std::string_view word) {
  return !find_word(text, word).empty();
}

bool opens_container(std::string_view statement) {
  const std::string text = bare(statement);
  for (const std::string_view word : {"namespace", "class", "struct", "union", "enum", "extern"}) {
    if (has_word(text, word)) return true;
  }
  return false;
}

bool opens_function(std::string_view statement) {
  return statement.find('(') != std::string_view::npos && bare(statement).find('=') == std::string::npos;
}

std::string name_before_parameters(std::string_view statement) {
  std::size_t end = std::min(statement.find('('), statement.size());
  while (end > 0 && !is_word_char(statement[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_word_char(statement[begin - 1])) --begin;
  return std::string(statement.substr(begin, end - begin));
}

std::size_t matching_brace(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == '{') ++depth;
    if (code[i] == '}' && --depth == 0) return i;
  }
  return code.size();
}

}  // namespace

bool SourceFile::is_cpp() const {
  return path.ends_with(".cc") || path.ends_with(".h");
}

bool SourceFile::is_test() const {
  return path.starts_with("tests/") || path.find("/tests/") != std::string::npos;
}

std::string SourceFile::module() const {
  if (!path.starts_with("src/")) return {};
  const std::size_t end = path.find('/', 4);
  return end == std::string::npos ? std::string() : path.substr(4, end - 4);
}

std::size_t SourceFile::line_count() const {
  const auto breaks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return breaks + (text.empty() || text.back() == '\n' ? 0 : 1);
}

SourceFile make_file(std::string path, std::string text) {
  SourceFile file{std::move(path), std::move(text), {}};
  if (file.is_cpp()) file.code = blank_literals(file.text);
  return file;
}

std::vector<SourceFile> load_tree(const fs::path& root) {
  std::vector<SourceFile> files;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator(); ++at) {
    const std::string name = at->path().filename().string();
    if (at->is_directory()) {
      if (std::find(kSkippedFolders.begin(), kSkippedFolders.end(), name) != kSkippedFolders.end())
        at.disable_recursion_pending();
      continue;
    }
    const std::string ending = at->path().extension().string();
    if (!at->is_regular_file() || std::find(kTextEndings.begin(), kTextEndings.end(), ending) == kTextEndings.end())
      continue;
    std::ifstream stream(at->path(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    files.push_back(make_file(fs::relative(at->path(), root).generic_string(), text.str()));
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

std::string blank_literals(std::string_view text) {
  return Blanker(text).run();
}

std::vector<Function> functions_of(std::string_view code) {
  std::vector<Function> functions;
  std::size_t statement = 0;  // where the text before the next brace begins
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '#') {  // preprocessor lines are not part of a statement
      while (i < code.size() && code[i] != '\n') i += code[i] == '\\' ? 2 : 1;
      statement = i;
    } else if (c == ';' || c == '}') {
      statement = i + 1;
    } else if (c == '{') {
      const std::string_view before = code.substr(statement, i - statement);
      if (!opens_container(before)) {
        const std::size_t end = matching_brace(code, i);
        if (opens_function(before)) {
          const std::size_t first = std::min(code.find_first_not_of(" \n\t", statement), i);
          const std::size_t line = line_at(code, first);
          functions.push_back({name_before_parameters(before), line, line_at(code, end) - line + 1});
        }
        i = end;
      }
      statement = i + 1;
    }
  }
  return functions;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::vector<std::size_t> find_word(std::string_view text, std::string_view word) {
  std::vector<std::size_t> found;
  if (word.empty()) return found;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool free_before = !is_word_char(word.front()) || at == 0 || !is_word_char(text[at - 1]);
    const bool free_after = !is_word_char(word.back()) || end == text.size() || !is_word_char(text[end]);
    if (free_before && free_after) found.push_back(at);
  }
  return found;
}

}  // namespace baton::tidy
