// Western town: wooden houses with false fronts along a dirt street, mountains behind.
#include "moviegen/data/world/place_drift.h"
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

struct House {
  float x0, x1, base;
  uint32_t wood, trim;
};

// Boards: faint vertical joints.
template <class Shape>
void fill_boards(Layer& layer, Setting& s, const Shape& shape, const Color& wood) {
  const float board = s.u(0.032f);
  fill(layer, shape, [&](float x, float) { return scaled(wood, (wrapped(x, board) < 1 ? 0.86f : 1.0f) * (wrapped(x, 3 * board) < board ? 1.05f : 1.0f)); });
}

void paint_sign(Layer& layer, Setting& s, float x, float y, float half, const Color& board) {
  const float h = s.u(0.03f);
  fill(layer, Box{x - half, y - h, x + half, y + h}, scaled(board, 0.55f));
  fill(layer, Box{x - half + s.u(0.008f), y - h + s.u(0.008f), x + half - s.u(0.008f), y + h - s.u(0.008f)}, s.lit(0xf0deb4, 0.05f));
  // Painted letters too far away to read.
  const int letters = 4 + s.random.below(3);
  for (int i = 0; i < letters; ++i) {
    const float cx = x + (half - s.u(0.03f)) * (2 * (i + 0.5f) / letters - 1), w = s.u(0.009f);
    fill(layer, Box{cx - w, y - h * 0.42f, cx + w, y + h * 0.42f}, s.lit(0x6a3324, 0.05f), 0.85f);
  }
}

void paint_house(Layer& layer, Setting& s, const House& house) {
  const float w = house.x1 - house.x0, x = 0.5f * (house.x0 + house.x1), wall_h = s.u(s.pick(0.3, 0.36)), front_h = wall_h + s.u(s.pick(0.08, 0.14));
  const Color wood = s.lit(house.wood, 0.05f), trim = s.lit(house.trim, 0.05f), dark = s.lit(0x3a2a22, 0.05f);
  const Color glass = s.air.dark > 0.2f ? mix(s.lit(0x8fb0bc), srgb(0xffc868), s.air.dark) : s.lit(0x8fb0bc, 0.05f);
  fill_boards(layer, s, Box{house.x0, house.base - wall_h, house.x1, house.base}, wood);
  // The false front: a rectangle, or with a raised middle.
  const bool stepped = s.random.chance(0.5);
  fill_boards(layer, s, Box{house.x0, house.base - front_h + (stepped ? s.u(0.045f) : 0), house.x1, house.base - wall_h}, wood);
  if (stepped) fill_boards(layer, s, Box{house.x0 + 0.22f * w, house.base - front_h, house.x1 - 0.22f * w, house.base - wall_h}, wood);
  const float cornice = house.base - front_h + (stepped ? s.u(0.045f) : 0);
  fill(layer, Box{house.x0 - s.u(0.008f), cornice - s.u(0.016f), house.x0 + (stepped ? 0.22f * w : 0.5f * w), cornice}, trim);
  fill(layer, Box{house.x1 - (stepped ? 0.22f * w : 0.5f * w), cornice - s.u(0.016f), house.x1 + s.u(0.008f), cornice}, trim);
  if (stepped) fill(layer, Box{house.x0 + 0.2f * w, house.base - front_h - s.u(0.016f), house.x1 - 0.2f * w, house.base - front_h}, trim);
  paint_sign(layer, s, x, house.base - wall_h - s.u(0.005f), 0.36f * w, wood);
  // Porch: shade, door, windows, posts, roof.
  const float roof = house.base - s.u(0.215f), half_door = s.u(0.036f);
  fill(layer, Box{house.x0, roof, house.x1, house.base}, scaled(wood, 0.66f), 0.8f);
  fill(layer, Box{x - half_door, house.base - s.u(0.16f), x + half_door, house.base}, dark);
  for (float side : {-1.0f, 1.0f}) {
    const float cx = x + side * 0.5f * half_door;
    fill(layer, Box{cx - 0.46f * half_door, house.base - s.u(0.125f), cx + 0.46f * half_door, house.base - s.u(0.045f)}, trim);
    const float wx = x + side * 0.31f * w;
    fill(layer, Box{wx - s.u(0.036f), house.base - s.u(0.15f), wx + s.u(0.036f), house.base - s.u(0.065f)}, trim);
    fill(layer, Box{wx - s.u(0.026f), house.base - s.u(0.14f), wx + s.u(0.026f), house.base - s.u(0.075f)}, glass);
  }
  fill(layer, Box{house.x0 - s.u(0.01f), roof - s.u(0.02f), house.x1 + s.u(0.01f), roof + s.u(0.008f)}, scaled(trim, 0.85f));
  for (float f : {0.04f, 0.34f, 0.66f, 0.96f}) fill(layer, Box{mix(house.x0, house.x1, f) - s.u(0.008f), roof, mix(house.x0, house.x1, f) + s.u(0.008f), house.base}, trim);
  fill(layer, Box{house.x0 - s.u(0.01f), house.base - s.u(0.012f), house.x1 + s.u(0.01f), house.base + s.u(0.012f)}, scaled(trim, 0.7f));
}

void paint_water_tower(Layer& layer, Setting& s, float x, float base) {
  const float r = s.u(0.062f), top = base - s.u(0.4f), bottom = base - s.u(0.26f);
  const Color wood = s.lit(0x8a6244, 0.2f);
  for (float f : {-0.85f, -0.1f, 0.85f}) fill(layer, Capsule{x + f * r * 0.8f, bottom, x + f * r * 1.15f, base, s.u(0.007f), s.u(0.007f)}, scaled(wood, 0.75f));
  fill(layer, Capsule{x - r, base - s.u(0.09f), x + r * 0.8f, bottom, s.u(0.005f), s.u(0.005f)}, scaled(wood, 0.75f));
  fill(layer, Box{x - r, top, x + r, bottom}, [&](float px, float) { return scaled(wood, mix(1.2f, 0.65f, smoothstep(-r, r, px - x))); });
  fill(layer, Polygon{{x - r * 1.15f, top}, {x, top - s.u(0.055f)}, {x + r * 1.15f, top}}, s.lit(0x6a4a3a, 0.2f));
}

void paint_barrel(Layer& layer, Setting& s, float x, float base) {
  const float h = s.u(0.075f), r = s.u(0.029f);
  const Color wood = s.lit(0xa06a3c);
  fill(layer, RoundBox{x - r, base - h, x + r, base, r * 0.4f}, [&](float px, float) { return scaled(wood, mix(1.2f, 0.6f, smoothstep(-r, r, px - x))); });
  for (float f : {0.22f, 0.78f}) fill(layer, Box{x - r, base - h * f - 0.6f, x + r, base - h * f + 0.6f}, s.lit(0x4a4640));
}

}  // namespace

PlacePointer make_western_town(Setting s) {
  Light light = s.air.light();
  light.storm = Storm::kSand;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.75f, 0.94f, 0.65f});
  add_sky(*place, s, {.skyline = 0.52f, .clouds = 0.6f});
  add_peaks(*place, s, {.k = 0.06f, .apart = 0.4f, .typical = {0, s.y(0.26f), s.y(0.66f), s.u(0.45f), s.y(0.24f)}, .rock = s.lit(0xb07a66, 0.45f), .snow = s.lit(0xe8d8d0, 0.45f)});
  add_ridge(*place, s, {.row = 0.58f, .swing = 0.03f, .longest = 0.6f, .top = 0xc9a06a, .foot = 0xb88a58, .k = 0.14f, .distance = 0.3f});
  Layer& behind = place->add<Layer>(s.frame, Depth::flat(0.3f), s.y(0.0f), s.y(0.7f));
  for (float x : spread(s, static_cast<float>(behind.period()), count_around(s, behind, 1.0f))) paint_water_tower(behind, s, x, s.y(0.68f));
  add_ground(*place, s, {.skyline = 0.66f, .far = 0xd9b27a, .near = 0xc4935a, .patch = 0xe3c08c, .patches = 0.5f, .waviness = 0.006f, .patch_size = 0.3f});
  Layer& houses = place->add<Layer>(s.frame, Depth::flat(0.7f), s.y(0.1f), s.y(0.76f));
  static constexpr uint32_t kWoods[] = {0xb5835a, 0xc9a27a, 0x9a6a4e, 0xa88e76, 0x8f7f6a}, kTrims[] = {0x7a4a30, 0xeadfc8, 0x5f6f5a, 0x8a3f30};
  const float period = static_cast<float>(houses.period());
  for (float x = 0; x < period - s.u(0.3f);) {
    const float w = std::min(s.u(s.pick(0.38, 0.46)), period - x);
    paint_house(houses, s, {x, x + w, s.y(0.71f), kWoods[s.random.below(5)], kTrims[s.random.below(4)]});
    x += w + s.u(s.random.chance(0.4) ? s.pick(0.1, 0.18) : 0.015f);
  }
  Layer& things = place->add<Layer>(s.frame, Depth::flat(0.82f), s.y(0.4f), s.y(0.78f));
  for (float x : spread(s, static_cast<float>(things.period()), count_around(s, things, 0.5f))) {
    paint_barrel(things, s, x, s.y(0.74f));
    if (s.random.chance(0.5)) paint_barrel(things, s, x + s.u(0.055f), s.y(0.747f));
  }
  place->add<Drift>(s, DriftLook{.top = s.y(0.68f), .bottom = s.y(0.95f), .depth = ground_depth(s, 0.66f), .color = s.lit(0xf0d6a8, 0.1f), .amount = 0.42f, .length = 0.6f, .height = 0.06f, .speed = 0.16f});
  place->finish();
  return place;
}

}  // namespace mg::world
