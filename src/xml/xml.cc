#include "xml/xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "xml/xml_scan.h"

namespace baton::xml {

std::optional<std::string_view> Element::attribute(std::string_view attribute_name) const {
  for (const Attribute& a : attributes) {
    if (a.uri.empty() && a.name == attribute_name) return a.value;
  }
  return std::nullopt;
}

std::string_view Element::attribute_or_empty(std::string_view attribute_name) const {
  return attribute(attribute_name).value_or(std::string_view());
}

const Element* Element::next_in_document(const Element& root) const {
  if (first_child != nullptr) return first_child;
  const Element* at = this;
  while (at != nullptr && at != &root) {
    if (at->next_sibling != nullptr) return at->next_sibling;
    at = at->parent;
  }
  return nullptr;
}

/// Receives libxml2's SAX events and builds the tree. The callbacks are noexcept: an exception must not cross C frames.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::vector<std::uint32_t> start_lines)
      : arena_(std::make_unique<std::pmr::monotonic_buffer_resource>()), start_lines_(std::move(start_lines)) {}

  Result<Document> build(std::string_view body);

 private:
  /// An element whose end tag has not come yet.
  struct Open {
    Element* element = nullptr;
    Element* last_child = nullptr;
    std::string text;
  };

  static TreeBuilder& self(void* context) {
    return *static_cast<TreeBuilder*>(static_cast<xmlParserCtxtPtr>(context)->_private);
  }
  static std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
  }

  static void on_start(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri,
                       int namespace_count, const xmlChar** namespaces, int attribute_count, int defaulted_count,
                       const xmlChar** attributes) noexcept;
  static void on_end(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri) noexcept;
  static void on_text(void* context, const xmlChar* text, int size) noexcept;
  static void on_doctype(void* context, const xmlChar* name, const xmlChar* external_id,
                         const xmlChar* system_id) noexcept;
  static void on_error(void* context, xmlErrorPtr error) noexcept;

  void start(const xmlChar* name, const xmlChar* uri, int attribute_count, const xmlChar** attributes);
  void end();
  void stop(xmlParserCtxtPtr parser, std::string message);
  std::string_view copy(std::string_view text);
  std::string_view copy_interned(const xmlChar* text);

  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  std::vector<std::uint32_t> start_lines_;
  std::size_t started_ = 0;
  std::vector<Open> open_;  // frames are reused; depth_ of them are in use
  std::size_t depth_ = 0;
  Element* root_ = nullptr;
  std::unordered_map<const xmlChar*, std::string_view> interned_;
  std::optional<Error> error_;
};

namespace {

Namespace namespace_of(std::string_view uri) {
  if (uri.empty()) return Namespace::kNone;
  if (uri == kBpmnUri) return Namespace::kBpmn;
  if (uri == kZeebeUri) return Namespace::kZeebe;
  for (const std::string_view dmn : kDmnUris) {
    if (uri == dmn) return Namespace::kDmn;
  }
  return Namespace::kOther;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

struct ParserFree {
  void operator()(xmlParserCtxtPtr parser) const {
    xmlFreeDoc(parser->myDoc);
    xmlFreeParserCtxt(parser);
  }
};

}  // namespace

std::string_view TreeBuilder::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = static_cast<char*>(arena_->allocate(text.size(), 1));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

// Names and URIs come from libxml2's dictionary: equal texts have equal addresses, so each is copied once.
std::string_view TreeBuilder::copy_interned(const xmlChar* text) {
  if (text == nullptr) return {};
  auto [at, is_new] = interned_.try_emplace(text);
  if (is_new) at->second = copy(view(text));
  return at->second;
}

void TreeBuilder::start(const xmlChar* name, const xmlChar* uri, int attribute_count, const xmlChar** attributes) {
  auto* element = new (arena_->allocate(sizeof(Element), alignof(Element))) Element();
  element->name = copy_interned(name);
  element->uri = copy_interned(uri);
  element->ns = namespace_of(element->uri);
  element->line = started_ < start_lines_.size() ? static_cast<int>(start_lines_[started_]) : 0;
  ++started_;
  if (attribute_count > 0) {
    const auto count = static_cast<std::size_t>(attribute_count);
    auto* list = static_cast<Attribute*>(arena_->allocate(count * sizeof(Attribute), alignof(Attribute)));
    for (std::size_t i = 0; i < count; ++i) {
      const xmlChar** raw = attributes + 5 * i;  // local name, prefix, URI, begin and end of the value
      const std::string_view value(reinterpret_cast<const char*>(raw[3]), static_cast<std::size_t>(raw[4] - raw[3]));
      new (list + i) Attribute{copy_interned(raw[0]), copy_interned(raw[2]), copy(value)};
    }
    element->attributes = {list, count};
  }
  if (depth_ == 0) {
    root_ = element;
  } else {
    Open& parent = open_[depth_ - 1];
    element->parent = parent.element;
    (parent.last_child == nullptr ? parent.element->first_child : parent.last_child->next_sibling) = element;
    parent.last_child = element;
  }
  if (depth_ == open_.size()) open_.emplace_back();
  open_[depth_].element = element;
  open_[depth_].last_child = nullptr;
  open_[depth_].text.clear();
  ++depth_;
}

void TreeBuilder::end() {
  if (depth_ == 0) return;
  Open& top = open_[--depth_];
  if (top.last_child == nullptr || !is_blank(top.text)) top.element->text = copy(top.text);
}

void TreeBuilder::stop(xmlParserCtxtPtr parser, std::string message) {
  if (!error_) {
    const int line = parser->input != nullptr ? parser->input->line : 0;
    const int column = parser->input != nullptr ? parser->input->col : 0;
    error_ = Error{Code::kInvalidArgument, fmt::format("line {}, column {}: {}", line, column, message)};
  }
  xmlStopParser(parser);
}

void TreeBuilder::on_start(void* context, const xmlChar* name, const xmlChar*, const xmlChar* uri, int, const xmlChar**,
                           int attribute_count, int, const xmlChar** attributes) noexcept {
  self(context).start(name, uri, attribute_count, attributes);
}

void TreeBuilder::on_end(void* context, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
  self(context).end();
}

void TreeBuilder::on_text(void* context, const xmlChar* text, int size) noexcept {
  TreeBuilder& builder = self(context);
  if (builder.depth_ == 0 || size <= 0) return;
  builder.open_[builder.depth_ - 1].text.append(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

// The scan has refused it already; this is the second wall.
void TreeBuilder::on_doctype(void* context, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
  self(context).stop(static_cast<xmlParserCtxtPtr>(context), "a document type declaration (<!DOCTYPE) is not accepted");
}

void TreeBuilder::on_error(void* context, xmlErrorPtr error) noexcept {
  if (error == nullptr || error->level < XML_ERR_ERROR) return;
  std::string_view message = error->message == nullptr ? "malformed XML" : error->message;
  while (!message.empty() && is_blank(message.substr(message.size() - 1))) message.remove_suffix(1);
  self(context).stop(static_cast<xmlParserCtxtPtr>(context), std::string(message.substr(0, 300)));
}

Result<Document> TreeBuilder::build(std::string_view body) {
  static std::once_flag once;
  std::call_once(once, xmlInitParser);
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = on_start;
  handler.endElementNs = on_end;
  handler.characters = on_text;
  handler.ignorableWhitespace = on_text;
  handler.cdataBlock = on_text;
  handler.internalSubset = on_doctype;
  handler.externalSubset = on_doctype;
  handler.serror = on_error;
  // The push parser is a loop over states, never a recursive descent, in every version of the library.
  const std::unique_ptr<xmlParserCtxt, ParserFree> parser(
      xmlCreatePushParserCtxt(&handler, nullptr, nullptr, 0, nullptr));
  if (!parser) return fail(Code::kResourceExhausted, "line 1, column 1: no memory for the XML parser");
  parser->_private = this;
  parser->userData = parser.get();
  // NOENT: the predefined entities are written out as characters; no others can exist without a DOCTYPE.
  // IGNORE_ENC: the bytes are UTF-8, checked by the scan, whatever the declaration says.
  xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
  const int outcome = xmlParseChunk(parser.get(), body.data(), static_cast<int>(body.size()), 1);
  if (error_) return fail(std::move(*error_));
  if (outcome != 0 || parser->wellFormed == 0 || root_ == nullptr || depth_ != 0) {
    return fail(Code::kInvalidArgument, "line 1, column 1: not a complete XML document");
  }
  return Document(std::move(arena_), root_);
}

Result<Document> parse(std::string_view bytes) {
  BATON_ASSIGN(ScanResult scanned, scan(bytes));
  TreeBuilder builder(std::move(scanned.start_lines));
  return builder.build(scanned.body);
}

}  // namespace baton::xml
