// The streams of a film copied packet by packet into another file, for everything that changes a film's sound or container
// but not its picture. The first picture shown stands at time 0 of the copy, whatever the original's clock says. Private
// to this folder.
#pragma once
#include <string>
#include <vector>

#include "moviegen/media/libav.h"

namespace mg::media {

class FilmCopy {
 public:
  // Throws NotFound, DataError; UsageError for a still picture.
  explicit FilmCopy(const std::string& path);
  // The steps before the header of `out`, in the order its streams shall have. `ending` is what its path ends in, for
  // messages. Throws UsageError if the container cannot hold the picture, or the sound to be kept.
  void add_picture(OutputFile& out, const std::string& ending);
  void add_sound(OutputFile& out, const std::string& ending);
  void add_subtitles(OutputFile& out, const std::string& ending);  // those the container can hold
  void add_tags_and_chapters(OutputFile& out) const;
  // Copies packets until the pictures reach `time_s` or end. Throws DataError for a damaged film.
  void copy_until(OutputFile& out, double time_s);
  double end_s() const { return end_s_; }       // when the last picture copied so far is no longer shown
  bool is_ended() const { return is_ended_; }

 private:
  struct Copied {
    AVStream* to = nullptr;               // none: left out
    int64_t last_dts = AV_NOPTS_VALUE;
  };
  void add(OutputFile& out, const AVStream& from);
  void copy(OutputFile& out);
  int64_t missing_dts(const AVStream& from, const Copied& copied) const;
  int64_t shift_of(const AVStream& from) const;  // in ticks of its clock
  void set_times(const AVStream& from, Copied& copied);
  void extend_end(const AVStream& from);

  std::string path_;
  InputFile file_;
  AVStream* picture_ = nullptr;
  double origin_s_ = 0, end_s_ = 0, last_s_ = 0;
  std::vector<Copied> copies_;  // by the index of the input's stream
  Owned<AVPacket> packet_ = new_packet();
  bool is_ended_ = false;
};

}  // namespace mg::media
