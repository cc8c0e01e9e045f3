/* The connector of both classes: as many tasks as allowed, each with the connector's configuration and its number. */
#define _POSIX_C_SOURCE 200809L
#include "verifiable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct connector {
    vf_faults faults;
    /* The configuration, copied: start lends it only. */
    kc_pair *pairs;
    int32_t pair_count;
    /* What task_configs answered last: valid until the next call. */
    kc_config *configs;
    kc_pair *task_pairs;
    char (*numbers)[12];
    /* What validate answered last. */
    char error_text[256];
    kc_string error;
    kc_validation note;
} connector;

static void forget_answer(connector *self) {
    free(self->configs);
    free(self->task_pairs);
    free(self->numbers);
    self->configs = NULL;
    self->task_pairs = NULL;
    self->numbers = NULL;
}

static void forget_config(connector *self) {
    for (int32_t i = 0; i < self->pair_count; i++) {
        free((void *)self->pairs[i].key.bytes);
        free((void *)self->pairs[i].value.bytes);
    }
    free(self->pairs);
    self->pairs = NULL;
    self->pair_count = 0;
}

static kc_status create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass, (void)host, (void)context;
    connector *self = calloc(1, sizeof *self);
    if (!self) return vf_answer(reply, KC_FATAL, "out of memory");
    vf_faults_init(&self->faults);
    *handle = self;
    return KC_OK;
}

static void destroy(void *handle) {
    connector *self = handle;
    forget_answer(self);
    forget_config(self);
    vf_faults_free(&self->faults);
    free(self);
}

static kc_string copy_string(kc_string string) {
    kc_string copy = {NULL, 0, 0};
    if (!string.bytes) return copy;
    uint8_t *bytes = malloc((size_t)string.length + 1);
    if (!bytes) return copy;
    memcpy(bytes, string.bytes, (size_t)string.length);
    copy.bytes = bytes;
    copy.length = string.length;
    return copy;
}

static kc_status start(void *handle, const kc_config *config, kc_reply *reply) {
    connector *self = handle;
    kc_status status = vf_faults_read(&self->faults, config, reply);
    if (status == KC_OK) status = vf_faults_enter(&self->faults, "connector.start", reply);
    if (status != KC_OK) return status;
    forget_config(self);
    self->pairs = calloc((size_t)config->pairs.count + 1, sizeof *self->pairs);
    if (!self->pairs) return vf_answer(reply, KC_FATAL, "out of memory");
    const uint8_t *place = config->pairs.items;
    for (; self->pair_count < config->pairs.count; self->pair_count++, place += config->pairs.stride) {
        const kc_pair *pair = (const kc_pair *)(const void *)place;
        self->pairs[self->pair_count].key = copy_string(pair->key);
        self->pairs[self->pair_count].value = copy_string(pair->value);
    }
    return KC_OK;
}

static kc_status task_configs(void *handle, int32_t max_tasks, kc_table *configs, kc_reply *reply) {
    connector *self = handle;
    kc_status status = vf_faults_enter(&self->faults, "connector.task_configs", reply);
    if (status != KC_OK) return status;
    forget_answer(self);
    size_t tasks = max_tasks > 0 ? (size_t)max_tasks : 0;
    size_t width = (size_t)self->pair_count + 1;
    self->configs = calloc(tasks + 1, sizeof *self->configs);
    self->task_pairs = calloc(tasks * width + 1, sizeof *self->task_pairs);
    self->numbers = calloc(tasks + 1, sizeof *self->numbers);
    if (!self->configs || !self->task_pairs || !self->numbers) return vf_answer(reply, KC_FATAL, "out of memory");
    static const kc_string id = {(const uint8_t *)"id", 2, 0};
    for (size_t task = 0; task < tasks; task++) {
        kc_pair *pairs = self->task_pairs + task * width;
        for (int32_t i = 0; i < self->pair_count; i++) pairs[i] = self->pairs[i];
        int length = snprintf(self->numbers[task], sizeof self->numbers[task], "%d", (int)task);
        pairs[self->pair_count].key = id;
        pairs[self->pair_count].value.bytes = (const uint8_t *)self->numbers[task];
        pairs[self->pair_count].value.length = length;
        kc_table table = {pairs, self->pair_count + 1, sizeof(kc_pair)};
        self->configs[task].pairs = table;
    }
    kc_table table = {self->configs, (int32_t)tasks, sizeof(kc_config)};
    *configs = table;
    return KC_OK;
}

/* Says what is wrong with native.faults before anything starts. */
static kc_status validate(void *handle, const kc_config *config, kc_string key, kc_table *found, kc_reply *reply) {
    (void)key;
    connector *self = handle;
    kc_table none = {NULL, 0, sizeof(kc_validation)};
    *found = none;
    kc_reply own = {sizeof own, sizeof self->error_text, self->error_text, 0, 0};
    if (vf_faults_read(&self->faults, config, &own) == KC_OK) {
        return vf_faults_enter(&self->faults, "connector.validate", reply);
    }
    self->error.bytes = (const uint8_t *)self->error_text;
    self->error.length = (int32_t)own.error_length;
    static const kc_string faults_key = {(const uint8_t *)"native.faults", 13, 0};
    self->note.key = faults_key;
    kc_table errors = {&self->error, 1, sizeof self->error};
    self->note.errors = errors;
    kc_table table = {&self->note, 1, sizeof self->note};
    *found = table;
    return KC_OK;
}

static kc_status alter_source(void *handle, const kc_config *config, const kc_source_offset *offsets, int32_t count,
    int32_t *handled, kc_reply *reply) {
    (void)handle, (void)config, (void)offsets, (void)count, (void)reply;
    *handled = 0;
    return KC_OK;
}

static kc_status alter_sink(void *handle, const kc_config *config, const kc_topic_offset *offsets, int32_t count,
    int32_t *handled, kc_reply *reply) {
    (void)handle, (void)config, (void)offsets, (void)count, (void)reply;
    *handled = 0;
    return KC_OK;
}

static kc_status stop(void *handle, kc_reply *reply) {
    connector *self = handle;
    return vf_faults_enter(&self->faults, "connector.stop", reply);
}

static void interrupt(void *handle) {
    connector *self = handle;
    vf_faults_interrupt(&self->faults);
}

const kc_connector vf_connector = {
    .struct_size = sizeof(kc_connector),
    .create = create,
    .start = start,
    .task_configs = task_configs,
    .validate = validate,
    .alter_source_offsets = alter_source,
    .alter_sink_offsets = alter_sink,
    .stop = stop,
    .interrupt = interrupt,
    .destroy = destroy,
};
