#include "moviegen/text/chat_rewriter.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "moviegen/core/config.h"

namespace mg::text {
namespace {

using ::testing::HasSubstr;

// Answers one request on a port of its own with the given bytes and keeps what came.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    timeval patience{.tv_sec = 3, .tv_usec = 0};  // nobody may call
    EXPECT_EQ(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/v1/";
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    thread_.join();
    ::close(socket_);
  }
  std::string url, got;

 private:
  void serve() {
    int peer = ::accept(socket_, nullptr, nullptr);
    if (peer < 0) return;
    char block[4096];
    while (got.find("\r\n\r\n") == std::string::npos || got.find("]}") == std::string::npos) {  // the end of the messages
      auto count = ::recv(peer, block, sizeof block, 0);
      if (count <= 0) break;
      got.append(block, static_cast<size_t>(count));
    }
    for (size_t sent = 0; sent < answer_.size();) {
      auto count = ::send(peer, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    ::close(peer);
  }
  std::string answer_;
  int socket_;
  std::thread thread_;
};

std::string http(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string chat(const Json& content) { return http(Json{{"choices", Json::array({{{"message", {{"role", "assistant"}, {"content", content}}}}})}}.dump()); }

TEST(ChatRewriter, AsksForACaptionAndCleansIt) {
  std::string caption;
  OneAnswer server(chat(" A dog runs\n to the left.\x01 "));
  caption = rewrite_by_chat({.url = server.url, .model = "small", .key = "secret"}, "doggo go \"brrr\"");
  EXPECT_EQ(caption, "A dog runs to the left.");
  EXPECT_THAT(server.got, HasSubstr("POST /v1/chat/completions "));
  EXPECT_THAT(server.got, HasSubstr("Authorization: Bearer secret"));
  auto body = Json::parse(server.got.substr(server.got.find("\r\n\r\n") + 4));
  EXPECT_EQ(body["model"], "small");
  EXPECT_EQ(body["messages"][0]["role"], "system");
  EXPECT_EQ(body["messages"][1]["content"], "doggo go \"brrr\"");
}

template <class Error>
void expect_refusal(const std::string& answer) {
  OneAnswer server(answer);
  EXPECT_THROW(rewrite_by_chat({.url = server.url, .model = {}, .key = {}}, "a dog"), Error) << answer.substr(0, 200);
}

TEST(ChatRewriter, RefusesAnswersThatAreNone) {
  expect_refusal<DataError>(http("{}"));
  expect_refusal<DataError>(http("not json"));
  expect_refusal<DataError>(http("{\"choices\": []}"));
  expect_refusal<DataError>(chat(Json::array({1})));
  expect_refusal<DataError>(chat(""));
  expect_refusal<DataError>(chat(std::string(3000, 'a')));
  expect_refusal<ResourceError>(http("{\"error\": \"no such model\"}", "404 Not Found"));
  expect_refusal<ResourceError>(http(std::string(2 << 20, ' ')));  // endless
  expect_refusal<ResourceError>("");                                // hangs up
}

TEST(ChatRewriter, NeedsAnAddressAndStopsWhenAsked) {
  EXPECT_TRUE(is_endpoint("https://example.org/v1") && is_endpoint("http://localhost:1"));
  for (const char* text : {"auto", "http://", "file:///etc/passwd", "ftp://a", "http://a b", ""}) EXPECT_FALSE(is_endpoint(text)) << text;
  EXPECT_THROW(rewrite_by_chat({.url = "file:///etc/passwd", .model = {}, .key = {}}, "a dog"), UsageError);
  EXPECT_THROW(rewrite_by_chat({.url = "http://127.0.0.1:1", .model = {}, .key = {}}, "a dog"), ResourceError);
  CancelToken cancel;
  cancel.cancel();
  OneAnswer server(chat("a dog"));
  try {
    rewrite_by_chat({.url = server.url, .model = {}, .key = {}}, "a dog", &cancel);
    FAIL();
  } catch (const Cancelled&) {
  } catch (const ResourceError& error) {
    FAIL() << error.what();
  }
}

}  // namespace
}  // namespace mg::text
