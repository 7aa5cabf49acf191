#include "moviegen/train/event_file.h"

#include <gtest/gtest.h>

#include <cstring>

namespace mg::train {
namespace {

// Long division by the polynomial, bit by bit.
uint32_t slow_crc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
  }
  return crc ^ 0xffffffff;
}

template <class T>
T raw_at(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

uint32_t unmasked(uint32_t stored) {
  uint32_t rotated = stored - 0xa282ead8;
  return (rotated << 15) | (rotated >> 17);
}

TEST(EventFile, ChecksumsAreTheKnownOnes) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);           // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(""), 0u);
  for (size_t size : {1, 7, 64, 1000}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + size);
    EXPECT_EQ(crc32c(bytes), slow_crc32c(bytes));
  }
}

TEST(EventFile, RecordsCarryTheirLengthAndChecksums) {
  auto record = framed_record("payload");
  ASSERT_EQ(record.size(), 8 + 4 + 7 + 4u);
  EXPECT_EQ(raw_at<uint64_t>(record, 0), 7u);
  EXPECT_EQ(unmasked(raw_at<uint32_t>(record, 8)), slow_crc32c(std::string_view(record).substr(0, 8)));
  EXPECT_EQ(record.substr(12, 7), "payload");
  EXPECT_EQ(unmasked(raw_at<uint32_t>(record, 19)), slow_crc32c("payload"));
}

TEST(EventFile, EventsAreTheBytesProtobufWouldWrite) {
  auto event = scalar_event(1.5, 300, {{"loss", 0.25}});
  std::string expected("\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"  // wall_time 1.5
                       "\x10\xac\x02"                          // step 300
                       "\x2a\x0d\x0a\x0b"                      // summary, value
                       "\x0a\x04loss"                          // tag
                       "\x15\x00\x00\x80\x3e",                 // simple_value 0.25
                       9 + 3 + 4 + 6 + 5);
  EXPECT_EQ(event, expected);
  auto version = version_event(0);
  EXPECT_EQ(version.substr(9), "\x1a\x0d" "brain.Event:2");
}

}  // namespace
}  // namespace mg::train
