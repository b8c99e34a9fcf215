// How the calling thread wants to be scheduled.
#pragma once

namespace baton {

/// For a thread that works for microseconds at a time while others wait for what it does: where cores are scarce it is
/// let in soon after it wakes, instead of after the turn of a busy thread, which is some milliseconds. Its share of the
/// processor stays the same. Linux has it since 6.12 (sched_setattr(2), sched_runtime of SCHED_OTHER) and ignores it
/// before.
void ask_for_short_turns();

/// For a thread whose work can wait: about a third of the weight of another where cores are scarce.
void give_way();

}  // namespace baton
