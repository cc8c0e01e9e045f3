/* The connector: one task, which makes every attempt at its first poll and reports each in a record, key the attempt, value
 * "succeeded", "refused: REASON" or "broken: REASON". After that it has nothing more to say, and goes on running. */
#define _GNU_SOURCE
#include "kafka_connect.h"
#include "probe.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RECORDS = 128, NAME_SIZE = 128 };
#define TABLE(array) {(array), (int32_t)(sizeof(array) / sizeof((array)[0])), sizeof((array)[0])}

typedef struct probe {
    char *topic, *state, *others_file, *folders;
    bool reported;
    int32_t count;
    char names[MOST_RECORDS][NAME_SIZE], values[MOST_RECORDS][DETAIL_SIZE + 64];
    kc_record records[MOST_RECORDS];
    kc_topic topics[1];
    kc_source_partition partitions[1];
    kc_schema schemas[1];
    kc_config task;
    kc_batch batch;
} probe;

/* ---- attempts ---- */

static void report(probe *self, const char *name, const char *folder, int result, const char *detail) {
    if (self->count == MOST_RECORDS) return;
    char *key = self->names[self->count], *value = self->values[self->count];
    snprintf(key, NAME_SIZE, "%s%s%s", name, folder ? " " : "", folder ? folder : "");
    const char *reason = detail[0] || result <= 0 ? detail : strerror(result);
    if (result == 0) {
        strcpy(value, "succeeded");
    } else {
        snprintf(value, sizeof self->values[0], "%s: %s", result == BROKEN ? "broken" : "refused", reason);
    }
    kc_record record = {.source_partition = 0, .key_schema = 0, .value_schema = 0};
    record.key = (kc_value){.kind = KC_STRING, .length = (int32_t)strlen(key), .u.bytes = (const uint8_t *)key};
    record.value = (kc_value){.kind = KC_STRING, .length = (int32_t)strlen(value), .u.bytes = (const uint8_t *)value};
    self->records[self->count++] = record;
}

static void try_all(probe *self, const attempt *attempts, surroundings *where) {
    for (; attempts->name; attempts++) {
        where->detail[0] = 0;
        int result = attempts->run(where);
        report(self, attempts->name, where->folder, result, where->detail);
    }
}

static void make_attempts(probe *self) {
    Dl_info info;
    surroundings where = {.state = self->state, .others_file = self->others_file};
    where.library = dladdr((void *)&file_attempts, &info) ? info.dli_fname : "";
    const attempt *const once[] = {file_attempts,    memory_attempts,    program_attempts,
                                   network_attempts, privilege_attempts, kernel_attempts};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) try_all(self, once[i], &where);
    char *rest = self->folders;
    for (char *folder = strtok_r(rest, ",", &rest); folder; folder = strtok_r(NULL, ",", &rest)) {
        where.folder = folder;
        try_all(self, folder_attempts, &where);
    }
}

/* ---- the task ---- */

static char *copy_of(const kc_config *config, const char *key) {
    const uint8_t *place = config->pairs.items;
    for (int32_t i = 0; i < config->pairs.count; i++, place += config->pairs.stride) {
        const kc_pair *pair = (const kc_pair *)(const void *)place;
        if ((size_t)pair->key.length != strlen(key) || memcmp(pair->key.bytes, key, strlen(key)) != 0) continue;
        return pair->value.bytes ? strndup((const char *)pair->value.bytes, (size_t)pair->value.length) : NULL;
    }
    return NULL;
}

static kc_status create(const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass, (void)host, (void)context, (void)reply;
    *handle = calloc(1, sizeof(probe));
    return *handle ? KC_OK : KC_FATAL;
}

static void destroy(void *handle) {
    probe *self = handle;
    free(self->topic);
    free(self->state);
    free(self->others_file);
    free(self->folders);
    free(self);
}

static kc_status start(void *handle, const kc_config *config, kc_reply *reply) {
    (void)reply;
    probe *self = handle;
    self->topic = copy_of(config, "topic");
    self->state = copy_of(config, "state.folder");
    self->others_file = copy_of(config, "others.file");
    self->folders = copy_of(config, "folders");
    return self->topic && self->state && self->others_file && self->folders ? KC_OK : KC_FATAL;
}

static kc_status poll(void *handle, int32_t max_records, const kc_batch **batch, kc_reply *reply) {
    (void)max_records;
    probe *self = handle;
    *batch = NULL;
    reply->hint_ms = 1000;
    if (self->reported) return KC_WOULD_BLOCK;
    self->reported = true;
    make_attempts(self);
    self->topics[0].name = (kc_string){(const uint8_t *)self->topic, (int32_t)strlen(self->topic), 0};
    self->schemas[0].kind = KC_STRING;
    self->schemas[0].key_schema = self->schemas[0].value_schema = -1;
    self->batch = (kc_batch){
        .struct_size = sizeof self->batch,
        .kind = KC_BATCH_RECORDS,
        .records = {self->records, self->count, sizeof self->records[0]},
        .topics = TABLE(self->topics),
        .source_partitions = TABLE(self->partitions),
        .schemas = TABLE(self->schemas),
        .tables_version = 1,
    };
    *batch = &self->batch;
    return KC_OK;
}

static void release_batch(void *handle, const kc_batch *batch) { (void)handle, (void)batch; }

static kc_status stop(void *handle, kc_reply *reply) {
    (void)handle, (void)reply;
    return KC_OK;
}

/* ---- the connector, whose one task has its configuration ---- */

static kc_status start_connector(void *handle, const kc_config *config, kc_reply *reply) {
    probe *self = handle;
    kc_status status = start(handle, config, reply);
    static const char *const keys[] = {"topic", "state.folder", "others.file", "folders"};
    static kc_pair pairs[4];
    const char *values[] = {self->topic, self->state, self->others_file, self->folders};
    for (int i = 0; i < 4 && status == KC_OK; i++) {
        pairs[i].key = (kc_string){(const uint8_t *)keys[i], (int32_t)strlen(keys[i]), 0};
        pairs[i].value = (kc_string){(const uint8_t *)values[i], (int32_t)strlen(values[i]), 0};
    }
    self->task = (kc_config){.pairs = TABLE(pairs)};
    return status;
}

static kc_status task_configs(void *handle, int32_t max_tasks, kc_table *configs, kc_reply *reply) {
    (void)max_tasks, (void)reply;
    probe *self = handle;
    *configs = (kc_table){&self->task, 1, sizeof self->task};
    return KC_OK;
}

#define KEY(key, text) \
    {.name = key, .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_HIGH, .order = -1, .documentation = text}
static const kc_config_key keys[] = {
    KEY("topic", "Where the attempts are reported"),
    KEY("state.folder", "A folder that the worker may write"),
    KEY("others.file", "A file that another user alone may read"),
    KEY("folders", "Folders, separated by commas, to run programs and load libraries from"),
};
static const kc_connector connector = {
    .struct_size = sizeof connector, .create = create, .start = start_connector, .task_configs = task_configs, .stop = stop,
    .destroy = destroy,
};
static const kc_source_task task = {
    .struct_size = sizeof task, .create = create, .start = start, .poll = poll, .release_batch = release_batch, .stop = stop,
    .destroy = destroy,
};
static const kc_class classes[] = {
    {.kind = KC_CLASS_SOURCE, .name = "test.EscapeProbeSourceConnector", .config_keys = TABLE(keys), .connector = &connector,
     .task = &task},
};
static const kc_plugin plugin = {
    .magic = KC_MAGIC, .abi_major = KC_ABI_MAJOR, .abi_minor = KC_ABI_MINOR, .struct_size = sizeof plugin,
    .name = "escape-probe", .version = "1", .description = "Tries to get out of the sandbox", .classes = TABLE(classes),
};

KC_EXPORT const kc_plugin *kafka_connect_entry(void) { return &plugin; }
