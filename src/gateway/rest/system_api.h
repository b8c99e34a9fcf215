// What a node says about itself over HTTP: health, readiness, metrics, and the live state of an instance.
#pragma once

#include <string>

#include "engine/state/view.h"
#include "gateway/api/gateway.h"
#include "gateway/rest/http_server.h"

namespace baton::rest {

/// Registers /health, /ready, /metrics, /baton/instances and /baton/instances/KEY.
/// `guarded` wraps what is not for everybody: all but health and readiness.
void serve_system_api(HttpServer& server, gateway::Gateway& gateway, const partition::Partition& partition,
                      const grpc::GrpcServer& grpc, const std::function<HttpHandler(HttpHandler)>& guarded);

/// A process instance with its element instances, jobs, incidents and variables as JSON; empty if there is none.
std::string instance_json(const engine::StateView& state, Key key);
/// The newest `limit` active instances, short.
std::string instances_json(const engine::StateView& state, std::size_t limit);

}  // namespace baton::rest
