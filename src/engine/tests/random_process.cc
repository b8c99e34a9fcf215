#include "engine/tests/random_process.h"

#include <fmt/format.h>

#include <utility>

namespace baton::engine::testing {

namespace {

/// Appends blocks: each one is entered at a known element and left at the element that it returns.
class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  ProcessText generate() {
    text_.start().error("err", "E");
    const std::string last = sequence("start", 3);
    text_.end().flow(last, "end");
    return text_;
  }

 private:
  std::string new_id(const char* prefix) { return fmt::format("{}{}", prefix, next_++); }
  std::string condition() {
    return fmt::format("= v{} {} {}", random_.below(4), random_.one_in(2) ? "<" : ">=", random_.below(4));
  }

  std::string sequence(std::string from, int depth) {
    const std::uint64_t length = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < length; ++i) from = block(from, depth);
    return from;
  }

  std::string block(const std::string& from, int depth) {
    const std::uint64_t kind = random_.below(depth > 0 ? 10 : 3);
    if (kind == 0) return then(from, new_id("pass"), [this](const std::string& id) { text_.node("task", id); });
    if (kind < 3) return job(from);
    if (kind == 3) return choice(from, depth - 1);
    if (kind == 4) return fork(from, depth - 1);
    if (kind == 5) return loop(from, depth - 1);
    if (kind == 6) return inclusive(from, depth - 1);
    if (kind == 7)
      return then(from, new_id("wait"),
                  [this](const std::string& id) { text_.catch_event(id, timer_duration("PT0.05S")); });
    return scope(from, depth - 1, kind == 9);
  }

  template <typename Add>
  std::string then(const std::string& from, const std::string& id, Add add) {
    add(id);
    text_.flow(from, id);
    return id;
  }

  std::string job(const std::string& from) {
    JobText job;
    if (random_.one_in(3)) job.inputs.push_back({fmt::format("= v{} + 1", random_.below(4)), "local"});
    if (random_.one_in(3)) job.inputs.push_back({"= v0", "o.part"});
    if (random_.one_in(3))
      job.outputs.push_back({"= if result = null then 0 else result", fmt::format("v{}", random_.below(4))});
    return then(from, new_id("job"), [&](const std::string& id) { text_.service(id, job); });
  }

  std::string choice(const std::string& from, int depth) {
    const std::string split = new_id("xor");
    const std::string merge = new_id("merge");
    const std::string other = new_id("default");
    text_.exclusive(split, other).exclusive(merge).flow(from, split);
    const std::uint64_t branches = 1 + random_.below(2);
    for (std::uint64_t i = 0; i < branches; ++i) {
      const std::string first = new_id("pass");
      text_.node("task", first).flow(split, first, condition());
      text_.flow(sequence(first, depth), merge);
    }
    text_.flow(split, merge, "", other);
    return merge;
  }

  std::string fork(const std::string& from, int depth) {
    const std::string split = new_id("fork");
    const std::string join = new_id("join");
    text_.parallel(split).parallel(join).flow(from, split);
    const std::uint64_t branches = 2 + random_.below(2);
    for (std::uint64_t i = 0; i < branches; ++i) text_.flow(sequence(split, depth), join);
    return join;
  }

  // The counter is a variable of its own; the job in the loop makes it a wait state.
  std::string loop(const std::string& from, int depth) {
    const std::string merge = new_id("again");
    const std::string counter = new_id("rounds");
    const std::string more = new_id("more");
    const std::string out = new_id("out");
    text_.exclusive(merge).flow(from, merge);
    text_.service(counter, {.outputs = {{fmt::format("= if {0} = null then 1 else {0} + 1", counter), counter}}})
        .flow(merge, counter);
    const std::string last = sequence(counter, depth);
    text_.exclusive(more, out).flow(last, more);
    text_.flow(more, merge, fmt::format("= {} < {}", counter, 1 + random_.below(3)));
    const std::string after = new_id("pass");
    text_.node("task", after).flow(more, after, "", out);
    return after;
  }

  std::string inclusive(const std::string& from, int depth) {
    const std::string split = new_id("or");
    const std::string join = new_id("orjoin");
    const std::string other = new_id("default");
    text_.raw("inclusiveGateway", split, fmt::format("default=\"{}\"", other), "").node("inclusiveGateway", join);
    text_.flow(from, split);
    const std::uint64_t branches = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < branches; ++i) {
      const std::string first = new_id("pass");
      text_.node("task", first).flow(split, first, condition());
      text_.flow(sequence(first, depth), join);
    }
    text_.flow(split, join, "", other);
    return join;
  }

  // A sub-process, maybe in a loop, with events that interrupt it or run beside it.
  std::string scope(const std::string& from, int depth, bool loops) {
    const std::string id = new_id("sub");
    const std::string merge = new_id("merge");
    ProcessText outside = std::exchange(text_, ProcessText::inside(id));
    const std::string start = id + "_start";
    text_.start(start);
    const std::string last = sequence(start, depth);
    text_.end(id + "_end").flow(last, id + "_end");
    if (random_.one_in(3)) {
      ProcessText handler = ProcessText::inside(id + "_h");
      handler.start_event(id + "_hs", timer_duration("PT0.1S"), random_.one_in(2)).service(id + "_ht");
      handler.sequence({id + "_hs", id + "_ht"});
      text_.event_sub_process(id + "_h", handler);
    }
    const ProcessText inside = std::exchange(text_, std::move(outside));
    const LoopText loop{.sequential = random_.one_in(2),
                        .input = "= [1, 2, 3]",
                        .output = "v3list",
                        .output_element = "= v0 + 1",
                        .until = random_.one_in(2) ? "= numberOfCompletedInstances = 2" : ""};
    text_.sub_process(id, inside, loops ? multi_instance(loop) : "").exclusive(merge).flow(from, id).flow(id, merge);
    text_.boundary(id + "_err", id, error_event("err")).flow(id + "_err", merge);
    if (random_.one_in(2)) {
      const bool interrupts = random_.one_in(2);
      text_.boundary(id + "_time", id, timer_duration("PT0.2S"), interrupts);
      text_.flow(id + "_time", interrupts ? merge : beside(id));
    }
    return merge;
  }

  std::string beside(const std::string& id) {
    text_.end(id + "_beside");
    return id + "_beside";
  }

  Random& random_;
  ProcessText text_;
  int next_ = 0;
};

}  // namespace

ProcessText random_process(Random& random) {
  return Generator(random).generate();
}

}  // namespace baton::engine::testing
