// Every BPMN file that others wrote: a model, or a refusal that names element and line; never a crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "bpmn/compile.h"
#include "bpmn/validation.h"

namespace baton::bpmn {
namespace {

std::filesystem::path conformance_folder() {
  if (const char* folder = std::getenv("BATON_CONFORMANCE")) return folder;
  return std::filesystem::path(BATON_SOURCE_DIR) / "../shared/conformance";
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::filesystem::path> bpmn_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".bpmn") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(BpmnConformance, EveryFileIsCompiledOrRefusedWithElementAndLine) {
  const std::filesystem::path folder = conformance_folder();
  if (!std::filesystem::is_directory(folder))
    GTEST_SKIP() << "no conformance data at " << folder << ": every .bpmn file there is skipped";
  std::size_t compiled = 0;
  std::size_t refused = 0;
  std::size_t unreadable = 0;
  for (const auto& path : bpmn_files(folder)) {
    SCOPED_TRACE(path.string());
    const auto definitions = parse(content_of(path));
    if (!definitions) {
      EXPECT_TRUE(definitions.error().message.starts_with("line ")) << definitions.error().message;
      ++unreadable;
      continue;
    }
    const auto violations = validate(*definitions);
    const auto models = compile(*definitions);
    if (violations.empty()) {
      ASSERT_TRUE(models) << models.error().message;
      for (const ProcessModel& model : *models) {
        const auto again = compile(*definitions, model.process_id, model.table);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->table, model.table);
      }
      ++compiled;
      continue;
    }
    for (const Violation& violation : violations) {
      EXPECT_FALSE(violation.element_id.empty()) << violation.message;
      EXPECT_GT(violation.line, 0) << violation.message;
      EXPECT_FALSE(violation.rule.empty()) << violation.message;
    }
    ++refused;
  }
  std::cout << "compiled " << compiled << ", refused " << refused << ", unreadable " << unreadable << '\n';
  EXPECT_GT(compiled + refused, 0U);
}

// Real files as seeds: cut short, with bytes changed. Deterministic, so a failure names file and variant.
TEST(BpmnConformance, DamagedFilesNeverCrash) {
  const std::filesystem::path folder = conformance_folder();
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no conformance data at " << folder;
  std::uint64_t random = 0x9E3779B97F4A7C15ULL;
  const auto next = [&random] { return random = random * 6364136223846793005ULL + 1442695040888963407ULL; };
  for (const auto& path : bpmn_files(folder)) {
    std::string text = content_of(path);
    if (text.empty()) continue;
    SCOPED_TRACE(path.string());
    for (int variant = 0; variant < 3; ++variant) {
      std::string damaged = text;
      if (variant == 0) damaged.resize(next() % damaged.size());
      for (int i = 0; i < 8 && !damaged.empty(); ++i)
        damaged[(next() >> 16) % damaged.size()] = "<>/\"'= &a\n\x80"[(next() >> 40) % 11];
      const auto definitions = parse(damaged);
      if (!definitions) continue;
      (void)validate(*definitions);
      (void)compile(*definitions);
    }
  }
}

TEST(BpmnExamples, AreDeployable) {
  const auto files = bpmn_files(std::filesystem::path(BATON_SOURCE_DIR) / "examples");
  EXPECT_FALSE(files.empty());
  for (const auto& path : files) {
    const auto definitions = parse(content_of(path));
    ASSERT_TRUE(definitions) << path << ": " << definitions.error().message;
    const auto violations = validate(*definitions);
    EXPECT_TRUE(violations.empty()) << violations_text(path.filename().string(), violations);
    EXPECT_TRUE(compile(*definitions)) << path;
  }
}

}  // namespace
}  // namespace baton::bpmn
