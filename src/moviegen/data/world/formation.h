// Where the members of a company stand: next to, behind, in front of, chasing; a group side by side.
#pragma once
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

// How far the members reach to both sides of the first one's middle, in units; of what may not leave the frame.
struct Reach {
  float left = 0, right = 0;
};

// A member may leave the frame with this share of its width on either side.
inline constexpr float kMayBeCut = 0.08f;

// Where a rider sits: from the middle of the carrier's box to the way it faces, and above its bottom, in its heights.
struct Seat {
  std::string_view carrier;
  float back = 0, up = 0.8f;
};
// nullptr where nobody can ride it.
const Seat* seat_on(std::string_view carrier);

// The members that keep their distance: all but what is passed and who rides.
std::vector<Actor*> company_of(Scene& scene);

// Heights that let them fit beside each other.
void shrink_company(Scene& scene, const std::vector<Actor*>& company);
// Puts the first actor on the second, whose way is set.
void mount(Scene& scene);
// Sets x relative to the first member's (at 0) and rows for near and far ones.
void line_up(Generator& generator, Scene& scene, const std::vector<Actor*>& company);
Reach reach_of(const std::vector<Actor*>& company);
// Gives the others the first member's way, once it is set.
void follow_lead(const std::vector<Actor*>& company);

}  // namespace mg::world
