#include "storage/files/segment_window.h"

#include <algorithm>
#include <cstring>

#include "base/ensure.h"

namespace baton::storage {

namespace {

constexpr std::uint64_t kWindow = 512U << 10;

bool is_zero(std::string_view bytes) {
  // Every byte is the one before it: memcmp compares many at once.
  return bytes.empty() || (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

Result<SegmentWindow> SegmentWindow::open(Disk& disk, const std::string& directory, const SegmentFile& segment) {
  SegmentWindow window;
  if (segment.compressed) {
    BATON_TRY(read_segment(disk, directory, segment, window.bytes_));
    window.size_ = window.bytes_.size();
    return window;
  }
  BATON_ASSIGN(window.file_, disk.open(directory + "/" + segment.name));
  BATON_ASSIGN(window.size_, window.file_->size());
  return window;
}

Result<std::string_view> SegmentWindow::from(std::uint64_t offset, std::uint64_t least) {
  ENSURE(offset <= size_, "an offset within the segment");
  least = std::min(least, size_ - offset);
  if (offset < begin_ || offset + least > begin_ + bytes_.size()) {
    BATON_TRY(file_->read(offset, std::min(std::max(least, kWindow), size_ - offset), bytes_));
    begin_ = offset;
  }
  return std::string_view(bytes_).substr(offset - begin_);
}

Result<bool> is_zero_from(SegmentWindow& segment, std::uint64_t offset) {
  while (offset < segment.size()) {
    BATON_ASSIGN(const std::string_view bytes, segment.from(offset, 1));
    if (!is_zero(bytes)) return false;
    offset += bytes.size();
  }
  return true;
}

}  // namespace baton::storage
