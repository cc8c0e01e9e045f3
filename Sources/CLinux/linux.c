#define _GNU_SOURCE
#include "linux.h"

#include <time.h>

int kcl_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int kcl_set_thread_name(pthread_t thread, const char *name) { return pthread_setname_np(thread, name); }

int kcl_condition_uses_monotonic_clock(pthread_condattr_t *attributes) {
    return pthread_condattr_setclock(attributes, CLOCK_MONOTONIC);
}
