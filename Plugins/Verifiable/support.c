#define _POSIX_C_SOURCE 200809L
#include "verifiable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

kc_status vf_answer(kc_reply *reply, kc_status status, const char *format, ...) {
    if (!reply || !reply->error || reply->error_capacity == 0) return status;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(reply->error, reply->error_capacity, format, arguments);
    va_end(arguments);
    if (length < 0) length = 0;
    /* vsnprintf keeps the last byte for its zero. */
    reply->error_length = (uint32_t)length < reply->error_capacity ? (uint32_t)length : reply->error_capacity - 1;
    return status;
}

static const kc_pair *find(const kc_config *config, const char *key) {
    size_t length = strlen(key);
    const uint8_t *place = config->pairs.items;
    for (int32_t i = 0; i < config->pairs.count; i++, place += config->pairs.stride) {
        const kc_pair *pair = (const kc_pair *)(const void *)place;
        if ((size_t)pair->key.length == length && memcmp(pair->key.bytes, key, length) == 0) return pair;
    }
    return NULL;
}

char *vf_config_text(const kc_config *config, const char *key) {
    const kc_pair *pair = find(config, key);
    if (!pair || !pair->value.bytes) return NULL;
    char *copy = malloc((size_t)pair->value.length + 1);
    if (!copy) return NULL;
    memcpy(copy, pair->value.bytes, (size_t)pair->value.length);
    copy[pair->value.length] = 0;
    return copy;
}

bool vf_config_number(const kc_config *config, const char *key, long long fallback, long long *number) {
    char *text = vf_config_text(config, key);
    if (!text) {
        *number = fallback;
        return true;
    }
    char *end = NULL;
    errno = 0;
    *number = strtoll(text, &end, 10);
    bool good = errno == 0 && end != text && *end == 0;
    free(text);
    return good;
}

kc_status vf_output_open(vf_output *output, const kc_config *config, kc_reply *reply) {
    memset(output, 0, sizeof *output);
    output->descriptor = STDOUT_FILENO;
    char *mode = vf_config_text(config, "native.output");
    bool quiet = mode && strcmp(mode, "none") == 0;
    free(mode);
    if (quiet) output->descriptor = -1;
    char *path = vf_config_text(config, "native.output.file");
    kc_status status = KC_OK;
    if (!quiet && path && *path) {
        output->descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        if (output->descriptor < 0) status = vf_answer(reply, KC_FATAL, "cannot open %s: %s", path, strerror(errno));
    }
    free(path);
    return status;
}

void vf_output_close(vf_output *output) {
    if (output->descriptor > STDERR_FILENO) close(output->descriptor);
    output->descriptor = -1;
    free(output->text);
    output->text = NULL;
    output->length = output->capacity = 0;
}

/* Room for so many bytes and a zero byte more. */
static bool reserve(vf_output *output, size_t more) {
    if (output->capacity - output->length > more) return true;
    size_t capacity = output->capacity * 2 + more + 4096;
    char *larger = realloc(output->text, capacity);
    if (!larger) {
        output->failed = true;
        return false;
    }
    output->text = larger;
    output->capacity = capacity;
    return true;
}

void vf_output_add(vf_output *output, const char *format, ...) {
    if (output->descriptor < 0 || !reserve(output, 512)) return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(output->text + output->length, output->capacity - output->length, format, arguments);
    va_end(arguments);
    /* Everything that is added this way is short: numbers and names of fields. */
    if (length > 0 && (size_t)length < output->capacity - output->length) output->length += (size_t)length;
}

void vf_output_add_string(vf_output *output, const uint8_t *bytes, int32_t length) {
    if (output->descriptor < 0 || length < 0 || !reserve(output, (size_t)length * 6 + 2)) return;
    output->text[output->length++] = '"';
    for (int32_t i = 0; i < length; i++) {
        uint8_t byte = bytes[i];
        if (byte == '"' || byte == '\\') {
            output->text[output->length++] = '\\';
            output->text[output->length++] = (char)byte;
        } else if (byte < 0x20) {
            output->length += (size_t)snprintf(output->text + output->length, 7, "\\u%04x", byte);
        } else {
            output->text[output->length++] = (char)byte;
        }
    }
    output->text[output->length++] = '"';
}

kc_status vf_output_flush(vf_output *output, kc_reply *reply) {
    if (output->failed) return vf_answer(reply, KC_FATAL, "out of memory for lines");
    size_t written = 0;
    while (written < output->length) {
        ssize_t count = write(output->descriptor, output->text + written, output->length - written);
        if (count >= 0) {
            written += (size_t)count;
        } else if (errno != EINTR) {
            return vf_answer(reply, KC_FATAL, "cannot write lines: %s", strerror(errno));
        }
    }
    output->length = 0;
    return KC_OK;
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vf_wall_ms(void) { return milliseconds(CLOCK_REALTIME); }
int64_t vf_monotonic_ms(void) { return milliseconds(CLOCK_MONOTONIC); }
