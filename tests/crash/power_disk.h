// A file system of its own, in an image file: small ones get full, and for power cuts: when it is shut down without a
// flush of its log, what was not synced is gone, in ext4's own order. Needs root and loop devices.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace baton::crash {

class PowerDisk {
 public:
  /// The image, its size, and the directory to mount it on; neither need exist.
  PowerDisk(std::string image, std::uint64_t bytes, std::string directory)
      : image_(std::move(image)), bytes_(bytes), directory_(std::move(directory)) {}
  /// Unmounts.
  ~PowerDisk();
  PowerDisk(const PowerDisk&) = delete;
  PowerDisk& operator=(const PowerDisk&) = delete;

  /// Makes the file system the first time, mounts it again after a cut. Errors: kInternal, with what failed.
  Status mount();
  /// From now on nothing reaches the image, and every write and sync fails.
  Status cut();

 private:
  std::string image_;
  std::uint64_t bytes_;
  std::string directory_;
  bool made_ = false;
  bool mounted_ = false;
};

}  // namespace baton::crash
