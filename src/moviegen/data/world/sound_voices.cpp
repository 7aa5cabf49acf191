// Calls: a buzzing source whose pitch glides, shaped by two gliding formants, as throats do it; or a pure whistle.
#include <array>

#include "moviegen/data/world/sound_synthesis.h"

namespace mg::world {
namespace {

struct Voice {
  std::string_view name;
  double seconds;                    // of one syllable
  std::array<double, 3> pitch_hz;    // start, middle, end
  std::array<double, 2> low_hz;      // first formant, start to end
  std::array<double, 2> high_hz;     // second formant
  double breath = 0.1;               // noise beside the tone
  double growl_hz = 0, growl = 0;    // roughness: rate and depth
  int syllables = 1;
  double gap_s = 0.06;
  double vibrato_hz = 0, vibrato = 0;
  bool whistle = false;              // no formants
};

// ours: pitches and formants set by ear and by what is known of the animals' ranges.
constexpr Voice kVoices[] = {
    {.name = "dog_bark", .seconds = 0.22, .pitch_hz = {420, 520, 260}, .low_hz = {700, 500}, .high_hz = {1700, 1200}, .breath = 0.35, .growl_hz = 60, .growl = 0.3},
    {.name = "cat_meow", .seconds = 0.7, .pitch_hz = {480, 720, 430}, .low_hz = {500, 900}, .high_hz = {2600, 1400}, .breath = 0.05, .vibrato_hz = 7, .vibrato = 0.01},
    {.name = "horse_neigh", .seconds = 1.1, .pitch_hz = {900, 1100, 420}, .low_hz = {900, 700}, .high_hz = {2400, 1700}, .breath = 0.2, .vibrato_hz = 11, .vibrato = 0.07},
    {.name = "cow_moo", .seconds = 1.3, .pitch_hz = {115, 150, 120}, .low_hz = {260, 420}, .high_hz = {700, 900}, .breath = 0.04},
    {.name = "pig_oink", .seconds = 0.22, .pitch_hz = {180, 120, 150}, .low_hz = {420, 600}, .high_hz = {1300, 1000}, .breath = 0.6, .growl_hz = 45, .growl = 0.7, .syllables = 2, .gap_s = 0.05},
    {.name = "sheep_baa", .seconds = 0.8, .pitch_hz = {330, 310, 270}, .low_hz = {700, 800}, .high_hz = {1500, 1400}, .breath = 0.08, .growl_hz = 9, .growl = 0.55, .vibrato_hz = 9, .vibrato = 0.03},
    {.name = "camel_groan", .seconds = 1.2, .pitch_hz = {95, 130, 80}, .low_hz = {450, 330}, .high_hz = {1000, 800}, .breath = 0.2, .growl_hz = 24, .growl = 0.6},
    {.name = "elephant_trumpet", .seconds = 1.0, .pitch_hz = {340, 620, 480}, .low_hz = {800, 1100}, .high_hz = {2300, 2700}, .breath = 0.25, .growl_hz = 70, .growl = 0.4},
    {.name = "lion_roar", .seconds = 1.4, .pitch_hz = {90, 150, 65}, .low_hz = {400, 300}, .high_hz = {900, 700}, .breath = 0.45, .growl_hz = 33, .growl = 0.6},
    {.name = "tiger_roar", .seconds = 1.2, .pitch_hz = {110, 190, 80}, .low_hz = {520, 380}, .high_hz = {1200, 900}, .breath = 0.5, .growl_hz = 38, .growl = 0.55},
    {.name = "roar", .seconds = 1.5, .pitch_hz = {75, 120, 48}, .low_hz = {500, 260}, .high_hz = {1400, 600}, .breath = 0.6, .growl_hz = 27, .growl = 0.7},
    {.name = "fox", .seconds = 0.28, .pitch_hz = {620, 900, 520}, .low_hz = {800, 700}, .high_hz = {2000, 1700}, .breath = 0.3, .growl_hz = 80, .growl = 0.25, .syllables = 1},
    {.name = "deer", .seconds = 0.8, .pitch_hz = {190, 240, 170}, .low_hz = {520, 430}, .high_hz = {1300, 1100}, .breath = 0.2, .growl_hz = 30, .growl = 0.3},
    {.name = "frog_croak", .seconds = 0.32, .pitch_hz = {95, 120, 105}, .low_hz = {480, 620}, .high_hz = {1500, 1700}, .breath = 0.1, .growl_hz = 28, .growl = 0.95},
    {.name = "giraffe", .seconds = 1.1, .pitch_hz = {88, 96, 85}, .low_hz = {220, 260}, .high_hz = {600, 700}, .breath = 0.15, .vibrato_hz = 5, .vibrato = 0.02},
    {.name = "monkey", .seconds = 0.13, .pitch_hz = {480, 760, 640}, .low_hz = {700, 1000}, .high_hz = {1500, 1900}, .breath = 0.2, .syllables = 5, .gap_s = 0.07},
    {.name = "mouse_squeak", .seconds = 0.09, .pitch_hz = {3400, 4600, 3800}, .low_hz = {0, 0}, .high_hz = {0, 0}, .breath = 0.02, .syllables = 3, .gap_s = 0.06, .whistle = true},
    {.name = "owl_hoot", .seconds = 0.42, .pitch_hz = {360, 390, 350}, .low_hz = {0, 0}, .high_hz = {0, 0}, .breath = 0.05, .syllables = 2, .gap_s = 0.16, .whistle = true},
    {.name = "penguin_call", .seconds = 0.55, .pitch_hz = {260, 330, 240}, .low_hz = {700, 900}, .high_hz = {1800, 1600}, .breath = 0.3, .growl_hz = 42, .growl = 0.8},
    {.name = "rabbit", .seconds = 0.2, .pitch_hz = {1500, 1900, 1400}, .low_hz = {1500, 1600}, .high_hz = {3000, 2700}, .breath = 0.2},
    {.name = "rooster_crow", .seconds = 0.33, .pitch_hz = {520, 900, 640}, .low_hz = {900, 1000}, .high_hz = {2100, 1800}, .breath = 0.12, .growl_hz = 55, .growl = 0.25, .syllables = 4, .gap_s = 0.03},
    {.name = "duck_quack", .seconds = 0.2, .pitch_hz = {260, 300, 230}, .low_hz = {900, 700}, .high_hz = {1900, 1600}, .breath = 0.2, .growl_hz = 70, .growl = 0.6, .syllables = 2, .gap_s = 0.07},
    {.name = "exotic_bird", .seconds = 0.3, .pitch_hz = {1300, 2000, 1200}, .low_hz = {1800, 2200}, .high_hz = {3600, 3200}, .breath = 0.35, .growl_hz = 65, .growl = 0.5, .syllables = 2, .gap_s = 0.08},
    {.name = "hawk", .seconds = 0.9, .pitch_hz = {2600, 3300, 2000}, .low_hz = {2700, 2300}, .high_hz = {4400, 3800}, .breath = 0.3, .growl_hz = 40, .growl = 0.2},
    {.name = "dolphin_click", .seconds = 0.35, .pitch_hz = {5200, 9000, 6500}, .low_hz = {0, 0}, .high_hz = {0, 0}, .breath = 0.02, .syllables = 2, .gap_s = 0.08, .whistle = true},
    {.name = "whale_song", .seconds = 1.6, .pitch_hz = {210, 380, 160}, .low_hz = {300, 420}, .high_hz = {700, 600}, .breath = 0.03, .vibrato_hz = 3, .vibrato = 0.03},
    {.name = "zebra", .seconds = 0.3, .pitch_hz = {700, 950, 480}, .low_hz = {900, 700}, .high_hz = {2000, 1700}, .breath = 0.3, .syllables = 3, .gap_s = 0.08},
    {.name = "soft_grunt", .seconds = 0.35, .pitch_hz = {150, 170, 130}, .low_hz = {330, 380}, .high_hz = {850, 800}, .breath = 0.5, .growl_hz = 35, .growl = 0.4},
    {.name = "ghost", .seconds = 1.3, .pitch_hz = {330, 560, 280}, .low_hz = {0, 0}, .high_hz = {0, 0}, .breath = 0.12, .vibrato_hz = 6, .vibrato = 0.04, .whistle = true},
    {.name = "duck_squeak", .seconds = 0.24, .pitch_hz = {900, 1500, 1100}, .low_hz = {1300, 1800}, .high_hz = {2900, 3300}, .breath = 0.2, .syllables = 1},
    {.name = "balloon_squeak", .seconds = 0.28, .pitch_hz = {700, 1250, 1700}, .low_hz = {1000, 1800}, .high_hz = {2600, 3400}, .breath = 0.1, .growl_hz = 90, .growl = 0.5},
    {.name = "ship_horn", .seconds = 1.3, .pitch_hz = {138, 140, 139}, .low_hz = {280, 280}, .high_hz = {560, 560}, .breath = 0.06},
};

// Start, middle and end joined by a parabola through them.
double glide(const std::array<double, 3>& v, double u) {
  return v[0] * (1 - u) * (1 - 2 * u) + 4 * v[1] * u * (1 - u) + v[2] * u * (2 * u - 1);
}

// Sawtooth with its corner rounded over one sample on either side (PolyBLEP), so that high calls do not alias audibly.
class Buzz {
 public:
  double next(double hz) {
    double step = hz / kSoundRate;
    if ((phase_ += step) >= 1) phase_ -= 1;
    double value = 2 * phase_ - 1;
    if (phase_ < step) {
      double x = phase_ / step;
      value -= x + x - x * x - 1;
    } else if (phase_ > 1 - step) {
      double x = (phase_ - 1) / step;
      value -= x * x + x + x + 1;
    }
    return value;
  }

 private:
  double phase_ = 0.5;
};

void add_syllable(const Voice& voice, Generator& generator, double pitch, Samples& out) {
  constexpr int kRetune = 32;  // samples between settings of the formants
  constexpr double kAttack_s = 0.012, kRelease_share = 0.3;
  size_t count = samples_of(voice.seconds * generator.uniform(0.85, 1.15));
  Buzz buzz;
  Biquad low = Biquad::band_pass(voice.low_hz[0], 4), high = Biquad::band_pass(voice.high_hz[0], 5), body = Biquad::low_pass(voice.whistle ? 12000 : 5500);
  Wander jitter(generator.fork("jitter"), 35);
  double sine = 0;
  for (size_t i = 0; i < count; ++i) {
    double u = static_cast<double>(i) / static_cast<double>(count), t = static_cast<double>(i) / kSoundRate;
    if (i % kRetune == 0 && !voice.whistle) {
      low.retune(Biquad::band_pass(pitch * (voice.low_hz[0] + (voice.low_hz[1] - voice.low_hz[0]) * u), 4));
      high.retune(Biquad::band_pass(pitch * (voice.high_hz[0] + (voice.high_hz[1] - voice.high_hz[0]) * u), 5));
    }
    double hz = pitch * glide(voice.pitch_hz, u) * (1 + 0.012 * jitter.next() + voice.vibrato * std::sin(2 * std::numbers::pi * voice.vibrato_hz * t));
    double noise = voice.breath * white(generator);
    double value;
    if (voice.whistle) {
      value = std::sin(sine += turn(hz)) + noise;
    } else {
      double source = buzz.next(hz) + noise;
      value = low(source) + 0.6 * high(source) + 0.08 * source;
    }
    double rough = 1 - voice.growl * (0.5 - 0.5 * std::cos(2 * std::numbers::pi * voice.growl_hz * t));  // full at the start
    double rise = std::min(1.0, t / kAttack_s), fall = std::min(1.0, (1 - u) / kRelease_share);
    out.push_back(static_cast<float>(body(value * rough * rise * fall * fall)));
  }
}

// A burst of rising blips, each a bubble growing smaller.
Samples bubbles(Generator& generator) {
  Samples out(samples_of(0.7), 0.0f);
  for (double start = 0; start < 0.5; start += generator.uniform(0.05, 0.11)) {
    double hz = generator.uniform(350, 900), phase = 0, loud = generator.uniform(0.6, 1);
    for (size_t i = 0, at = samples_of(start); i < samples_of(0.08) && at + i < out.size(); ++i) {
      double t = static_cast<double>(i) / kSoundRate;
      phase += turn(hz * (1 + 9 * t));
      out[at + i] += static_cast<float>(loud * std::sin(phase) * strike(t, 0.004, 0.022));
    }
  }
  return out;
}

Samples robot_beep(Generator& generator) {
  Samples out;
  for (int note = 0; note < 3; ++note) {
    double hz = 500 * std::pow(2, generator.below(13) / 12.0), phase = 0;
    for (size_t i = 0, n = samples_of(0.11); i < n; ++i) {
      double u = static_cast<double>(i) / static_cast<double>(n), edge = std::min({1.0, u * 30, (1 - u) * 20});
      phase += turn(hz);
      out.push_back(static_cast<float>(edge * (std::sin(phase) + 0.3 * std::sin(3 * phase))));
    }
  }
  return out;
}

}  // namespace

Samples synthesize_voice(std::string_view name, Generator& generator) {
  if (name == "bubbles") return bubbles(generator);
  if (name == "robot_beep") return robot_beep(generator);
  for (const Voice& voice : kVoices) {
    if (voice.name != name) continue;
    Samples out;
    double pitch = generator.uniform(0.9, 1.12);
    for (int syllable = 0; syllable < voice.syllables; ++syllable) {
      if (syllable > 0) out.insert(out.end(), samples_of(voice.gap_s), 0.0f);
      add_syllable(voice, generator, pitch * generator.uniform(0.97, 1.03), out);
    }
    return out;
  }
  return {};
}

}  // namespace mg::world
