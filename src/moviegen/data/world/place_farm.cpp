// Farm: a red barn with its silo, fields, a fence, bales of hay.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

void paint_barn(Layer& layer, Setting& s, const Stand& at) {
  const float w = 0.62f * at.height, eaves = at.base - 0.55f * at.height, knee = at.base - 0.86f * at.height, top = at.base - at.height;
  const Color red = s.lit(0xb8392e, 0.12f), white = s.lit(0xf4efe6, 0.12f), roof = s.lit(0x6a5a58, 0.15f);
  const auto boards = [&](float px, float) { return scaled(red, wrapped(px, s.u(0.03f)) < s.u(0.006f) ? 0.8f : 1.0f); };
  fill(layer, Box{at.x - w, eaves, at.x + w, at.base}, boards);
  fill(layer, Polygon{{at.x - w, eaves}, {at.x - 0.72f * w, knee}, {at.x, top}, {at.x + 0.72f * w, knee}, {at.x + w, eaves}}, boards);
  const float edge = s.u(0.014f);
  const Point line[] = {{at.x - 1.06f * w, eaves + edge}, {at.x - 0.74f * w, knee}, {at.x, top}, {at.x + 0.74f * w, knee}, {at.x + 1.06f * w, eaves + edge}};
  for (int i = 0; i < 4; ++i) fill(layer, Capsule{line[i].x, line[i].y, line[i + 1].x, line[i + 1].y, edge, edge}, roof);
  const float door = 0.34f * w, lintel = at.base - 0.36f * at.height, frame = s.u(0.007f);
  fill(layer, Box{at.x - door - frame, lintel - frame, at.x + door + frame, at.base}, white);
  fill(layer, Box{at.x - door, lintel, at.x + door, at.base}, scaled(red, 0.72f));
  for (float side : {-1.0f, 1.0f}) fill(layer, Capsule{at.x - side * door, lintel, at.x + side * door, at.base, frame, frame}, white);
  fill(layer, Box{at.x - 0.16f * w, knee - 0.02f * at.height, at.x + 0.16f * w, knee + 0.13f * at.height}, white);
  fill(layer, Box{at.x - 0.12f * w, knee, at.x + 0.12f * w, knee + 0.11f * at.height}, s.lit(0x3a2a2a, 0.1f));
}

void paint_silo(Layer& layer, Setting& s, const Stand& at) {
  const float r = 0.15f * at.height;
  const auto metal = [&](float px, float py) {
    return scaled(s.lit(0xc4ccd4, 0.15f), mix(1.1f, 0.72f, saturate((px - at.x + r) / (2 * r))) * (wrapped(py, s.u(0.05f)) < s.u(0.006f) ? 0.9f : 1.0f));
  };
  fill(layer, Ellipse{at.x, at.base - 0.86f * at.height, r, 0.14f * at.height}, s.lit(0xa8b2bc, 0.15f));
  fill(layer, Box{at.x - r, at.base - 0.86f * at.height, at.x + r, at.base}, metal);
}

void paint_bale(Layer& layer, Setting& s, const Stand& at) {
  const Color hay = s.lit(0xe0b44e);
  fill(layer, Ellipse{at.x, at.base, at.height * 0.62f, at.height * 0.09f, 3}, Color{0, 0, 0}, 0.3f);
  fill(layer, disc(at.x, at.base - at.height / 2, at.height / 2), [&](float px, float py) {
    const float dx = px - at.x, dy = py - at.base + at.height / 2, ring = std::sqrt(dx * dx + dy * dy);
    return scaled(hay, (wrapped(ring, at.height * 0.13f) < at.height * 0.03f ? 0.82f : 1.0f) * mix(1.08f, 0.84f, saturate(dy / at.height + 0.5f)));
  });
}

}  // namespace

PlacePointer make_farm(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.7f, 0.93f, 0.58f});
  add_sky(*place, s, {.skyline = 0.47f, .clouds = 1.1f});
  add_ridge(*place, s, {.row = 0.44f, .swing = 0.03f, .longest = 1.2f, .top = 0x9fc47f, .foot = 0x8ab873, .k = 0.07f, .distance = 0.55f});
  add_ridge(*place, s, {.row = 0.485f, .swing = 0.02f, .longest = 0.7f, .top = 0xe4c65a, .foot = 0xc9b048, .k = 0.14f, .distance = 0.28f});
  Layer& yard = place->add<Layer>(s.frame, Depth::flat(0.3f), s.y(0.05f), s.y(0.6f));
  for (float x : spread(s, static_cast<float>(yard.period()), count_around(s, yard, 1.1f))) {
    const float h = s.u(s.pick(0.3, 0.38)), base = s.y(0.575f);
    paint_silo(yard, s, {x + 0.82f * h, base, 1.15f * h});
    paint_barn(yard, s, {x, base, h});
    paint_round_tree(yard, s, {x - 1.25f * h, base, s.u(s.pick(0.2, 0.28))}, s.lit(0x5a9c3e, 0.1f), s.lit(0x7a5a40, 0.1f));
  }
  add_ground(*place, s, {.skyline = 0.56f, .far = 0xa9c85a, .near = 0x7aa53c, .patch = 0xc4a860, .patches = 0.6f, .waviness = 0.014f});
  Layer& fence = place->add<Layer>(s.frame, Depth::flat(0.45f), s.y(0.5f), s.y(0.66f));
  const float period = static_cast<float>(fence.period()), base = s.y(0.63f), h = s.u(0.085f), gap = period / std::round(period / s.u(0.16f));
  const Color wood = s.lit(0xf0ebe0, 0.08f);
  for (float rail : {0.4f, 0.8f}) fill(fence, Box{0, base - h * rail - s.u(0.007f), period, base - h * rail + s.u(0.007f)}, scaled(wood, 0.92f));
  for (float x = 0.5f * gap; x < period; x += gap) fill(fence, Box{x - s.u(0.01f), base - h, x + s.u(0.01f), base}, wood);
  Layer& bales = place->add<Layer>(s.frame, Depth::flat(0.72f), s.y(0.5f), s.y(0.76f));
  for (float x : spread(s, static_cast<float>(bales.period()), count_around(s, bales, 0.8f))) paint_bale(bales, s, {x, s.y(0.7f) + s.u(s.pick(0, 0.02)), s.u(s.pick(0.1, 0.14))});
  Blades& grass = place->add<Blades>(s, 0.17f, 2.0f);
  for (float x : spread(s, grass.period(), 36)) {
    const float d = s.pick(0, 1);
    grass.add_tuft(s, {x, s.y(mix(0.66f, 1.02f, d)), s.u(mix(0.025f, 0.065f, d))}, 1, s.lit(s.random.chance(0.5) ? 0x6a9a30 : 0x9aac40));
  }
  place->add<Fringe>(s, s.lit(0x7fa840), s.u(0.03f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
