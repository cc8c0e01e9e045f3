/* The source task of the careless plugin; careless.c alone includes it. */
#ifndef CARELESS_SOURCE_H
#define CARELESS_SOURCE_H

#include "careless.h"

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
    int polls, is_interrupted, is_waiting, is_asking;
    atomic_int is_stopped;
    pthread_t asking;
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
    source *self = argument;
    const kc_value *offsets = NULL;
    kc_value partition = {.kind = KC_NULL};
    char text[100];
    kc_reply reply = {sizeof reply, sizeof text, text, 0, 0};
    /* Without a pause, until one came between two calls, which the host refuses. */
    while (!atomic_load(&self->is_stopped))
        if (self->host->read_offsets(self->context, &partition, 1, &offsets, &reply) != KC_OK) break;
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
    start_process();
    if (is("log-late")) {
        source *copy = malloc(sizeof *copy);
        if (copy) *copy = *self, start_thread(log_later, copy);
    }
    if (is("log-latin")) self->host->log(self->context, KC_LOG_INFO, (kc_string)TEXT("m\xf6glich"), NULL, 0);
    if (is("asks-outside")) self->is_asking = pthread_create(&self->asking, NULL, ask_outside, self) == 0;
    if (is("wrong-service")) self->host->request_commit(self->context);
    if (is("raises")) self->host->raise_error(self->context, (kc_string)TEXT("it broke"));
    const kc_value *offset = NULL;
    if (is("offsets-unread") || is("no-offset-key")) return KC_OK;
    kc_status status = self->host->read_offsets(self->context, &self->partition.partition, 1, &offset, reply);
    if (status == KC_OK && offset->kind == KC_MAP) self->position = offset->u.values[1].u.i;
    if (is("offset-repeated") && self->position > 0) self->position--;
    if (is("offset-early") && self->position > 0) self->position -= RECORDS - 1;
    if (is("offset-shared")) self->position *= RECORDS;
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
    if (is("schema-default")) {
        made->schemas[0].flags |= KC_SCHEMA_HAS_DEFAULT;
        made->schemas[0].default_value = (kc_value){.kind = KC_INT64};
    }
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
    if (is("poll-later")) return answer(reply, KC_RETRIABLE, "connection refused");
    if (is("poll-silent")) return KC_WOULD_BLOCK;
    if (is("poll-hint")) {
        reply->hint_ms = (uint32_t)-1;
        return KC_WOULD_BLOCK;
    }
    if (is("poll-alarm")) kill(getpid(), SIGALRM);
    self->polls++;
    pthread_mutex_lock(&self->mutex);
    /* Waits for ever between two batches, as a source does that blocks. */
    while ((is("poll-waits") || is("poll-deaf") || is("poll-angry") || is("interrupt-lost")) && self->polls > 2
           && !self->is_interrupted) {
        self->is_waiting = 1;
        pthread_cond_wait(&self->condition, &self->mutex);
    }
    self->is_waiting = 0;
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
        /* One for all records of a batch, or for all that there are. */
        if (is("offset-shared")) record.offset.u.i = (self->position + RECORDS - 1) / RECORDS;
        if (is("offset-constant")) record.offset.u.i = 7;
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
    atomic_store(&self->is_stopped, 1);
    if (self->is_asking) pthread_join(self->asking, NULL);
    self->is_asking = 0;
    return KC_OK;
}

static void source_interrupt(void *handle) {
    source *self = handle;
    if (is("poll-deaf")) return;
    if (is("interrupt-created") && !self->partition.partition.u.values) crash();
    pthread_mutex_lock(&self->mutex);
    /* One that comes when nobody waits is lost. */
    self->is_interrupted = !is("interrupt-lost") || self->is_waiting;
    pthread_cond_broadcast(&self->condition);
    pthread_mutex_unlock(&self->mutex);
}

static void source_destroy(void *handle) {
    source *self = handle;
    if (is("destroy-created") && !self->partition.partition.u.values) crash();
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

#endif
