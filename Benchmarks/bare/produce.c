/* produce HOST PORT TOPIC FILE: each line of the file a record of partition 0, batches of up to 1 MB, five in flight. */
#include "bare.h"

enum { BATCH = 1000000, HEADER = 61, IN_FLIGHT = 5 };

static void varint(uint8_t **p, int64_t v) {
    uint64_t z = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    while (z >= 0x80) { *(*p)++ = (uint8_t)(z | 0x80); z >>= 7; }
    *(*p)++ = (uint8_t)z;
}
static int varint_size(int64_t v) {
    uint64_t z = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    int n = 1;
    while (z >= 0x80) { z >>= 7; n++; }
    return n;
}

static void await_answer(int fd, uint8_t *scratch) {
    read_all(fd, scratch, 4);
    uint32_t size = get32(scratch);
    if (size > 65536) { fprintf(stderr, "answer of %u bytes\n", size); exit(1); }
    read_all(fd, scratch, size);
    /* correlation 4, topics 4, name 2+n, partitions 4, index 4, then the error */
    size_t name = (size_t)(scratch[8] << 8 | scratch[9]);
    int16_t error = (int16_t)(scratch[10 + name + 8] << 8 | scratch[10 + name + 9]);
    if (error) { fprintf(stderr, "produce: error %d\n", error); exit(1); }
}

int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "produce HOST PORT TOPIC FILE\n"); return 2; }
    int fd = dial(argv[1], atoi(argv[2])), in_flight = 0;
    FILE *file = fopen(argv[4], "r");
    if (!file) die(argv[4]);
    static char stream[1 << 20];
    setvbuf(file, stream, _IOFBF, sizeof stream);
    uint8_t *batch = malloc(BATCH + 4096), *scratch = malloc(65536);
    char *line = NULL;
    size_t room = 0;
    uint32_t correlation = 0;
    ssize_t length = getline(&line, &room, file);
    while (length >= 0) {
        uint8_t *p = batch + HEADER;
        int32_t count = 0;
        for (; length >= 0; length = getline(&line, &room, file)) {
            int64_t value = length > 0 && line[length - 1] == '\n' ? length - 1 : length;
            if (count > 0 && p + value + 32 > batch + BATCH) break;
            int64_t body = 1 + 1 + varint_size(count) + 1 + varint_size(value) + value + 1;
            varint(&p, body);
            *p++ = 0;
            varint(&p, 0);
            varint(&p, count);
            varint(&p, -1);
            varint(&p, value);
            memcpy(p, line, (size_t)value);
            p += value;
            varint(&p, 0);
            count++;
        }
        size_t size = (size_t)(p - batch);
        uint8_t *h = batch;
        put64(&h, 0);
        put32(&h, (uint32_t)(size - 12));
        put32(&h, 0xffffffff);
        *h++ = 2;
        h += 4;
        uint8_t *checked = h;
        put16(&h, 0);
        put32(&h, (uint32_t)count - 1);
        put64(&h, 1700000000000);
        put64(&h, 1700000000000);
        put64(&h, (uint64_t)-1);
        put16(&h, 0xffff);
        put32(&h, 0xffffffff);
        put32(&h, (uint32_t)count);
        uint32_t crc = htobe32(crc32c(checked, (size_t)(p - checked)));
        memcpy(batch + 17, &crc, 4);

        uint8_t head[512], *q = head + 4;
        put16(&q, 0); put16(&q, 7); put32(&q, correlation++); put_text(&q, "bare");
        put16(&q, 0xffff); put16(&q, 0xffff); put32(&q, 30000);
        put32(&q, 1); put_text(&q, argv[3]); put32(&q, 1); put32(&q, 0); put32(&q, (uint32_t)size);
        uint8_t *start = head;
        put32(&start, (uint32_t)((size_t)(q - head) - 4 + size));
        write_all(fd, head, (size_t)(q - head));
        write_all(fd, batch, size);
        if (++in_flight == IN_FLIGHT) { await_answer(fd, scratch); in_flight--; }
    }
    while (in_flight-- > 0) await_answer(fd, scratch);
    return 0;
}
