// Prompt rewriting by a language model behind an OpenAI-compatible chat endpoint: the user's sentence becomes a caption in the style
// that models here are trained on (facts 5.2).
#pragma once
#include <string>

#include "moviegen/core/cancel.h"

namespace mg::text {

struct ChatEndpoint {
  std::string url;    // "http://localhost:8080/v1"; "/chat/completions" is added
  std::string model;  // empty: what $MOVIEGEN_REWRITE_MODEL says, else "default"
  std::string key;    // empty: what $MOVIEGEN_REWRITE_KEY says; sent as a bearer token
};

// True for what --rewrite takes as an endpoint: http:// or https:// with a host.
bool is_endpoint(const std::string& text);

// One caption line, cleaned like a prompt. Throws ResourceError (no answer within a minute, an HTTP status), DataError (not a chat
// answer, empty or too long), Cancelled.
std::string rewrite_by_chat(const ChatEndpoint& endpoint, const std::string& prompt, const CancelToken* cancel = nullptr);

}  // namespace mg::text
