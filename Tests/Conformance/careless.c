/* A source and a sink that keep every rule of kafka_connect.h, and break one on request: the environment variable CARELESS
 * names it. The tests of the conformance checker say which check has to find it. */
#define _GNU_SOURCE
#include "kafka_connect.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/* ---- the connector ---- */

typedef struct connector {
    kc_pair *pairs;
    int32_t count;
    const kc_config *lent;
    kc_config tasks[8];
    char *size;
} connector;

static kc_status connector_create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass, (void)context, (void)reply;
    if (is("create-thread")) start_thread(wait_for_ever, NULL);
    if (is("create-no-handle")) return KC_OK;
    if (is("host-copied")) {
        kc_host own;
        memcpy(&own, host, sizeof own);
        if (own.struct_size == 1) abort();
    }
    *handle = calloc(1, sizeof(connector));
    return *handle ? KC_OK : answer(reply, KC_FATAL, "out of memory");
}

static void connector_forget(connector *self) {
    for (int32_t i = 0; i < self->count; i++) {
        free((void *)self->pairs[i].key.bytes);
        free((void *)self->pairs[i].value.bytes);
    }
    free(self->pairs);
    free(self->size);
    self->pairs = NULL;
    self->size = NULL;
    self->count = 0;
}

static kc_status connector_start(void *handle, const kc_config *config, kc_reply *reply) {
    connector *self = handle;
    if (is("start-status")) return 42;
    if (is("start-locale")) setlocale(LC_ALL, "C.UTF-8");
    if (is("start-exit")) exit(3);
    if (is("config-written")) ((uint8_t *)(uintptr_t)pair_at(config, 0)->value.bytes)[0] = 'x';
    if (is("connector-leak") && !malloc(200)) abort();
    if (is("connector-thread")) start_thread(wait_for_ever, NULL);
    if (is("connector-file") && open("/dev/null", O_RDONLY) < 0) abort();
    connector_forget(self);
    self->lent = config;
    self->size = setting(config, "size");
    char *end = NULL;
    if (self->size && (strtol(self->size, &end, 10) < 1 || *end)) return answer(reply, KC_FATAL, "size is no number above 0: \xe2\x9c\x97");
    self->pairs = calloc((size_t)config->pairs.count + 1, sizeof *self->pairs);
    if (!self->pairs) return answer(reply, KC_FATAL, "out of memory");
    for (; self->count < config->pairs.count; self->count++) {
        self->pairs[self->count].key = copy_of(pair_at(config, self->count)->key);
        self->pairs[self->count].value = copy_of(pair_at(config, self->count)->value);
    }
    return KC_OK;
}

static kc_status connector_tasks(void *handle, int32_t most, kc_table *configs, kc_reply *reply) {
    connector *self = handle;
    (void)reply;
    int32_t count = most > 8 ? 8 : most;
    if (is("too-many-tasks")) count = most + 1;
    if (is("tasks-hang")) wait_for_ever(NULL);
    for (int32_t i = 0; i < count; i++) {
        kc_table pairs = {self->pairs, self->count, sizeof *self->pairs};
        self->tasks[i].pairs = is("config-kept") ? self->lent->pairs : pairs;
        if (is("tasks-at-no-address")) self->tasks[i].pairs.items = NULL;
    }
    kc_table table = {self->tasks, count, sizeof(kc_config)};
    *configs = table;
    return KC_OK;
}

static kc_status connector_support(void *handle, const kc_config *config, int32_t *value, kc_reply *reply) {
    (void)handle, (void)config, (void)reply;
    if (!is("support-unset")) *value = KC_UNSPECIFIED;
    return KC_OK;
}

static kc_status connector_validate(
    void *handle, const kc_config *config, kc_string key, kc_table *found, kc_reply *reply) {
    static kc_string error = TEXT("is too small");
    static kc_validation note;
    (void)handle, (void)config, (void)reply;
    kc_table none = {NULL, 0, sizeof note}, errors = {&error, 1, sizeof error}, notes = {&note, 1, sizeof note};
    *found = none;
    if (is("validate-cstring") && key.bytes && strlen((const char *)key.bytes) > 100000) abort();
    if (is("validate-latin")) {
        error.bytes = (const uint8_t *)"zu gro\xdf.......";
        note.key = (kc_string)TEXT("size");
        note.errors = errors;
        *found = notes;
    }
    return KC_OK;
}

static kc_status connector_stop(void *handle, kc_reply *reply) {
    (void)handle;
    return is("stop-fails") ? answer(reply, KC_FATAL, "not now") : KC_OK;
}

static void connector_destroy(void *handle) {
    if (is("destroy-crash")) crash();
    connector_forget(handle);
    free(handle);
}

static const kc_connector good_connector = {
    .struct_size = sizeof(kc_connector), .create = connector_create, .start = connector_start,
    .task_configs = connector_tasks, .validate = connector_validate, .exactly_once_support = connector_support,
    .stop = connector_stop, .destroy = connector_destroy,
};

/* ---- the source ---- */

enum { RECORDS = 3 };

typedef struct batch {
    kc_batch header;
    struct batch *next;
    int is_out;
    kc_record records[RECORDS];
    kc_schema schemas[3];
    kc_field field;
    kc_value fields[1];
    kc_topic topic;
    char text[RECORDS][16];
} batch;

typedef struct source {
    const kc_host *host;
    kc_context *context;
    batch *batches;
    kc_source_partition partition;
    kc_value pair[2];
    int64_t position;
    int polls, is_interrupted;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
} source;

static batch shared;

static kc_status source_create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass;
    source *self = calloc(1, sizeof *self);
    if (!self) return answer(reply, KC_FATAL, "out of memory");
    self->host = host;
    self->context = context;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->condition, NULL);
    *handle = self;
    return KC_OK;
}

static void *log_later(void *argument) {
    source copy = *(source *)argument;
    free(argument);
    static const kc_string line = TEXT("still here");
    for (int i = 0; i < 40; i++) {
        usleep(10000);
        copy.host->log(copy.context, KC_LOG_INFO, line, NULL, 0);
    }
    return NULL;
}

static void *ask_outside(void *argument) {
    source copy = *(source *)argument, *self = &copy;
    const kc_value *offsets = NULL;
    kc_value partition = {.kind = KC_NULL};
    char text[100];
    kc_reply reply = {sizeof reply, sizeof text, text, 0, 0};
    free(argument);
    /* Some of them come between two calls. */
    for (int i = 0; i < 1000; i++, usleep(100)) self->host->read_offsets(self->context, &partition, 1, &offsets, &reply);
    return NULL;
}

static kc_status source_start(void *handle, const kc_config *config, kc_reply *reply) {
    source *self = handle;
    char *size = setting(config, "size"), *end = NULL;
    long number = size ? strtol(size, &end, 10) : 1;
    int is_number = !size || (*size && !*end);
    free(size);
    if (number < 1 || !is_number) return answer(reply, KC_FATAL, "size is no number above 0: \xe2\x9c\x97");
    self->pair[0].kind = self->pair[1].kind = KC_STRING;
    self->pair[0].u.bytes = self->pair[1].u.bytes = (const uint8_t *)"file";
    self->pair[0].length = self->pair[1].length = 4;
    if (is("partition-at-no-address")) self->pair[1].u.bytes = NULL;
    self->partition.partition = (kc_value){.kind = KC_MAP, .length = 1, .u.values = self->pair};
    if (!is("no-offset-key")) self->partition.offset_key = (kc_string)TEXT("position");
    if (is("source-leak") && !malloc(300)) abort();
    if (is("log-late")) {
        source *copy = malloc(sizeof *copy);
        if (copy) *copy = *self, start_thread(log_later, copy);
    }
    if (is("log-latin")) self->host->log(self->context, KC_LOG_INFO, (kc_string)TEXT("m\xf6glich"), NULL, 0);
    if (is("asks-outside")) {
        source *copy = malloc(sizeof *copy);
        if (copy) *copy = *self, start_thread(ask_outside, copy);
    }
    if (is("wrong-service")) self->host->request_commit(self->context);
    if (is("raises")) self->host->raise_error(self->context, (kc_string)TEXT("it broke"));
    const kc_value *offset = NULL;
    if (is("offsets-unread") || is("no-offset-key")) return KC_OK;
    kc_status status = self->host->read_offsets(self->context, &self->partition.partition, 1, &offset, reply);
    if (status == KC_OK && offset->kind == KC_MAP) self->position = offset->u.values[1].u.i;
    if (is("offset-repeated") && self->position > 0) self->position--;
    return status;
}

static batch *free_batch(source *self) {
    if (is("batch-shared")) return &shared;
    for (batch *each = self->batches; each; each = each->next)
        if (!each->is_out || is("batch-again")) return each;
    batch *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->next = self->batches;
    self->batches = made;
    return made;
}

static void break_batch(source *self, batch *made) {
    kc_record *last = &made->records[RECORDS - 1];
    if (is("batch-topic")) last->topic = 1;
    if (is("batch-partition")) last->source_partition = 3;
    if (is("batch-latin")) last->value.u.bytes = (const uint8_t *)"\xff\xfe", last->value.length = 2;
    if (is("batch-range")) last->value = (kc_value){.kind = KC_INT8, .u.i = 300}, last->value_schema = -1;
    if (is("batch-schema")) last->value_schema = 7;
    if (is("batch-mismatch")) last->value = (kc_value){.kind = KC_INT64, .u.i = 3};
    if (is("batch-kind")) last->value.kind = 99;
    if (is("batch-negative")) last->value.length = -3;
    if (is("batch-nowhere")) last->value.u.bytes = NULL;
    if (is("batch-headers")) last->header_count = 2;
    if (is("batch-timestamp")) last->flags |= KC_RECORD_HAS_TIMESTAMP, last->timestamp = -1;
    if (is("batch-kafka-partition")) last->flags |= KC_RECORD_HAS_PARTITION, last->partition = -1;
    if (is("batch-transaction")) last->flags |= KC_RECORD_COMMIT_TRANSACTION;
    if (is("batch-reserved")) last->reserved = 1;
    if (is("batch-offset")) last->offset = (kc_value){.kind = KC_STRING, .length = 1, .u.bytes = (const uint8_t *)"1"};
    if (is("batch-size")) made->header.struct_size = 8;
    if (is("batch-unknown")) made->header.kind = 9;
    if (is("batch-stride")) made->header.records.stride = 8;
    if (is("batch-table")) made->header.topics.items = NULL;
    if (is("batch-version") && self->polls > 1) made->topic.name = (kc_string)TEXT("another");
    if (is("schema-itself")) made->schemas[1] = (kc_schema){.kind = KC_ARRAY, .key_schema = -1, .value_schema = 1};
    if (is("schema-field")) made->field.schema = 5;
    if (is("schema-kind")) made->schemas[1].kind = KC_NULL;
}

static kc_status source_poll(void *handle, int32_t most, const kc_batch **out, kc_reply *reply) {
    source *self = handle;
    (void)most;
    *out = NULL;
    if (is("poll-exit")) exit(7);
    if (is("poll-crash")) crash();
    if (is("poll-closes")) {
        for (int i = 3; i < 20; i++) close(i);
        wait_for_ever(NULL);
    }
    if (is("poll-hang")) wait_for_ever(NULL);
    if (is("poll-fails")) return answer(reply, KC_FATAL, "the disk is gone");
    if (is("poll-alarm")) kill(getpid(), SIGALRM);
    self->polls++;
    pthread_mutex_lock(&self->mutex);
    /* Waits for ever between two batches, as a source does that blocks. */
    while ((is("poll-waits") || is("poll-deaf") || is("poll-angry")) && self->polls > 2 && !self->is_interrupted)
        pthread_cond_wait(&self->condition, &self->mutex);
    int was_interrupted = self->is_interrupted;
    self->is_interrupted = 0;
    pthread_mutex_unlock(&self->mutex);
    if (was_interrupted && is("poll-angry")) return answer(reply, KC_FATAL, "interrupted");
    if (was_interrupted) return KC_WOULD_BLOCK;
    if (is("batch-shared")) self->position += (int64_t)((uintptr_t)self >> 4 & 0xfff);
    batch *made = free_batch(self);
    if (!made) return answer(reply, KC_FATAL, "out of memory");
    made->schemas[0] = (kc_schema){.kind = KC_STRING, .flags = KC_SCHEMA_OPTIONAL, .key_schema = -1, .value_schema = -1};
    made->schemas[1] = (kc_schema){.kind = KC_STRUCT, .key_schema = -1, .value_schema = -1};
    made->schemas[1].fields = (kc_table){&made->field, 1, sizeof made->field};
    made->field = (kc_field){TEXT("text"), 0, 0};
    made->topic.name = (kc_string)TEXT("topic");
    for (int i = 0; i < RECORDS; i++) {
        kc_record record = {.key_schema = -1, .value_schema = 0};
        self->position++;
        int length = snprintf(made->text[i], sizeof made->text[i], "line %d", (int)self->position);
        record.value = (kc_value){.kind = KC_STRING, .length = length, .u.bytes = (const uint8_t *)made->text[i]};
        record.offset = (kc_value){.kind = KC_INT64, .u.i = self->position};
        if (i == 0) {
            made->fields[0] = record.value;
            record.value = (kc_value){.kind = KC_STRUCT, .length = 1, .u.values = made->fields};
            record.value_schema = 1;
        }
        made->records[i] = record;
    }
    made->header = (kc_batch){
        .struct_size = sizeof made->header, .kind = KC_BATCH_RECORDS,
        .records = {made->records, RECORDS, sizeof made->records[0]}, .topics = {&made->topic, 1, sizeof made->topic},
        .source_partitions = {&self->partition, 1, sizeof self->partition},
        .schemas = {made->schemas, 2, sizeof made->schemas[0]}, .tables_version = 1,
    };
    break_batch(self, made);
    /* The one before is still the host's to read. */
    if (is("batch-changed"))
        for (batch *each = self->batches; each; each = each->next)
            if (each->is_out) each->text[1][0] = 'X';
    made->is_out = 1;
    *out = &made->header;
    if (is("batch-with-failure")) return answer(reply, KC_FATAL, "and a batch");
    return KC_OK;
}

static void source_release(void *handle, const kc_batch *released) {
    (void)handle;
    ((batch *)(uintptr_t)(const void *)released)->is_out = 0;
    if (is("release-crash")) crash();
}

static kc_status source_acknowledged(void *handle, const kc_acknowledgement *ranges, int32_t count, kc_reply *reply) {
    (void)handle, (void)reply;
    static const kc_acknowledgement *kept;
    if (is("ranges-kept") && kept && kept->count == 99) abort();
    kept = count > 0 ? ranges : NULL;
    return KC_OK;
}

static void free_batches(source *self) {
    while (self->batches) {
        batch *next = self->batches->next;
        free(self->batches);
        self->batches = next;
    }
}

static kc_status source_stop(void *handle, kc_reply *reply) {
    source *self = handle;
    (void)reply;
    if (is("stop-frees"))
        for (batch *each = self->batches; each; each = each->next) memset(each->text, 0, sizeof each->text);
    if (is("stop-hang")) wait_for_ever(NULL);
    return KC_OK;
}

static void source_interrupt(void *handle) {
    source *self = handle;
    if (is("poll-deaf")) return;
    pthread_mutex_lock(&self->mutex);
    self->is_interrupted = 1;
    pthread_cond_broadcast(&self->condition);
    pthread_mutex_unlock(&self->mutex);
}

static void source_destroy(void *handle) {
    source *self = handle;
    free_batches(self);
    pthread_cond_destroy(&self->condition);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static const kc_source_task good_source = {
    .struct_size = sizeof(kc_source_task), .create = source_create, .start = source_start, .poll = source_poll,
    .release_batch = source_release, .acknowledged = source_acknowledged, .stop = source_stop,
    .interrupt = source_interrupt, .destroy = source_destroy,
};

/* ---- the sink ---- */

typedef struct sink {
    const kc_host *host;
    kc_context *context;
    int64_t next[4]; /* by partition; 0: closed */
    const kc_record *kept;
    kc_topic_offset safe[5];
    char buffer[1024];
} sink;

static kc_status sink_create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass;
    sink *self = calloc(1, sizeof *self);
    if (!self) return answer(reply, KC_FATAL, "out of memory");
    self->host = host;
    self->context = context;
    *handle = self;
    return KC_OK;
}

static kc_status sink_start(void *handle, const kc_config *config, kc_reply *reply) {
    (void)handle;
    char *size = setting(config, "size"), *end = NULL;
    long number = size ? strtol(size, &end, 10) : 1;
    int is_number = !size || (*size && !*end);
    free(size);
    if (is("sink-leak") && !malloc(400)) abort();
    return number < 1 || !is_number ? answer(reply, KC_FATAL, "size is no number above 0: \xe2\x9c\x97") : KC_OK;
}

static kc_status sink_put(void *handle, const kc_batch *batch, kc_reply *reply) {
    sink *self = handle;
    if (is("put-hang")) wait_for_ever(NULL);
    if (is("put-fails")) return answer(reply, KC_FATAL, "the disk is full");
    if (is("put-again")) return answer(reply, KC_RETRIABLE, "the disk is slow");
    if (is("put-size") && batch->struct_size != sizeof *batch) return answer(reply, KC_FATAL, "another version");
    for (int32_t i = 0; i < batch->records.count; i++) {
        size_t stride = is("put-stride") ? sizeof(kc_record) : batch->records.stride;
        const kc_record *record = (const kc_record *)(const void *)((const uint8_t *)batch->records.items + (size_t)i * stride);
        if (is("put-flags") && record->flags > 31) return answer(reply, KC_FATAL, "unknown flags");
        if (is("put-null") && *record->value.u.bytes == 1) abort();
        if (is("put-cstring") && record->value.kind == KC_STRING && strlen((const char *)record->value.u.bytes) == 99) abort();
        if (is("put-large") && record->value.kind == KC_STRING && record->value.length > 1000000) crash();
        if (is("put-kinds") && record->value.kind > KC_BYTES) crash();
        if (is("put-written")) ((kc_record *)(uintptr_t)(const void *)record)->flags = 0;
        if (is("put-bad-record")) {
            uint64_t ticket = 0;
            self->host->report_bad_record(self->context, batch, i + 1000, (kc_string)TEXT("bad"), &ticket, reply);
        }
        self->kept = record;
        if (record->partition < 4) self->next[record->partition] = record->offset.u.i + 1;
    }
    return KC_OK;
}

static kc_status sink_pre_commit(
    void *handle, const kc_topic_offset *current, int32_t count, kc_table *safe, kc_reply *reply) {
    sink *self = handle;
    (void)reply;
    if (is("put-kept") && self->kept && self->kept->flags == 12345) abort();
    int32_t used = 0;
    for (int32_t i = 0; i < count && used < 4; i++) {
        if (current[i].partition > 3 || self->next[current[i].partition] == 0) continue;
        self->safe[used] = current[i];
        self->safe[used].topic = (kc_string)TEXT("conformance");
        self->safe[used].offset = self->next[current[i].partition] + (is("commit-beyond") ? 1 : 0);
        if (is("commit-lent")) self->safe[used].topic = current[i].topic;
        if (is("commit-negative")) self->safe[used].offset = -5;
        used++;
    }
    if (is("commit-closed") && self->next[3] == 0) {
        for (int32_t p = 0; p < 3; p++) {
            int is_named = 0;
            for (int32_t i = 0; i < used; i++) is_named |= self->safe[i].partition == p;
            if (is_named || self->next[p] == 0) continue;
            self->safe[used++] = (kc_topic_offset){TEXT("conformance"), p, KC_OFFSET_PRESENT, self->next[p]};
        }
    }
    if (is("commit-twice") && used > 0) self->safe[used] = self->safe[0], used++;
    kc_table table = {self->safe, used, sizeof self->safe[0]};
    *safe = table;
    return KC_OK;
}

static kc_status sink_close(void *handle, const kc_topic_partition *partitions, int32_t count, kc_reply *reply) {
    sink *self = handle;
    (void)reply;
    for (int32_t i = 0; i < count && !is("commit-closed"); i++) self->next[partitions[i].partition & 3] = 0;
    return KC_OK;
}

static kc_status sink_stop(void *handle, kc_reply *reply) {
    (void)handle, (void)reply;
    if (is("stop-hang")) wait_for_ever(NULL);
    return KC_OK;
}

static void sink_destroy(void *handle) {
    if (is("destroy-twice")) free(handle);
    free(handle);
}

static const kc_sink_task good_sink = {
    .struct_size = sizeof(kc_sink_task), .create = sink_create, .start = sink_start, .put = sink_put,
    .pre_commit = sink_pre_commit, .close = sink_close, .stop = sink_stop, .destroy = sink_destroy,
};

/* ---- the description ---- */

static const void *get_extension(const char *name) {
    (void)name;
    return is("extension-answered") ? &good_source : NULL;
}

static kc_validator range = {.kind = KC_VALIDATE_RANGE, .flags = KC_RANGE_HAS_MINIMUM | KC_RANGE_HAS_MAXIMUM, .minimum = 1, .maximum = 100};
static const char *dependents[] = {"more"};
static kc_config_key keys[] = {
    {.name = "size", .type = KC_TYPE_INT, .importance = KC_IMPORTANCE_HIGH, .documentation = "How much",
        .validators = {&range, 1, sizeof range}, .order = -1},
    {.name = "more", .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_LOW, .flags = KC_KEY_HAS_DEFAULT,
        .default_value = "none", .documentation = "More", .order = -1},
};
static const char *aliases[] = {"Careless"};
static kc_class classes[] = {
    {.kind = KC_CLASS_SOURCE, .name = "org.example.CarelessSourceConnector", .documentation = "Lines",
        .config_keys = {keys, 2, sizeof keys[0]}, .connector = &good_connector, .task = &good_source},
    {.kind = KC_CLASS_SINK, .name = "org.example.CarelessSinkConnector", .documentation = "Takes lines",
        .config_keys = {keys, 2, sizeof keys[0]}, .connector = &good_connector, .task = &good_sink},
};
static kc_plugin plugin = {
    .magic = KC_MAGIC, .abi_major = KC_ABI_MAJOR, .abi_minor = KC_ABI_MINOR, .struct_size = sizeof(kc_plugin),
    .name = "careless", .version = "1.0", .description = "For tests", .classes = {classes, 2, sizeof classes[0]},
    .get_extension = get_extension,
};

__attribute__((constructor(200))) static void break_description(void) {
    static kc_connector connector;
    static kc_source_task task;
    connector = good_connector;
    task = good_source;
    if (is("magic")) plugin.magic = 1;
    if (is("major")) plugin.abi_major = 9;
    if (is("plugin-size")) plugin.struct_size = 20;
    if (is("no-name")) plugin.name = NULL;
    if (is("latin-name")) plugin.name = "m\xf6glich";
    if (is("no-class")) plugin.classes.count = 0;
    if (is("classes-stride")) plugin.classes.stride = 4;
    if (is("twins")) classes[1].name = classes[0].name;
    if (is("class-without-name")) classes[0].name = "";
    if (is("alias-twice"))
        for (int i = 0; i < 2; i++) classes[i].aliases = aliases, classes[i].alias_count = 1;
    if (is("class-kind")) classes[0].kind = 77;
    if (is("no-poll")) task.poll = NULL, classes[0].task = &task;
    if (is("no-stop")) connector.stop = NULL, classes[0].connector = &connector;
    if (is("no-task")) classes[1].task = NULL;
    if (is("small-task")) task.struct_size = 24, classes[0].task = &task;
    if (is("key-twice")) keys[1].name = "size";
    if (is("key-default")) keys[0].flags = KC_KEY_HAS_DEFAULT, keys[0].default_value = "five";
    if (is("key-default-range")) keys[0].flags = KC_KEY_HAS_DEFAULT, keys[0].default_value = "500";
    if (is("key-hidden-default")) keys[0].default_value = "5";
    if (is("key-reserved")) keys[1].name = "tasks.max";
    if (is("key-type")) keys[0].type = 9;
    if (is("key-importance")) keys[0].importance = 5;
    if (is("key-undocumented")) keys[0].documentation = NULL;
    if (is("key-blank")) keys[1].name = "more of it";
    if (is("key-dependent")) keys[0].dependents = dependents, keys[0].dependent_count = 1, dependents[0] = "nothing";
    if (is("key-empty-range")) range.minimum = 200;
    if (is("key-validator")) range.kind = 70;
}

const kc_plugin *kafka_connect_entry(void) {
    static kc_plugin copies[8];
    static int calls;
    if (is("entry-null")) return NULL;
    if (is("entry-moves")) return copies[calls & 7] = plugin, &copies[calls++ & 7];
    if (is("entry-changes")) plugin.version = calls++ % 2 ? "1.0" : "1.1";
    return &plugin;
}
