#include "moviegen/data/world/music_player.h"

#include <fluidsynth.h>

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

// FluidSynth works in blocks of 64 samples; notes start at their edges (1.3 ms), so that what is played does not depend on
// what was played before.
constexpr size_t kBlock = 64;

struct Turn {  // a note on or off
  size_t block;
  bool on;
  const Note* note;
};

std::vector<Turn> turns_of(const Tune& tune) {
  auto block = [](double seconds) { return static_cast<size_t>(std::llround(seconds * kSoundRate / kBlock)); };
  std::vector<Turn> turns;
  for (const Note& note : tune.notes) {
    turns.push_back({block(note.start_s), true, &note});
    turns.push_back({std::max(block(note.start_s) + 1, block(note.start_s + note.seconds)), false, &note});
  }
  // Offs before ons, so that a repeated key sounds again.
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.block != b.block ? a.block < b.block : a.on < b.on; });
  return turns;
}

void quiet(int, const char*, void*) {}

}  // namespace

struct MusicPlayer::Synth {
  std::unique_ptr<fluid_settings_t, decltype(&delete_fluid_settings)> settings{new_fluid_settings(), delete_fluid_settings};
  std::unique_ptr<fluid_synth_t, decltype(&delete_fluid_synth)> synth{nullptr, delete_fluid_synth};

  explicit Synth(const std::string& soundfont) {
    for (int level : {FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG}) fluid_set_log_function(level, quiet, nullptr);  // what fails throws
    check(settings != nullptr, "FluidSynth gave no settings");
    fluid_settings_setnum(settings.get(), "synth.sample-rate", kSoundRate);
    for (const char* off : {"synth.reverb.active", "synth.chorus.active", "synth.threadsafe-api", "synth.lock-memory"})
      fluid_settings_setint(settings.get(), off, 0);
    fluid_settings_setint(settings.get(), "synth.polyphony", 48);
    synth.reset(new_fluid_synth(settings.get()));
    check(synth != nullptr, "FluidSynth could not be started");
    if (fluid_synth_sfload(synth.get(), soundfont.c_str(), 1) == FLUID_FAILED) throw DataError("{}: FluidSynth cannot read this soundfont", soundfont);
    fluid_synth_set_interp_method(synth.get(), -1, FLUID_INTERP_LINEAR);
  }
};

MusicPlayer::MusicPlayer(std::string soundfont) : soundfont_(std::move(soundfont)) {}
MusicPlayer::~MusicPlayer() = default;

std::unique_ptr<MusicPlayer::Synth> MusicPlayer::borrow() const {
  std::lock_guard lock(mutex_);  // also keeps two from loading at once, which FluidSynth's shared samples do not like
  if (idle_.empty()) return std::make_unique<Synth>(soundfont_);
  std::unique_ptr<Synth> synth = std::move(idle_.back());
  idle_.pop_back();
  return synth;
}

Stereo MusicPlayer::play(const Tune& tune, size_t frames) const {
  std::unique_ptr<Synth> player = borrow();
  fluid_synth_t* synth = player->synth.get();
  fluid_synth_system_reset(synth);
  for (size_t channel = 0; channel < tune.programs.size(); ++channel) fluid_synth_program_change(synth, static_cast<int>(channel), tune.programs[channel]);
  size_t blocks = (frames + kBlock - 1) / kBlock;
  Stereo out(2 * blocks * kBlock);
  size_t done = 0;
  auto render_to = [&](size_t block) {
    if (block > done) fluid_synth_write_float(synth, static_cast<int>((block - done) * kBlock), out.data(), static_cast<int>(2 * done * kBlock), 2, out.data(), static_cast<int>(2 * done * kBlock) + 1, 2);
    done = std::max(done, block);
  };
  for (const Turn& turn : turns_of(tune)) {
    render_to(std::min(turn.block, blocks));
    if (turn.on) fluid_synth_noteon(synth, turn.note->channel, turn.note->key, turn.note->velocity);
    else fluid_synth_noteoff(synth, turn.note->channel, turn.note->key);
  }
  render_to(blocks);
  out.resize(2 * frames);
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(player));
  return out;
}

}  // namespace mg::world
