/* A source connector to begin with: a record every so often, its value the number of the beat. Rename it, then change what
 * start opens and what poll reads. kafka_connect.h says who owns each pointer, and which calls may come when. */
#include <kafka_connect.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TABLE(array) {(array), (int32_t)(sizeof(array) / sizeof *(array)), (uint32_t)sizeof *(array)}
#define TEXT(literal) {(const uint8_t *)(literal), (int32_t)(sizeof(literal) - 1), 0}

/* An answer with one line for the operator, who reads it in the status. */
static kc_status answer(kc_reply *reply, kc_status status, const char *text) {
    size_t length = strlen(text);
    reply->error_length = length < reply->error_capacity ? (uint32_t)length : reply->error_capacity;
    if (reply->error_length > 0) memcpy(reply->error, text, reply->error_length);
    return status;
}

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

/* ---------------------------------------------------------------- the connector ---------------------------------- */

/* What was configured: start lends it, so it is copied. */
typedef struct connector {
    kc_pair *pairs;
    int32_t count;
    kc_config task; /* the answer of task_configs, kept until the next call */
} connector;

static void forget(connector *self) {
    for (int32_t i = 0; i < self->count; i++) {
        free((void *)self->pairs[i].key.bytes);
        free((void *)self->pairs[i].value.bytes);
    }
    free(self->pairs);
    self->pairs = NULL;
    self->count = 0;
}

static kc_status connector_create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass, (void)host, (void)context;
    *handle = calloc(1, sizeof(connector));
    return *handle ? KC_OK : answer(reply, KC_FATAL, "out of memory");
}

static kc_status connector_start(void *handle, const kc_config *config, kc_reply *reply) {
    connector *self = handle;
    self->pairs = calloc((size_t)config->pairs.count + 1, sizeof *self->pairs);
    if (!self->pairs) return answer(reply, KC_FATAL, "out of memory");
    for (; self->count < config->pairs.count; self->count++) {
        /* By stride: a later host's pairs may be larger. */
        const uint8_t *place = (const uint8_t *)config->pairs.items + (size_t)self->count * config->pairs.stride;
        const kc_pair *pair = (const kc_pair *)(const void *)place;
        self->pairs[self->count].key = copy_of(pair->key);
        self->pairs[self->count].value = copy_of(pair->value);
    }
    return KC_OK;
}

/* The work cannot be split: one task, with all that was configured. */
static kc_status connector_tasks(void *handle, int32_t most, kc_table *configs, kc_reply *reply) {
    connector *self = handle;
    (void)most, (void)reply;
    kc_table pairs = {self->pairs, self->count, sizeof *self->pairs};
    self->task.pairs = pairs;
    kc_table answer = {&self->task, 1, sizeof self->task};
    *configs = answer;
    return KC_OK;
}

static kc_status connector_stop(void *handle, kc_reply *reply) {
    (void)handle, (void)reply;
    return KC_OK;
}

static void connector_destroy(void *handle) {
    forget(handle);
    free(handle);
}

static const kc_connector heartbeat_connector = {
    .struct_size = sizeof(kc_connector),
    .create = connector_create,
    .start = connector_start,
    .task_configs = connector_tasks,
    .stop = connector_stop,
    .destroy = connector_destroy,
};

/* ---------------------------------------------------------------- the task --------------------------------------- */

typedef struct task {
    const kc_host *host;
    kc_context *context;
    kc_string topic_name;
    int64_t beat, interval_ms, next_ms;
    int is_out; /* the batch is the host's until it is released */
    kc_batch batch;
    kc_record record;
    kc_topic topic;
    kc_source_partition partition;
    kc_value partition_map[2];
} task;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static kc_status task_create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass;
    task *self = calloc(1, sizeof *self);
    if (!self) return answer(reply, KC_FATAL, "out of memory");
    self->host = host;
    self->context = context;
    *handle = self;
    return KC_OK;
}

/* The value of a key as text that ends with a zero byte, freed by the caller; NULL where it is missing. */
static kc_string setting(const kc_config *config, const char *key) {
    for (int32_t i = 0; i < config->pairs.count; i++) {
        const uint8_t *place = (const uint8_t *)config->pairs.items + (size_t)i * config->pairs.stride;
        const kc_pair *pair = (const kc_pair *)(const void *)place;
        if ((size_t)pair->key.length == strlen(key) && memcmp(pair->key.bytes, key, strlen(key)) == 0)
            return copy_of(pair->value);
    }
    kc_string none = {NULL, 0, 0};
    return none;
}

/* Goes on behind the last beat that Kafka has. */
static kc_status read_position(task *self, kc_reply *reply) {
    const kc_value *offset = NULL;
    kc_status status = self->host->read_offsets(self->context, &self->partition.partition, 1, &offset, reply);
    if (status != KC_OK || !offset || offset->kind != KC_MAP) return status;
    for (int32_t i = 0; i < offset->length; i++) {
        const kc_value *value = &offset->u.values[2 * i + 1];
        if (value->kind >= KC_INT8 && value->kind <= KC_INT64) self->beat = value->u.i + 1;
    }
    return KC_OK;
}

static kc_status task_start(void *handle, const kc_config *config, kc_reply *reply) {
    static const kc_string offset_key = TEXT("beat");
    task *self = handle;
    kc_string interval = setting(config, "interval.ms");
    self->interval_ms = interval.bytes ? strtoll((const char *)interval.bytes, NULL, 10) : 1000;
    free((void *)interval.bytes);
    self->topic_name = setting(config, "topic");
    if (!self->topic_name.bytes || self->interval_ms < 1 || self->interval_ms > INT32_MAX)
        return answer(reply, KC_FATAL, "Invalid HeartbeatSource configuration");
    self->topic.name = self->topic_name;
    self->partition_map[0].kind = self->partition_map[1].kind = KC_STRING;
    self->partition_map[0].u.bytes = (const uint8_t *)"source";
    self->partition_map[0].length = 6;
    self->partition_map[1].u.bytes = (const uint8_t *)"heartbeat";
    self->partition_map[1].length = 9;
    self->partition.partition.kind = KC_MAP;
    self->partition.partition.length = 1;
    self->partition.partition.u.values = self->partition_map;
    self->partition.offset_key = offset_key;
    self->next_ms = now_ms();
    return read_position(self, reply);
}

static kc_status task_poll(void *handle, int32_t most, const kc_batch **batch, kc_reply *reply) {
    task *self = handle;
    (void)most;
    *batch = NULL;
    int64_t wait = self->next_ms - now_ms();
    if (wait > 0 || self->is_out) {
        /* Costs no thread; a source that is told of data calls host->wake instead. */
        reply->hint_ms = wait <= 0 ? 10 : wait < 60000 ? (uint32_t)wait : 60000;
        return KC_WOULD_BLOCK;
    }
    kc_record record = {.key_schema = -1, .value_schema = -1};
    record.value.kind = record.offset.kind = KC_INT64;
    record.value.u.i = record.offset.u.i = self->beat++;
    self->record = record;
    kc_batch made = {
        .struct_size = sizeof made,
        .kind = KC_BATCH_RECORDS,
        .records = {&self->record, 1, sizeof self->record},
        .topics = {&self->topic, 1, sizeof self->topic},
        .source_partitions = {&self->partition, 1, sizeof self->partition},
        .schemas = {NULL, 0, sizeof(kc_schema)},
        .tables_version = 1,
    };
    self->batch = made;
    self->is_out = 1;
    self->next_ms += self->interval_ms;
    *batch = &self->batch;
    return KC_OK;
}

static void task_release(void *handle, const kc_batch *batch) {
    task *self = handle;
    (void)batch;
    self->is_out = 0;
}

static kc_status task_stop(void *handle, kc_reply *reply) {
    (void)handle, (void)reply;
    return KC_OK;
}

static void task_destroy(void *handle) {
    task *self = handle;
    free((void *)self->topic_name.bytes);
    free(self);
}

static const kc_source_task heartbeat_task = {
    .struct_size = sizeof(kc_source_task),
    .create = task_create,
    .start = task_start,
    .poll = task_poll,
    .release_batch = task_release,
    .stop = task_stop,
    .destroy = task_destroy,
};

/* ---------------------------------------------------------------- the description -------------------------------- */

static const kc_validator non_empty[] = {{.kind = KC_VALIDATE_NON_EMPTY}};
static const kc_validator positive[] = {{.kind = KC_VALIDATE_RANGE, .flags = KC_RANGE_HAS_MINIMUM, .minimum = 1}};

static const kc_config_key keys[] = {
    {
        .name = "topic", .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_HIGH, .order = -1,
        .validators = TABLE(non_empty), .documentation = "The topic to publish to",
    },
    {
        .name = "interval.ms", .type = KC_TYPE_INT, .importance = KC_IMPORTANCE_MEDIUM, .flags = KC_KEY_HAS_DEFAULT,
        .default_value = "1000", .order = -1, .validators = TABLE(positive), .documentation = "Time between beats",
    },
};

static const kc_class classes[] = {{
    .kind = KC_CLASS_SOURCE,
    .name = "org.example.HeartbeatSourceConnector",
    .documentation = "A numbered record every so often.",
    .config_keys = TABLE(keys),
    .connector = &heartbeat_connector,
    .task = &heartbeat_task,
}};

static const kc_plugin plugin = {
    .magic = KC_MAGIC,
    .abi_major = KC_ABI_MAJOR,
    .abi_minor = KC_ABI_MINOR,
    .struct_size = sizeof(kc_plugin),
    .name = "kafka-connect-heartbeat",
    .version = "1.0",
    .description = "A template of a connector in C",
    .classes = TABLE(classes),
};

const kc_plugin *kafka_connect_entry(void) { return &plugin; }
