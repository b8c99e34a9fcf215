// The house rules on this tree, and each rule on a small tree that breaks it: a rule that cannot fail protects nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "checks.h"

namespace baton::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Files& tree() {
  static const Files files = load_tree(BATON_SOURCE_DIR);
  return files;
}

std::string joined(const Problems& problems) {
  std::string text;
  for (const std::string& problem : problems) text += problem + "\n";
  return text;
}

void print_warnings(const Problems& warnings) {
  for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
}

#define EXPECT_TIDY(problems) EXPECT_EQ(joined(problems), "")

TEST(Tree, IsLoaded) {
  EXPECT_GT(tree().size(), 20U);
}
TEST(Tree, IncludesPointDownwards) {
  EXPECT_TIDY(check_include_arrows(tree()));
}
TEST(Tree, EngineHasNoInputOrOutput) {
  EXPECT_TIDY(check_engine_headers(tree()));
}
TEST(Tree, FunctionsAreShort) {
  EXPECT_TIDY(check_function_lengths(tree()));
}
TEST(Tree, CallsNothingBanned) {
  EXPECT_TIDY(check_banned_calls(tree()));
}
TEST(Tree, OpenPointsHaveIssues) {
  EXPECT_TIDY(check_open_points(tree()));
}
TEST(Tree, ParsesXmlInOnePlace) {
  EXPECT_TIDY(check_xml_entry_point(tree()));
}
TEST(Tree, NamesNoMachine) {
  EXPECT_TIDY(check_machine_paths(tree()));
}

TEST(Tree, FilesAreShort) {
  Problems warnings;
  EXPECT_TIDY(check_file_lengths(tree(), warnings));
  print_warnings(warnings);
}

TEST(Tree, ModulesHaveReadmes) {
  Problems warnings;
  EXPECT_TIDY(check_module_readmes(tree(), warnings));
  print_warnings(warnings);
}

TEST(Rule, IncludeArrows) {
  const Files files = {make_file("src/engine/a.cc", "#include \"base/ids.h\"\n#include \"storage/journal.h\"\n"),
                       make_file("src/base/b.h", "#include \"feel/value.h\"\n"),
                       make_file("src/dmn/c.cc", "#include \"xml/xml.h\"\n#include \"bpmn/compile.h\"\n"),
                       make_file("src/gateway/http2/d.cc",
                                 "#include \"gateway/x.h\"\n#include \"gateway.pb.h\"\n#include <partition/y.h>\n"),
                       make_file("src/novel/e.cc", ""),
                       make_file("src/novel/notes.md", "")};
  EXPECT_THAT(check_include_arrows(files),
              ElementsAre("src/engine/a.cc:2: engine must not include storage/journal.h",
                          "src/base/b.h:1: base must not include feel/value.h",
                          "src/dmn/c.cc:2: dmn must not include bpmn/compile.h",
                          "src/novel/e.cc:1: module 'novel' is not in the table of include arrows"));
}

TEST(Rule, EngineHeaders) {
  const Files files = {make_file("src/engine/a.cc", "#include <fstream>\n#include <sys/stat.h>\n#include <string>\n"),
                       make_file("src/engine/tests/a_test.cc", "#include <fstream>\n"),
                       make_file("src/base/a.cc", "#include <fstream>\n")};
  EXPECT_THAT(check_engine_headers(files), ElementsAre("src/engine/a.cc:1: the engine must not include fstream",
                                                       "src/engine/a.cc:2: the engine must not include sys/stat.h"));
}

TEST(Rule, FileLengths) {
  Problems warnings;
  const Files files = {make_file("a.cc", std::string(500, '\n')), make_file("b.h", std::string(501, '\n')),
                       make_file("c.cc", std::string(800, '\n')), make_file("d.cc", std::string(801, '\n')),
                       make_file("e.md", std::string(900, '\n'))};
  EXPECT_THAT(check_file_lengths(files, warnings), ElementsAre("d.cc:1: 801 lines"));
  EXPECT_THAT(warnings, ElementsAre("b.h:1: 501 lines", "c.cc:1: 800 lines"));
}

TEST(Rule, FunctionLengths) {
  const auto function = [](std::size_t lines) { return "int f(int a) {\n" + std::string(lines - 2, '\n') + "}\n"; };
  EXPECT_THAT(check_function_lengths({make_file("a.cc", function(100))}), IsEmpty());
  EXPECT_THAT(check_function_lengths({make_file("a.cc", "\n" + function(101))}),
              ElementsAre("a.cc:2: function f has 101 lines"));
  EXPECT_THAT(check_function_lengths({make_file("a.cc", "namespace {\nclass C {\n" + function(101) + "};\n}\n")}),
              ElementsAre("a.cc:3: function f has 101 lines"));
  EXPECT_THAT(check_function_lengths({make_file("a.cc", "const int kTable[] = {\n" + std::string(200, '\n') + "};\n")}),
              IsEmpty());
}

TEST(Rule, BannedCalls) {
  const Files files = {
      make_file(
          "src/base/a.cc",
          "void f() {\n  std::cout << 1;\n  try { g(); } catch (...) {}\n  auto r = rand();\n  std::regex x;\n}\n"),
      make_file("src/base/b.cc",
                "// rand() and std::cout\nconst char* k = \"system(1)\"; int brand(); auto s = R\"(sprintf)\"; "
                "snprintf(b, 1);\n"),
      make_file("src/base/clock.cc", "std::chrono::system_clock::now();"),
      make_file("src/base/c.cc", "std::chrono::system_clock::now(); time(nullptr); gettimeofday(&t, 0);"),
      make_file("src/cli/main.cc", "std::cout << 1;"),
      make_file("src/storage/d.cc", "exec(\"select PG_ADVISORY_lock(1)\");"),
  };
  EXPECT_THAT(check_banned_calls(files),
              ElementsAre(HasSubstr("a.cc:5: std::regex"), HasSubstr("a.cc:4: rand("), HasSubstr("a.cc:2: std::cout"),
                          HasSubstr("a.cc:3: catch (...)"), HasSubstr("c.cc:1: time(nullptr)"),
                          HasSubstr("c.cc:1: gettimeofday"), HasSubstr("c.cc:1: std::chrono::system_clock"),
                          HasSubstr("d.cc:1: advisory locks")));
}

TEST(Rule, ModuleReadmes) {
  Problems warnings;
  const auto readme = [](const char* path, std::size_t lines) { return make_file(path, std::string(lines, '\n')); };
  const Files files = {make_file("src/bpmn/a.cc", ""),      readme("src/bpmn/README.md", 29),
                       make_file("src/cli/a.cc", ""),       readme("src/cli/README.md", 80),
                       make_file("src/connectors/a.h", ""), make_file("src/storage/notes.md", "")};
  EXPECT_THAT(check_module_readmes(files, warnings),
              ElementsAre(HasSubstr("29 lines, expected 30 to 80"), "src/connectors: README.md is missing"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(Rule, OpenPoints) {
  EXPECT_THAT(check_open_points({make_file("a.cc", "// TODO(#12): x\n// TODO: y\n// FIXME(#) z\n// TODOS\n"),
                                 make_file("a.md", "TODO")}),
              ElementsAre(HasSubstr("a.cc:2: TODO"), HasSubstr("a.cc:3: FIXME")));
}

TEST(Rule, XmlEntryPoint) {
  EXPECT_THAT(check_xml_entry_point({make_file("src/xml/xml.cc", "#include <libxml/parser.h>\n"),
                                     make_file("src/dmn/a.cc", "\n#include <libxml/tree.h>\n")}),
              ElementsAre(HasSubstr("src/dmn/a.cc:2: includes libxml/tree.h")));
}

TEST(Rule, MachinePaths) {
  EXPECT_THAT(check_machine_paths({make_file("a.md", "see /home/me/x\nhttps://example.org/home/x and src/work/y\n"),
                                   make_file("CMakeLists.txt", "set(a \"/work/b\")")}),
              ElementsAre(HasSubstr("a.md:1: a path of one machine"), HasSubstr("CMakeLists.txt:1: a path")));
}

TEST(SourceTree, BlanksCommentsAndLiterals) {
  EXPECT_EQ(blank_literals("a /* { */ b // }\nc"), "a         b     \nc");
  EXPECT_EQ(blank_literals("x = \"{\\\"\" + '{' + 1'000;"), "x = \"   \" + ' ' + 1'000;");
  EXPECT_EQ(blank_literals("R\"x({)y)x\" {"), "R\"       \" {");
  EXPECT_EQ(blank_literals("#include \"a/b.h\"\n\"c\""), "#include \"a/b.h\"\n\" \"");
}

TEST(SourceTree, FindsFunctions) {
  const auto names = [](const char* code) {
    std::string text;
    for (const Function& function : functions_of(code)) text += function.name + " ";
    return text;
  };
  EXPECT_EQ(names("namespace a { int f() { if (x) { } } class C : B { void g() const { } int m = 0; }; }"), "f g ");
  EXPECT_EQ(names("template <class T> void f(T t) { } struct alignas(8) S { S() { } };"), "f S ");
  EXPECT_EQ(names("const int a[] = {1, f(2)}; enum class E { x }; extern \"C\" { void h() { } }"), "h ");
  EXPECT_EQ(names("#define M(x) { x }\nTEST(A, B) { }"), "TEST ");
}

}  // namespace
}  // namespace baton::tidy
