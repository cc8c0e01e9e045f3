/* A plugin that tries to get out of the sandbox of the worker's unit, for the test that every attempt is refused.
 *
 * It is plain native code in the worker's process, as any plugin is: what it is refused, every plugin is refused. Each attempt
 * does no harm where it succeeds, since outside of the sandbox, as root, they all do: the test's proof that it can fail. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MOST_FOLDERS = 8, DETAIL_SIZE = 256 };

/* What an attempt is given, and where it says more than an error number does. */
typedef struct surroundings {
    const char *state;       /* a folder that the worker may write */
    const char *others_file; /* a file that belongs to another user, who alone may read it */
    const char *folder;      /* of attempts that are made once for each folder */
    const char *library;     /* of this plugin */
    char detail[DETAIL_SIZE];
} surroundings;

/* Tries: 0 where it succeeded, the error number where it was refused, BROKEN where it could not be made at all. */
typedef int attempt_function(surroundings *where);
enum { BROKEN = -1 };

typedef struct attempt {
    const char *name;
    attempt_function *run;
} attempt;

/* Tables of attempts, each ending with a NULL name. */
extern const attempt file_attempts[];
extern const attempt memory_attempts[];
extern const attempt program_attempts[];
extern const attempt folder_attempts[]; /* each made once for every folder */
extern const attempt network_attempts[];
extern const attempt privilege_attempts[];
extern const attempt kernel_attempts[];

/* ---- tools ---- */

/* The error number of a call that answers with -1, else 0. */
int error_of(long result);
/* Opens a file, which is closed again. */
int try_open(const char *path, int flags);
/* Makes a new file in a folder, and removes it. */
int try_file_in(const char *folder);
/* FOLDER/NAME in a buffer of the caller. */
void join(char *path, size_t size, const char *folder, const char *name);
/* Copies a file so that it can be executed; BROKEN with a detail where that fails. */
int copy_executable(surroundings *where, const char *from, const char *to);
/* Runs a function in a child process, since it would change this one, and answers with what it answered. */
int in_child(surroundings *where, int (*function)(void));
