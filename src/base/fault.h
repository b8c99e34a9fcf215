// Named fault points (reliability.md 2.2): places where a test may kill the process or make a call fail.
//
//   BATON_FAULT=journal.after_write:3:kill baton start ...
//
// kills the process when the point is passed for the third time. Several are separated by commas. Without the variable
// a point costs one predictable branch.
#pragma once

namespace baton {

enum class Fault { kNone, kError };

namespace internal {
extern bool faults_armed;
Fault fault_hit(const char* name);
}  // namespace internal

/// Passes the point `name`: returns kError if the armed action is "error", kills the process if it is "kill".
inline Fault fault_point(const char* name) {
#ifdef BATON_FAULT_POINTS
  if (__builtin_expect(internal::faults_armed, 0)) return internal::fault_hit(name);
#endif
  (void)name;
  return Fault::kNone;
}

/// Reads BATON_FAULT; called once at start.
void arm_faults_from_environment();

}  // namespace baton
