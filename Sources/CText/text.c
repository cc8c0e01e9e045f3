#include "text.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080ULL

static inline uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

size_t text_ascii_prefix(const uint8_t *bytes, size_t count) {
    size_t at = 0;
    /* Eight words at a time: the compiler makes vector instructions of it. */
    for (; count - at >= 64; at += 64) {
        uint64_t any = 0;
        for (size_t i = 0; i < 64; i += 8) any |= word_at(bytes + at + i);
        if (any & HIGH_BITS) break;
    }
    for (; count - at >= 8 && !(word_at(bytes + at) & HIGH_BITS); at += 8) {}
    while (at < count && bytes[at] < 0x80) at++;
    return at;
}

bool text_is_utf8(const uint8_t *bytes, size_t count) {
    size_t at = text_ascii_prefix(bytes, count);
    while (at < count) {
        uint8_t first = bytes[at];
        if (first < 0x80) {
            if (count - at >= 8 && !(word_at(bytes + at) & HIGH_BITS)) {
                at += text_ascii_prefix(bytes + at, count - at);
            } else {
                at++;
            }
            continue;
        }
        size_t left = count - at;
        if (first < 0xc2) return false;
        if (first < 0xe0) {
            if (left < 2 || (bytes[at + 1] & 0xc0) != 0x80) return false;
            at += 2;
        } else if (first < 0xf0) {
            if (left < 3) return false;
            uint8_t second = bytes[at + 1];
            if ((second & 0xc0) != 0x80 || (bytes[at + 2] & 0xc0) != 0x80) return false;
            if (first == 0xe0 && second < 0xa0) return false;
            if (first == 0xed && second > 0x9f) return false;
            at += 3;
        } else {
            if (left < 4 || first > 0xf4) return false;
            uint8_t second = bytes[at + 1];
            if ((second & 0xc0) != 0x80 || (bytes[at + 2] & 0xc0) != 0x80 || (bytes[at + 3] & 0xc0) != 0x80) return false;
            if (first == 0xf0 && second < 0x90) return false;
            if (first == 0xf4 && second > 0x8f) return false;
            at += 4;
        }
    }
    return true;
}
