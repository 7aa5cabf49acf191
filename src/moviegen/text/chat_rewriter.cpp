#include "moviegen/text/chat_rewriter.h"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/text/sanitize.h"

namespace mg::text {
namespace {

constexpr size_t kMostAnswerBytes = 1 << 20, kMostCaptionBytes = 2000;
constexpr long kConnect_s = 10, kAnswer_s = 60;

// The fixed layout of captions, plain words, motion not overstated: what the paper asks of its rewriter.
constexpr const char* kInstruction =
    "You rewrite requests for short films into captions for a video model. Answer with one caption of one or two plain sentences and nothing else. "
    "Keep every subject, count, colour, place, time of day, weather, motion, direction and camera move that is asked for, and text in double quotes as it is. "
    "Layout: the subject with its colour and what it wears or holds; what it does and in which direction; where; time of day and weather; the camera last. "
    "Replace rare, figurative or flowery words by common ones: a breed by its animal, a brand by its thing. Describe one calm, clear motion; do not add events, "
    "cuts, moods or sounds that were not asked for.";

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

size_t take_bytes(char* data, size_t size, size_t count, void* user) {
  auto& answer = *static_cast<std::string*>(user);
  if (answer.size() + size * count > kMostAnswerBytes) return 0;  // ends the transfer
  answer.append(data, size * count);
  return size * count;
}

int look_for_cancel(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* cancel = static_cast<const CancelToken*>(user);
  return cancel && cancel->cancelled() ? 1 : 0;
}

struct CurlEnd {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string post(const std::string& url, const std::string& body, const std::string& key, const CancelToken* cancel) {
  static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  std::unique_ptr<CURL, CurlEnd> curl(is_ready ? curl_easy_init() : nullptr);
  if (!curl) throw ResourceError("rewrite: libcurl could not be started");
  std::unique_ptr<curl_slist, CurlEnd> headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (!key.empty()) headers.reset(curl_slist_append(headers.release(), ("Authorization: Bearer " + key).c_str()));
  std::string answer;
  auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_POSTFIELDS, body.c_str());
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  set(CURLOPT_WRITEFUNCTION, &take_bytes);
  set(CURLOPT_WRITEDATA, &answer);
  set(CURLOPT_XFERINFOFUNCTION, &look_for_cancel);
  set(CURLOPT_XFERINFODATA, const_cast<CancelToken*>(cancel));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnect_s);
  set(CURLOPT_TIMEOUT, kAnswer_s);
  auto code = curl_easy_perform(curl.get());
  if (code == CURLE_ABORTED_BY_CALLBACK) throw Cancelled("stopped while the prompt was rewritten");
  if (code != CURLE_OK) throw ResourceError("rewrite: {}: {}; --rewrite off goes without", url, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) throw ResourceError("rewrite: {}: HTTP status {}: {}", url, status, sanitize(answer.substr(0, 300)));
  return answer;
}

}  // namespace

bool is_endpoint(const std::string& text) {
  for (const char* scheme : {"http://", "https://"})
    if (text.starts_with(scheme) && text.size() > std::string(scheme).size() && text.find_first_of(" \t\r\n") == std::string::npos) return true;
  return false;
}

std::string rewrite_by_chat(const ChatEndpoint& endpoint, const std::string& prompt, const CancelToken* cancel) {
  if (!is_endpoint(endpoint.url)) throw UsageError("rewrite: expected an http:// or https:// address, got '{}'", endpoint.url);
  auto base = endpoint.url;
  while (base.ends_with('/')) base.pop_back();
  auto model = endpoint.model.empty() ? environment("MOVIEGEN_REWRITE_MODEL", "default") : endpoint.model;
  auto key = endpoint.key.empty() ? environment("MOVIEGEN_REWRITE_KEY", "") : endpoint.key;
  Json body = {{"model", model}, {"temperature", 0}, {"messages", Json::array({{{"role", "system"}, {"content", kInstruction}}, {{"role", "user"}, {"content", prompt}}})}};
  auto url = base + "/chat/completions";
  Json answer = Json::parse(post(url, body.dump(-1, ' ', false, Json::error_handler_t::replace), key, cancel), nullptr, false);
  const Json::json_pointer pointer("/choices/0/message/content");
  if (answer.is_discarded() || !answer.contains(pointer) || !answer[pointer].is_string()) throw DataError("rewrite: {}: no \"choices\"[0].\"message\".\"content\" in the answer", url);
  auto caption = sanitize(answer[pointer].get<std::string>());
  if (caption.empty() || caption.size() > kMostCaptionBytes) throw DataError("rewrite: {}: expected a caption of 1 to {} bytes, got {}", url, kMostCaptionBytes, caption.size());
  return caption;
}

}  // namespace mg::text
