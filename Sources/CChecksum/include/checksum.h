#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// CRC-32C (Castagnoli, reflected, as in RFC 3720) of `length` bytes, continuing from `crc`; 0 starts a new checksum.
/// The fastest implementation that the processor has was chosen when the program was loaded. [any-thread]
uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The same by tables alone, which runs everywhere: what a processor without CRC instructions gets, and what tests
/// compare the fast variants with. [any-thread]
uint32_t checksum_crc32c_portable(uint32_t crc, const void *bytes, size_t length);

/// The checksum of A followed by B from the checksums of both and the length of B, in a time that hardly depends on that
/// length: a header can be changed without summing again what follows it. [any-thread]
uint32_t checksum_crc32c_combine(uint32_t crc_of_a, uint32_t crc_of_b, size_t length_of_b);

#ifdef __cplusplus
}
#endif
