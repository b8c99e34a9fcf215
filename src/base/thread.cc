#include "base/thread.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace baton {

void ask_for_short_turns() {
  constexpr unsigned long long kTurnNs = 100'000;  // the least there is
  sched_attr attributes{};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  attributes.size = sizeof attributes;
  attributes.sched_flags |= SCHED_FLAG_RESET_ON_FORK;  // threads and processes that it starts ask for themselves
  attributes.sched_runtime = kTurnNs;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);  // a wish: without it everything works as well, only later
}

void give_way() {
  constexpr int kNice = 5;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace baton
