/* What the conformance checker needs of C: memory whose misuse is caught and named, and questions about the process. */
#pragma once

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Memory that ends where a page begins that nobody may touch. Zeroed, writable. NULL when there is none left. START and LENGTH of
 * the whole mapping are what the other functions want. */
typedef struct ccf_region {
    uint8_t *bytes;  /* where the caller's memory begins */
    uint8_t *start;  /* of the mapping; a multiple of the page size */
    size_t length;   /* of the mapping, its guarded page included */
    int number;      /* in the table of regions; -1: it is full, and faults are not named */
} ccf_region;

enum ccf_state { CCF_WRITABLE, CCF_READABLE, CCF_GONE };

/* Of SIZE bytes at a multiple of ALIGNMENT (1, 8 or 16) that end at the guarded page. LABEL: what it is, for messages. */
ccf_region ccf_map(size_t size, size_t alignment, const char *label);
/* Lets the caller's memory be written, only read, or not touched any more. */
void ccf_protect(const ccf_region *region, enum ccf_state state);
/* Gives the addresses back: whoever still uses them is not caught any more. */
void ccf_unmap(const ccf_region *region);

/* From now on a fault inside of a region writes a line `! sentence` to DESCRIPTOR before it ends the process as it would have. */
void ccf_name_faults(int descriptor);

/* Bytes that malloc has given out and not got back, in all its arenas. */
size_t ccf_allocated(void);
/* How this thread calculates: rounding, exceptions that trap, and whether the smallest numbers are taken for 0. */
uint64_t ccf_arithmetic(void);
/* The processor's and the C library's state that belongs to this thread: names its locale. */
uintptr_t ccf_thread_locale(void);
/* A limit of the process. */
uint64_t ccf_limit(int resource, int hard);
/* Has the kernel end this process when its parent ends, and keeps it from writing core files. */
void ccf_become_child(void);
/* Waits for the children of this process that have ended, and returns how many; *LIVING is 1 when there are others, and 0. */
int ccf_children(int *living);
/* The handler of a signal and its flags, as one number that tells two of them apart; 0 where there is no such signal. */
uint64_t ccf_handler(int signal);
/* Has a spawned child close all descriptors from FIRST on. Returns an errno value, 0 for success. */
int ccf_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
