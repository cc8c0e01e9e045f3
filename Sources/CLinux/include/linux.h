/* What Swift's Glibc module lacks of Linux: headers that it leaves out, and functions that need _GNU_SOURCE or that Swift
   cannot call. Nothing here keeps state but what the end of the process needs. */
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/vfs.h>

/* accept4 without the peer's address; the new descriptor is non-blocking and closed on exec. -1 and errno on failure. */
int kcl_accept(int listener);

/* Names a living thread for /proc and debuggers; NAME is at most 15 bytes. Returns an errno value, 0 for success. */
int kcl_set_thread_name(pthread_t thread, const char *name);

/* Makes waits of ATTRIBUTES' conditions measure CLOCK_MONOTONIC. Returns an errno value, 0 for success. */
int kcl_condition_uses_monotonic_clock(pthread_condattr_t *attributes);

/* A pipe whose ends are closed on exec. -1 and errno on failure. */
int kcl_pipe(int ends[2]);

/* Has a spawned child close all descriptors from FIRST on. Returns an errno value, 0 for success. */
int kcl_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/* Ends the process with CODE at once, whatever its other threads are in: no destructor of a library and no function of atexit is
   run, since they would be under the feet of those threads, or wait for them. What standard output and standard error hold is
   written within a second, or lost. A program that was built with a sanitizer or to count coverage, whose reports are written at
   the end, ends with exit. */
_Noreturn void kcl_end_process(int code);

/* From now on an exit() of whoever is in this process, a library of connectors say, ends it with CODE whatever it asked for. Before,
   other threads have 150 ms for what they are writing, and a copy of TEXT is written to standard error; after two seconds the
   process ends in any case. Children are let go as they like, and so is kcl_end_process. Does nothing in a program that was built
   with a sanitizer or to count coverage. 0 for success. */
int kcl_guard_exit(int code, const char *text);

/* Functions of atexit and destructors of libraries are run in the reverse order in which they were registered, and one of them may
   never return: has the guard run before all of those until now. Does nothing where there is no guard. 0 for success. */
int kcl_guard_exit_again(void);
