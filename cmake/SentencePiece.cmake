# SentencePiece lives in a library that is loaded at run time; moviegen/text/shim/sentencepiece_shim.cpp says why.
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)
add_library(mg_sentencepiece MODULE ${PROJECT_SOURCE_DIR}/src/moviegen/text/shim/sentencepiece_shim.cpp)
target_include_directories(mg_sentencepiece PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(mg_sentencepiece PRIVATE PkgConfig::SENTENCEPIECE)
