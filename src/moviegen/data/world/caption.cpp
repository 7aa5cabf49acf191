#include "moviegen/data/world/caption.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/props.h"

namespace mg::world {
namespace {

using Words = std::vector<std::string>;

const std::string& pick(Generator& generator, const Words& words) { return words[generator.below(static_cast<int>(words.size()))]; }

// Parts that are not empty, with one space between.
std::string join(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts)
    if (!part.empty()) out += (out.empty() || part.front() == ',' ? "" : " ") + part;
  return out;
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

const Words& direction_words(Direction direction) {
  static const Words left = {"to the left", "to the left", "to the left", "leftwards", "towards the left", "from right to left"};
  static const Words right = {"to the right", "to the right", "to the right", "rightwards", "towards the right", "from left to right"};
  static const Words up = {"", "upwards", "up"}, down = {"", "down", "to the ground"}, none = {""};
  switch (direction) {
    case Direction::kLeft: return left;
    case Direction::kRight: return right;
    case Direction::kUp: return up;
    case Direction::kDown: return down;
    default: return none;
  }
}

const Words& time_words(TimeOfDay time) {
  static const Words day = {"during the day", "in daylight", "at daytime"}, dawn = {"at dawn", "early in the morning", "at sunrise"};
  static const Words sunset = {"at sunset", "in the evening sun", "as the sun goes down"}, night = {"at night", "in the dark", "by night"};
  switch (time) {
    case TimeOfDay::kDay: return day;
    case TimeOfDay::kDawn: return dawn;
    case TimeOfDay::kSunset: return sunset;
    case TimeOfDay::kNight: return night;
  }
  return day;
}

const Words& weather_words(Weather weather) {
  static const Words clear = {"in clear weather", "under a clear sky"}, cloudy = {"under a cloudy sky", "on a cloudy day", "in cloudy weather"};
  static const Words rain = {"in the rain", "while it rains", "in rainy weather"}, snow = {"while it snows", "in falling snow", "during snowfall"};
  static const Words storm = {"during a storm", "in a storm", "in stormy weather"}, fog = {"in the fog", "on a foggy day", "in thick fog"};
  switch (weather) {
    case Weather::kClear: return clear;
    case Weather::kCloudy: return cloudy;
    case Weather::kRain: return rain;
    case Weather::kSnow: return snow;
    case Weather::kStorm: return storm;
    case Weather::kFog: return fog;
  }
  return clear;
}

std::string air_words(Generator& generator, Particles particles) {
  switch (particles) {
    case Particles::kLeaves: return pick(generator, {"with falling leaves", "while leaves are falling", "with leaves in the wind"});
    case Particles::kPetals: return pick(generator, {"with falling petals", "in a rain of petals"});
    case Particles::kConfetti: return pick(generator, {"with confetti", "in a shower of confetti"});
    case Particles::kHearts: return pick(generator, {"with hearts in the air", "with rising hearts"});
    case Particles::kBubbles: return pick(generator, {"with bubbles", "with rising bubbles"});
    case Particles::kFireflies: return pick(generator, {"with fireflies", "among fireflies"});
    case Particles::kStars: return pick(generator, {"with glittering stars", "among twinkling stars"});
    case Particles::kEmbers: return pick(generator, {"with flying embers", "among embers"});
    case Particles::kDust: return pick(generator, {"in a cloud of dust", "in the dust"});
    case Particles::kSplash: return "with splashing water";
    case Particles::kSmoke: return pick(generator, {"with smoke", "with rising smoke"});
    case Particles::kNone: return "";
  }
  return "";
}

std::string filter_words(Generator& generator, Filter filter) {
  switch (filter) {
    case Filter::kBlackAndWhite: return pick(generator, {"in black and white", "a black-and-white film"});
    case Filter::kOldFilm: return pick(generator, {"an old film", "in the style of an old film", "vintage film"});
    case Filter::kPencil: return pick(generator, {"a pencil sketch", "drawn with a pencil"});
    case Filter::kWatercolour: return pick(generator, {"a watercolour painting", "painted in watercolours"});
    case Filter::kPixelArt: return pick(generator, {"pixel art", "in pixel art style"});
    case Filter::kComic: return pick(generator, {"in comic style", "drawn like a comic"});
    case Filter::kNone: return "";
  }
  return "";
}

std::string light_words(const Scene& scene) {
  if (!scene.place_info->outdoors) return "";
  std::string time, sky;
  switch (scene.outline.time) {
    case TimeOfDay::kDay: time = "bright daylight"; break;
    case TimeOfDay::kDawn: time = "soft light of dawn"; break;
    case TimeOfDay::kSunset: time = "warm light of the setting sun"; break;
    case TimeOfDay::kNight: time = "dark night"; break;
  }
  switch (scene.outline.weather) {
    case Weather::kClear: sky = "clear weather"; break;
    case Weather::kCloudy: sky = "cloudy weather"; break;
    case Weather::kRain: sky = "rain"; break;
    case Weather::kSnow: sky = "falling snow"; break;
    case Weather::kStorm: sky = "a storm"; break;
    case Weather::kFog: sky = "fog"; break;
  }
  return time + ", " + sky;
}

struct StyleWords {
  std::string_view style;
  Words adjectives;  // before the noun
  Words frames;      // before the noun phrase, "{}" a still or a clip
  std::string line;  // as a sentence of the full caption
};

const StyleWords& style_words(const std::string& style) {
  static const std::vector<StyleWords> all = {
      {"3d cartoon", {"cartoon", "3D cartoon"}, {"a 3D cartoon of", "a cartoon of", "a 3D animation of"}, "3D cartoon style"},
      {"photo", {}, {"a photo of", "a photograph of", "a realistic picture of"}, "photo style"},
      {"flat", {"flat cartoon"}, {"a flat drawing of", "a flat illustration of"}, "flat illustration style"},
      {"drawing", {"hand-drawn"}, {"a drawing of", "a children's book picture of"}, "hand-drawn style"},
      {"outline", {"outlined cartoon"}, {"an outlined cartoon of", "a line drawing of"}, "cartoon with outlines"},
  };
  static const StyleWords other = {"", {}, {}, ""};
  for (const StyleWords& one : all)
    if (style.find(one.style) != std::string::npos) return one;
  return other;
}

// "in the snow" → "through the snow", for those that move along.
std::string through(const std::string& phrase) {
  if (phrase.rfind("in the ", 0) == 0) return std::string("through the ").append(phrase, 7);
  if (phrase == "in snow") return "through snow";
  return phrase;
}

// "in the desert" → "over the desert", for those that fly.
std::string over(const std::string& phrase) {
  for (std::string_view start : {"in the ", "on the ", "in a ", "on a "})
    if (phrase.starts_with(start)) return std::string("over ").append(phrase, 3);
  return phrase;
}

bool goes_through(const Scene& scene, const Actor& actor) {
  Gait gait = actor.track.motion->gait;
  bool travels = gait == Gait::kWalk || gait == Gait::kRun || gait == Gait::kHop || gait == Gait::kDrive;
  return travels && !actor.track.on_belt && scene.place_info->medium == Medium::kGround && sign_of(actor.track.direction) != 0;
}

// The words of one caption, drawn once so that its sentences agree.
struct Phrases {
  std::string noun, subject, verb, ing, direction, speed, place, time, weather;
  std::string is = "is";  // "are" of several
  std::string tail;       // what the others do, where it is something else: "and a ball rolls next to it"
};

std::string noun_of(Generator& generator, const Actor& actor) {
  Words nouns = {actor.subject->name, actor.subject->name};
  for (const std::string& synonym : actor.subject->synonyms)
    if (synonym != "cattle") nouns.push_back(synonym);  // has no singular
  return pick(generator, nouns);
}

// "in pink sunglasses", "wearing a top hat, holding a cup"; "" where nothing is worn or held.
std::string clothes_phrase(Generator& generator, const Role& role) {
  auto one = [](const std::string& name) { return name.ends_with("s") && !name.ends_with("dress") ? name : with_article(name); };
  std::string worn, held;
  bool has_legs = false;
  for (const std::string& name : role.wears) {
    if (name == kLegs) has_legs = true;
    else worn = join({worn, worn.empty() ? "" : "and", one(name)});
  }
  if (!worn.empty()) worn = join({pick(generator, {"in", "wearing", "with"}), worn});
  if (has_legs) worn = join({"with legs", worn.empty() ? "" : "and", worn});
  if (role.holds == kFire) held = pick(generator, {"whirling fire in circles", "swinging fire in circles", "juggling fire"});
  else if (!role.holds.empty()) held = join({pick(generator, {"holding", "holding", "with"}), one(role.holds)});
  return join({worn, worn.empty() || held.empty() ? "" : "and", held});
}

std::string subject_phrase(Generator& generator, const Scene& scene, size_t index, const std::string& noun, double style_share) {
  const Actor& actor = scene.actors[index];
  const Role& role = scene.outline.roles[index];
  const StyleWords& style = style_words(actor.sprite->style);
  bool says_style = generator.chance(style_share);
  const std::string adjective = style.adjectives.empty() ? "" : pick(generator, style.adjectives);
  bool is_group = scene.outline.count > 1;
  static const Words counts = {"two", "three", "four", "five"};
  std::string things = join({says_style ? adjective : "", role.color, is_group ? plural_of(noun) : noun});
  std::string count = !is_group ? "" : generator.chance(0.8) ? counts[static_cast<size_t>(scene.outline.count) - 2] : scene.outline.count > 2 ? "a group of" : "a pair of";
  std::string face = !actor.sprite->head_only || role.puppet ? "" : is_group ? "the faces of" : "the face of";
  return join({face, is_group ? join({count, things}) : with_article(things), clothes_phrase(generator, role)});
}

std::string speed_words(Generator& generator, Speed speed) {
  static const Words slow = {"slowly", "at a slow pace"}, fast = {"quickly", "fast", "at high speed"};
  if (speed == Speed::kNormal) return "";
  return pick(generator, speed == Speed::kSlow ? slow : fast);
}

Verb draw_verb(Generator& generator, const Actor& actor) {
  auto verbs = verbs_for(*actor.subject, *actor.track.motion);
  // The first verb is the plainest; it is the usual one.
  return generator.chance(0.5) ? verbs.front() : verbs[generator.below(static_cast<int>(verbs.size()))];
}

// The others: in the subject ("a fox and a dog run"), at the verb ("a fox runs next to a dog"), or in the tail.
void say_company(Generator& generator, const Scene& scene, Phrases& p) {
  const std::string& relation = scene.outline.relation;
  std::string other = subject_phrase(generator, scene, 1, noun_of(generator, scene.actors[1]), 0);
  auto at_verb = [&](const std::string& words) { p.verb = join({p.verb, words}), p.ing = join({p.ing, words}); };
  if (relation == "rides") {
    bool is_lying = scene.actors[0].track.motion->gait == Gait::kLie, says_rides = sign_of(scene.actors[1].track.direction) != 0 && generator.chance(0.7);
    p.verb = join({says_rides ? "rides" : is_lying ? "lies on" : "sits on", other}), p.ing = join({says_rides ? "riding" : is_lying ? "lying on" : "sitting on", other});
  } else if (relation == "chases") {
    if (generator.chance(0.3)) return at_verb("chased by " + other);
    p.verb = "chases " + p.subject, p.ing = "chasing " + p.subject, p.subject = other;
  } else if (relation == "past") {
    at_verb("past " + other);
  } else if (scene.actors[1].track.motion != scene.actors[0].track.motion) {
    Verb verb = draw_verb(generator, scene.actors[1]);
    std::string where = relation == "next to" ? pick(generator, {"next to it", "beside it"}) : relation + " it";
    p.tail = join({"and", other, verb.third, where});
  } else if (relation == "next to" && (scene.actors.size() > 2 || generator.chance(0.7))) {
    std::string third = scene.actors.size() > 2 ? subject_phrase(generator, scene, 2, noun_of(generator, scene.actors[2]), 0) : "";
    p.subject = third.empty() ? join({p.subject, "and", other}) : join({p.subject, ",", other, "and", third});
    p.is = "are", p.verb = infinitive(p.verb);
  } else {
    // The relation is of the other to the first: a dog that is behind a fox sees it in front.
    at_verb((relation == "behind" ? "in front of " : relation == "in front of" ? "behind " : pick(generator, {"next to ", "beside ", "with "})) + other);
  }
}

Phrases draw_phrases(Generator& generator, const Scene& scene, double style_share) {
  const Actor& lead = scene.actors.front();
  Phrases phrases;
  phrases.noun = noun_of(generator, lead);
  phrases.subject = subject_phrase(generator, scene, 0, phrases.noun, style_share);
  Verb verb = draw_verb(generator, lead);
  phrases.verb = verb.third, phrases.ing = verb.ing;
  phrases.direction = pick(generator, direction_words(lead.track.direction));
  if (lead.track.direction == Direction::kUp || lead.track.direction == Direction::kDown) {
    // Up and down belong to the verb: "rises upwards in the desert"; "goes up" has its direction already.
    bool has_it = phrases.verb.find("up") != std::string::npos;
    if (!has_it) phrases.verb = join({phrases.verb, phrases.direction}), phrases.ing = join({phrases.ing, phrases.direction});
    phrases.direction = "";
  }
  if (scene.outline.count > 1) phrases.is = "are", phrases.verb = infinitive(phrases.verb);
  if (scene.outline.roles.size() > 1) say_company(generator, scene, phrases);
  if (!scene.outline.on.empty()) phrases.verb = join({phrases.verb, "on", with_article(scene.outline.on)}), phrases.ing = join({phrases.ing, "on", with_article(scene.outline.on)});
  if (const Role& role = scene.outline.roles.front(); !role.action.empty()) {
    Verb does = words_of(generator, role, lead.deed);
    phrases.verb = does.third, phrases.ing = does.ing, phrases.direction = pick(generator, direction_words(role.aim));
  }
  phrases.speed = speed_words(generator, lead.track.speed);
  phrases.place = pick(generator, scene.place_info->phrases);
  if (generator.chance(0.4) && goes_through(scene, lead)) phrases.place = through(phrases.place);
  if (generator.chance(0.3) && lead.track.motion->gait == Gait::kFly && scene.place_info->medium == Medium::kGround) phrases.place = over(phrases.place);
  if (scene.place_info->outdoors) {
    phrases.time = pick(generator, time_words(scene.outline.time));
    phrases.weather = pick(generator, weather_words(scene.outline.weather));
  }
  return phrases;
}

std::string brief_caption(Generator& generator, const Scene& scene) {
  Phrases p = draw_phrases(generator, scene, 0.08);
  switch (generator.below(4)) {
    case 0: return join({p.subject, p.verb, p.direction, p.tail});
    case 1: return join({p.subject, p.ing, p.direction, p.tail});
    case 2: return join({p.subject, p.verb, p.place, p.tail});
    default: return join({p.subject, p.ing, p.place, p.tail});
  }
}

// Subject, place, motion and direction in one sentence.
std::string sentence(Generator& generator, const Phrases& p, const std::string& conditions) {
  std::string is_ing = join({p.is, p.ing}), extra = join({p.tail, conditions});
  switch (generator.below(10)) {
    case 0:
    case 1:
    case 2: return join({p.subject, p.verb, p.speed, p.direction, p.place, extra});
    case 3:
    case 4: return join({p.subject, p.verb, p.speed, p.place, p.direction, extra});
    case 5: return join({p.subject, is_ing, p.speed, p.direction, p.place, extra});
    case 6: return join({p.subject, p.ing, p.speed, p.direction, p.place, extra});
    case 7: return join({p.subject, p.ing, p.speed, p.place, p.direction, extra});
    case 8: return join({p.place + ",", p.subject, p.verb, p.speed, p.direction, extra});
    default: return join({p.subject, is_ing, p.speed, p.place, p.direction, extra});
  }
}

std::string camera_words(Generator& generator, const Scene& scene, const std::string& noun) {
  static const Words still = {"the camera does not move", "static camera", "the camera is still"};
  static const Words left = {"the camera pans to the left", "the camera moves to the left"}, right = {"the camera pans to the right", "the camera moves to the right"};
  static const Words in = {"the camera zooms in", "the camera slowly zooms in"}, out = {"the camera zooms out", "the camera slowly zooms out"};
  switch (scene.outline.camera) {
    case CameraMove::kStatic: return pick(generator, still);
    case CameraMove::kPanLeft: return pick(generator, left);
    case CameraMove::kPanRight: return pick(generator, right);
    case CameraMove::kZoomIn: return pick(generator, in);
    case CameraMove::kZoomOut: return pick(generator, out);
    case CameraMove::kTiltUp: return pick(generator, {"the camera tilts up", "the camera looks up"});
    case CameraMove::kTiltDown: return pick(generator, {"the camera tilts down", "the camera looks down"});
    case CameraMove::kHandheld: return pick(generator, {"handheld camera", "the camera shakes a little", "filmed with a handheld camera"});
    case CameraMove::kTracking: return pick(generator, {join({"the camera follows the", noun}), join({"tracking shot of the", noun}), join({"the camera moves along with the", noun})});
  }
  return "";
}

// Conditions that are not the usual ones; day and clear weather only now and then.
std::string conditions(Generator& generator, const Scene& scene, const Phrases& p, double share) {
  bool says_time = generator.chance(scene.outline.time == TimeOfDay::kDay ? share * 0.1 : share);
  bool says_weather = generator.chance(scene.outline.weather == Weather::kClear ? share * 0.06 : share);
  bool says_air = generator.chance(share);
  return join({says_time ? p.time : "", says_weather ? p.weather : "", says_air ? air_words(generator, scene.outline.particles) : ""});
}

std::string normal_caption(Generator& generator, const Scene& scene) {
  const StyleWords& style = style_words(scene.actors.front().sprite->style);
  if (scene.outline.filter != Filter::kNone) {
    Phrases p = draw_phrases(generator, scene, 0);
    std::string filter = filter_words(generator, scene.outline.filter), text = sentence(generator, p, conditions(generator, scene, p, 0.6));
    return generator.chance(0.5) ? join({text + ",", filter}) : join({filter + ":", text});
  }
  bool usual_style = style.style == "3d cartoon";
  Phrases p = draw_phrases(generator, scene, usual_style ? 0.1 : 0.3);
  if (!generator.chance(0.6)) p.speed = "";
  std::string extra = conditions(generator, scene, p, 0.8);
  bool framed = generator.chance(usual_style ? 0.06 : 0.45) && !style.frames.empty();
  std::string text = framed ? join({pick(generator, style.frames), p.subject, p.ing, p.speed, p.direction, p.place, p.tail, extra})
                            : sentence(generator, p, extra);
  return generator.chance(0.2) ? capitalised(text).append(".") : text;
}

std::string full_caption(Generator& generator, const Scene& scene) {
  const StyleWords& style = style_words(scene.actors.front().sprite->style);
  Phrases p = draw_phrases(generator, scene, 0.1);
  std::string text = capitalised(sentence(generator, p, conditions(generator, scene, p, 1.0))).append(".");
  Words lines;
  if (scene.outline.filter != Filter::kNone) lines.push_back(filter_words(generator, scene.outline.filter));
  else if (!style.line.empty()) lines.push_back(style.line);
  if (std::string light = light_words(scene); !light.empty()) lines.push_back(light);
  if (scene.frames > 1) lines.push_back(camera_words(generator, scene, p.noun));
  for (size_t i = lines.size(); i > 1; --i) std::swap(lines[i - 1], lines[generator.below(static_cast<int>(i))]);
  for (const std::string& line : lines) text = join({text, capitalised(line).append(".")});
  return text;
}

}  // namespace

std::string with_article(const std::string& noun) {
  std::string first = noun.substr(0, noun.find(' '));
  static const std::array<std::string_view, 7> like_you = {"uni", "UFO", "use", "euro", "one", "ukulele", "U-"};
  static const std::array<std::string_view, 3> spelled = {"SUV", "hour", "X-ray"};
  auto begins = [&](auto& list) { return std::any_of(list.begin(), list.end(), [&](auto start) { return first.starts_with(start); }); };
  bool vowel = !first.empty() && std::string_view("aeiouAEIOU").find(first[0]) != std::string_view::npos;
  bool an = begins(spelled) || (vowel && !begins(like_you));
  std::string article = an ? "an " : "a ";
  return article.append(noun);
}

std::string plural_of(const std::string& noun) {
  static const std::array<std::pair<std::string_view, std::string_view>, 10> irregular = {{
      {"mouse", "mice"}, {"man", "men"}, {"ox", "oxen"}, {"sheep", "sheep"}, {"fish", "fish"}, {"deer", "deer"}, {"goose", "geese"},
      {"child", "children"}, {"person", "people"}, {"squid", "squid"}}};
  auto ends = [&](std::string_view end) { return noun.ends_with(end); };
  size_t space = noun.rfind(' ');
  std::string first = space == std::string::npos ? "" : noun.substr(0, space + 1), last = noun.substr(first.size());
  for (const auto& [one, many] : irregular)
    if (last == one || (one == "man" && last.ends_with("man"))) return first + last.substr(0, last.size() - one.size()) + std::string(many);
  bool hisses = ends("s") || ends("x") || ends("ch") || ends("sh") || ends("z");
  bool has_y = ends("y") && noun.size() > 1 && std::string_view("aeiou").find(noun[noun.size() - 2]) == std::string_view::npos;
  if (has_y) return noun.substr(0, noun.size() - 1) + "ies";
  return noun + (hisses ? "es" : "s");
}

Captions captions_of(const Scene& scene) {
  Generator generator(scene.seed, "captions");
  Generator brief = generator.fork("brief"), normal = generator.fork("normal"), full = generator.fork("full");
  return {.brief = brief_caption(brief, scene), .normal = normal_caption(normal, scene), .full = full_caption(full, scene)};
}

}  // namespace mg::world
