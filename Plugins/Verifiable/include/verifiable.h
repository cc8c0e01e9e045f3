/* What the files of this plugin share. Nothing here is for others: the plugin's only export is kafka_connect_entry. */
#pragma once

#include "kafka_connect.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define TABLE(array) {(array), (int32_t)(sizeof(array) / sizeof((array)[0])), sizeof((array)[0])}

/* ---- answers ---- */

/* Writes the text into the caller's buffer, as printf does, and answers with the status. */
kc_status vf_answer(kc_reply *reply, kc_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- configuration ---- */

/* A copy of a key's text, with a zero byte; NULL when it is missing, null, or memory is short. Freed by the caller. */
char *vf_config_text(const kc_config *config, const char *key);
/* A whole number, or FALLBACK when the key is missing. False when the text is no number. */
bool vf_config_number(const kc_config *config, const char *key, long long fallback, long long *number);

/* ---- faults ---- */

enum vf_fault_kind { VF_BLOCK, VF_HANG, VF_FAIL, VF_RETRY, VF_CRASH, VF_SLOW };

/* The faults that a configuration asks for, and what wakes a call that blocks on purpose. */
typedef struct vf_faults {
    struct {
        char call[32];
        enum vf_fault_kind kind;
        long long from; /* number of the first call that is hit, counted from 1 */
        long long seen; /* calls so far */
    } list[16];
    int count;
    long long slow_ms;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool interrupted; /* guarded by mutex */
} vf_faults;

void vf_faults_init(vf_faults *faults);
void vf_faults_free(vf_faults *faults);
/* Reads native.faults and native.faults.slow.ms. KC_FATAL names what cannot be read. */
kc_status vf_faults_read(vf_faults *faults, const kc_config *config, kc_reply *reply);
/* Called first in every function: does what was asked for this call. KC_OK: go on. */
kc_status vf_faults_enter(vf_faults *faults, const char *call, kc_reply *reply);
/* [any-thread] Lets go whatever blocks now or will. */
void vf_faults_interrupt(vf_faults *faults);

/* ---- lines of JSON ---- */

typedef struct vf_output {
    int descriptor; /* -1: no lines are wanted */
    char *text;
    size_t length, capacity;
    bool failed; /* memory was short */
} vf_output;

/* Opens what native.output.file names, or standard output. */
kc_status vf_output_open(vf_output *output, const kc_config *config, kc_reply *reply);
void vf_output_close(vf_output *output);
/* Adds to the text that is to be written; printf's way. */
void vf_output_add(vf_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a string with its quotes, escaped. */
void vf_output_add_string(vf_output *output, const uint8_t *bytes, int32_t length);
/* Writes everything that was added. */
kc_status vf_output_flush(vf_output *output, kc_reply *reply);

/* ---- clocks ---- */

int64_t vf_wall_ms(void);
int64_t vf_monotonic_ms(void);

/* ---- functions of the classes ---- */

extern const kc_connector vf_connector;
extern const kc_source_task vf_source_task;
extern const kc_sink_task vf_sink_task;
