// The stage: draws a scene's frames. Needs no state beyond the scene, so clips may be drawn on any number of threads.
#pragma once
#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/world.h"

namespace mg::world {

// Pixels (unless without `pictures`), captions and labels of the whole scene.
Clip shoot(const Scene& scene, bool pictures = true);

// Where a subject's bottom centre is on the screen, and how tall it is drawn, in pixels.
struct ScreenPose {
  float x = 0, y = 0, height = 0;
  float ground_y = 0;  // its ground or water line
};
ScreenPose screen_pose(const Scene& scene, const Actor& actor, const Pose& pose, const View& view);

}  // namespace mg::world
