#include "feel/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace baton::feel {

struct Zone {
  std::string name;
  absl::TimeZone zone;
};

namespace {

constexpr const char* kZoneList = "/usr/share/zoneinfo/tzdata.zi";

/// Names of all zones ("Z name ...") and links ("L target name") in tzdata's compact source form.
std::set<std::string, std::less<>> read_zone_names() {
  std::set<std::string, std::less<>> names = {"UTC", "GMT", "Etc/UTC", "Etc/GMT"};
  std::ifstream file(kZoneList);
  for (std::string line; std::getline(file, line);) {
    if (line.size() < 3 || line[1] != ' ' || (line[0] != 'Z' && line[0] != 'L')) continue;
    auto rest = std::string_view(line).substr(2);
    if (line[0] == 'L') {
      const auto space = rest.find(' ');
      if (space == std::string_view::npos) continue;
      rest.remove_prefix(space + 1);
    }
    names.emplace(rest.substr(0, rest.find(' ')));
  }
  return names;
}

absl::CivilSecond civil(const Date& date, std::int64_t nanos_of_day) {
  return absl::CivilSecond(date.year, date.month, date.day, 0, 0, nanos_of_day / 1'000'000'000);
}

}  // namespace

const Zone* find_zone(std::string_view name) {
  static const auto* names = new std::set<std::string, std::less<>>(read_zone_names());
  static auto* mutex = new std::mutex;
  static auto* zones = new std::map<std::string, std::unique_ptr<Zone>, std::less<>>;
  if (!names->contains(name)) return nullptr;
  const std::lock_guard lock(*mutex);
  if (const auto found = zones->find(name); found != zones->end()) return found->second.get();
  auto zone = std::make_unique<Zone>();
  zone->name = std::string(name);
  if (!absl::LoadTimeZone(zone->name, &zone->zone)) return nullptr;
  return zones->emplace(zone->name, std::move(zone)).first->second.get();
}

std::string_view zone_name(const Zone* zone) {
  return zone->name;
}

std::int32_t zone_offset_at(const Zone* zone, std::int64_t utc_seconds) {
  return zone->zone.At(absl::FromUnixSeconds(utc_seconds)).offset;
}

std::int32_t zone_offset_local(const Zone* zone, const Date& date, std::int64_t nanos_of_day) {
  const auto info = zone->zone.At(civil(date, nanos_of_day));
  return zone->zone.At(info.pre).offset;
}

}  // namespace baton::feel
