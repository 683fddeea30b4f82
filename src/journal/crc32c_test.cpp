#include "journal/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace holdfast::journal {
namespace {

std::string counting(int from, int step) {
  std::string out;
  for (int i = 0; i < 32; ++i) out.push_back(static_cast<char>(from + step * i));
  return out;
}

// RFC 3720, B.4. The RFC prints the checksum as it is sent, lowest byte first.
const std::string read_command(
    "\x01\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0",
    48);

TEST(Crc32c, agrees_with_the_vectors_of_rfc_3720) {
  for (const auto crc : {crc32c, crc32c_by_table}) {
    EXPECT_EQ(crc(std::string(32, '\0'), 0), 0x8a9136aaU);
    EXPECT_EQ(crc(std::string(32, '\xff'), 0), 0x62a8ab43U);
    EXPECT_EQ(crc(counting(0, 1), 0), 0x46dd794eU);
    EXPECT_EQ(crc(counting(31, -1), 0), 0x113fdb5cU);
    EXPECT_EQ(crc(read_command, 0), 0xd9963a56U);
    EXPECT_EQ(crc("123456789", 0), 0xe3069283U);
    EXPECT_EQ(crc("", 0), 0U);
  }
}

TEST(Crc32c, is_the_same_with_and_without_the_processors_help) {
  std::mt19937_64 random(3720);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const auto before = static_cast<std::uint32_t>(random());
    EXPECT_EQ(crc32c(bytes, before), crc32c_by_table(bytes, before)) << size;
  }
}

TEST(Crc32c, goes_on_where_it_stopped) {
  const std::string all = counting(5, 7);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c(all.substr(cut), crc32c(all.substr(0, cut))), crc32c(all));
  }
}

}  // namespace
}  // namespace holdfast::journal
