// Where things live: XDG folders, each overridable by a MOVIEGEN_* variable, and the program's own folder.
#pragma once
#include <string>

namespace mg {

std::string data_folder();     // $MOVIEGEN_DATA, else $XDG_DATA_HOME/moviegen
std::string cache_folder();    // $MOVIEGEN_CACHE, else $XDG_CACHE_HOME/moviegen
std::string config_folder();   // $MOVIEGEN_CONFIG, else $XDG_CONFIG_HOME/moviegen
// The checkout or installation the running program belongs to: the nearest parent folder of the executable that has
// recipes/; empty if there is none.
std::string program_folder();
// Creates a folder and its parents; throws ResourceError.
void make_folder(const std::string& path);

}  // namespace mg
