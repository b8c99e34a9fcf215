// The numbers of elements and flows: those of a journaled table first, then new ones in the order of the file.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

namespace baton::bpmn {

/// Assigns numbers: first those of the table, then new ones.
class Numbering {
 public:
  explicit Numbering(std::vector<std::string> known)
      : ids_(std::move(known)), known_(ids_.size()), used_(ids_.size(), false) {}

  Status index_known() {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (!index_.try_emplace(ids_[i], static_cast<std::uint32_t>(i)).second) {
        return failf(Code::kDataLoss, "the element table names '{}' twice", ids_[i]);
      }
    }
    return {};
  }

  Result<std::uint32_t> number(const std::string& id) {
    const auto [at, is_new] = index_.try_emplace(id, static_cast<std::uint32_t>(ids_.size()));
    if (is_new) {
      ids_.push_back(id);
      used_.push_back(false);
    }
    if (used_[at->second]) return failf(Code::kInvalidArgument, "the id '{}' is used twice", id);
    used_[at->second] = true;
    return at->second;
  }

  [[nodiscard]] Status all_known_used() const {
    for (std::size_t i = 0; i < known_; ++i) {
      if (!used_[i])
        return failf(Code::kDataLoss, "the element table names '{}', which the file does not have", ids_[i]);
    }
    return {};
  }

  [[nodiscard]] const std::uint32_t* find(const std::string& id) const {
    const auto at = index_.find(id);
    return at == index_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  std::vector<std::string> take_ids() { return std::move(ids_); }

 private:
  std::vector<std::string> ids_;
  std::size_t known_;
  std::vector<bool> used_;
  std::unordered_map<std::string, std::uint32_t> index_;
};

}  // namespace baton::bpmn
