#include "moviegen/data/world/place_sky.h"

#include "moviegen/data/world/place_shapes.h"

namespace mg::world {
namespace {

Color sky_color(const Air& air, float h) {
  if (h < 0.4f) return mix(air.zenith, air.middle, h / 0.4f);
  if (h < 0.75f) return mix(air.middle, air.low, (h - 0.4f) / 0.35f);
  return mix(air.low, air.horizon, saturate((h - 0.75f) / 0.25f));
}

void paint_moon(Layer& layer, const Setting& s, float x, float y, float r) {
  const Color face = s.air.sun, sea = scaled(face, 0.72f);
  fill(layer, disc(x, y, r), [&](float px, float py) {
    const float u = (px - x) / r, v = (py - y) / r;
    const auto spot = [&](float cx, float cy, float size) {
      return smoothstep(size, size * 0.5f, std::hypot(u - cx, v - cy));
    };
    return mix(face, sea, std::max({spot(-0.3f, -0.25f, 0.42f), spot(0.35f, 0.1f, 0.34f), spot(-0.15f, 0.45f, 0.28f)}));
  });
}

void paint_sky(Layer& layer, const Setting& s, const SkyOptions& options) {
  const Air& air = s.air;
  const float skyline = s.y(options.skyline), sx = s.x(air.sun_x), sy = air.sun_y * skyline;
  const bool low_sun = air.time == TimeOfDay::kSunset || air.time == TimeOfDay::kDawn;
  const float reach = s.u(air.moon ? 0.3f : low_sun ? 0.55f : 0.4f);
  const float strength = options.sun ? air.sun_shine * (air.moon ? 0.16f : low_sun ? 0.55f : 0.4f) : 0;
  for (int y = layer.top(); y < layer.bottom(); ++y)
    for (int x = 0; x < layer.period(); ++x) {
      const Color base = sky_color(air, (y + 0.5f) / skyline);
      const float d2 = (x + 0.5f - sx) * (x + 0.5f - sx) + (y + 0.5f - sy) * (y + 0.5f - sy);
      layer.over(x, y, mix(base, air.sun, strength * std::exp(-d2 / (0.35f * reach * reach))), 1);
    }
  if (!options.sun || air.sun_shine <= 0) return;
  const float r = s.u(air.moon ? 0.06f : low_sun ? 0.085f : 0.065f);
  if (air.moon)
    paint_moon(layer, s, sx, sy, r);
  else
    fill(layer, disc(sx, sy, r, 1.4f), air.sun, air.sun_shine);
}

// A closed sheet of cloud: soft bands of light and shade.
void paint_overcast(Layer& layer, const Setting& s, float skyline) {
  const PeriodicNoise noise(static_cast<float>(layer.period()), s.seed + 71);
  const Color light = s.air.cloud_light, shade = s.air.cloud_shade;
  for (int y = layer.top(); y < layer.bottom(); ++y)
    for (int x = 0; x < layer.period(); ++x) {
      const float h = (y + 0.5f) / skyline;
      // Bands get flatter and finer towards the skyline.
      const float n = noise.at(x + 0.5f, s.u(0.5f) * std::sqrt(std::max(h, 0.0f) + 0.05f), s.u(0.5f), s.u(0.09f), 3);
      const float cover = smoothstep(0.34f, 0.6f, n);
      layer.over(x, y, mix(light, shade, smoothstep(0.45f, 0.75f, n)),
                 s.air.overcast * cover * 0.8f * smoothstep(1.05f, 0.6f, h));
    }
}

}  // namespace

void paint_cloud(Layer& layer, Setting& s, float x, float y, float width, float distance) {
  const float height = width * s.pick(0.3, 0.42);
  const int puffs = 5 + s.random.below(3);
  std::vector<Ellipse> shapes;
  for (int i = 0; i < puffs; ++i) {
    const float along = (i + 0.5f) / puffs, dome = std::sin(3.1416f * along);
    const float r = height * mix(0.3f, 0.58f, dome) * s.pick(0.8, 1.15);
    shapes.push_back(disc(x + width * (along - 0.5f) * 0.85f, y - r * 0.75f - height * 0.22f * dome * s.pick(0.3, 1), r, s.u(0.018f)));
  }
  const Color light = mix(s.air.cloud_light, s.air.horizon, 0.35f * distance);
  const Color shade = mix(s.air.cloud_shade, s.air.horizon, 0.5f * distance);
  const float soft = s.u(0.03f);
  const Box area{x - width * 0.75f, y - height * 1.5f, x + width * 0.75f, y + soft};
  const int y1 = static_cast<int>(std::ceil(area.y1)), x1 = static_cast<int>(std::ceil(area.x1));
  for (int py = static_cast<int>(std::floor(area.y0)); py < y1; ++py)
    for (int px = static_cast<int>(std::floor(area.x0)); px < x1; ++px) {
      float cover = 0, lightness = 0;
      for (const Ellipse& e : shapes) {
        const float c = e.coverage(px + 0.5f, py + 0.5f);
        cover = std::max(cover, c);
        // Each puff is lit from above.
        lightness = std::max(lightness, c * smoothstep(0.75f, -0.35f, (py + 0.5f - e.y) / e.ry));
      }
      cover *= saturate((y - py) / soft);
      if (cover > 0) layer.over(px, py, mix(shade, light, lightness), cover * 0.96f);
    }
}

void add_sky(ComposedPlace& place, Setting& s, const SkyOptions& options) {
  const float skyline = s.y(options.skyline);
  Layer& sky = place.add<Layer>(s.frame, Depth::flat(0), 0, s.height());
  paint_sky(sky, s, options);
  if (s.air.stars > 0.05f) place.add<Stars>(s, skyline * 0.92f, 70, s.air.stars);
  const bool closed = s.air.overcast > 0;
  if (closed) {
    Layer& sheet = place.add<Layer>(s.frame, Depth::flat(0.03f), 0, skyline * 1.05f, s.u(0.035f));
    paint_overcast(sheet, s, skyline);
  }
  if (options.clouds <= 0 || (closed && s.air.weather != Weather::kCloudy)) return;
  // Far clouds low and small, near clouds high and large.
  for (int distance = 1; distance >= 0; --distance) {
    Layer& layer = place.add<Layer>(s.frame, Depth::flat(distance ? 0.03f : 0.06f), 0, skyline, s.u(distance ? 0.014f : 0.03f));
    const int count = static_cast<int>(std::lround(options.clouds * (distance ? 3 : 2) * s.pick(0.8, 1.4) * layer.period() / (1.7f * s.frame.unit())));
    for (int i = 0; i < count; ++i) {
      const float x = layer.period() * (i + s.pick(0.1, 0.9)) / count;
      const float y = skyline * (distance ? s.pick(0.6, 0.82) : s.pick(0.26, 0.5));
      paint_cloud(layer, s, x, y, s.u(distance ? s.pick(0.16, 0.26) : s.pick(0.3, 0.48)), static_cast<float>(distance));
    }
  }
}

Stars::Stars(const Setting& s, float bottom, int count, float brightness) : width_(s.width()) {
  Generator random = s.random.fork("stars");
  for (int i = 0; i < count; ++i) {
    const float size = static_cast<float>(std::pow(random.uniform(), 3.0));
    const float warm = static_cast<float>(random.uniform(0.8, 1.1));
    stars_.push_back({static_cast<float>(random.uniform(0, s.width())), static_cast<float>(random.uniform(0, bottom)),
                      mix(1.0f, 1.7f, size) * std::max(1.0f, s.u(0.0068f)), brightness * mix(0.25f, 0.95f, size),
                      static_cast<float>(random.uniform(0, 6.283)), {warm, 0.96f, 2 - warm}});
  }
}

void Stars::draw(Canvas& canvas, double t, const View& view) const {
  // The sky hardly moves under a pan; a trace of it keeps the stars from looking stuck to the lens.
  for (const Star& star : stars_) {
    const float x = wrapped(star.x - 0.02f * view.pan_x * canvas.unit(), width_);
    const float twinkle = 0.75f + 0.25f * static_cast<float>(std::sin(1.7 * t + star.phase));
    glow(canvas, x, star.y, star.radius, star.color, star.brightness * twinkle);
  }
}

}  // namespace mg::world
