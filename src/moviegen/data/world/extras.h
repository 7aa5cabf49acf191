// What a scene has beside its subject: company, a group of its kind, things worn and held, what is in the air.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

inline constexpr int kMostOfAKind = 5;   // of a group
inline constexpr int kMostRoles = 3;     // kinds of subject in one scene

// Draws them as often as the options allow; the first role, place and conditions are drawn before.
void draw_extras(Generator generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast, Outline& outline);

// One more subject that stands in `relation` ("" = any that fits) to the first; false where none of `cast` can. Throws
// NotFound for an unknown relation.
bool add_company(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast,
                 const std::string& relation, Outline& outline);

// Puts a rider of `cast` on the subject, which becomes the second role; false where nobody can ride it.
bool add_rider(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast, Outline& outline);

// Gives a thing legs to walk or run on, where the options allow that; false where it cannot have them.
bool add_legs(Generator& generator, const RenderOptions& options, Outline& outline, const Subject& subject);

// Whether subjects that do this can have company or be a group.
bool can_have_company(const Motion& motion);

// "leaves", … ; throws NotFound listing the names.
Particles particles_named(std::string_view name);

}  // namespace mg::world
