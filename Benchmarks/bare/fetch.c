/* fetch HOST PORT TOPIC COUNT FILE: reads COUNT records of partition 0 from the start, checks each batch, writes lines. */
#include "bare.h"

static int64_t varint(const uint8_t **p) {
    uint64_t z = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t b = *(*p)++;
        z |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) break;
    }
    return (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
}

int main(int argc, char **argv) {
    if (argc != 6) { fprintf(stderr, "fetch HOST PORT TOPIC COUNT FILE\n"); return 2; }
    int fd = dial(argv[1], atoi(argv[2]));
    long wanted = atol(argv[4]), seen = 0;
    FILE *out = fopen(argv[5], "w");
    if (!out) die(argv[5]);
    static char stream[1 << 20];
    setvbuf(out, stream, _IOFBF, sizeof stream);
    size_t room = 8 << 20;
    uint8_t *answer = malloc(room);
    uint64_t offset = 0;
    for (uint32_t correlation = 0; seen < wanted; correlation++) {
        uint8_t request[512], *q = request + 4;
        put16(&q, 1); put16(&q, 11); put32(&q, correlation); put_text(&q, "bare");
        put32(&q, 0xffffffff); put32(&q, 500); put32(&q, 1); put32(&q, 4 << 20); *q++ = 0;
        put32(&q, 0); put32(&q, 0xffffffff);
        put32(&q, 1); put_text(&q, argv[3]); put32(&q, 1);
        put32(&q, 0); put32(&q, 0xffffffff); put64(&q, offset); put64(&q, (uint64_t)-1); put32(&q, 4 << 20);
        put32(&q, 0); put_text(&q, "");
        uint8_t *start = request;
        put32(&start, (uint32_t)(q - request) - 4);
        write_all(fd, request, (size_t)(q - request));
        uint8_t size_bytes[4];
        read_all(fd, size_bytes, 4);
        size_t size = get32(size_bytes);
        if (size > room) answer = realloc(answer, room = size);
        read_all(fd, answer, size);
        /* correlation 4, throttle 4, error 2, session 4, topics 4, name, partitions 4, then the partition */
        const uint8_t *p = answer + 18;
        p += 2 + (p[0] << 8 | p[1]) + 4;
        int16_t error = (int16_t)(p[4] << 8 | p[5]);
        if (error) { fprintf(stderr, "fetch: error %d\n", error); return 1; }
        p += 4 + 2 + 8 + 8 + 8;
        int32_t aborted = (int32_t)get32(p);
        p += 4 + (aborted > 0 ? aborted * 16 : 0) + 4;
        const uint8_t *end = p + 4 + get32(p);
        p += 4;
        while (end - p >= 61) {
            uint64_t base = get64(p);
            size_t length = get32(p + 8) + 12;
            if ((size_t)(end - p) < length) break;
            if (crc32c(p + 21, length - 21) != get32(p + 17)) { fprintf(stderr, "fetch: bad checksum\n"); return 1; }
            const uint8_t *r = p + 61;
            for (uint32_t count = get32(p + 57); count > 0; count--) {
                int64_t body = varint(&r);
                const uint8_t *next = r + body;
                r++;
                varint(&r);
                int64_t delta = varint(&r);
                int64_t key = varint(&r);
                if (key > 0) r += key;
                int64_t value = varint(&r);
                if (base + (uint64_t)delta >= offset && value >= 0) {
                    fwrite_unlocked(r, 1, (size_t)value, out);
                    putc_unlocked('\n', out);
                    seen++;
                }
                r = next;
            }
            offset = base + get32(p + 23) + 1;
            p += length;
        }
    }
    return fclose(out) ? 1 : 0;
}
