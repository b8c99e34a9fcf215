// A checkpoint that is late slows the partition down, so that a start never has much more to replay than usual.
#include <future>

#include "partition/checkpoints.h"
#include "partition/tests/partition_support.h"
#include "storage/memory/memory_store.h"

namespace baton::partition::test {
namespace {

class LateCheckpointTest : public ::testing::Test {
 protected:
  static CheckpointOptions small() {
    CheckpointOptions options;
    options.changed_bytes = 16U << 10;
    return options;
  }
  void process(const engine::Command& command) {
    std::string frames;
    engine::Effects effects;
    ASSERT_TRUE(engine_.process(command, clock_.wall(), frames, effects));
  }
  /// Creates instances until what changed since the last freeze takes `bytes`.
  void create_until(std::size_t bytes) {
    while (engine_.state_for_checkpoint().changed_bytes() < bytes) process(create());
  }

  SharedClock clock_;
  engine::Engine engine_{PartitionId(1)};
  PartitionStats stats_;
  Pace pace_{clock_};
  storage::MemoryStore store_;
  std::promise<void> written_;
  Checkpoints checkpoints_{clock_, engine_, stats_, pace_, small(), [this] { written_.set_value(); }};
};

TEST_F(LateCheckpointTest, TheRestGrowsUntilTheCheckpointIsWritten) {
  ASSERT_TRUE(checkpoints_.open(&store_));
  checkpoints_.start(Epoch(1));
  process(deploy(1));
  create_until(small().changed_bytes);
  while (checkpoints_.turn()) continue;  // it waits for the journal now
  EXPECT_EQ(checkpoints_.rest_after(1000), 0);
  create_until(small().changed_bytes / 2);
  EXPECT_EQ(checkpoints_.rest_after(1000), 0) << "as usual";
  create_until(small().changed_bytes * 3 / 2);
  const std::int64_t rest = checkpoints_.rest_after(1000);
  EXPECT_GT(rest, 0);
  create_until(small().changed_bytes * 2);
  EXPECT_GT(checkpoints_.rest_after(1000), rest);
  create_until(small().changed_bytes * 8);
  EXPECT_EQ(checkpoints_.rest_after(1000), 8000) << "and no more";
  EXPECT_EQ(checkpoints_.rest_after(1'000'000), 2'000'000);

  checkpoints_.note_durable(engine_.state().last_position());
  written_.get_future().wait();
  checkpoints_.turn();
  EXPECT_EQ(checkpoints_.rest_after(1000), 0);
  EXPECT_GT(stats_.stored_position.load(), 0U);
  checkpoints_.stop();
}

}  // namespace
}  // namespace baton::partition::test
