// Particles: each is born, moves along a path that is a closed function of its age, and dies; number i of a layer has
// its own rhythm, so the layer is a function of (seed, t) alone.
#include <cmath>

#include "moviegen/core/random.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/place_shapes.h"

namespace mg::world {
namespace {

// A small shape turned by `angle` and squeezed in its own x by `turn` (a flat thing tumbling).
template <class Inside>
struct Turned {
  float x, y, r, angle, turn;
  Inside inside;  // inside(u, v) → signed distance to the edge in radii, positive inside
  Bounds bounds() const { return {x - r - 1, y - r - 1, x + r + 1, y + r + 1}; }
  float coverage(float px, float py) const {
    const float c = std::cos(angle), s = std::sin(angle), dx = (px - x) / r, dy = (py - y) / r;
    const float squeeze = std::max(0.25f, std::abs(turn));
    return saturate(inside((c * dx + s * dy) / squeeze, -s * dx + c * dy) * squeeze * r + 0.5f);
  }
};
template <class Inside>
Turned<Inside> turned(float x, float y, float r, float angle, float turn, Inside inside) {
  return {x, y, r, angle, turn, inside};
}

float leaf_inside(float u, float v) { return 0.46f * (1 - v * v) - std::abs(u); }
float petal_inside(float u, float v) { return 0.62f * std::sqrt(std::max(0.0f, 1 - v * v)) * (0.75f - 0.25f * v) - std::abs(u); }
float card_inside(float u, float v) { return std::min(0.75f - std::abs(u), 0.5f - std::abs(v)); }
float heart_inside(float u, float v) {
  // Two lobes over a point: the distance to a circle bent upwards at the middle.
  const float up = -v * 1.15f + 0.1f - 0.62f * std::sqrt(std::abs(u));
  return 0.72f - std::sqrt(u * u + up * up);
}
float star_inside(float u, float v) { return 0.42f * (1 - std::sqrt(std::abs(u)) - std::sqrt(std::abs(v))); }

struct Cloud {
  Canvas& canvas;
  double t;
  uint64_t seed;
  float x, y, radius;  // radius 0: all over the frame
  bool local() const { return radius > 0; }
  float unit() const { return canvas.unit(); }
  // Sizes follow the emitter when there is one.
  float size() const { return local() ? std::min(unit(), radius * 2.4f) : unit(); }
};

struct Particle {
  Generator random{0};
  float age = 0;   // 0..1
  float life_s = 1;
  float x = 0, y = 0;  // where it was born
};

// Particle i of n: lives `life_s`, then starts again elsewhere. Over the frame it is born anywhere, else near the point.
Particle particle(const Cloud& cloud, int i, double life_s) {
  const Generator own = Generator(cloud.seed, "particle").fork(std::to_string(i));
  Generator rhythm = own;
  const double life = life_s * rhythm.uniform(0.8, 1.25), turn = cloud.t / life + rhythm.uniform();
  Particle p;
  p.random = own.fork(std::to_string(static_cast<int64_t>(std::floor(turn))));
  p.age = static_cast<float>(turn - std::floor(turn));
  p.life_s = static_cast<float>(life);
  if (cloud.local()) {
    const float a = static_cast<float>(p.random.uniform(0, 6.283)), r = cloud.radius * static_cast<float>(std::sqrt(p.random.uniform()));
    p.x = cloud.x + r * std::cos(a), p.y = cloud.y + r * std::sin(a);
  } else {
    p.x = static_cast<float>(p.random.uniform(-0.1, 1.1)) * cloud.canvas.width;
    p.y = static_cast<float>(p.random.uniform(-0.1, 1.1)) * cloud.canvas.height;
  }
  return p;
}

// Visible in the middle of its life.
float in_and_out(float age) { return smoothstep(0, 0.15f, age) * smoothstep(1, 0.75f, age); }

Color pick_color(Generator& random, std::initializer_list<uint32_t> colors) {
  return srgb(colors.begin()[random.below(static_cast<int>(colors.size()))]);
}

// Flat things that fall and tumble.
void draw_falling(const Cloud& cloud, Particles kind) {
  const int count = cloud.local() ? 16 : kind == Particles::kConfetti ? 70 : 32;
  const float fall = (kind == Particles::kConfetti ? 0.7f : 0.4f) * (cloud.local() ? 0.6f : 1) * cloud.size();
  for (int i = 0; i < count; ++i) {
    Particle p = particle(cloud, i, 3);
    const float phase = static_cast<float>(p.random.uniform(0, 6.283)), spin = static_cast<float>(p.random.uniform(-3, 3)) * p.life_s;
    const float sway = static_cast<float>(p.random.uniform(0.03, 0.08)) * cloud.size(), wind = kind == Particles::kConfetti ? 0 : -0.12f * cloud.size();
    const float x = p.x + sway * std::sin(5 * p.age + phase) + wind * (p.age - 0.5f) * p.life_s, y = p.y + fall * p.life_s * (p.age - 0.5f);
    const float r = cloud.unit() * static_cast<float>(p.random.uniform(0.016, 0.026)), angle = phase + spin * p.age, turn = std::cos(6 * p.age * p.life_s + phase);
    const float alpha = in_and_out(p.age);
    if (kind == Particles::kLeaves)
      fill(cloud.canvas, turned(x, y, r * 1.25f, angle, turn, leaf_inside), pick_color(p.random, {0xd9772b, 0xe8a33a, 0xb5432a, 0xc9b23e, 0x8a9a3c}), alpha);
    else if (kind == Particles::kPetals)
      fill(cloud.canvas, turned(x, y, r * 0.95f, angle, turn, petal_inside), pick_color(p.random, {0xffb7d0, 0xff9cc0, 0xffd9e6}), alpha);
    else
      fill(cloud.canvas, turned(x, y, r, angle, turn, card_inside), pick_color(p.random, {0xf23d4f, 0xffc42e, 0x38b6ff, 0x4bd66b, 0xb45cf0, 0xff8a3c}), alpha);
  }
}

// Hearts, bubbles and smoke rise; they differ in how they look.
void draw_rising(const Cloud& cloud, Particles kind) {
  const bool smoke = kind == Particles::kSmoke;
  const int count = cloud.local() ? (smoke ? 14 : 9) : 20;
  for (int i = 0; i < count; ++i) {
    Particle p = particle(cloud, i, smoke ? 2.4 : 2.8);
    const float rise = cloud.size() * (smoke ? 0.22f : 0.2f) * p.life_s * (p.age - (cloud.local() ? 0 : 0.5f));
    const float sway = 0.03f * cloud.size() * std::sin(4 * p.age * p.life_s + static_cast<float>(p.random.uniform(0, 6.283)));
    const float x = p.x + sway, y = p.y - rise, r = cloud.unit() * static_cast<float>(p.random.uniform(0.022, 0.042)), alpha = in_and_out(p.age);
    if (kind == Particles::kHearts) {
      fill(cloud.canvas, turned(x, y, r * 1.15f, 0.15f * std::sin(8 * p.age), 1, heart_inside), pick_color(p.random, {0xf2314f, 0xff5f86, 0xe0245e}), alpha);
    } else if (smoke) {
      const float grown = r * (1.1f + 2.2f * p.age);
      fill(cloud.canvas, disc(x, y, grown, grown * 1.3f), mix(srgb(0x8c8c92), srgb(0xc4c4ca), p.age), 0.42f * in_and_out(p.age));
    } else {
      fill(cloud.canvas, disc(x, y, r * 0.8f), srgb(0xd8f3ff), 0.22f * alpha);
      const float ring = std::max(1.2f, r * 0.22f);
      const auto rim = [&](float u, float v) { return 0.5f * ring / r - std::abs(std::sqrt(u * u + v * v) - 0.8f); };
      fill(cloud.canvas, turned(x, y, r, 0, 1, rim), srgb(0xffffff), 0.75f * alpha);
      fill(cloud.canvas, disc(x - r * 0.3f, y - r * 0.32f, std::max(0.7f, r * 0.18f)), srgb(0xffffff), alpha);
    }
  }
}

// Things that shine: embers rise, fireflies wander and blink, stars sparkle in place.
void draw_shining(const Cloud& cloud, Particles kind) {
  const int count = cloud.local() ? 14 : 28;
  for (int i = 0; i < count; ++i) {
    Particle p = particle(cloud, i, kind == Particles::kStars ? 1.2 : 2.6);
    const float phase = static_cast<float>(p.random.uniform(0, 6.283)), time = p.age * p.life_s, alpha = in_and_out(p.age);
    const float r = cloud.unit() * static_cast<float>(p.random.uniform(0.012, 0.02));
    if (kind == Particles::kEmbers) {
      const float x = p.x + 0.05f * cloud.size() * std::sin(3 * time + phase), y = p.y - 0.26f * cloud.size() * time;
      const Color hot = mix(srgb(0xffd060), srgb(0xff5a1e), p.age);
      glow(cloud.canvas, x, y, r * 2.4f, hot, 0.5f * alpha);
      fill(cloud.canvas, disc(x, y, std::max(0.7f, r * 0.45f)), hot, alpha);
    } else if (kind == Particles::kFireflies) {
      const float x = p.x + 0.07f * cloud.size() * std::sin(1.3f * time + phase), y = p.y + 0.05f * cloud.size() * std::sin(1.9f * time + 2 * phase);
      const float blink = alpha * (0.55f + 0.45f * std::sin(5 * time + phase));
      glow(cloud.canvas, x, y, r * 3.2f, srgb(0xc8f04a), 0.55f * blink);
      fill(cloud.canvas, disc(x, y, std::max(0.8f, r * 0.5f)), srgb(0xf6ffb0), blink);
    } else {
      const float pulse = alpha * std::sin(3.1416f * p.age);
      glow(cloud.canvas, p.x, p.y, r * 2.2f, srgb(0xffe27a), 0.35f * pulse);
      fill(cloud.canvas, turned(p.x, p.y, r * 2.4f * pulse + 0.5f, 0, 1, star_inside), srgb(0xfff0a8), pulse);
    }
  }
}

void draw_dust(const Cloud& cloud) {
  const int count = cloud.local() ? 12 : 24;
  for (int i = 0; i < count; ++i) {
    Particle p = particle(cloud, i, cloud.local() ? 1.1 : 2.5);
    const float out = cloud.local() ? 0.5f * p.age * (p.x - cloud.x) : -0.15f * cloud.size() * p.age;
    const float r = cloud.unit() * static_cast<float>(p.random.uniform(0.02, 0.04)) * (0.6f + p.age);
    fill(cloud.canvas, disc(p.x + out, p.y - 0.08f * cloud.size() * p.age, r, r * 1.4f), srgb(0xd9c09a), 0.45f * in_and_out(p.age));
  }
}

// Drops thrown up from a line, falling back by their weight.
void draw_splash(const Cloud& cloud) {
  const int count = cloud.local() ? 26 : 40;
  const float g = 2.2f * cloud.size();
  for (int i = 0; i < count; ++i) {
    Particle p = particle(cloud, i, 0.7);
    const float side = static_cast<float>(p.random.uniform(-0.45, 0.45)) * cloud.size(), up = static_cast<float>(p.random.uniform(0.5, 0.95)) * cloud.size() * 0.9f;
    const float time = p.age * p.life_s, y0 = cloud.local() ? cloud.y : p.y, x = (cloud.local() ? cloud.x + 0.4f * (p.x - cloud.x) : p.x) + side * time, y = y0 - up * time + 0.5f * g * time * time;
    const float r = cloud.unit() * static_cast<float>(p.random.uniform(0.006, 0.014)) * (1.1f - 0.4f * p.age);
    fill(cloud.canvas, disc(x, y, std::max(0.6f, r)), mix(srgb(0xd6f3ff), srgb(0xffffff), p.age), 0.9f * smoothstep(1, 0.7f, p.age));
  }
}

}  // namespace

std::string_view name_of(Particles particles) {
  switch (particles) {
    case Particles::kNone: return "none";
    case Particles::kLeaves: return "leaves";
    case Particles::kPetals: return "petals";
    case Particles::kConfetti: return "confetti";
    case Particles::kHearts: return "hearts";
    case Particles::kBubbles: return "bubbles";
    case Particles::kEmbers: return "embers";
    case Particles::kFireflies: return "fireflies";
    case Particles::kDust: return "dust";
    case Particles::kStars: return "stars";
    case Particles::kSplash: return "splash";
    case Particles::kSmoke: return "smoke";
  }
  return "none";
}

void draw_particles(Canvas& canvas, Particles kind, double t, uint64_t seed, float x, float y, float radius) {
  const Cloud cloud{canvas, t, seed, x, y, radius};
  switch (kind) {
    case Particles::kNone: return;
    case Particles::kLeaves:
    case Particles::kPetals:
    case Particles::kConfetti: return draw_falling(cloud, kind);
    case Particles::kHearts:
    case Particles::kBubbles:
    case Particles::kSmoke: return draw_rising(cloud, kind);
    case Particles::kEmbers:
    case Particles::kFireflies:
    case Particles::kStars: return draw_shining(cloud, kind);
    case Particles::kDust: return draw_dust(cloud);
    case Particles::kSplash: return draw_splash(cloud);
  }
}

}  // namespace mg::world
