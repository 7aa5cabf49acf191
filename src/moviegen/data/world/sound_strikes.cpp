// Contacts and other sounds that are over at once: bursts of noise for what crunches, decaying tones for what rings.
#include <initializer_list>

#include "moviegen/data/world/sound_synthesis.h"

namespace mg::world {
namespace {

struct Tone {
  double hz, level, decay_s;
};

// Decaying tones that start together, their pitch falling by `drop` (a share) within the first moments.
Samples ring(Generator& generator, std::initializer_list<Tone> tones, double seconds, double drop = 0, double attack_s = 0.001) {
  Samples out(samples_of(seconds), 0.0f);
  double tune = generator.uniform(0.94, 1.06);
  for (const Tone& tone : tones) {
    double phase = 0, loud = tone.level * generator.uniform(0.8, 1.2);
    for (size_t i = 0; i < out.size(); ++i) {
      double t = static_cast<double>(i) / kSoundRate;
      phase += turn(tune * tone.hz * (1 + drop * std::exp(-t / 0.02)));
      out[i] += static_cast<float>(loud * std::sin(phase) * strike(t, attack_s, tone.decay_s));
    }
  }
  return out;
}

struct Burst {
  double start_s = 0, attack_s = 0.002, decay_s = 0.03, low_hz = 200, high_hz = 4000, level = 1;
  double grain = 0;  // share of the noise that is single grains: gravel, snow crystals
};

void add_burst(Generator& generator, const Burst& burst, Samples& out) {
  Biquad high = Biquad::high_pass(burst.low_hz), low = Biquad::low_pass(burst.high_hz);
  double held = 0;
  for (size_t i = samples_of(burst.start_s); i < out.size(); ++i) {
    double t = static_cast<double>(i) / kSoundRate - burst.start_s;
    double value = white(generator);
    if (burst.grain > 0) {
      if (generator.chance(0.012)) held = generator.uniform(-3, 3);
      value = (1 - burst.grain) * value + burst.grain * held, held *= 0.9;
    }
    out[i] += static_cast<float>(burst.level * low(high(value)) * strike(t, burst.attack_s, burst.decay_s));
  }
}

Samples noise(Generator& generator, double seconds, std::initializer_list<Burst> bursts) {
  Samples out(samples_of(seconds), 0.0f);
  for (Burst burst : bursts) {
    burst.decay_s *= generator.uniform(0.85, 1.2), burst.high_hz *= generator.uniform(0.85, 1.15), burst.level *= generator.uniform(0.85, 1.15);
    add_burst(generator, burst, out);
  }
  return out;
}

Samples sum(Samples a, const Samples& b) {
  if (b.size() > a.size()) a.resize(b.size(), 0.0f);
  for (size_t i = 0; i < b.size(); ++i) a[i] += b[i];
  return a;
}

// The heel at once, the toe some 90 ms later and softer.
Samples footstep(std::string_view surface, Generator& g) {
  double toe = g.uniform(0.075, 0.11);
  if (surface == "grass") return noise(g, 0.3, {{.decay_s = 0.03, .low_hz = 250, .high_hz = 3200}, {.start_s = toe, .attack_s = 0.01, .decay_s = 0.045, .low_hz = 900, .high_hz = 6500, .level = 0.5}});
  if (surface == "snow") return noise(g, 0.34, {{.decay_s = 0.055, .low_hz = 500, .high_hz = 5200, .grain = 0.7}, {.start_s = toe, .attack_s = 0.02, .decay_s = 0.06, .low_hz = 800, .high_hz = 7000, .level = 0.55, .grain = 0.8}});
  if (surface == "sand") return noise(g, 0.3, {{.attack_s = 0.005, .decay_s = 0.05, .low_hz = 300, .high_hz = 2400}, {.start_s = toe, .attack_s = 0.015, .decay_s = 0.05, .low_hz = 700, .high_hz = 4000, .level = 0.5}});
  if (surface == "gravel") return noise(g, 0.32, {{.decay_s = 0.04, .low_hz = 600, .high_hz = 9000, .grain = 0.9}, {.decay_s = 0.02, .low_hz = 80, .high_hz = 500, .level = 1.2}, {.start_s = toe, .decay_s = 0.05, .low_hz = 900, .high_hz = 11000, .level = 0.6, .grain = 0.9}});
  Samples wood = ring(g, {{170, 1, 0.035}, {310, 0.6, 0.025}, {690, 0.25, 0.012}}, 0.26, 0.3);
  return sum(std::move(wood), noise(g, 0.26, {{.decay_s = 0.006, .low_hz = 1000, .high_hz = 7000, .level = 0.6}, {.start_s = toe, .decay_s = 0.01, .low_hz = 500, .high_hz = 4000, .level = 0.4}}));
}

Samples splash(Generator& g) {
  Samples out = noise(g, 0.7, {{.decay_s = 0.05, .low_hz = 300, .high_hz = 6000}, {.start_s = 0.03, .attack_s = 0.03, .decay_s = 0.14, .low_hz = 900, .high_hz = 9000, .level = 0.5}});
  for (int drop = 0; drop < 6; ++drop) {  // drops falling back
    double hz = g.uniform(500, 1500), phase = 0, level = g.uniform(0.1, 0.3);
    size_t start = samples_of(g.uniform(0.06, 0.4));
    for (size_t i = start; i < out.size(); ++i) {
      double t = static_cast<double>(i - start) / kSoundRate;
      phase += turn(hz * (1 + 6 * t));
      out[i] += static_cast<float>(level * std::sin(phase) * strike(t, 0.003, 0.02));
    }
  }
  return out;
}

// Plucked strings (Karplus and Strong 1983), one after the other from low to high.
Samples strum(Generator& g) {
  static constexpr double kChords[3][4] = {{196, 246.9, 293.7, 392}, {164.8, 207.7, 246.9, 329.6}, {220, 261.6, 329.6, 440}};
  Samples out(samples_of(1.3), 0.0f);
  const auto& chord = kChords[g.below(3)];
  for (int string = 0; string < 4; ++string) {
    std::vector<double> line(static_cast<size_t>(kSoundRate / chord[string]));
    for (double& x : line) x = g.uniform(-1, 1);
    size_t at = 0;
    for (size_t i = samples_of(0.016 * string); i < out.size(); ++i) {
      double value = line[at], next = line[(at + 1) % line.size()];
      out[i] += static_cast<float>(value);
      line[at] = 0.497 * (value + next), at = (at + 1) % line.size();
    }
  }
  Biquad::low_pass(5500).run(out);
  return out;
}

Samples bicycle_bell(Generator& g) {
  Samples one = ring(g, {{2450, 1, 0.18}, {3980, 0.6, 0.12}, {5610, 0.3, 0.06}}, 0.6), out = one;
  out.resize(one.size() + samples_of(0.13), 0.0f);
  for (size_t i = 0, at = samples_of(0.13); i < one.size(); ++i) out[at + i] += 0.9f * one[i];
  return out;
}

Samples heartbeat(Generator& g) {
  Samples lub = ring(g, {{58, 1, 0.06}, {110, 0.5, 0.03}}, 0.45, 0.4, 0.004), dub = ring(g, {{70, 0.7, 0.045}, {130, 0.4, 0.025}}, 0.25, 0.3, 0.004);
  for (size_t i = 0, at = samples_of(0.17); i < dub.size() && at + i < lub.size(); ++i) lub[at + i] += dub[i];
  return lub;
}

Samples thunder(Generator& g) {
  Samples out = noise(g, 3.0, {{.attack_s = 0.004, .decay_s = 0.09, .low_hz = 150, .high_hz = 5000, .level = 0.7}, {.attack_s = 0.02, .decay_s = 0.9, .low_hz = 25, .high_hz = 260, .level = 3}});
  Wander rumble(g.fork("rumble"), 9);
  for (float& x : out) x *= static_cast<float>(1 + 0.6 * rumble.next());
  return out;
}

}  // namespace

Samples synthesize_strike(std::string_view name, Generator& g) {
  constexpr std::string_view kSteps = "footsteps_";
  if (name.starts_with(kSteps)) return footstep(name.substr(kSteps.size()), g);
  if (name == "thud") return sum(ring(g, {{75, 1, 0.07}, {135, 0.5, 0.04}}, 0.35, 0.5), noise(g, 0.3, {{.decay_s = 0.02, .low_hz = 150, .high_hz = 2200, .level = 0.7}}));
  if (name == "knock") return sum(ring(g, {{520, 1, 0.03}, {830, 0.6, 0.02}, {1900, 0.3, 0.01}}, 0.2), noise(g, 0.1, {{.decay_s = 0.005, .low_hz = 800, .high_hz = 8000, .level = 0.6}}));
  if (name == "ball_bounce") return sum(ring(g, {{125, 1, 0.06}, {260, 0.5, 0.05}, {620, 0.25, 0.03}}, 0.35, 0.6), noise(g, 0.1, {{.decay_s = 0.008, .low_hz = 400, .high_hz = 5000, .level = 0.5}}));
  if (name == "boing") return ring(g, {{165, 1, 0.18}, {330, 0.6, 0.14}, {497, 0.3, 0.1}}, 0.6, 1.4, 0.004);
  if (name == "splash") return splash(g);
  if (name == "bicycle_bell") return bicycle_bell(g);
  if (name == "mouse_click") return sum(noise(g, 0.16, {{.decay_s = 0.003, .low_hz = 1800, .high_hz = 9000}}), noise(g, 0.16, {{.start_s = 0.09, .decay_s = 0.002, .low_hz = 2500, .high_hz = 11000, .level = 0.7}}));
  if (name == "chimes") return ring(g, {{1568, 1, 0.35}, {2093, 0.7, 0.3}, {2637, 0.6, 0.25}, {4186, 0.25, 0.12}}, 1.2);
  if (name == "heartbeat") return heartbeat(g);
  if (name == "guitar") return strum(g);
  if (name == "gas_burner") return noise(g, 1.0, {{.attack_s = 0.01, .decay_s = 0.5, .low_hz = 120, .high_hz = 3500}, {.attack_s = 0.02, .decay_s = 0.4, .low_hz = 2500, .high_hz = 9000, .level = 0.4}});
  if (name == "thunder") return thunder(g);
  return {};
}

}  // namespace mg::world
