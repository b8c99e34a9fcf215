#include "gateway/grpc/server_types.h"

namespace baton::grpc {

void Metadata::add(std::string_view name, std::string_view value) {
  entries_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void Metadata::clear() {
  text_.clear();
  entries_.clear();
}

std::optional<std::string_view> Metadata::find(std::string_view name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto [key, value] = (*this)[i];
    if (key == name) return value;
  }
  return std::nullopt;
}

std::pair<std::string_view, std::string_view> Metadata::operator[](std::size_t i) const {
  const Entry& entry = entries_[i];
  const std::string_view text = text_;
  return {text.substr(entry.at, entry.name_size), text.substr(entry.at + entry.name_size, entry.value_size)};
}

}  // namespace baton::grpc
