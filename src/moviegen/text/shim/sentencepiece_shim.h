// The C functions of the SentencePiece library loaded at run time; only text/tokenizer.cpp calls them.
#pragma once
#include <cstddef>

extern "C" {
using mg_sentencepiece_emit = void (*)(void* user, const char* model, size_t bytes);

void* mg_sentencepiece_load(const char* model, size_t bytes, char* error, size_t capacity);
void mg_sentencepiece_free(void* handle);
int mg_sentencepiece_size(void* handle);
size_t mg_sentencepiece_encode(void* handle, const char* text, size_t bytes, int* ids, size_t capacity);
int mg_sentencepiece_train(const char* const* sentences, size_t count, const char* settings, mg_sentencepiece_emit emit, void* user,
                           char* error, size_t capacity);
}
