/* What all parts of the careless plugin need: which fault is asked for, the faults of loading, and configurations. */
#ifndef CARELESS_H
#define CARELESS_H

#define _GNU_SOURCE
#include "kafka_connect.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT(literal) {(const uint8_t *)(literal), (int32_t)(sizeof(literal) - 1), 0}

static int is(const char *fault) {
    const char *wanted = getenv("CARELESS");
    return wanted && strcmp(wanted, fault) == 0;
}

static kc_status answer(kc_reply *reply, kc_status status, const char *text) {
    size_t length = strlen(text);
    if (is("error-silent")) return status;
    if (is("error-latin")) text = "nicht m\xf6glich", length = strlen(text);
    if (is("error-zero")) length++;
    if (is("error-length-beyond")) {
        reply->error_length = (uint32_t)length;
        memcpy(reply->error, text, length < reply->error_capacity ? length : reply->error_capacity);
        return status;
    }
    if (is("error-overrun")) {
        memcpy(reply->error, text, length);
        reply->error_length = reply->error_capacity;
        return status;
    }
    if (is("error-uncounted")) {
        memcpy(reply->error, text, length < reply->error_capacity ? length : reply->error_capacity);
        return status;
    }
    reply->error_length = length < reply->error_capacity ? (uint32_t)length : reply->error_capacity;
    if (reply->error_length > 0) memcpy(reply->error, text, reply->error_length);
    return status;
}

static void *wait_for_ever(void *unused) {
    (void)unused;
    for (;;) pause();
    return NULL;
}

static void start_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) == 0) pthread_detach(thread);
}

static void crash(void) { *(volatile int *)8 = 1; }

/* Starts a process: one that ends and is not waited for, one that stays, or one that nobody could wait for. */
static void start_process(void) {
    if (is("child-ends") && fork() == 0) _exit(0);
    if (is("child-stays") && fork() == 0)
        for (;;) pause();
    if (is("child-hides")) {
        pid_t first = fork();
        if (first > 0) waitpid(first, NULL, 0);
        if (first != 0) return;
        setsid();
        /* Its parent is gone, and its group is another. */
        if (fork() == 0) sleep(3);
        _exit(0);
    }
}

/* ---- loading ---- */

static void on_signal(int number) { (void)number; }

__attribute__((constructor)) static void on_load(void) {
    if (is("load-exit")) _exit(0);
    if (is("load-crash")) abort();
    if (is("load-hang")) wait_for_ever(NULL);
    if (is("load-handler")) signal(SIGUSR1, on_signal);
    if (is("load-locale")) setlocale(LC_ALL, "C.UTF-8");
    if (is("load-umask")) umask(0);
    if (is("load-folder") && chdir("/") != 0) abort();
    if (is("load-limit")) setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64});
    if (is("load-thread")) start_thread(wait_for_ever, NULL);
    if (is("load-prints")) fputs("hello from the constructor\n", stderr);
    if (is("load-environment")) setenv("CARELESS_WAS_HERE", "1", 1);
    if (is("load-file") && open("/dev/null", O_RDONLY) < 0) abort();
    if (is("load-mask")) {
        sigset_t set;
        sigfillset(&set);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
    }
}

__attribute__((destructor)) static void on_unload(void) {
    if (is("unload-crash")) crash();
    if (is("unload-hang")) wait_for_ever(NULL);
}

/* ---- configurations ---- */

static kc_string copy_of(kc_string string) {
    kc_string copy = {NULL, 0, 0};
    uint8_t *bytes = string.bytes ? malloc((size_t)string.length + 1) : NULL;
    if (!bytes) return copy;
    memcpy(bytes, string.bytes, (size_t)string.length);
    bytes[string.length] = 0;
    copy.bytes = bytes;
    copy.length = string.length;
    return copy;
}

static const kc_pair *pair_at(const kc_config *config, int32_t index) {
    size_t stride = is("config-stride") ? sizeof(kc_pair) : config->pairs.stride;
    return (const kc_pair *)(const void *)((const uint8_t *)config->pairs.items + (size_t)index * stride);
}

/* A copy of a key's text, freed by the caller. */
static char *setting(const kc_config *config, const char *key) {
    for (int32_t i = 0; i < config->pairs.count; i++) {
        const kc_pair *pair = pair_at(config, i);
        if ((size_t)pair->key.length != strlen(key) || memcmp(pair->key.bytes, key, strlen(key)) != 0) continue;
        if (is("config-cstring")) return strdup((const char *)pair->value.bytes);
        return (char *)(void *)copy_of(pair->value).bytes;
    }
    return is("config-missing") ? (crash(), NULL) : NULL;
}

#endif
