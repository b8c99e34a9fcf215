// A partition with a journal in memory that a test can stop, a publisher that records, and a clock that a test moves.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bpmn/tests/bpmn_text.h"
#include "partition/partition.h"
#include "storage/files/file_journal.h"
#include "storage/memory/memory_disk.h"

namespace baton::partition::test {

inline constexpr auto kLimit = std::chrono::seconds(20);

/// A clock that any thread may move.
class SharedClock final : public Clock {
 public:
  TimeMs wall() const override {
    return TimeMs(1'700'000'000'000 + wall_offset_ms_.load() + boot_ns_.load() / 1'000'000);
  }
  std::int64_t boot_ns() const override { return boot_ns_.load(); }
  void advance_ms(std::int64_t ms) { boot_ns_ += ms * 1'000'000; }
  /// Somebody sets the wall clock.
  void jump_ms(std::int64_t ms) { wall_offset_ms_ += ms; }

 private:
  std::atomic<std::int64_t> boot_ns_{1'000'000'000};
  std::atomic<std::int64_t> wall_offset_ms_{0};
};

/// What the test knows of the journal, whichever thread writes to it.
struct JournalWatch {
  std::mutex mutex;
  std::condition_variable changed;
  bool closed = false;        // append() waits
  bool waiting = false;       // ... and is waiting
  std::uint64_t durable = 0;  // last position whose append returned
  std::vector<std::uint32_t> appends;

  void close() {
    const std::lock_guard lock(mutex);
    closed = true;
  }
  void open() {
    const std::lock_guard lock(mutex);
    closed = false;
    changed.notify_all();
  }
  [[nodiscard]] bool wait_until_blocked() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kLimit, [this] { return waiting; });
  }
  [[nodiscard]] std::vector<std::uint32_t> append_sizes() {
    const std::lock_guard lock(mutex);
    return appends;
  }
};

/// Passes on to a file journal; append() waits while the watch is closed.
class WatchedJournal final : public storage::Journal {
 public:
  WatchedJournal(std::unique_ptr<storage::Journal> journal, JournalWatch& watch)
      : journal_(std::move(journal)), watch_(watch) {}
  Status append(std::uint32_t frame_count, std::string_view frames) override {
    std::unique_lock lock(watch_.mutex);
    watch_.waiting = watch_.closed;
    watch_.changed.notify_all();
    watch_.changed.wait(lock, [this] { return !watch_.closed; });
    watch_.waiting = false;
    BATON_TRY(journal_->append(frame_count, frames));
    watch_.durable = journal_->next_position().value() - 1;
    watch_.appends.push_back(frame_count);
    return {};
  }
  Status mark() override { return journal_->mark(); }
  [[nodiscard]] Position next_position() const override { return journal_->next_position(); }
  [[nodiscard]] Epoch epoch() const override { return journal_->epoch(); }
  [[nodiscard]] std::uint64_t bytes_appended() const override { return journal_->bytes_appended(); }

 private:
  std::unique_ptr<storage::Journal> journal_;
  JournalWatch& watch_;
};

/// Keeps everything, and what was durable when it came.
class Recorder final : public Publisher {
 public:
  explicit Recorder(JournalWatch& watch) : watch_(watch) {}

  void publish(Publications publications) override {
    std::uint64_t durable = 0;
    {
      const std::lock_guard lock(watch_.mutex);
      durable = watch_.durable;
    }
    const std::lock_guard lock(mutex_);
    for (auto& publication : publications) items_.emplace_back(durable, std::move(publication));
    changed_.notify_all();
  }

  /// Waits until `enough(items)`; false after the limit.
  template <typename F>
  bool wait(F&& enough, std::chrono::milliseconds limit = kLimit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return enough(items_); });
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] std::vector<std::pair<std::uint64_t, Publication>> items() {
    const std::lock_guard lock(mutex_);
    return items_;
  }
  /// The reply with `token`, once it is there.
  engine::ReplyBody reply(std::uint64_t token) {
    engine::ReplyBody body = Error{Code::kUnknown, "no reply came"};
    const bool found = wait([&](const auto& items) {
      for (const auto& [durable, item] : items) {
        const auto* reply = std::get_if<engine::Reply>(&item);
        if (reply != nullptr && reply->token == token) {
          body = reply->body;
          return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(found) << "token " << token;
    return body;
  }
  /// The answer to the read with `token`, once it is there.
  std::string answer(std::uint64_t token) {
    std::string text;
    const bool found = wait([&](const auto& items) {
      for (const auto& [durable, item] : items) {
        const auto* reply = std::get_if<ReadReply>(&item);
        if (reply == nullptr || reply->token != token) continue;
        text = reply->answer;
        return true;
      }
      return false;
    });
    EXPECT_TRUE(found) << "read " << token;
    return text;
  }
  /// Jobs pushed to `consumer` up to now.
  std::vector<engine::ActivatedJob> jobs(ConsumerId consumer) {
    std::vector<engine::ActivatedJob> out;
    for (auto& [durable, item] : items()) {
      const auto* push = std::get_if<engine::JobPush>(&item);
      if (push != nullptr && push->consumer == consumer) out.push_back(push->job);
    }
    return out;
  }
  /// Waits for at least `count` of them.
  std::vector<engine::ActivatedJob> wait_for_jobs(ConsumerId consumer, std::size_t count) {
    const bool came = wait([&](const auto& items) {
      std::size_t seen = 0;
      for (const auto& [durable, item] : items) {
        const auto* push = std::get_if<engine::JobPush>(&item);
        seen += push != nullptr && push->consumer == consumer ? 1 : 0;
      }
      return seen >= count;
    });
    auto all = jobs(consumer);
    EXPECT_TRUE(came) << "consumer " << consumer << " got " << all.size() << " of " << count << " jobs";
    return all;
  }
  bool wait_for_end(ConsumerId poll, std::chrono::milliseconds limit = kLimit) {
    return wait([&](const auto& items) { return ended(items, poll); }, limit);
  }
  bool has_ended(ConsumerId poll) {
    const std::lock_guard lock(mutex_);
    return ended(items_, poll);
  }

 private:
  static bool ended(const std::vector<std::pair<std::uint64_t, Publication>>& items, ConsumerId poll) {
    for (const auto& [durable, item] : items) {
      const auto* end = std::get_if<PollEnded>(&item);
      if (end != nullptr && end->id == poll) return true;
    }
    return false;
  }

  JournalWatch& watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::uint64_t, Publication>> items_;
};

/// One service task of type "work".
inline std::string one_task() {
  return bpmn::testing::around(bpmn::testing::service("a"));
}

inline engine::Command command(engine::CommandBody body, std::uint64_t token = 0) {
  engine::Command out;
  out.body = std::move(body);
  out.reply_token = token;
  return out;
}
inline engine::Command deploy(std::uint64_t token, std::string bpmn = one_task()) {
  return command(engine::DeployResources{{{"p.bpmn", std::move(bpmn)}}}, token);
}
inline engine::Command create(std::uint64_t token = 0) {
  engine::CreateInstance body;
  body.process_id = "p";
  return command(std::move(body), token);
}
inline JobRequest work(std::int64_t timeout_ms = 60'000) {
  return {"work", "worker", timeout_ms, {}, {"<default>"}};
}

class PartitionTest : public ::testing::Test {
 protected:
  ~PartitionTest() override {
    watch_.open();
    if (partition_ != nullptr) partition_->stop();
  }

  static storage::FileJournalOptions journal_options() {
    storage::FileJournalOptions options;
    options.directory = "/data/journal";
    options.prepare_in_background = false;
    return options;
  }
  Status recover(const PartitionOptions& options = {}, const Clock* clock = nullptr) {
    if (partition_ != nullptr) partition_->stop();
    partition_ = std::make_unique<Partition>(clock == nullptr ? clock_ : *clock, published_, options);
    return partition_->recover(
        [this](Position, const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
          BATON_ASSIGN(auto journal, storage::FileJournal::open(disk_, journal_options(), visit));
          return std::unique_ptr<storage::Journal>(std::make_unique<WatchedJournal>(std::move(journal), watch_));
        });
  }
  void start(const PartitionOptions& options = {}, const Clock* clock = nullptr) {
    const Status recovered = recover(options, clock);
    ASSERT_TRUE(recovered) << recovered.error().to_string();
    partition_->start();
  }
  template <typename... Requests>
  bool submit(Requests&&... requests) {
    std::vector<Request> list;
    (list.emplace_back(std::forward<Requests>(requests)), ...);
    return partition_->submit(list);
  }
  /// A read that nobody waits for: makes the partition look at its clock.
  void nudge() {
    ASSERT_TRUE(submit(Read{next_token_++, [](const engine::StateView&) { return std::string(); }}));
  }
  /// The partition has run everything submitted before, and it is durable.
  void settle() {
    const std::uint64_t token = next_token_++;
    ASSERT_TRUE(submit(Read{token, [](const engine::StateView&) { return std::string("settled"); }}));
    EXPECT_EQ(published_.answer(token), "settled");
  }
  void deploy_and_wait() {
    ASSERT_TRUE(submit(deploy(1)));
    ASSERT_TRUE(std::holds_alternative<engine::DeployReply>(published_.reply(1)));
  }
  /// Runs the partition until it has seen everything, without waiting for the journal.
  void wait_until_run() {
    std::atomic<bool> seen{false};
    ASSERT_TRUE(submit(Read{next_token_++, [&seen](const engine::StateView&) {
                              seen = true;
                              seen.notify_all();
                              return std::string();
                            }}));
    seen.wait(false);
  }

  SharedClock clock_;
  SystemClock system_;  // here, because the partition uses it until the very end
  JournalWatch watch_;
  Recorder published_{watch_};
  storage::MemoryDisk disk_;
  std::unique_ptr<Partition> partition_;
  std::uint64_t next_token_ = 1'000'000;
};

}  // namespace baton::partition::test
