// A frame as one line of JSON, for people and scripts (`baton journal dump`).
#pragma once

#include <string>

#include "base/result.h"
#include "engine/frame.h"

namespace baton::engine {

/// {"position":..,"time":..,"kind":..,"command":..,"instance":..,"events":[..]}. Errors: kDataLoss.
Result<std::string> describe(const FrameView& frame);

}  // namespace baton::engine
