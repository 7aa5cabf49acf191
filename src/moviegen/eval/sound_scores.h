// From readings to figures: pooled shares, class accuracy, precision and distances of one kind of soundtrack.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "moviegen/eval/bootstrap.h"
#include "moviegen/eval/sound_clips.h"
#include "moviegen/eval/sound_reading.h"

namespace mg::eval {

// One kind of soundtrack on all clips. What needs the judge is NaN without one.
struct SystemReport {
  std::string name;
  OnsetCount onsets{};                          // pooled
  std::map<std::string, OnsetCount> by_class{};  // visible events of each class of sound and those with an onset; onsets not counted
  Interval event_share{}, onset_share{}, f1{};
  Interval top_class{};                         // clips whose only class of event is the judge's first among classes of events
  Interval mean_precision{};                    // average precision, mean over classes
  Interval quality{};                           // 1 to 10
  Interval loudness_share{};
  double frechet = 0;                           // to the true soundtracks of other clips
};

// Requests by text: a class of event named, music asked for or not.
struct TextReport {
  std::string name;
  Interval named_class{};                       // the class named is the judge's first
  Interval music_obeyed{};                      // heard where asked for, not heard where not
};

// What of an item the figures need; its sound and frames can go.
struct ClipTruth {
  std::vector<double> visible_s;               // onset times of visible events
  std::vector<std::string> visible_classes;    // and what they sound like
  std::vector<std::string> classes, discrete;  // of all events; of those that are no loops
  bool has_music = false;
};
ClipTruth truth_of(const SoundItem& item);

class SoundScores {
 public:
  // `classes` are the judge's, empty without one; `reference` the true soundtracks distances are measured to.
  SoundScores(std::vector<std::string> classes, std::vector<ClipTruth> truths, const std::vector<SoundReading>& reference, double target_lufs, uint64_t seed);
  SystemReport report(const std::string& name, const std::vector<SoundReading>& readings) const;
  TextReport text_report(const std::string& name, const std::vector<ClipTruth>& named, const std::vector<SoundReading>& named_heard,
                         const std::vector<ClipTruth>& music, const std::vector<SoundReading>& music_heard) const;

 private:
  // Share of the clips with one class of event in which it is the judge's likeliest among the classes of events of all.
  Interval top_class(const std::vector<ClipTruth>& truths, const std::vector<SoundReading>& readings) const;
  Interval mean_precision(const std::vector<SoundReading>& readings) const;
  double frechet(const std::vector<SoundReading>& readings) const;

  std::vector<std::string> classes_;
  std::vector<ClipTruth> truths_;
  at::Tensor reference_features_;  // [N,F], undefined without a judge
  double target_lufs_;
  uint64_t seed_;
};

}  // namespace mg::eval
