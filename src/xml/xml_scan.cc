#include "xml/xml_scan.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/limits.h"

namespace baton::xml {
namespace {

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

/// Length of the well-formed UTF-8 sequence at the start of `text` that is also an XML character, 0 if there is none.
std::size_t xml_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;  // overlong, surrogates
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;  // overlong, beyond U+10FFFF
  if (lead == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) return 0;                    // U+FFFE, U+FFFF
  return size;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Status run() {
    BATON_TRY(check_characters());
    BATON_TRY(check_declaration());
    while (true) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) break;
      BATON_TRY(markup());
    }
    at_ = text_.size();
    if (start_lines_.empty()) return malformed("not an XML document: there is no element");
    if (!namespaces_by_depth_.empty())
      return malformed(fmt::format("the document ends with {} elements open", namespaces_by_depth_.size()));
    return {};
  }

  std::vector<std::uint32_t> take_start_lines() { return std::move(start_lines_); }

 private:
  [[nodiscard]] bool looking_at(std::string_view what) const { return text_.compare(at_, what.size(), what) == 0; }

  /// Line of the byte at `offset`. Offsets must not go down between calls.
  std::size_t line_of(std::size_t offset) {
    while (counted_ < offset) {
      const std::size_t newline = text_.substr(0, offset).find('\n', counted_);
      if (newline == std::string_view::npos) break;
      ++line_;
      counted_ = line_start_ = newline + 1;
    }
    counted_ = std::max(counted_, offset);
    return line_;
  }

  Failure error_at(std::size_t offset, Code code, std::string_view message) {
    const std::size_t line = line_of(offset);
    return failf(code, "line {}, column {}: {}", line, offset - std::min(line_start_, offset) + 1, message);
  }
  Failure malformed(std::string_view message) { return error_at(at_, Code::kInvalidArgument, message); }
  Failure limit(std::string_view message) { return error_at(at_, Code::kResourceExhausted, message); }

  Status check_characters() {
    for (std::size_t i = 0; i < text_.size();) {
      const std::size_t size = xml_character(text_.substr(i));
      if (size == 0)
        return error_at(i, Code::kInvalidArgument,
                        "a byte that is not UTF-8 text, or a character that XML does not allow");
      if (size > 1) only_ascii_ = false;
      i += size;
    }
    return {};
  }

  // Only UTF-8 is read. A declared one-byte encoding is accepted if the document is pure ASCII, because then the bytes
  // mean the same; exporters of some modelers write such declarations.
  Status check_declaration() {
    if (!looking_at("<?xml") || text_.size() < 6 || !is_space(text_[5])) return {};
    const std::size_t end = text_.find("?>");
    if (end == std::string_view::npos) return malformed("the XML declaration does not end");
    const std::string_view declaration = text_.substr(0, end);
    const std::size_t word = declaration.find("encoding");
    if (word == std::string_view::npos) return {};
    const std::size_t open = declaration.find_first_of("\"'", word);
    if (open == std::string_view::npos) return malformed("the XML declaration names no encoding");
    const std::size_t close = declaration.find(declaration[open], open + 1);
    if (close == std::string_view::npos) return malformed("the XML declaration names no encoding");
    const std::string_view encoding = declaration.substr(open + 1, close - open - 1);
    if (equals_ignoring_case(encoding, "utf-8")) return {};
    for (const std::string_view one_byte : {"us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}) {
      if (only_ascii_ && equals_ignoring_case(encoding, one_byte)) return {};
    }
    return malformed(fmt::format("encoding '{}' is not accepted, save the file as UTF-8", encoding.substr(0, 40)));
  }

  Status markup() {
    if (looking_at("<!--")) return skip_past("-->", 4, "a comment that does not end");
    if (looking_at("<![CDATA[")) return skip_past("]]>", 9, "a CDATA section that does not end");
    if (looking_at("<?")) return skip_past("?>", 2, "a processing instruction that does not end");
    if (looking_at("<!")) {
      const bool doctype = equals_ignoring_case(text_.substr(at_ + 2, 7), "DOCTYPE");
      return malformed(doctype ? "a document type declaration (<!DOCTYPE) is not accepted"
                               : "a markup declaration is not accepted");
    }
    if (looking_at("</")) return end_tag();
    return start_tag();
  }

  Status skip_past(std::string_view terminator, std::size_t opening, std::string_view message) {
    BATON_TRY(count_node());
    const std::size_t end = text_.find(terminator, at_ + opening);
    if (end == std::string_view::npos) return malformed(message);
    at_ = end + terminator.size();
    return {};
  }

  Status count_node() {
    if (++nodes_ > limits::kXmlNodes)
      return limit(fmt::format("more than {} elements and attributes", limits::kXmlNodes));
    return {};
  }

  Status end_tag() {
    if (namespaces_by_depth_.empty()) return malformed("an end tag without a start tag");
    const std::size_t end = text_.find('>', at_);
    if (end == std::string_view::npos) return malformed("an end tag that does not end");
    close_element();
    at_ = end + 1;
    return {};
  }

  void close_element() {
    namespaces_in_scope_ -= namespaces_by_depth_.back();
    namespaces_by_depth_.pop_back();
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  Result<std::string_view> name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           std::string_view("=/><\"'&").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view found = text_.substr(begin, at_ - begin);
    at_ = begin;
    if (found.empty()) return malformed("a name is expected here");
    if (found.size() > limits::kXmlNameBytes)
      return limit(fmt::format("a name longer than {} bytes", limits::kXmlNameBytes));
    at_ = begin + found.size();
    return found;
  }

  Status start_tag() {
    BATON_TRY(count_node());
    if (namespaces_by_depth_.size() >= static_cast<std::size_t>(limits::kXmlDepth)) {
      return limit(fmt::format("elements nested deeper than {}", limits::kXmlDepth));
    }
    start_lines_.push_back(static_cast<std::uint32_t>(line_of(at_)));
    namespaces_by_depth_.push_back(0);
    ++at_;
    BATON_TRY(name());
    for (std::size_t attributes = 1;; ++attributes) {
      skip_space();
      if (at_ >= text_.size()) return malformed("a start tag that does not end");
      if (text_[at_] == '>') {
        ++at_;
        return {};
      }
      if (looking_at("/>")) {
        close_element();
        at_ += 2;
        return {};
      }
      if (attributes > limits::kXmlAttributes)
        return limit(fmt::format("more than {} attributes on one element", limits::kXmlAttributes));
      BATON_TRY(attribute());
    }
  }

  Status attribute() {
    BATON_TRY(count_node());
    BATON_ASSIGN(const std::string_view attribute_name, name());
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '=') return malformed("'=' is expected after the name of an attribute");
    ++at_;
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\''))
      return malformed("the value of an attribute must be quoted");
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return malformed("the value of an attribute does not end");
    at_ = end + 1;
    if (attribute_name == "xmlns" || attribute_name.starts_with("xmlns:")) {
      ++namespaces_by_depth_.back();
      if (++namespaces_in_scope_ > limits::kXmlNamespaces) {
        return limit(fmt::format("more than {} namespace declarations in scope", limits::kXmlNamespaces));
      }
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t nodes_ = 0;
  std::size_t namespaces_in_scope_ = 0;
  std::vector<std::uint16_t> namespaces_by_depth_;
  std::vector<std::uint32_t> start_lines_;
  bool only_ascii_ = true;
};

}  // namespace

Result<ScanResult> scan(std::string_view bytes) {
  if (bytes.size() > limits::kXmlBytes) {
    return failf(Code::kResourceExhausted, "line 1, column 1: the document has {} bytes, more than {}", bytes.size(),
                 limits::kXmlBytes);
  }
  if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE")) {
    return fail(Code::kInvalidArgument, "line 1, column 1: UTF-16 and UTF-32 are not accepted, save the file as UTF-8");
  }
  if (bytes.starts_with(kUtf8Bom)) bytes.remove_prefix(kUtf8Bom.size());
  Scanner scanner(bytes);
  BATON_TRY(scanner.run());
  return ScanResult{bytes, scanner.take_start_lines()};
}

}  // namespace baton::xml
