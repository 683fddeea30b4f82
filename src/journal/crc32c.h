// CRC-32C, the checksum of every frame and header.
//
// The polynomial is Castagnoli's, 0x1EDC6F41, as iSCSI uses it (RFC 3720, section 12.1; test vectors in B.4):
// reflected, begun with and inverted by all ones. Processors with SSE4.2 have an instruction for it.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::journal {

/// The checksum of `bytes`; given the checksum of what stands before them as `before`, that of both together.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same without the processor's help. Public so that a test can compare both.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

/// Whether `crc32c` uses the processor's instruction here.
bool crc32c_in_hardware();

}  // namespace holdfast::journal
