#include "engine/state/symbol.h"

#include "base/ensure.h"
#include "base/hash.h"

namespace baton::engine {

void internal::release_symbol(SymbolNode* node) {
  node->table->nodes_.erase(node);
  delete node;
}

SymbolTable::~SymbolTable() {
  ENSURE(nodes_.empty(), "a symbol outlives its table");
}

Symbol SymbolTable::intern(std::string_view text) {
  if (text.empty()) return {};
  const Probe probe{text, hash64(text)};
  auto it = nodes_.find(probe);
  if (it != nodes_.end()) return Symbol(*it);
  auto* node = new internal::SymbolNode{std::string(text), probe.hash, 0, this};
  nodes_.insert(node);
  return Symbol(node);
}

Symbol SymbolTable::find(std::string_view text) const {
  if (text.empty()) return {};
  auto it = nodes_.find(Probe{text, hash64(text)});
  return it == nodes_.end() ? Symbol{} : Symbol(*it);
}

}  // namespace baton::engine
