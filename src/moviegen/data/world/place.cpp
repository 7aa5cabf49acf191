#include "moviegen/data/world/place.h"

#include <fmt/ranges.h>

#include "moviegen/core/error.h"
#include "moviegen/data/world/place_composed.h"

namespace mg::world {
namespace {

using Times = std::vector<TimeOfDay>;
using Weathers = std::vector<Weather>;
const Times kAllTimes{TimeOfDay::kDay, TimeOfDay::kDawn, TimeOfDay::kSunset, TimeOfDay::kNight};
const Times kDayOnly{TimeOfDay::kDay};
const Weathers kTemperate{Weather::kClear, Weather::kCloudy, Weather::kRain, Weather::kStorm, Weather::kFog};
const Weathers kCold{Weather::kClear, Weather::kCloudy, Weather::kSnow, Weather::kStorm, Weather::kFog};
const Weathers kAlpine{Weather::kClear, Weather::kCloudy, Weather::kRain, Weather::kSnow, Weather::kStorm, Weather::kFog};
const Weathers kDry{Weather::kClear, Weather::kCloudy, Weather::kStorm};
const Weathers kNone{Weather::kClear};

struct Entry {
  PlaceInfo info;
  PlacePointer (*make)(Setting);
};

// The first eight are the set the shipped model learns.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {{"snow field", {"in the snow", "on a snowy field", "in a snowy landscape", "on a snow-covered field"}, Medium::kGround, true, kAllTimes, kCold, "snow", "cold wind", true}, make_snow_field},
      {{"meadow", {"in a meadow", "on a green meadow", "in a grassy field with flowers", "on the grass"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "meadow birds", true}, make_meadow},
      {{"beach", {"on the beach", "on a sandy beach", "by the sea", "on the sand in front of a calm sea"}, Medium::kGround, true, kAllTimes, kTemperate, "sand", "calm sea", true}, make_beach},
      {{"desert", {"in the desert", "in a sandy desert", "among sand dunes", "in a hot desert"}, Medium::kGround, true, kAllTimes, kDry, "sand", "dry wind", true}, make_desert},
      {{"forest", {"in the forest", "in the woods", "among tall trees", "in a green forest"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "forest birds", true}, make_forest},
      {{"city street", {"in a city street", "on a street in the city", "in the city", "in front of colourful houses"}, Medium::kGround, true, kAllTimes, kTemperate, "gravel", "city traffic", true}, make_city_street},
      {{"swimming pool", {"in a swimming pool", "in the pool", "in the water of a swimming pool", "in a blue pool"}, Medium::kWater, true, kAllTimes, kTemperate, "water", "water lapping", true}, make_swimming_pool},
      {{"mountains", {"in the mountains", "in front of snowy mountains", "on a mountain meadow", "below high mountains"}, Medium::kGround, true, kAllTimes, kAlpine, "grass", "mountain wind", true}, make_mountains},
      {{"pumpkin patch", {"in a pumpkin patch", "on the grass in a pumpkin patch", "among pumpkins", "in a field of pumpkins"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "autumn wind", true}, make_pumpkin_patch},
      {{"Antarctica", {"in Antarctica", "in the Antarctic", "on the ice of Antarctica", "in front of ice mountains"}, Medium::kGround, true, kAllTimes, kCold, "snow", "cold wind", true}, make_antarctica},
      {{"Johannesburg", {"in Johannesburg", "on a road in Johannesburg", "in front of the skyline of Johannesburg", "in the city of Johannesburg"}, Medium::kGround, true, kAllTimes, kTemperate, "gravel", "city traffic", true}, make_johannesburg},
      {{"western town", {"in a western town", "in an old western town", "on the dusty street of a western town", "in a wild west town"}, Medium::kGround, true, kAllTimes, kDry, "gravel", "dry wind", true}, make_western_town},
      {{"gym", {"in a gym", "in the gym", "on the wooden floor of a gym"}, Medium::kGround, false, kDayOnly, kNone, "wood", "gym hall", false}, make_gym},
      {{"living room", {"in a living room", "at home in the living room", "in a cosy living room"}, Medium::kGround, false, {TimeOfDay::kDay, TimeOfDay::kNight}, kNone, "wood", "quiet room", false}, make_living_room},
      {{"underwater", {"underwater", "under the sea", "on a coral reef", "deep in the ocean"}, Medium::kUnderwater, false, kDayOnly, kNone, "water", "underwater", true}, make_underwater},
      {{"space", {"in space", "in outer space", "among the stars", "in front of a planet in space"}, Medium::kAir, false, kDayOnly, kNone, "", "space hum", true}, make_space},
      {{"stage", {"on a stage", "on stage in the spotlight", "on a theatre stage"}, Medium::kGround, false, kDayOnly, kNone, "wood", "audience", false}, make_stage},
      {{"stormy sea", {"on a stormy sea", "in the rough sea", "among high waves", "on a wild ocean"}, Medium::kWater, true, kAllTimes, {Weather::kCloudy, Weather::kStorm, Weather::kRain}, "water", "stormy sea", true}, make_stormy_sea},
      {{"farm", {"on a farm", "in front of a red barn", "in a farmyard", "on the farm between bales of hay"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "meadow birds", true}, make_farm},
      {{"savanna", {"in the savanna", "on the African savanna", "in the tall golden grass of the savanna", "under the acacia trees of the savanna"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "dry wind", true}, make_savanna},
      {{"jungle", {"in the jungle", "in a thick jungle", "among palms and vines in the jungle", "in a tropical rainforest"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "forest birds", true}, make_jungle},
      {{"park", {"in a park", "in the park", "on the lawn of a city park", "in a park with benches and lamps"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "meadow birds", true}, make_park},
      {{"autumn forest", {"in an autumn forest", "in a forest in autumn", "among red and golden trees", "on fallen leaves in an autumn wood"}, Medium::kGround, true, kAllTimes, kTemperate, "grass", "autumn wind", true}, make_autumn_forest},
      {{"moon", {"on the moon", "on the surface of the moon", "among the craters of the moon", "on the moon below the Earth"}, Medium::kGround, false, kDayOnly, kNone, "sand", "space hum", true}, make_moon},
  };
  return all;
}

const Entry& entry_named(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Entry& e : entries()) {
    if (e.info.name == name) return e;
    names.push_back(e.info.name);
  }
  throw NotFound("No place is called '{}'. The places are: {}.", name, fmt::join(names, ", "));
}

}  // namespace

std::string_view name_of(TimeOfDay time) {
  switch (time) {
    case TimeOfDay::kDay: return "day";
    case TimeOfDay::kDawn: return "dawn";
    case TimeOfDay::kSunset: return "sunset";
    case TimeOfDay::kNight: return "night";
  }
  return "day";
}

std::string_view name_of(Weather weather) {
  switch (weather) {
    case Weather::kClear: return "clear";
    case Weather::kCloudy: return "cloudy";
    case Weather::kRain: return "rain";
    case Weather::kSnow: return "snow";
    case Weather::kStorm: return "storm";
    case Weather::kFog: return "fog";
  }
  return "clear";
}

const std::vector<PlaceInfo>& places() {
  static const std::vector<PlaceInfo> infos = [] {
    std::vector<PlaceInfo> list;
    for (const Entry& e : entries()) list.push_back(e.info);
    return list;
  }();
  return infos;
}

const PlaceInfo& place_named(std::string_view name) { return entry_named(name).info; }

std::unique_ptr<Place> make_place(std::string_view name, TimeOfDay time, Weather weather, uint64_t seed, int width, int height) {
  if (width < 16 || height < 16 || width > 4096 || height > 4096)
    throw UsageError("A place is drawn at 16 to 4096 pixels a side, not {} × {}.", width, height);
  return entry_named(name).make(Setting(width, height, time, weather, seed));
}

void Place::draw_front(Canvas&, double, const View&, float) const {}

float Place::scale_at(float ground) const {
  return std::max(0.2f, mix(0.55f, 1.0f, (ground - far_ground()) / (near_ground() - far_ground())));
}

}  // namespace mg::world
