/* Faults on request, for tests of workers: a call that blocks, fails, crashes or is slow. */
#define _POSIX_C_SOURCE 200809L
#include "verifiable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void vf_faults_init(vf_faults *faults) {
    memset(faults, 0, sizeof *faults);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&faults->mutex, NULL);
    pthread_cond_init(&faults->condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void vf_faults_free(vf_faults *faults) {
    pthread_cond_destroy(&faults->condition);
    pthread_mutex_destroy(&faults->mutex);
}

static bool kind_named(const char *name, enum vf_fault_kind *kind) {
    static const char *const names[] = {"block", "hang", "fail", "retry", "crash", "slow"};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum vf_fault_kind)i;
            return true;
        }
    }
    return false;
}

/* CALL:KIND or CALL:KIND:NUMBER */
static bool read_one(vf_faults *faults, char *text) {
    char *kind = strchr(text, ':');
    if (!kind || faults->count == (int)(sizeof faults->list / sizeof faults->list[0])) return false;
    *kind++ = 0;
    char *number = strchr(kind, ':');
    if (number) *number++ = 0;
    long long from = 1;
    if (number) {
        char *end = NULL;
        from = strtoll(number, &end, 10);
        if (end == number || *end || from < 1) return false;
    }
    if (strlen(text) >= sizeof faults->list[0].call || !kind_named(kind, &faults->list[faults->count].kind)) return false;
    strcpy(faults->list[faults->count].call, text);
    faults->list[faults->count].from = from;
    faults->list[faults->count].seen = 0;
    faults->count++;
    return true;
}

kc_status vf_faults_read(vf_faults *faults, const kc_config *config, kc_reply *reply) {
    faults->count = 0;
    if (!vf_config_number(config, "native.faults.slow.ms", 1000, &faults->slow_ms) || faults->slow_ms < 0) {
        return vf_answer(reply, KC_FATAL, "native.faults.slow.ms is no number of milliseconds");
    }
    char *text = vf_config_text(config, "native.faults");
    if (!text) return KC_OK;
    kc_status status = KC_OK;
    char *rest = text;
    for (char *part = strtok_r(text, ", ", &rest); part; part = strtok_r(NULL, ", ", &rest)) {
        if (!read_one(faults, part)) {
            status = vf_answer(reply, KC_FATAL,
                "native.faults: '%s' is not CALL:KIND or CALL:KIND:NUMBER with KIND one of block, hang, fail, retry, "
                "crash, slow", part);
            break;
        }
    }
    free(text);
    return status;
}

/* Waits so long, or for ever with a negative time; an interrupt ends it. */
static void wait_interruptibly(vf_faults *faults, long long wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms < 0 ? 0 : wait_ms / 1000;
    until.tv_nsec += wait_ms < 0 ? 0 : wait_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&faults->mutex);
    int result = 0;
    while (!faults->interrupted && result != ETIMEDOUT) {
        result = wait_ms < 0 ? pthread_cond_wait(&faults->condition, &faults->mutex)
                             : pthread_cond_timedwait(&faults->condition, &faults->mutex, &until);
    }
    pthread_mutex_unlock(&faults->mutex);
}

kc_status vf_faults_enter(vf_faults *faults, const char *call, kc_reply *reply) {
    for (int i = 0; i < faults->count; i++) {
        if (strcmp(faults->list[i].call, call) != 0 || ++faults->list[i].seen < faults->list[i].from) continue;
        switch (faults->list[i].kind) {
        case VF_BLOCK: wait_interruptibly(faults, -1); break;
        case VF_HANG:
            for (;;) pause();
        case VF_FAIL: return vf_answer(reply, KC_FATAL, "%s fails, as native.faults asks", call);
        case VF_RETRY:
            if (reply) reply->hint_ms = (uint32_t)faults->slow_ms;
            return vf_answer(reply, KC_RETRIABLE, "%s is to be repeated, as native.faults asks", call);
        case VF_CRASH: abort();
        case VF_SLOW: wait_interruptibly(faults, faults->slow_ms); break;
        }
    }
    return KC_OK;
}

void vf_faults_interrupt(vf_faults *faults) {
    pthread_mutex_lock(&faults->mutex);
    faults->interrupted = true;
    pthread_cond_broadcast(&faults->condition);
    pthread_mutex_unlock(&faults->mutex);
}
