#include "moviegen/data/world/formation.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mg::world {
namespace {

constexpr float kGap = 0.03f;           // between neighbours, units
constexpr float kWidest = 0.88f;        // of the frame's width, for all of them
constexpr float kDepth = 0.055f;        // rows between near and far, units
constexpr float kOverlap = 0.8f;        // of a pair one behind the other: how far apart, as a share of side by side
constexpr float kInGroup = 0.66f;       // the same in a group
constexpr float kSmallerInCompany = 0.92f;

constexpr std::array<Seat, 14> kSeats = {{{"horse", 0.02f, 0.56f},
                                          {"zebra", 0.02f, 0.58f},
                                          {"cow", 0.05f, 0.74f},
                                          {"camel", 0.02f, 0.76f},
                                          {"elephant", 0.05f, 0.88f},
                                          {"giraffe", 0.12f, 0.44f},
                                          {"T-Rex", 0.05f, 0.55f},
                                          {"turtle", 0.0f, 0.86f},
                                          {"dragon", 0.0f, 0.6f},
                                          {"dolphin", 0.0f, 0.7f},
                                          {"whale", 0.0f, 0.7f},
                                          {"donut", 0.0f, 0.62f},
                                          {"rubber duck", 0.0f, 0.5f},
                                          {"bicycle", 0.05f, 0.6f}}};

float width_of(const Actor& actor) { return actor.track.height * actor.track.facts->aspect; }

// Along the way of the first one: behind follows, in front of leads, a chaser keeps its distance.
float place_beside(const Scene& scene, const Actor& lead, const Actor& other, size_t index, float side) {
  float apart = (width_of(lead) + width_of(other)) / 2;
  float way = sign_of(lead.track.direction) != 0 ? sign_of(lead.track.direction) : side;
  const std::string& relation = scene.outline.relation;
  if (relation == "chases") return -way * (apart + kGap);
  if (relation == "behind") return -way * kOverlap * apart;
  if (relation == "in front of") return way * kOverlap * apart;
  return (index % 2 ? side : -side) * (apart + kGap);
}

float row_beside(const Scene& scene, size_t index, Generator& generator) {
  const std::string& relation = scene.outline.relation;
  if (relation == "behind") return -kDepth;
  if (relation == "in front of") return kDepth;
  if (scene.outline.count > 1) return index % 2 ? -0.6f * kDepth : 0.6f * kDepth;
  return static_cast<float>(generator.uniform(-0.2, 0.2)) * kDepth;
}

}  // namespace

const Seat* seat_on(std::string_view carrier) {
  auto at = std::find_if(kSeats.begin(), kSeats.end(), [&](const Seat& seat) { return seat.carrier == carrier; });
  return at == kSeats.end() ? nullptr : &*at;
}

void mount(Scene& scene) {
  constexpr float kSmallest = 0.42f, kLargest = 0.8f;  // of the carrier's height
  Actor &rider = scene.actors[0], &carrier = scene.actors[1];
  const Seat& seat = *seat_on(carrier.subject->name);
  float share = 0.75f * rider.subject->size / carrier.subject->size;
  rider.track.height = carrier.track.height * std::clamp(share, kSmallest, kLargest);
  bool faces_left = carrier.flip != carrier.sprite->faces_left;
  rider.track.x = faces_left ? seat.back : -seat.back, rider.track.y = -seat.up;
  rider.track.carrier = &carrier.track, rider.track.velocity = carrier.track.velocity;
  rider.on_water = false, rider.in_air = carrier.in_air, rider.sunk = 0;
  if (carrier.on_water) rider.track.y += carrier.sunk;
}

std::vector<Actor*> company_of(Scene& scene) {
  if (scene.outline.relation == "rides") return {&scene.actors[1]};
  std::vector<Actor*> company;
  for (size_t i = 0; i < scene.actors.size(); ++i)
    if (i == 0 || scene.outline.relation != "past") company.push_back(&scene.actors[i]);
  return company;
}

void shrink_company(Scene& scene, const std::vector<Actor*>& company) {
  if (company.size() < 2) return;
  bool overlap = scene.outline.relation == "behind" || scene.outline.relation == "in front of";
  float apart = scene.outline.count > 1 ? kInGroup : overlap ? kOverlap : 1;
  float all = 0, widest = 0;
  for (const Actor* actor : company) all += width_of(*actor), widest = std::max(widest, width_of(*actor));
  all = widest + apart * (all - widest);
  float share = std::min(kSmallerInCompany, kWidest * scene.frame_width() / all);
  for (Actor* actor : company) actor->track.height *= share;
}

void line_up(Generator& generator, Scene& scene, const std::vector<Actor*>& company) {
  const Actor& lead = *company.front();
  float side = generator.chance(0.5) ? 1.0f : -1.0f;
  for (size_t i = 1; i < company.size(); ++i) {
    Track& track = company[i]->track;
    bool is_group = scene.outline.count > 1;
    // A group spreads to both sides of its first: 1 left, 2 right, 3 further left …
    float step = is_group ? kInGroup * width_of(lead) : 0;
    track.x = is_group ? (i % 2 ? -side : side) * step * static_cast<float>((i + 1) / 2) : place_beside(scene, lead, *company[i], i, side);
    bool both_stand = company[i]->in_air == lead.in_air && company[i]->on_water == lead.on_water;
    float row = row_beside(scene, i, generator);
    if (both_stand && !lead.in_air) {
      float far = scene.place->far_ground() * scene.frame_height(), near = scene.place->near_ground() * scene.frame_height();
      track.y = track.ground_y = std::clamp(lead.track.y + row, std::min(far, near), std::max(far, near));
    } else if (both_stand) {
      track.y = lead.track.y + (track.height - lead.track.height) / 2 + 1.5f * row;
    }
  }
}

Reach reach_of(const std::vector<Actor*>& company) {
  Reach reach;
  for (const Actor* actor : company) {
    float half = width_of(*actor) * (0.5f - kMayBeCut), x = actor == company.front() ? 0 : actor->track.x;
    reach.left = std::max(reach.left, half - x), reach.right = std::max(reach.right, half + x);
  }
  return reach;
}

void follow_lead(const std::vector<Actor*>& company) {
  const Track& lead = company.front()->track;
  for (size_t i = 1; i < company.size(); ++i) {
    Track& track = company[i]->track;
    track.x += lead.x;
    if (sign_of(track.direction) != 0) track.velocity = lead.velocity;
  }
}

}  // namespace mg::world
