// A place as a list of parts from back to front, and the setting its builder paints from.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/world/noise.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/place_air.h"
#include "moviegen/data/world/place_layer.h"

namespace mg::world {

// What a builder knows: the frame, the air, and the random choices of this seed.
struct Setting {
  Frame frame;
  uint64_t seed = 0;
  Air air;
  Generator random{0};
  Color cast{1, 1, 1};  // slight shift of all land colours, so that no two seeds share a palette

  Setting(int width, int height, TimeOfDay time, Weather weather, uint64_t seed);
  float width() const { return static_cast<float>(frame.width); }
  float height() const { return static_cast<float>(frame.height); }
  float x(float fraction) const { return fraction * frame.width; }
  float y(float fraction) const { return fraction * frame.height; }
  float u(float units) const { return units * frame.unit(); }
  float pick(double low, double high) { return static_cast<float>(random.uniform(low, high)); }
  // A noon colour as seen here.
  Color lit(uint32_t noon, float distance = 0) const { return air.lit(product(srgb(noon), cast), distance); }
};

class ComposedPlace final : public Place {
 public:
  // Rows (fractions of the height) where subjects stand, and how much smaller they are at the far one.
  struct Ground {
    float far = 0.7f, near = 0.92f, far_scale = 0.55f;
  };
  ComposedPlace(const Light& light, const Ground& ground) : ground_(ground) { light_ = light; }

  template <class T, class... Args>
  T& add(Args&&... args) {
    auto part = std::make_unique<T>(std::forward<Args>(args)...);
    T& reference = *part;
    parts_.push_back(std::move(part));
    return reference;
  }
  void finish();

  void draw(Canvas& canvas, double t, const View& view) const override;
  void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const override;
  float far_ground() const override { return ground_.far; }
  float near_ground() const override { return ground_.near; }
  float scale_at(float ground) const override;

 private:
  Ground ground_;
  std::vector<std::unique_ptr<Part>> parts_;
};

using PlacePointer = std::unique_ptr<ComposedPlace>;

// The builders, one per place.
PlacePointer make_snow_field(Setting s);
PlacePointer make_antarctica(Setting s);
PlacePointer make_mountains(Setting s);
PlacePointer make_meadow(Setting s);
PlacePointer make_pumpkin_patch(Setting s);
PlacePointer make_forest(Setting s);
PlacePointer make_desert(Setting s);
PlacePointer make_beach(Setting s);
PlacePointer make_stormy_sea(Setting s);
PlacePointer make_swimming_pool(Setting s);
PlacePointer make_underwater(Setting s);
PlacePointer make_city_street(Setting s);
PlacePointer make_johannesburg(Setting s);
PlacePointer make_western_town(Setting s);
PlacePointer make_gym(Setting s);
PlacePointer make_living_room(Setting s);
PlacePointer make_stage(Setting s);
PlacePointer make_space(Setting s);
PlacePointer make_farm(Setting s);
PlacePointer make_savanna(Setting s);
PlacePointer make_jungle(Setting s);
PlacePointer make_park(Setting s);
PlacePointer make_autumn_forest(Setting s);
PlacePointer make_moon(Setting s);

}  // namespace mg::world
