#include "engine/state/row_codec.h"

#include <cstring>

namespace baton::engine {

Failure bad_row(std::string_view key, std::string_view why) {
  std::string hex;
  for (const char c : key) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return failf(Code::kDataLoss, "the row with key {} in the state store is damaged: {}", hex, why);
}

Status check_row(std::string_view key, std::string_view value) {
  std::uint32_t sum = 0;
  if (value.size() < 1 + sizeof sum) return bad_row(key, "it is too short");
  const std::string_view sealed = value.substr(0, value.size() - sizeof sum);
  std::memcpy(&sum, value.data() + sealed.size(), sizeof sum);
  if (crc32c(sealed, crc32c(key)) != sum) return bad_row(key, "its checksum is wrong");
  if (value[0] != static_cast<char>(kRowVersion))
    return bad_row(key, "its version is not known: written by a newer Baton");
  return {};
}

}  // namespace baton::engine
