#include "moviegen/data/world/place_air.h"

#include "moviegen/data/world/noise.h"

namespace mg::world {
namespace {

struct TimePalette {
  uint32_t zenith, middle, low, horizon, sun, cloud_light, cloud_shade, overcast;
  Color tint;
  float sun_low, sun_high;  // heights of the sun in the sky, 0 top, 1 skyline
  float haze_far, stars, dark;
};

const TimePalette& palette_of(TimeOfDay time) {
  static const TimePalette day{0x3d8de0, 0x74b7f0, 0xaad7f7, 0xdcf0fa, 0xfff8dc, 0xffffff, 0xc3d3e6, 0xb4bfca,
                               {1, 1, 1}, 0.16f, 0.3f, 0.42f, 0, 0};
  static const TimePalette dawn{0x7f9bd8, 0xb5b3dc, 0xf2bcc4, 0xffe1b4, 0xfff1cc, 0xffe6e0, 0xc6a6c4, 0xb6aebb,
                                {0.9f, 0.74f, 0.76f}, 0.62f, 0.8f, 0.55f, 0, 0};
  static const TimePalette sunset{0x46408c, 0xa8528c, 0xf4774f, 0xffc862, 0xfff0b8, 0xffb98a, 0x9a5580, 0x9c7f86,
                                  {1.0f, 0.6f, 0.4f}, 0.66f, 0.84f, 0.5f, 0, 0.25f};
  static const TimePalette night{0x060a22, 0x0d1a44, 0x17305f, 0x2b4a7c, 0xf4f1dc, 0x3a4d78, 0x1c2a52, 0x1d2637,
                                 {0.105f, 0.165f, 0.36f}, 0.16f, 0.34f, 0.45f, 1, 1};
  switch (time) {
    case TimeOfDay::kDawn: return dawn;
    case TimeOfDay::kSunset: return sunset;
    case TimeOfDay::kNight: return night;
    default: return day;
  }
}

struct WeatherEffect {
  float cover;            // how much of the sky's colour becomes overcast
  float sky_brightness;   // of the overcast sky
  Color tint;
  float haze_near, haze_far;  // added to the time's haze
};

WeatherEffect effect_of(Weather weather) {
  switch (weather) {
    case Weather::kCloudy: return {0.72f, 1.0f, {0.76f, 0.8f, 0.86f}, 0, 0.08f};
    case Weather::kRain: return {0.95f, 0.62f, {0.5f, 0.57f, 0.66f}, 0.05f, 0.24f};
    case Weather::kSnow: return {0.95f, 1.3f, {0.78f, 0.83f, 0.92f}, 0.06f, 0.26f};
    case Weather::kStorm: return {1.0f, 0.27f, {0.3f, 0.36f, 0.46f}, 0.05f, 0.22f};
    case Weather::kFog: return {0.97f, 1.35f, {0.82f, 0.86f, 0.9f}, 0.2f, 0.42f};
    default: return {0, 1, {1, 1, 1}, 0, 0};
  }
}

}  // namespace

Air make_air(TimeOfDay time, Weather weather, Generator random) {
  const TimePalette& p = palette_of(time);
  const WeatherEffect w = effect_of(weather);
  const Color overcast = scaled(srgb(p.overcast), w.sky_brightness);
  const float warm = static_cast<float>(random.uniform(0.93, 1.07));
  const auto sky = [&](uint32_t hex, float brighten) {
    return mix(product(srgb(hex), {warm, 1, 2 - warm}), scaled(overcast, brighten), w.cover);
  };
  Air air;
  air.time = time, air.weather = weather;
  air.zenith = sky(p.zenith, 0.8f), air.middle = sky(p.middle, 0.95f);
  air.low = sky(p.low, 1.08f), air.horizon = sky(p.horizon, 1.2f);
  air.sun = srgb(p.sun);
  // Never behind the middle, where the subject is most of the time.
  air.sun_x = static_cast<float>(random.uniform(0.12, 0.36));
  if (random.chance(0.5)) air.sun_x = 1 - air.sun_x;
  air.sun_y = static_cast<float>(random.uniform(p.sun_low, p.sun_high));
  air.sun_shine = weather == Weather::kClear ? 1 : weather == Weather::kCloudy ? 0.35f : 0;
  air.moon = time == TimeOfDay::kNight;
  air.stars = p.stars * (1 - w.cover);
  air.cloud_light = mix(srgb(p.cloud_light), scaled(overcast, 1.35f), w.cover);
  air.cloud_shade = mix(srgb(p.cloud_shade), scaled(overcast, 0.62f), w.cover);
  air.overcast = weather == Weather::kClear ? 0 : w.cover;
  air.tint = product(p.tint, w.tint);
  // Under clouds a low sun no longer colours the land.
  const float grey = luminance(air.tint);
  air.tint = mix(air.tint, {grey, grey, grey}, 0.45f * w.cover * (air.moon ? 0.3f : 1));
  air.haze = mix(air.low, air.horizon, 0.5f);
  air.haze_near = w.haze_near, air.haze_far = std::min(0.96f, p.haze_far + w.haze_far);
  air.dark = std::max(p.dark, weather == Weather::kStorm ? 0.45f : weather == Weather::kRain ? 0.2f : 0.0f);
  return air;
}

Light Air::light() const {
  Light light;
  light.time = time, light.weather = weather;
  // Subjects are what the picture is about: they keep more of their own colour than the land does.
  light.tint = mix(tint, {1, 1, 1}, moon ? 0.16f : 0.25f);
  light.ambient = haze;
  light.haze = std::min(0.45f, haze_near * 1.1f + (time == TimeOfDay::kDay ? 0 : 0.04f));
  light.shadow = mix(0.22f, 0.5f, sun_shine) * (moon ? 0.8f : 1);
  return light;
}

}  // namespace mg::world
