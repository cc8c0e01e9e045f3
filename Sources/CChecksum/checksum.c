#include "checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/// The Castagnoli polynomial, bits reversed: bit 31 is x^0.
#define POLYNOMIAL 0x82f63b78u

/// tables[k][b] is the checksum of byte b followed by k zero bytes. Filled before main by `choose`.
static uint32_t tables[8][256];

static void fill_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1)));
        tables[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
        }
    }
}

/// powers[k] is x^(8 * 2^k) modulo the polynomial: what appending 2^k zero bytes multiplies a register by.
static uint32_t powers[8 * sizeof(size_t)];

/// The product of two reversed polynomials modulo the polynomial.
static uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = (b >> 1) ^ (POLYNOMIAL & (0u - (b & 1)));
    }
    return product;
}

static void fill_powers(void) {
    powers[0] = 1u << 23;  // x^8
    for (size_t k = 1; k < sizeof powers / sizeof *powers; k++) powers[k] = multiply(powers[k - 1], powers[k - 1]);
}

static inline uint64_t load64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/// Slicing by eight. Works on the register without the inversions at both ends, as all variants here do.
static uint32_t update_portable(uint32_t crc, const uint8_t *at, size_t length) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t word = load64(at) ^ crc;
        crc = tables[7][word & 0xff] ^ tables[6][(word >> 8) & 0xff] ^ tables[5][(word >> 16) & 0xff]
            ^ tables[4][(word >> 24) & 0xff] ^ tables[3][(word >> 32) & 0xff] ^ tables[2][(word >> 40) & 0xff]
            ^ tables[1][(word >> 48) & 0xff] ^ tables[0][word >> 56];
    }
#endif
    for (; length > 0; at++, length--) crc = (crc >> 8) ^ tables[0][(crc ^ *at) & 0xff];
    return crc;
}

static uint32_t (*update)(uint32_t crc, const uint8_t *at, size_t length) = update_portable;

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t update_sse42(uint32_t crc, const uint8_t *at, size_t length) {
    uint64_t wide = crc;
    for (; length >= 8; at += 8, length -= 8) wide = _mm_crc32_u64(wide, load64(at));
    crc = (uint32_t)wide;
    for (; length > 0; at++, length--) crc = _mm_crc32_u8(crc, *at);
    return crc;
}

/// Appends n zero bytes to what `crc` covers, where `factor` is x^(8n - 33) modulo the polynomial: the carry-less
/// product of two reversed 32-bit numbers stands one bit low, and the CRC instruction multiplies by x^32, hence 33.
__attribute__((target("sse4.2,pclmul"))) static inline uint32_t shift(uint32_t crc, uint32_t factor) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/// The CRC instruction takes three cycles but one can start each cycle: three neighbouring stretches are summed side by
/// side, then joined by moving the first two over the zero bytes that stand for what follows them.
#define THREE_STREAMS(stretch, over_one, over_two)                                                   \
    while (length >= 3 * (stretch)) {                                                                \
        uint64_t first = crc, second = 0, third = 0;                                                 \
        for (const uint8_t *end = at + (stretch); at < end; at += 8) {                               \
            first = _mm_crc32_u64(first, load64(at));                                                \
            second = _mm_crc32_u64(second, load64(at + (stretch)));                                  \
            third = _mm_crc32_u64(third, load64(at + 2 * (stretch)));                                \
        }                                                                                            \
        crc = shift((uint32_t)first, over_two) ^ shift((uint32_t)second, over_one) ^ (uint32_t)third; \
        at += 2 * (stretch);                                                                         \
        length -= 3 * (stretch);                                                                     \
    }

__attribute__((target("sse4.2,pclmul"))) static uint32_t update_pclmul(
    uint32_t crc, const uint8_t *at, size_t length) {
    THREE_STREAMS(1024, 0x170076fa, 0xa51b6135)
    THREE_STREAMS(128, 0x0d3b6092, 0xb9e02b86)
    return update_sse42(crc, at, length);
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) static uint32_t update_armv8(uint32_t crc, const uint8_t *at, size_t length) {
    for (; length >= 8; at += 8, length -= 8) crc = __crc32cd(crc, load64(at));
    for (; length > 0; at++, length--) crc = __crc32cb(crc, *at);
    return crc;
}

#endif

__attribute__((constructor)) static void choose(void) {
    fill_tables();
    fill_powers();
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) {
        update = __builtin_cpu_supports("pclmul") ? update_pclmul : update_sse42;
    }
#elif defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_CRC32) update = update_armv8;
#endif
}

uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t length) {
    return ~update(~crc, bytes, length);
}

uint32_t checksum_crc32c_portable(uint32_t crc, const void *bytes, size_t length) {
    return ~update_portable(~crc, bytes, length);
}

uint32_t checksum_crc32c_combine(uint32_t crc_of_a, uint32_t crc_of_b, size_t length_of_b) {
    uint32_t shifted = crc_of_a;
    for (size_t k = 0; length_of_b != 0; k++, length_of_b >>= 1) {
        if (length_of_b & 1) shifted = multiply(powers[k], shifted);
    }
    return shifted ^ crc_of_b;
}
