/* What the two bare loops share: a blocking socket to one broker, big-endian numbers, CRC-32C. They know one partition of one
 * topic, handle no error but by ending, and exist to show what the broker and the kernel leave as the limit. */
#ifndef BARE_H
#define BARE_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/tcp.h>
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int dial(const char *host, int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void put16(uint8_t **p, uint16_t v) { v = htobe16(v); memcpy(*p, &v, 2); *p += 2; }
static void put32(uint8_t **p, uint32_t v) { v = htobe32(v); memcpy(*p, &v, 4); *p += 4; }
static void put64(uint8_t **p, uint64_t v) { v = htobe64(v); memcpy(*p, &v, 8); *p += 8; }
static void put_text(uint8_t **p, const char *s) { put16(p, (uint16_t)strlen(s)); memcpy(*p, s, strlen(s)); *p += strlen(s); }
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return be32toh(v); }
static inline uint64_t get64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return be64toh(v); }

static void read_all(int fd, void *into, size_t count) {
    for (uint8_t *p = into; count > 0;) {
        ssize_t n = read(fd, p, count);
        if (n <= 0) die("read");
        p += n;
        count -= (size_t)n;
    }
}

static void write_all(int fd, const void *from, size_t count) {
    for (const uint8_t *p = from; count > 0;) {
        ssize_t n = write(fd, p, count);
        if (n <= 0) die("write");
        p += n;
        count -= (size_t)n;
    }
}

/* Three interleaved streams would be faster; one is below a tenth of the loop's time. */
static uint32_t crc32c(const uint8_t *p, size_t n) {
    uint64_t crc = 0xffffffff;
    for (; n >= 8; p += 8, n -= 8) { uint64_t w; memcpy(&w, p, 8); crc = _mm_crc32_u64(crc, w); }
    for (; n > 0; p++, n--) crc = _mm_crc32_u8((uint32_t)crc, *p);
    return (uint32_t)crc ^ 0xffffffff;
}

#endif
