/* A source and a sink that keep every rule of kafka_connect.h, and break one on request: the environment variable CARELESS
 * names it. The tests of the conformance checker say which check has to find it. */
#include "careless.h"
#include "careless_source.h"

/* ---- the connector ---- */

typedef struct connector {
    kc_pair *pairs;
    int32_t count;
    const kc_config *lent;
    kc_config tasks[8];
    char *size;
    int asked;
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
    int32_t count = most > 8 ? 8 : most;
    if (is("too-many-tasks")) count = most + 1;
    if (is("tasks-hang")) wait_for_ever(NULL);
    if (is("tasks-again") || (is("tasks-later") && self->asked++ == 0)) {
        reply->hint_ms = 50;
        return answer(reply, KC_RETRIABLE, "the tables are not listed yet");
    }
    if (is("tasks-none")) count = 0;
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

static void connector_interrupt(void *handle) {
    const connector *self = handle;
    if (is("interrupt-created") && !self->pairs) crash();
}

static void connector_destroy(void *handle) {
    if (is("destroy-created") && !((connector *)handle)->pairs) crash();
    if (is("destroy-crash")) crash();
    connector_forget(handle);
    free(handle);
}

static const kc_connector good_connector = {
    .struct_size = sizeof(kc_connector), .create = connector_create, .start = connector_start,
    .task_configs = connector_tasks, .validate = connector_validate, .exactly_once_support = connector_support,
    .stop = connector_stop, .interrupt = connector_interrupt, .destroy = connector_destroy,
};

/* ---- the sink ---- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

typedef struct sink {
    const kc_host *host;
    kc_context *context;
    int64_t next[4]; /* by partition; 0: closed */
    const kc_record *kept;
    kc_topic_offset safe[5];
    char buffer[1024];
    int is_started, puts, is_asking;
    int64_t again_ms;
    atomic_int is_stopped;
    pthread_t asking;
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

static void *sink_ask_outside(void *argument) {
    sink *self = argument;
    /* Without a pause, so that some come between two calls. */
    while (!atomic_load(&self->is_stopped)) self->host->request_commit(self->context);
    return NULL;
}

static kc_status sink_start(void *handle, const kc_config *config, kc_reply *reply) {
    sink *self = handle;
    self->is_started = 1;
    char *size = setting(config, "size"), *end = NULL;
    long number = size ? strtol(size, &end, 10) : 1;
    int is_number = !size || (*size && !*end);
    free(size);
    if (is("sink-leak") && !malloc(400)) abort();
    if (is("asks-outside")) self->is_asking = pthread_create(&self->asking, NULL, sink_ask_outside, self) == 0;
    return number < 1 || !is_number ? answer(reply, KC_FATAL, "size is no number above 0: \xe2\x9c\x97") : KC_OK;
}

static kc_status sink_put(void *handle, const kc_batch *batch, kc_reply *reply) {
    sink *self = handle;
    if (is("put-hang")) wait_for_ever(NULL);
    if (is("put-fails")) return answer(reply, KC_FATAL, "the disk is full");
    if ((is("put-later") || is("put-much-later")) && self->puts++ == 0) {
        reply->hint_ms = is("put-later") ? 3000 : 3600000;
        self->again_ms = now_ms() + 3000;
        return answer(reply, KC_RETRIABLE, "the table is locked");
    }
    if (is("put-later") && now_ms() < self->again_ms) return answer(reply, KC_FATAL, "too early");
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
    if (is("put-kept") && self->kept && self->kept->flags == 12345) abort();
    if (is("commit-later")) return answer(reply, KC_RETRIABLE, "the table is locked");
    if (is("commit-never") || (is("commit-soon") && self->puts++ % 3 < 2)) {
        reply->hint_ms = 5;
        return KC_WOULD_BLOCK;
    }
    static int64_t asked_first;
    if (asked_first == 0) asked_first = now_ms();
    if (is("commit-slow") && now_ms() - asked_first < 4500) return KC_WOULD_BLOCK;
    if (is("commit-wakes") && self->puts++ % 3 < 2) {
        self->host->wake(self->context);
        reply->hint_ms = 3600000;
        return KC_WOULD_BLOCK;
    }
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
    sink *self = handle;
    (void)reply;
    if (is("stop-hang")) wait_for_ever(NULL);
    atomic_store(&self->is_stopped, 1);
    if (self->is_asking) pthread_join(self->asking, NULL);
    self->is_asking = 0;
    return KC_OK;
}

static void sink_destroy(void *handle) {
    if (is("destroy-created") && !((sink *)handle)->is_started) crash();
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
