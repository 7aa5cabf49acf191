#include "moviegen/data/world/place_composed.h"

namespace mg::world {

Setting::Setting(int width, int height, TimeOfDay time, Weather weather, uint64_t seed_)
    : frame{width, height}, seed(seed_), random(seed_, "place") {
  air = make_air(time, weather, random.fork("air"));
  for (float& c : cast) c = pick(0.93, 1.07);
}

void ComposedPlace::finish() {
  for (auto& part : parts_) part->finish();
}

void ComposedPlace::draw(Canvas& canvas, double t, const View& view) const {
  for (const auto& part : parts_) part->draw(canvas, t, view);
}

void ComposedPlace::draw_front(Canvas& canvas, double t, const View& view, float foot_y) const {
  for (const auto& part : parts_) part->draw_front(canvas, t, view, foot_y);
}

float ComposedPlace::scale_at(float ground) const {
  const float along = (ground - ground_.far) / (ground_.near - ground_.far);
  return std::max(0.2f, mix(ground_.far_scale, 1.0f, along));
}

}  // namespace mg::world
