// Request ids (docs/architecture.md): repeating a command repeats its answer and changes nothing.
#include "base/limits.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::HasSubstr;

Command with_id(CommandBody body, std::string id, std::uint64_t token) {
  Command command;
  command.body = std::move(body);
  command.request_id = std::move(id);
  command.reply_token = token;
  return command;
}

CreateInstance create_p() {
  CreateInstance create;
  create.process_id = "p";
  return create;
}

class Requests : public ::testing::Test {
 protected:
  Requests() { world_.deploy(one_task()); }
  /// The answer; `frames` is how many frames were written.
  ReplyBody send(const Command& command) {
    Effects effects;
    std::string frame;
    wrote_ = world_.engine().process(command, world_.now(), frame, effects);
    for (const Effect& effect : effects) {
      const auto* reply = std::get_if<Reply>(&effect);
      if (reply != nullptr && reply->token == command.reply_token) return reply->body;
    }
    return EmptyReply{};
  }
  World world_;
  bool wrote_ = false;
};

TEST_F(Requests, ARepeatedCreateGivesTheSameInstance) {
  const ReplyBody first = send(with_id(create_p(), "r1", 1));
  EXPECT_TRUE(wrote_);
  const std::uint64_t before = world_.state().full_hash();
  const ReplyBody second = send(with_id(create_p(), "r1", 2));
  EXPECT_FALSE(wrote_);
  EXPECT_EQ(world_.state().full_hash(), before);
  EXPECT_EQ(std::get<CreateReply>(first).instance, std::get<CreateReply>(second).instance);
  EXPECT_EQ(std::get<CreateReply>(second).process_id, "p");
  EXPECT_NE(std::get<CreateReply>(send(with_id(create_p(), "r2", 3))).instance, std::get<CreateReply>(first).instance);
}

TEST_F(Requests, EveryAnswerIsRepeated) {
  const Key instance = std::get<CreateReply>(send(with_id(create_p(), "a", 1))).instance;
  const std::vector<CommandBody> commands = {DeployResources{{{"x.bpmn", one_task({}, "x").file()}}},
                                             PublishMessage{"paid", "1", 1000, "", {}}, BroadcastSignal{"alarm", {}},
                                             SetVariables{instance, false, json(R"({"x":1})")},
                                             CompleteJob{world_.job(instance, "a"), {}}};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string id = fmt::format("c{}", i);
    const ReplyBody first = send(with_id(commands[i], id, 1));
    ASSERT_FALSE(std::holds_alternative<Error>(first)) << std::get<Error>(first).message;
    const ReplyBody second = send(with_id(commands[i], id, 2));
    EXPECT_FALSE(wrote_);
    EXPECT_EQ(first.index(), second.index()) << i;
  }
}

TEST_F(Requests, AnIdBelongsToOneCommandAndOneCaller) {
  send(with_id(create_p(), "r1", 1));
  CreateInstance other = create_p();
  other.variables = json(R"({"x":1})");
  const ReplyBody refused = send(with_id(other, "r1", 2));
  EXPECT_THAT(std::get<Error>(refused).message, HasSubstr("was used for another"));
  Command somebody = with_id(other, "r1", 3);
  somebody.principal = {Principal::Kind::kUser, "ada"};
  EXPECT_TRUE(std::holds_alternative<CreateReply>(send(somebody)));
}

TEST_F(Requests, ARefusedCommandIsNotRemembered) {
  CreateInstance unknown;
  unknown.process_id = "q";
  EXPECT_TRUE(std::holds_alternative<Error>(send(with_id(unknown, "r1", 1))));
  send(with_id(DeployResources{{{"q.bpmn", one_task({}, "q").file()}}}, "", 9));
  EXPECT_TRUE(std::holds_alternative<CreateReply>(send(with_id(unknown, "r1", 2))));
}

TEST_F(Requests, AreForgottenAfterTheirTime) {
  send(with_id(create_p(), "r1", 1));
  EXPECT_EQ(world_.count<RequestRow>(), 1U);
  EXPECT_EQ(world_.state().next_due(), world_.now() + limits::kRequestMs);
  world_.advance(limits::kRequestMs);
  std::vector<Command> due;
  world_.engine().collect_due(world_.now(), 10, due);
  ASSERT_EQ(due.size(), 1U);
  send(due[0]);
  EXPECT_EQ(world_.count<RequestRow>(), 0U);
}

TEST_F(Requests, TheIdHasALimit) {
  EXPECT_TRUE(
      std::holds_alternative<CreateReply>(send(with_id(create_p(), std::string(limits::kRequestIdBytes, 'r'), 1))));
  EXPECT_TRUE(
      std::holds_alternative<Error>(send(with_id(create_p(), std::string(limits::kRequestIdBytes + 1, 'r'), 1))));
}

TEST_F(Requests, ARepeatedCreateWithResultWaitsForTheSameInstance) {
  CreateInstance create = create_p();
  create.await_result = true;
  send(with_id(create, "r1", 1));
  const Key instance = world_.instances("p")[0];
  send(with_id(create, "r1", 2));
  EXPECT_EQ(world_.instances("p").size(), 1U);
  Effects effects;
  std::string frame;
  world_.engine().process(with_id(CompleteJob{world_.job(instance, "a"), json(R"({"x":1})")}, "", 3), world_.now(),
                          frame, effects);
  bool answered = false;
  for (const Effect& effect : effects) {
    const auto* reply = std::get_if<Reply>(&effect);
    answered = answered || (reply != nullptr && reply->token == 2 && std::holds_alternative<ResultReply>(reply->body));
  }
  EXPECT_TRUE(answered);
  EXPECT_THAT(std::get<Error>(send(with_id(create, "r1", 4))).message, HasSubstr("it has ended already"));
}

}  // namespace
}  // namespace baton::engine::testing
