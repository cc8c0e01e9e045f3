/* A source of numbered records: key the task's number, value the record's. Each is told of in a line of JSON when it is
 * produced, and again when Kafka has it. It goes on where its stored offset says. */
#define _POSIX_C_SOURCE 200809L
#include "verifiable.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_RECORDS = 1000 };

typedef struct batch {
    kc_batch header; /* first, so that a pointer to it is a pointer to the batch */
    struct batch *next;
    kc_record records[MOST_RECORDS];
    kc_value fields[MOST_RECORDS][5]; /* with complete.record.data */
} batch;

typedef struct source {
    const kc_host *host;
    kc_context *context;
    vf_faults faults;
    vf_output output;
    char *name, *topic;
    int32_t id;
    int64_t seqno, first_seqno, started_ms;
    long long throughput; /* records a second; negative: no limit */
    bool complete;
    batch *idle;
    kc_topic topics[1];
    kc_source_partition partitions[1];
    kc_value partition_pair[2];
    kc_schema schemas[4];
} source;

static kc_string string_of(const char *text) {
    kc_string string = {(const uint8_t *)text, (int32_t)strlen(text), 0};
    return string;
}

static kc_value text_value(const char *text) {
    kc_value value = {.kind = KC_STRING, .length = (int32_t)strlen(text)};
    value.u.bytes = (const uint8_t *)text;
    return value;
}

static kc_value number_value(uint8_t kind, int64_t number) {
    kc_value value = {.kind = kind};
    value.u.i = number;
    return value;
}

static kc_status create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass;
    source *self = calloc(1, sizeof *self);
    if (!self) return vf_answer(reply, KC_FATAL, "out of memory");
    self->host = host;
    self->context = context;
    self->output.descriptor = -1;
    vf_faults_init(&self->faults);
    *handle = self;
    return KC_OK;
}

static void destroy(void *handle) {
    source *self = handle;
    while (self->idle) {
        batch *next = self->idle->next;
        free(self->idle);
        self->idle = next;
    }
    vf_output_close(&self->output);
    vf_faults_free(&self->faults);
    free(self->name);
    free(self->topic);
    free(self);
}

enum { SCHEMA_INT32, SCHEMA_INT64, SCHEMA_STRING, SCHEMA_COMPLETE };

/* The tables that every batch shares. */
static void make_tables(source *self) {
    static const kc_field fields[] = {
        {{(const uint8_t *)"name", 4, 0}, SCHEMA_STRING, 0},
        {{(const uint8_t *)"task", 4, 0}, SCHEMA_INT32, 0},
        {{(const uint8_t *)"topic", 5, 0}, SCHEMA_STRING, 0},
        {{(const uint8_t *)"time_ms", 7, 0}, SCHEMA_INT64, 0},
        {{(const uint8_t *)"seqno", 5, 0}, SCHEMA_INT64, 0},
    };
    static const uint8_t kinds[] = {KC_INT32, KC_INT64, KC_STRING, KC_STRUCT};
    for (int i = 0; i < 4; i++) {
        self->schemas[i].kind = kinds[i];
        self->schemas[i].key_schema = self->schemas[i].value_schema = -1;
    }
    kc_table table = TABLE(fields);
    self->schemas[SCHEMA_COMPLETE].fields = table;
    self->topics[0].name = string_of(self->topic);
    self->partition_pair[0] = text_value("id");
    self->partition_pair[1] = number_value(KC_INT32, self->id);
    self->partitions[0].partition.kind = KC_MAP;
    self->partitions[0].partition.length = 1;
    self->partitions[0].partition.u.values = self->partition_pair;
    self->partitions[0].offset_key = string_of("seqno");
}

/* Where the stored offset says to go on. */
static kc_status read_position(source *self, kc_reply *reply) {
    const kc_value *offset = NULL;
    kc_status status =
        self->host->read_offsets(self->context, &self->partitions[0].partition, 1, &offset, reply);
    if (status != KC_OK || !offset || offset->kind != KC_MAP) return status;
    for (int32_t i = 0; i < offset->length; i++) {
        const kc_value *key = &offset->u.values[2 * i], *value = key + 1;
        bool is_seqno = key->kind == KC_STRING && key->length == 5 && memcmp(key->u.bytes, "seqno", 5) == 0;
        if (is_seqno && value->kind >= KC_INT8 && value->kind <= KC_INT64) self->seqno = value->u.i + 1;
    }
    return KC_OK;
}

static kc_status start(void *handle, const kc_config *config, kc_reply *reply) {
    source *self = handle;
    kc_status status = vf_faults_read(&self->faults, config, reply);
    if (status == KC_OK) status = vf_faults_enter(&self->faults, "start", reply);
    if (status == KC_OK) status = vf_output_open(&self->output, config, reply);
    if (status != KC_OK) return status;
    long long id = 0;
    self->name = vf_config_text(config, "name");
    self->topic = vf_config_text(config, "topic");
    if (!self->name || !self->topic || !vf_config_number(config, "id", 0, &id) || id < 0 || id > INT32_MAX ||
        !vf_config_number(config, "throughput", 1000, &self->throughput)) {
        return vf_answer(reply, KC_FATAL, "Invalid VerifiableSourceTask configuration");
    }
    self->id = (int32_t)id;
    char *complete = vf_config_text(config, "complete.record.data");
    self->complete = complete && strcasecmp(complete, "true") == 0;
    free(complete);
    make_tables(self);
    status = read_position(self, reply);
    self->first_seqno = self->seqno;
    self->started_ms = vf_monotonic_ms();
    return status;
}

/* How many records the rate allows now; with none, *hint_ms says when there will be one. */
static int64_t allowed(source *self, uint32_t *hint_ms) {
    if (self->throughput < 0) return MOST_RECORDS;
    *hint_ms = 1000;
    if (self->throughput == 0) return 0;
    int64_t done = self->seqno - self->first_seqno;
    int64_t elapsed = vf_monotonic_ms() - self->started_ms;
    int64_t due = elapsed / 1000 * self->throughput + elapsed % 1000 * self->throughput / 1000 + 1;
    int64_t wait = (done * 1000 + self->throughput - 1) / self->throughput - elapsed;
    if (wait > 0 && wait < 1000) *hint_ms = (uint32_t)wait;
    return due > done ? due - done : 0;
}

static void add_line(source *self, int64_t seqno, int64_t now, const char *more) {
    if (self->output.descriptor < 0) return;
    vf_output_add(&self->output, "{\"name\":");
    vf_output_add_string(&self->output, (const uint8_t *)self->name, (int32_t)strlen(self->name));
    vf_output_add(&self->output, ",\"task\":%d,\"topic\":", (int)self->id);
    vf_output_add_string(&self->output, (const uint8_t *)self->topic, (int32_t)strlen(self->topic));
    vf_output_add(&self->output, ",\"time_ms\":%lld,\"seqno\":%lld%s}\n", (long long)now, (long long)seqno, more);
}

static void fill(source *self, batch *made, int32_t index, int64_t now) {
    kc_record record = {.key_schema = SCHEMA_INT32, .value_schema = SCHEMA_INT64};
    record.key = number_value(KC_INT32, self->id);
    record.offset = number_value(KC_INT64, self->seqno);
    record.value = record.offset;
    if (self->complete) {
        kc_value *fields = made->fields[index];
        fields[0] = text_value(self->name);
        fields[1] = record.key;
        fields[2] = text_value(self->topic);
        fields[3] = number_value(KC_INT64, now);
        fields[4] = record.offset;
        record.value = number_value(KC_STRUCT, 0);
        record.value.length = 5;
        record.value.u.values = fields;
        record.value_schema = SCHEMA_COMPLETE;
    }
    made->records[index] = record;
}

static kc_status poll(void *handle, int32_t max_records, const kc_batch **out, kc_reply *reply) {
    source *self = handle;
    *out = NULL;
    kc_status status = vf_faults_enter(&self->faults, "poll", reply);
    if (status != KC_OK) return status;
    int64_t count = allowed(self, &reply->hint_ms);
    if (count == 0) return KC_WOULD_BLOCK;
    if (count > max_records) count = max_records;
    if (count > MOST_RECORDS) count = MOST_RECORDS;
    batch *made = self->idle;
    if (made) {
        self->idle = made->next;
    } else if (!(made = malloc(sizeof *made))) {
        return vf_answer(reply, KC_FATAL, "out of memory");
    }
    int64_t now = vf_wall_ms();
    for (int32_t i = 0; i < count; i++) {
        fill(self, made, i, now);
        add_line(self, self->seqno, now, "");
        self->seqno++;
    }
    kc_batch header = {
        .struct_size = sizeof header,
        .kind = KC_BATCH_RECORDS,
        .records = {made->records, (int32_t)count, sizeof made->records[0]},
        .topics = TABLE(self->topics),
        .source_partitions = TABLE(self->partitions),
        .schemas = TABLE(self->schemas),
        .tables_version = 1,
    };
    made->header = header;
    status = vf_output_flush(&self->output, reply);
    if (status != KC_OK) {
        made->next = self->idle;
        self->idle = made;
        return status;
    }
    *out = &made->header;
    return KC_OK;
}

static void release_batch(void *handle, const kc_batch *released) {
    source *self = handle;
    batch *made = (batch *)(void *)released;
    made->next = self->idle;
    self->idle = made;
}

static kc_status acknowledged(void *handle, const kc_acknowledgement *ranges, int32_t count, kc_reply *reply) {
    source *self = handle;
    kc_status status = vf_faults_enter(&self->faults, "acknowledged", reply);
    if (status != KC_OK || self->output.descriptor < 0) return status;
    int64_t now = vf_wall_ms();
    for (int32_t i = 0; i < count; i++) {
        const char *end = ranges[i].flags & KC_ACKNOWLEDGED_DROPPED ? ",\"dropped\":true" : ",\"committed\":true";
        for (int64_t j = 0; j < ranges[i].count; j++) {
            add_line(self, self->first_seqno + (int64_t)ranges[i].first + j, now, end);
        }
    }
    return vf_output_flush(&self->output, reply);
}

static kc_status commit(void *handle, kc_reply *reply) {
    source *self = handle;
    return vf_faults_enter(&self->faults, "commit", reply);
}

static kc_status stop(void *handle, kc_reply *reply) {
    source *self = handle;
    return vf_faults_enter(&self->faults, "stop", reply);
}

static void interrupt(void *handle) {
    source *self = handle;
    vf_faults_interrupt(&self->faults);
}

const kc_source_task vf_source_task = {
    .struct_size = sizeof(kc_source_task),
    .create = create,
    .start = start,
    .poll = poll,
    .release_batch = release_batch,
    .commit = commit,
    .acknowledged = acknowledged,
    .stop = stop,
    .interrupt = interrupt,
    .destroy = destroy,
};
