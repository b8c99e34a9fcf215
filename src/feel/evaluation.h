// What one evaluation may use and leaves behind: memory, counted budgets, the time, warnings. One thread at a time;
// reset() makes it ready for the next evaluation without giving memory back, which is what a hot loop wants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"
#include "feel/value.h"

namespace baton::feel {

/// Counted limits of one evaluation; never a time.
struct Budgets {
  std::uint64_t steps = limits::kFeelSteps;
  std::size_t bytes = limits::kFeelBytes;
  int call_depth = limits::kFeelCallDepth;
  std::size_t string_bytes = limits::kFeelStringBytes;
  std::size_t list_items = limits::kFeelListItems;
};

/// Why a result is null although nothing was exhausted, e.g. "no variable 'amount'". Line and column are 1-based.
struct Warning {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  /// "line 1, column 5: no variable 'amount'".
  [[nodiscard]] std::string to_string() const;
};

class Evaluation {
 public:
  explicit Evaluation(TimeMs now, const Budgets& budgets = {})
      : now_(now), budgets_(budgets), steps_left_(budgets.steps) {}
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  /// Forgets all values, warnings and used budgets. Values made before become invalid.
  void reset(TimeMs now);
  [[nodiscard]] TimeMs now() const { return now_; }
  [[nodiscard]] const Budgets& budgets() const { return budgets_; }

  /// Memory that lives until reset(), aligned for any Value; nullptr if a budget is exhausted and the piece is large.
  void* allocate(std::size_t bytes);
  /// Grows the most recent allocation in place if there is room.
  bool extend(const void* last, std::size_t old_bytes, std::size_t new_bytes);
  template <typename T>
  T* allocate_array(std::size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  /// A string value with its own copy of `text`; null and exhausted if it is longer than allowed.
  Value string(std::string_view text);
  /// A list with its own copy of the items.
  Value list(std::span<const Value> items);
  /// A context from entries in arena memory (keys too); of equal keys the last value wins at the place of the first.
  Value context(std::span<ContextEntry> entries);
  Value range(const RangeData& range);
  /// A function of the host. `function` and the names must outlive the evaluation.
  Value native_function(const NativeFunction* function, std::span<const std::string_view> parameters);

  /// Counts work; false once the budget is used up.
  bool charge(std::uint64_t steps) {
    if (steps <= steps_left_) [[likely]] {
      steps_left_ -= steps;
      return true;
    }
    exhaust("steps");
    return false;
  }
  [[nodiscard]] std::uint64_t steps_used() const { return budgets_.steps - steps_left_; }
  [[nodiscard]] std::size_t bytes_used() const { return bytes_used_; }

  /// Ends the evaluation: everything that follows yields null at once. `what` names the budget.
  void exhaust(std::string_view what);
  [[nodiscard]] bool exhausted() const { return !exhausted_.empty(); }
  /// RESOURCE_EXHAUSTED naming the first budget that ran out, or ok.
  [[nodiscard]] Status status() const;

  /// Records why a null came out; only the first kMaxWarnings are kept.
  void warn(std::uint32_t line, std::uint32_t column, std::string message);
  [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }
  /// Makes room for more, for a host that has taken note of them.
  void clear_warnings() { warnings_.clear(); }
  static constexpr std::size_t kMaxWarnings = 20;

  /// Guards recursion through calls; paired with leave(). False if the call depth is used up.
  bool enter(int depth);
  void leave(int depth);
  /// Keeps a compiled expression alive as long as function values made by it.
  void keep(std::shared_ptr<const void> owner) {
    if (owners_.empty() || owners_.back() != owner) owners_.push_back(std::move(owner));
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> data;
    std::size_t size = 0;
  };
  void* allocate_slow(std::size_t bytes);

  TimeMs now_;
  Budgets budgets_;
  std::uint64_t steps_left_;
  std::size_t bytes_used_ = 0;
  int calls_ = 0;
  int depth_ = 0;
  std::vector<Block> blocks_;
  std::size_t block_ = 0;  // next block to use
  std::string exhausted_;
  std::vector<Warning> warnings_;
  std::vector<std::shared_ptr<const void>> owners_;
  alignas(16) std::array<std::byte, 1024> first_;
  std::byte* at_ = first_.data();
  std::byte* end_ = first_.data() + first_.size();
};

/// Collects the items of a list in the arena; list() may be taken at any time and sees the items so far.
class ListBuilder {
 public:
  explicit ListBuilder(Evaluation& evaluation, std::size_t expected = 0);
  /// False (and the evaluation is exhausted) if the list is longer than allowed.
  bool push(const Value& value);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Value list() const { return Value::list({items_, size_}); }
  [[nodiscard]] std::span<Value> items() { return {items_, size_}; }

 private:
  Evaluation& evaluation_;
  Value* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace baton::feel
