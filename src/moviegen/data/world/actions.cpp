#include "moviegen/data/world/actions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"
#include "moviegen/data/world/caption.h"
#include "moviegen/data/world/casting.h"
#include "moviegen/data/world/props.h"

namespace mg::world {
namespace {

struct ActionWords {
  Action action;
  std::string_view name, ing;
  std::vector<std::string_view> things;  // empty: food
};

const std::array<ActionWords, 4>& actions() {
  static const std::array<ActionWords, 4> all = {{{Action::kEat, "eats", "eating", {}},
                                                  {Action::kThrow, "throws", "throwing", {"ball", "apple"}},
                                                  {Action::kKick, "kicks", "kicking", {"ball"}},
                                                  {Action::kJuggle, "juggles", "juggling", {"ball", "apple"}}}};
  return all;
}

const ActionWords& action_named(const std::string& name) {
  std::string known;
  for (const ActionWords& one : actions()) {
    if (one.name == name) return one;
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  throw NotFound("there is no action '{}'; known: {}", name, known);
}

// In heights of the actor and seconds.
constexpr float kGravity = 2.6f, kBounces = 0.55f, kLeastBounce = 0.2f;
constexpr int kBites = 4;
constexpr double kBite_s = 0.5, kJuggle_s = 1.1, kInAir = 0.7;  // kInAir: of a turn of juggling
constexpr float kThrowUp = 0.9f, kThrowAlong = 1.1f, kKickUp = 1.1f, kKickAlong = 1.3f;

bool can(Action action, const Subject& subject, const Sprite& look) {
  bool is_alive = subject.group == "animal" || subject.group == "person";
  switch (action) {
    case Action::kEat: return is_alive && look.eyes.known && look.head_top.known;
    case Action::kThrow:
    case Action::kJuggle: return look.hand.known && is_upright(subject, look);
    case Action::kKick: return is_alive && !look.head_only && (subject.locomotion == Locomotion::kWalk || subject.locomotion == Locomotion::kHop);
    case Action::kNone: break;
  }
  return false;
}

std::vector<std::string> things_for(const Wardrobe& wardrobe, const ActionWords& words, const Role& role) {
  std::vector<std::string> names;
  for (const Subject& thing : wardrobe.assets().subjects()) {
    bool fits = words.things.empty() ? thing.group == "food" : std::find(words.things.begin(), words.things.end(), thing.name) != words.things.end();
    if (fits && thing.name != role.subject && !still_of(wardrobe, thing, wardrobe.assets().look(role.look).style).empty()) names.push_back(thing.name);
  }
  return names;
}

// Thrown or kicked: how fast it starts, and how far below the ground is.
struct Flight {
  float up, along, drop;
};

Flight flight_of(const Deed& deed) {
  bool is_thrown = deed.action == Action::kThrow;
  return {is_thrown ? kThrowUp : kKickUp, is_thrown ? kThrowAlong : kKickAlong, 1 - deed.from.y - deed.size / 2};
}

// Times after the start at which it lands, each with the speed at which it leaves the ground again.
std::vector<std::pair<double, float>> landings(const Flight& flight) {
  float fallen = std::sqrt(flight.up * flight.up + 2 * kGravity * std::max(flight.drop, 0.0f)), speed = kBounces * fallen;
  std::vector<std::pair<double, float>> all = {{(flight.up + fallen) / kGravity, speed}};
  while (speed > kLeastBounce) {
    double next = all.back().first + 2 * speed / kGravity;
    all.emplace_back(next, speed *= kBounces);
  }
  return all;
}

Piece flying(const Deed& deed, double since) {
  Flight flight = flight_of(deed);
  auto fall = [](float up, double s) { return static_cast<float>(-up * s + 0.5 * kGravity * s * s); };
  float y = fall(flight.up, since);
  for (const auto& [time, speed] : landings(flight))
    if (since >= time) y = speed > kLeastBounce ? std::max(flight.drop, 0.0f) + fall(speed, since - time) : std::max(flight.drop, 0.0f);
  return {deed.way * flight.along * static_cast<float>(since), y, 1, deed.way * 5 * static_cast<float>(since)};
}

}  // namespace

bool add_action(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::string& action, const std::string& thing, Outline& outline) {
  constexpr int kLooks = 4;  // of a subject, tried for an action
  Role& role = outline.roles.front();
  const Subject& subject = wardrobe.assets().subject(role.subject);
  const PlaceInfo& place = place_named(outline.place);
  const Motion& stand = motion_named("stand");
  auto ways = motions_for(subject, place);
  bool is_alone = outline.roles.size() == 1 && outline.count == 1 && outline.on.empty() && !role.puppet;
  std::vector<const ActionWords*> order;
  for (const ActionWords& one : actions()) order.push_back(&one);
  if (!action.empty()) order = {&action_named(action)};
  if (!is_alone || place.medium != Medium::kGround || !contains(options.motions, stand.name) || std::find(ways.begin(), ways.end(), &stand) == ways.end()) return false;
  shuffle(generator, order);
  Role doing{.subject = role.subject, .look = "", .motion = stand.name, .color = role.color};
  for (const ActionWords* words : order)
    for (int i = 0; i < kLooks; ++i) {
      doing.look = choose_look(generator, wardrobe, subject, stand, {options, false});
      if (doing.look.empty() || !can(words->action, subject, wardrobe.assets().look(doing.look))) continue;
      std::vector<std::string> things = things_for(wardrobe, *words, doing);
      if (!thing.empty()) std::erase_if(things, [&](const std::string& name) { return name != thing; });
      if (things.empty()) break;
      doing.action = words->name, doing.thing = pick(generator, things);
      bool is_aimed = words->action == Action::kThrow || words->action == Action::kKick, to_left = generator.chance(0.5);
      if (is_aimed) doing.aim = to_left ? Direction::kLeft : Direction::kRight;
      if (!wardrobe.assets().look(doing.look).tintable) doing.color = "";
      role = doing;
      return true;
    }
  return false;
}

Verb words_of(Generator& generator, const Role& role, const Deed& deed) {
  std::vector<std::string> nouns = {deed.thing->name, deed.thing->name};
  nouns.insert(nouns.end(), deed.thing->synonyms.begin(), deed.thing->synonyms.end());
  const std::string& noun = pick(generator, nouns);
  static const std::vector<std::string> several = {"three ", "three ", ""};
  std::string what = deed.action == Action::kJuggle ? pick(generator, several) + plural_of(noun) : with_article(noun);
  const ActionWords& words = action_named(role.action);
  return {std::string(words.name) + " " + what, std::string(words.ing) + " " + what};
}

Deed make_deed(Generator& generator, const Wardrobe& wardrobe, const Role& role, const Actor& actor) {
  const Subject& who = *actor.subject;
  const Sprite& look = *actor.sprite;
  Deed deed{.action = action_named(role.action).action, .thing = &wardrobe.assets().subject(role.thing), .sprite = nullptr};
  deed.sprite = wardrobe.sprite(still_of(wardrobe, *deed.thing, look.style));
  deed.size = std::clamp(natural_share(who, look, *deed.thing), 0.16f, deed.action == Action::kEat ? 0.36f : deed.action == Action::kJuggle ? 0.2f : 0.27f);
  deed.start_s = generator.uniform(0.2, 0.6);
  deed.way = sign_of(role.aim);
  float front = look.front ? 0 : look.faces_left ? -1.0f : 1.0f;  // within the picture
  switch (deed.action) {
    case Action::kEat: deed.from = {look.eyes.x + 0.08f * front, look.eyes.y + 0.8f * (look.eyes.y - look.head_top.y), true}; break;
    case Action::kThrow: deed.from = {look.hand.x, look.hand.y - 0.5f * deed.size, true}; break;
    case Action::kJuggle: deed.from = {0.5f, look.hand.y - 0.1f, true}; break;
    case Action::kKick: deed.from = {front == 0 ? 0.5f : 0.5f + 0.55f * front, 1 - 0.5f * deed.size, true}; break;
    case Action::kNone: break;
  }
  return deed;
}

std::vector<Piece> pieces_at(const Deed& deed, double t) {
  double since = t - deed.start_s;
  switch (deed.action) {
    case Action::kEat: {
      int bites = std::clamp(static_cast<int>(std::floor(since / kBite_s)) + 1, 0, kBites);
      if (bites == kBites) return {};
      double to_next = since / kBite_s - std::floor(since / kBite_s);  // it comes to the mouth for every bite
      return {{0, 0.08f * static_cast<float>(std::sin(std::numbers::pi * to_next)), 1 - 0.2f * static_cast<float>(bites), 0}};
    }
    case Action::kThrow:
    case Action::kKick: return {since < 0 ? Piece{} : flying(deed, since)};
    case Action::kJuggle: {
      std::vector<Piece> pieces;
      for (int i = 0; i < 3; ++i) {
        double turns = t / kJuggle_s + i / 3.0, part = turns - std::floor(turns);
        bool is_up = part < kInAir;  // in a high arc from the left hand to the right one, then back below
        auto share = static_cast<float>(is_up ? part / kInAir : (part - kInAir) / (1 - kInAir));
        pieces.push_back({(is_up ? 1.0f : -1.0f) * (0.64f * share - 0.32f), (is_up ? -3.0f : 0.4f) * share * (1 - share), 1, 0});
      }
      return pieces;
    }
    case Action::kNone: break;
  }
  return {};
}

std::vector<std::pair<double, double>> strikes(const Deed& deed, double duration_s) {
  if (deed.action != Action::kThrow && deed.action != Action::kKick) return {};
  std::vector<std::pair<double, double>> all;
  if (deed.action == Action::kKick) all.emplace_back(deed.start_s, 1);
  float hardest = 0;
  for (const auto& [time, speed] : landings(flight_of(deed))) hardest = std::max(hardest, speed), all.emplace_back(deed.start_s + time, speed / hardest);
  std::erase_if(all, [&](const auto& strike) { return strike.first >= duration_s; });
  return all;
}

void draw_deed(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body) {
  if (actor.deed.action == Action::kNone) return;
  Spot from = spot_on(actor, body, actor.deed.from);
  for (const Piece& piece : pieces_at(actor.deed, t)) {
    SpriteDraw draw{.x = from.x + piece.x * body.height_px, .height_px = actor.deed.size * piece.scale * body.height_px, .rotation = piece.turn};
    draw.y = from.y + piece.y * body.height_px + draw.height_px / 2;
    draw.light = body.light, draw.haze_color = body.haze_color, draw.haze = body.haze;
    draw_sprite(canvas, *actor.deed.sprite, draw);
  }
}

}  // namespace mg::world
