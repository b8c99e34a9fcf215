// A note about the command that the process was working on when it crashed, so that the next start can tell a command
// that crashes the engine again and again from bad luck. Written by a signal handler (SIGABRT, SIGSEGV, SIGBUS, SIGFPE,
// SIGILL), never by a kill from outside.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/result.h"

namespace baton::partition {

/// After so many crashes in a row on the same entity its instance is isolated.
inline constexpr std::uint64_t kCrashesBeforeIsolation = 3;

class CrashNote {
 public:
  struct Content {
    std::uint64_t crashes = 0;  // in a row, on the same entity
    Key entity;                 // the key that the command named
    Position position;          // of the frame that was being made
    std::uint64_t intent = 0;   // of the command
  };

  CrashNote() = default;
  ~CrashNote();
  CrashNote(const CrashNote&) = delete;
  CrashNote& operator=(const CrashNote&) = delete;

  /// Reads the note in `directory` and watches from now on. One at a time in a process. Errors: kUnavailable.
  Status open(const std::string& directory);
  [[nodiscard]] const Content& content() const { return content_; }
  /// Forgets the crashes: what they were about was dealt with.
  void clear();

  /// The command that is worked on from now on. A few stores.
  void working_on(Key entity, Position position, std::uint64_t intent);
  /// It went well; if the note was about it, the note is cleared. Other commands for the same entity do not clear it: a
  /// job that crashes the engine when it completes can time out and be activated in between.
  void done();

 private:
  int fd_ = -1;
  Content content_;
};

}  // namespace baton::partition
