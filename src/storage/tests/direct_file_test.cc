// Files that are written around the cache hold what was appended, whatever the file system allows.
#include "storage/files/direct_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace baton::storage::test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The directory for temporary files and, where there is one, a file system in memory, which has no direct writes.
std::vector<std::string> roots() {
  std::vector<std::string> found{fs::temp_directory_path()};
  if (fs::is_directory("/dev/shm")) found.emplace_back("/dev/shm");
  return found;
}

class DirectFileTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string pattern = (fs::path(GetParam()) / "baton-direct-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string directory_;
};

TEST_P(DirectFileTest, HoldsWhatWasAppended) {
  std::mt19937_64 random(1);
  const std::string path = directory_ + "/file";
  for (const std::size_t size : {0UL, 1UL, 4096UL, 131'072UL, 131'073UL, 262'144UL, 1'000'003UL}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    auto file = DirectFile::create(path);  // replaces the one before
    ASSERT_TRUE(file);
    for (std::size_t at = 0; at < size;) {
      const std::size_t part = std::min<std::size_t>(size - at, 1 + random() % 200'000);
      ASSERT_TRUE((*file)->append(std::string_view(bytes).substr(at, part)));
      at += part;
    }
    ASSERT_TRUE((*file)->finish());
    EXPECT_TRUE(read_file(path) == bytes) << size;
  }
}

TEST_P(DirectFileTest, SaysWhatIsWrong) {
  const auto file = DirectFile::create(directory_ + "/missing/file");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Roots, DirectFileTest, ::testing::ValuesIn(roots()),
                         [](const auto& root) { return "Root" + std::to_string(root.index); });

}  // namespace
}  // namespace baton::storage::test
