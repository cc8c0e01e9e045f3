/* A sink that tells of each record in a line of JSON when it was put, and again when it was flushed. */
#define _POSIX_C_SOURCE 200809L
#include "verifiable.h"

#include <stdlib.h>
#include <string.h>

/* A record that was put and not flushed, as the text between the braces without its time. */
typedef struct pending {
    struct pending *next;
    int32_t partition;
    size_t topic_length, length;
    char text[]; /* topic, then the text */
} pending;

typedef struct sink {
    vf_faults faults;
    vf_output output;
    vf_output line; /* one record's text while it is made */
    char *name;
    int32_t id;
    pending *first, **last;
} sink;

static kc_status create(
    const kc_class *klass, const kc_host *host, kc_context *context, void **handle, kc_reply *reply) {
    (void)klass, (void)host, (void)context;
    sink *self = calloc(1, sizeof *self);
    if (!self) return vf_answer(reply, KC_FATAL, "out of memory");
    self->output.descriptor = -1;
    self->line.descriptor = -1;
    self->last = &self->first;
    vf_faults_init(&self->faults);
    *handle = self;
    return KC_OK;
}

static void destroy(void *handle) {
    sink *self = handle;
    while (self->first) {
        pending *next = self->first->next;
        free(self->first);
        self->first = next;
    }
    vf_output_close(&self->output);
    vf_output_close(&self->line);
    vf_faults_free(&self->faults);
    free(self->name);
    free(self);
}

static kc_status start(void *handle, const kc_config *config, kc_reply *reply) {
    sink *self = handle;
    kc_status status = vf_faults_read(&self->faults, config, reply);
    if (status == KC_OK) status = vf_faults_enter(&self->faults, "start", reply);
    if (status == KC_OK) status = vf_output_open(&self->output, config, reply);
    if (status != KC_OK) return status;
    long long id = 0;
    self->name = vf_config_text(config, "name");
    if (!self->name || !vf_config_number(config, "id", 0, &id) || id < 0 || id > INT32_MAX) {
        return vf_answer(reply, KC_FATAL, "Invalid VerifiableSinkTask configuration");
    }
    self->id = (int32_t)id;
    self->line.descriptor = 0; /* any one but -1: text is gathered and never written from here */
    return KC_OK;
}

static void add_value(vf_output *line, const kc_value *value) {
    switch (value->kind) {
    case KC_BOOLEAN: vf_output_add(line, "%s", value->u.i & 0xff ? "true" : "false"); break;
    case KC_INT8:
    case KC_INT16:
    case KC_INT32:
    case KC_INT64: vf_output_add(line, "%lld", (long long)value->u.i); break;
    case KC_FLOAT32: vf_output_add(line, "%.9g", (double)value->u.f); break;
    case KC_FLOAT64: vf_output_add(line, "%.17g", value->u.d); break;
    case KC_STRING: vf_output_add_string(line, value->u.bytes, value->length); break;
    case KC_NULL: vf_output_add(line, "null"); break;
    default: vf_output_add(line, "\"kind %d\"", value->kind); break;
    }
}

static bool remember(sink *self, const kc_string *topic, int32_t partition) {
    pending *entry = malloc(sizeof *entry + (size_t)topic->length + self->line.length);
    if (!entry) return false;
    entry->next = NULL;
    entry->partition = partition;
    entry->topic_length = (size_t)topic->length;
    entry->length = self->line.length;
    memcpy(entry->text, topic->bytes, entry->topic_length);
    memcpy(entry->text + entry->topic_length, self->line.text, entry->length);
    *self->last = entry;
    self->last = &entry->next;
    return true;
}

static void add_text(vf_output *output, const char *text, size_t length) {
    for (size_t done = 0; done < length; done += 256) {
        int part = (int)(length - done < 256 ? length - done : 256);
        vf_output_add(output, "%.*s", part, text + done);
    }
}

static kc_status put(void *handle, const kc_batch *records, kc_reply *reply) {
    sink *self = handle;
    kc_status status = vf_faults_enter(&self->faults, "put", reply);
    if (status != KC_OK || self->output.descriptor < 0) return status;
    int64_t now = vf_wall_ms();
    const uint8_t *place = records->records.items;
    for (int32_t i = 0; i < records->records.count; i++, place += records->records.stride) {
        const kc_record *record = (const kc_record *)(const void *)place;
        const uint8_t *topics = records->topics.items;
        const kc_topic *topic = (const kc_topic *)(const void *)(topics + (size_t)record->topic * records->topics.stride);
        self->line.length = 0;
        vf_output_add(&self->line, "\"name\":");
        vf_output_add_string(&self->line, (const uint8_t *)self->name, (int32_t)strlen(self->name));
        vf_output_add(&self->line, ",\"task\":");
        add_value(&self->line, &record->key);
        vf_output_add(&self->line, ",\"sinkTask\":%d,\"topic\":", (int)self->id);
        vf_output_add_string(&self->line, topic->name.bytes, topic->name.length);
        vf_output_add(&self->line, ",\"seqno\":");
        add_value(&self->line, &record->value);
        vf_output_add(&self->line, ",\"offset\":%lld", (long long)record->offset.u.i);
        if (self->line.failed || !remember(self, &topic->name, record->partition)) {
            return vf_answer(reply, KC_FATAL, "out of memory");
        }
        vf_output_add(&self->output, "{");
        add_text(&self->output, self->line.text, self->line.length);
        vf_output_add(&self->output, ",\"time_ms\":%lld}\n", (long long)now);
    }
    return vf_output_flush(&self->output, reply);
}

static bool is_named(const pending *entry, const kc_topic_offset *offsets, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (offsets[i].partition == entry->partition && (size_t)offsets[i].topic.length == entry->topic_length &&
            memcmp(offsets[i].topic.bytes, entry->text, entry->topic_length) == 0) {
            return true;
        }
    }
    return false;
}

static kc_status flush(void *handle, const kc_topic_offset *offsets, int32_t count, kc_reply *reply) {
    sink *self = handle;
    kc_status status = vf_faults_enter(&self->faults, "flush", reply);
    if (status != KC_OK) return status;
    int64_t now = vf_wall_ms();
    pending **link = &self->first;
    while (*link) {
        pending *entry = *link;
        if (!is_named(entry, offsets, count)) {
            link = &entry->next;
            continue;
        }
        vf_output_add(&self->output, "{");
        add_text(&self->output, entry->text + entry->topic_length, entry->length);
        vf_output_add(&self->output, ",\"time_ms\":%lld,\"flushed\":true}\n", (long long)now);
        *link = entry->next;
        free(entry);
    }
    self->last = link;
    return vf_output_flush(&self->output, reply);
}

static kc_status open_partitions(void *handle, const kc_topic_partition *partitions, int32_t count, kc_reply *reply) {
    (void)partitions, (void)count;
    sink *self = handle;
    return vf_faults_enter(&self->faults, "open", reply);
}

static kc_status close_partitions(void *handle, const kc_topic_partition *partitions, int32_t count, kc_reply *reply) {
    (void)partitions, (void)count;
    sink *self = handle;
    return vf_faults_enter(&self->faults, "close", reply);
}

static kc_status stop(void *handle, kc_reply *reply) {
    sink *self = handle;
    return vf_faults_enter(&self->faults, "stop", reply);
}

static void interrupt(void *handle) {
    sink *self = handle;
    vf_faults_interrupt(&self->faults);
}

const kc_sink_task vf_sink_task = {
    .struct_size = sizeof(kc_sink_task),
    .create = create,
    .start = start,
    .open = open_partitions,
    .put = put,
    .flush = flush,
    .close = close_partitions,
    .stop = stop,
    .interrupt = interrupt,
    .destroy = destroy,
};
