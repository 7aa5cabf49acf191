// How far what moves in a film has moved.
#pragma once
#include <vector>

#include "moviegen/media/image.h"

namespace mg::media {

// How far what moves has moved to the right from the first quarter second to the last, as a share of the width: the centroid
// of what differs from the median frame. 0 for fewer than 8 frames. Rough: a camera that follows its subject moves the background instead.
double shift_to_the_right(const std::vector<Image>& frames);

}  // namespace mg::media
