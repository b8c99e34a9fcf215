// The process models and the payload of the workloads, generated in code.
#pragma once

#include <string>
#include <string_view>

namespace baton::bench {

/// The HTTP/2 path of an rpc of the gateway.
inline std::string path_of(std::string_view rpc) {
  return "/gateway_protocol.Gateway/" + std::string(rpc);
}

/// BPMN 2.0 XML of a process `id`: start -> `tasks` service tasks of job type `job_type` in sequence -> end.
/// The tasks are named task_1, task_2, ...
std::string make_bpmn(const std::string& id, int tasks, const std::string& job_type);

/// Number of digits of `seq` in the payload: fixed, so that a request can be patched in place.
inline constexpr int kSeqDigits = 10;
/// Smallest value of `seq`; JSON numbers have no leading zeros.
inline constexpr long long kFirstSeq = 1'000'000'000;

/// About 0.5 KB of JSON: an order with 15 simple variables; "seq" (kFirstSeq) is the first one.
std::string make_payload();

/// A process that waits for message "paid" with the number of its payload as correlation key.
std::string make_message_bpmn(const std::string& id);

/// A process that waits until the date-time in variable `due`.
std::string make_timer_bpmn(const std::string& id);

/// A process with a parallel multi-instance activity over 1..items: a task without work, or jobs of that type.
std::string make_loop_bpmn(const std::string& id, const std::string& job_type);

}  // namespace baton::bench
