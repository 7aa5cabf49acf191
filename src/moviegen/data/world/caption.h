// Captions: what the scene's truth sounds like in English. Three per clip (brief, normal, full); every word of them holds
// in the picture. The normal caption always names the subject, the place and the motion with its direction.
#pragma once
#include <string>

#include "moviegen/data/world/scene.h"

namespace mg::world {

Captions captions_of(const Scene& scene);
// "a fox", "an elephant", "a unicorn", "an SUV".
std::string with_article(const std::string& noun);
// "foxes", "butterflies", "mice", "police cars".
std::string plural_of(const std::string& noun);

}  // namespace mg::world
