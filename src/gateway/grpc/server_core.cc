#include "gateway/grpc/server_core.h"

#include <utility>

#include "base/ensure.h"
#include "gateway/grpc/server_session.h"

namespace baton::grpc {
namespace {

constexpr std::size_t kPoolCalls = 4096;
constexpr std::size_t kKeepRequestBytes = 16U << 10;  // a recycled call keeps no larger buffer
constexpr std::size_t kKeepQueue = 64;

}  // namespace

ServerCall::ServerCall(ServerCore& owner)
    : core(owner),
      timer(
          [](void* self) {
            auto* call = static_cast<ServerCall*>(self);
            call->session->on_call_timer(*call);
          },
          this) {}

void ServerCall::reset() {
  timer.cancel();
  session = nullptr;
  method = nullptr;
  metadata.clear();
  header_bytes = 0;
  deadline_ns = kNoDeadline;
  if (request.capacity() > kKeepRequestBytes) std::string().swap(request);
  request.clear();
  prefix_size = 0;
  request_size = 0;
  encoding = Encoding::kIdentity;
  post = grpc_content_type = bad_timeout = headers_done = discard = dispatched = counted_running = false;
  if (queue.capacity() > kKeepQueue) std::vector<QueuedMessage>().swap(queue);
  queue.clear();
  queue_head = head_offset = unsent_bytes = 0;
  responded = deferred = finished = over_mark = notified = false;
  status = Error{Code::kOk, {}};
}

ServerCore::ServerCore(const GrpcServerOptions& settings, http2::TimerWheel& wheel, const std::int64_t* now)
    : options(settings), timers(wheel), now_(now) {}

ServerCore::~ServerCore() {
  ENSURE(stats.calls_open == 0, "sessions must go before their core");
}

void ServerCore::add_method(std::string path, MethodKind kind, MethodHandlers handlers) {
  auto method = std::make_unique<Method>(Method{path, kind, std::move(handlers)});
  auto& entry = methods_[std::move(path)];
  if (entry != nullptr) replaced_.push_back(std::move(entry));  // open calls may still point to it
  entry = std::move(method);
}

Method* ServerCore::find_method(std::string_view path) {
  const auto it = methods_.find(path);
  return it == methods_.end() ? nullptr : it->second.get();
}

ServerCall* ServerCore::open_call(ServerSession& session, std::int32_t stream_id) {
  std::unique_ptr<ServerCall> call;
  if (pool_.empty()) {
    call = std::make_unique<ServerCall>(*this);
  } else {
    call = std::move(pool_.back());
    pool_.pop_back();
  }
  std::uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.call = call.get();
  ++slot.generation;
  call->id = CallId((static_cast<std::uint64_t>(slot.generation) << 32) | index);
  call->session = &session;
  call->stream_id = stream_id;
  call->opened_ns = call->progress_ns = now_ns();
  ++stats.calls_started;
  ++stats.calls_open;
  return call.release();
}

void ServerCore::release_id(ServerCall& call) {
  const auto index = static_cast<std::uint32_t>(call.id.value());
  slots_[index].call = nullptr;
  // A slot whose generation would repeat is retired: ids are never reused.
  if (slots_[index].generation != 0xFFFFFFFFU) free_slots_.push_back(index);
}

void ServerCore::recycle(ServerCall* call) {
  --stats.calls_open;
  std::unique_ptr<ServerCall> owned(call);
  owned->reset();
  if (pool_.size() < kPoolCalls) pool_.push_back(std::move(owned));
}

ServerCall* ServerCore::find(CallId id) const {
  const auto index = static_cast<std::uint32_t>(id.value());
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  return slot.generation == id.value() >> 32 ? slot.call : nullptr;
}

void ServerCore::note_closed(ServerCall& call, CloseReason reason) {
  if (std::exchange(call.notified, true)) return;
  release_id(call);
  if (std::exchange(call.counted_running, false)) {
    --stats.calls_running;
    call.session->call_stopped();
  }
  if (!call.dispatched) return;
  switch (reason) {
    case CloseReason::kFinished:
      ++stats.calls_finished;
      break;
    case CloseReason::kDeadline:
      ++stats.calls_expired;
      break;
    case CloseReason::kCancelled:
    case CloseReason::kDisconnected:
      ++stats.calls_cancelled;
      break;
  }
  if (!call.method->handlers.on_closed) return;
  Note note{call.method, call.id, true, reason, {}};
  for (std::size_t i = call.queue_head; i < call.queue.size(); ++i) {
    if (call.queue[i].tag != 0) note.unsent.push_back(call.queue[i].tag);
  }
  notes_.push_back(std::move(note));
}

void ServerCore::note_drained(ServerCall& call) {
  call.over_mark = false;
  if (!call.notified && !call.finished && call.method->handlers.on_drained) {
    notes_.push_back({call.method, call.id, false, CloseReason::kFinished, {}});
  }
}

void ServerCore::deliver() {
  if (delivering_) return;
  delivering_ = true;
  // Handlers may cause further notes (by index: the vector can grow under us).
  for (std::size_t i = 0; i < notes_.size(); ++i) {
    const Note note = std::move(notes_[i]);
    if (note.closed) {
      note.method->handlers.on_closed(note.id, note.reason, note.unsent);
    } else if (find(note.id) != nullptr) {
      note.method->handlers.on_drained(note.id);
    }
  }
  notes_.clear();
  delivering_ = false;
}

bool ServerCore::send(CallId id, std::string message, std::uint64_t tag) {
  ServerCall* call = find(id);
  if (call == nullptr || call->finished) return false;
  call->session->queue_message(*call, std::move(message), tag);
  return true;
}

bool ServerCore::finish(CallId id, const Status& status) {
  ServerCall* call = find(id);
  if (call == nullptr || call->finished) return false;
  call->session->finish(*call, status ? Error{Code::kOk, {}} : status.error());
  return true;
}

bool ServerCore::reply(CallId id, std::string message) {
  ServerCall* call = find(id);
  if (call == nullptr || call->finished) return false;
  call->session->queue_message(*call, std::move(message), 0);
  call->session->finish(*call, Error{Code::kOk, {}});
  return true;
}

}  // namespace baton::grpc
