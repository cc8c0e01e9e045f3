/// Sources of small libraries, right and wrong.
enum CSources {
    /// A source plugin that does nothing, with places to change.
    ///
    /// - Parameters:
    ///   - className: of its one class.
    ///   - magic, major, size: what the description says.
    ///   - entry: name of the exported function.
    ///   - extra: C at the end, such as a constructor.
    static func minimal(
        className: String = "org.example.MinimalSourceConnector", magic: String = "KC_MAGIC",
        major: String = "KC_ABI_MAJOR",
        size: String = "sizeof(kc_plugin)", entry: String = "kafka_connect_entry", create: String = "create",
        release: String = "release", keyType: String = "KC_TYPE_INT", keyText: String = "\"How much\"",
        version: String = "1.0", extra: String = ""
    ) -> String {
        """
        #define _DEFAULT_SOURCE
        #include "kafka_connect.h"
        #include <stdlib.h>
        #include <unistd.h>
        static kc_status create(const kc_class *k, const kc_host *h, kc_context *c, void **out, kc_reply *r) {
            (void)k, (void)h, (void)c, (void)r; *out = malloc(1); return KC_OK; }
        static kc_status start(void *i, const kc_config *c, kc_reply *r) { (void)i, (void)c, (void)r; return KC_OK; }
        static kc_status configs(void *i, int32_t n, kc_table *t, kc_reply *r) {
            (void)i, (void)n, (void)r; t->count = 0; return KC_OK; }
        static kc_status poll(void *i, int32_t n, const kc_batch **b, kc_reply *r) {
            (void)i, (void)n; *b = 0; r->hint_ms = 5; return KC_WOULD_BLOCK; }
        KC_EXPORT void release(void *i, const kc_batch *b);
        void release(void *i, const kc_batch *b) { (void)i, (void)b; }
        static kc_status stop(void *i, kc_reply *r) { (void)i, (void)r; return KC_OK; }
        static const kc_connector connector = {.struct_size = sizeof(kc_connector), .create = \(create), .start = start,
            .task_configs = configs, .stop = stop, .destroy = free};
        static const kc_source_task task = {.struct_size = sizeof(kc_source_task), .create = create, .start = start,
            .poll = poll, .release_batch = \(release), .stop = stop, .destroy = free};
        static const kc_validator range = {.kind = KC_VALIDATE_RANGE, .flags = KC_RANGE_HAS_MINIMUM, .minimum = 1};
        static const kc_config_key keys[] = {{.name = "size", .type = \(keyType), .importance = KC_IMPORTANCE_LOW,
            .flags = KC_KEY_HAS_DEFAULT, .default_value = "5", .documentation = \(keyText), .order = -1,
            .validators = {&range, 1, sizeof range}}};
        static const kc_class classes[] = {{.kind = KC_CLASS_SOURCE, .name = "\(className)",
            .config_keys = {keys, 1, sizeof keys[0]}, .connector = &connector, .task = &task}};
        static const kc_plugin plugin = {.magic = \(magic), .abi_major = \(major), .abi_minor = KC_ABI_MINOR,
            .struct_size = \(size), .name = "minimal", .version = "\(version)", .classes = {classes, 1, sizeof classes[0]}};
        KC_EXPORT const kc_plugin *\(entry)(void);
        const kc_plugin *\(entry)(void) { return &plugin; }
        \(extra)
        """
    }

    /// A source whose batches break one rule each, chosen by the key `mode`. A poll fails when the batch before was not
    /// released.
    static let nonsense = """
        #include "kafka_connect.h"
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        typedef struct { kc_record records[2]; kc_batch batch; int out; int mode; kc_value deep[200]; kc_header header;
            kc_schema schemas[41]; kc_field fields[80]; kc_topic topic; char told[256]; } source;
        static kc_status make(const kc_class *k, const kc_host *h, kc_context *c, void **out, kc_reply *r) {
            (void)k, (void)h, (void)c, (void)r; *out = calloc(1, sizeof(source)); return KC_OK; }
        static kc_status start(void *i, const kc_config *c, kc_reply *r) {
            (void)r;
            source *self = i;
            const kc_pair *pair = c->pairs.items;
            self->mode = 0;
            for (int32_t at = 0; at < pair->value.length; at++) self->mode = self->mode * 10 + pair->value.bytes[at] - '0';
            return KC_OK; }
        static kc_status configs(void *i, int32_t n, kc_table *t, kc_reply *r) {
            (void)n, (void)r;
            source *self = i;
            static kc_pair pair;
            static kc_config config = {{&pair, 1, sizeof pair}};
            pair.key = (kc_string){(const uint8_t *)"key", 3, 0};
            pair.value = (kc_string){(const uint8_t *)"value", 5, 0};
            if (self->mode == 1) pair.value.bytes = (const uint8_t *)"\\xff\\xfe###";
            if (self->mode == 2) pair.value.length = -1;
            if (self->mode == 3) pair.value.bytes = 0;
            if (self->mode == 4) pair.key.bytes = (const uint8_t *)"\\xc3##";
            if (self->mode == 70 || self->mode == 71) {
                static kc_config many[1025];
                static uint8_t text[65536];
                memset(text, 'v', sizeof text - 3 - 64);
                pair.value = (kc_string){text, sizeof text - 3 - 64, 0};
                for (int32_t at = 0; at < 1025; at++) many[at] = (kc_config){{&pair, 1, sizeof pair}};
                *t = (kc_table){many, self->mode == 70 ? 1024 : 1025, sizeof many[0]};
                return KC_OK;
            }
            *t = (kc_table){&config, 1, sizeof config};
            return KC_OK; }
        static const kc_topic topics[] = {{{(const uint8_t *)"t", 1, 0}}};
        static const kc_source_partition partitions[] = {{.offset_key = {(const uint8_t *)"p", 1, 0}}};
        #define TEXT(t) {.kind = KC_STRING, .length = sizeof t - 1, .u.bytes = (const uint8_t *)t}
        #define NUMBER(n) {.kind = KC_INT64, .u.i = n}
        static const kc_value ab[] = {TEXT("a"), NUMBER(1), TEXT("b"), NUMBER(2)};
        static const kc_value ba[] = {TEXT("b"), NUMBER(2), TEXT("a"), NUMBER(1)};
        static const kc_value other[] = {TEXT("a"), NUMBER(1), TEXT("b"), NUMBER(3)};
        #define PARTITION(pairs) .partition = {.kind = KC_MAP, .length = 2, .u.values = pairs}
        #define KEY(k) .offset_key = {(const uint8_t *)k, 1, 0}
        static const kc_source_partition spelled[] = {
            {PARTITION(ba)}, {PARTITION(other), KEY("p")}, {PARTITION(ba), KEY("p")}, {PARTITION(ab), KEY("p")}};
        static const kc_source_partition keyed[] = {{PARTITION(ab), KEY("p")}, {PARTITION(ba), KEY("q")}};
        static const kc_schema self_schema[] = {{.kind = KC_ARRAY, .key_schema = -1, .value_schema = 0}};
        static kc_status poll(void *i, int32_t n, const kc_batch **b, kc_reply *r) {
            (void)n;
            source *self = i;
            *b = 0;
            if (self->mode == 62) { r->hint_ms = (uint32_t)-1; return KC_WOULD_BLOCK; }
            if (self->out) { memcpy(r->error, "kept", 4); r->error_length = 4; return KC_FATAL; }
            kc_record good = {.key_schema = -1, .value_schema = -1, .value = {.kind = KC_STRING, .length = 2}};
            good.value.u.bytes = (const uint8_t *)"ok";
            self->records[0] = self->records[1] = good;
            kc_record *bad = &self->records[1];
            kc_batch batch = {.struct_size = sizeof batch, .kind = KC_BATCH_RECORDS, .records = {self->records, 2, 96},
                .topics = {topics, 1, 16}, .source_partitions = {partitions, 1, 32}};
            switch (self->mode) {
            case 1: bad->value.length = -1; break;
            case 2: bad->value.u.bytes = 0; break;
            case 3: bad->value.u.bytes = (const uint8_t *)"\\xff\\xfe"; break;
            case 4: bad->value.kind = 77; break;
            case 5: bad->topic = 1; break;
            case 6: bad->topic = -1; break;
            case 7: bad->source_partition = 9; break;
            case 8: bad->value_schema = 0; break;
            case 9: bad->key_schema = -2; break;
            case 10: batch.records.count = INT32_MAX; break;
            case 11: batch.records.count = -1; break;
            case 12: batch.records.stride = 8; break;
            case 13: batch.records.items = 0; break;
            case 14: batch.kind = 9; break;
            case 15: batch.struct_size = 4; break;
            case 16: bad->header_count = -1; break;
            case 17: bad->header_count = 3; break;
            case 18: bad->value.kind = KC_MAP; bad->value.length = INT32_MAX; break;
            case 19: bad->value.kind = KC_BYTES; bad->value.length = INT32_MIN; break;
            case 20:
                for (int d = 0; d < 199; d++) {
                    self->deep[d].kind = KC_ARRAY; self->deep[d].length = 1; self->deep[d].u.values = &self->deep[d + 1]; }
                self->deep[199].kind = KC_NULL;
                bad->value = self->deep[0];
                break;
            case 21: bad->offset.kind = KC_STRING; break;
            case 22: batch.topics.count = -5; break;
            case 23: batch.schemas.items = self_schema; batch.schemas.count = 1; batch.schemas.stride = sizeof(kc_schema); break;
            case 24: batch.topics.stride = 1; break;
            case 25:
                bad->headers = &self->header; bad->header_count = 1; self->header.name_length = 4; self->header.schema = -1;
                break;
            case 26: self->deep[0].kind = KC_ARRAY; self->deep[0].length = 1; self->deep[0].u.values = &self->deep[0];
                bad->value = self->deep[0]; break;
            case 27: bad->headers = &self->header; bad->header_count = 1; self->header.name = (const uint8_t *)"\\xff\\xfe";
                self->header.name_length = 2; self->header.schema = -1; self->header.value.kind = KC_NULL; break;
            case 28: self->topic.name.bytes = (const uint8_t *)"t\\xff"; self->topic.name.length = 2;
                batch.topics.items = &self->topic; break;
            case 29: self->topic.name.bytes = (const uint8_t *)"t"; self->topic.name.length = -4;
                batch.topics.items = &self->topic; break;
            case 30: bad->value.kind = KC_INT8; bad->value.u.i = 128; break;
            case 31: bad->value.kind = KC_INT16; bad->value.u.i = -32769; break;
            case 32: bad->value.kind = KC_INT32; bad->value.u.i = INT64_MAX; break;
            case 33: self->deep[0].kind = KC_INT8; self->deep[0].u.i = -129; bad->value.kind = KC_ARRAY;
                bad->value.length = 1; bad->value.u.values = self->deep; break;
            case 34: bad->flags = KC_RECORD_HAS_PARTITION; bad->partition = -1; break;
            case 35:
                for (int d = 0; d < 41; d++) {
                    memset(&self->schemas[d], 0, sizeof self->schemas[d]);
                    self->schemas[d].kind = d < 40 ? KC_STRUCT : KC_STRING;
                    self->schemas[d].key_schema = self->schemas[d].value_schema = -1;
                    if (d == 40) break;
                    kc_field *pair = self->fields + 2 * d;
                    pair[0].name = (kc_string){(const uint8_t *)"a", 1, 0}; pair[0].schema = d + 1;
                    pair[1].name = (kc_string){(const uint8_t *)"b", 1, 0}; pair[1].schema = d + 1;
                    self->schemas[d].fields = (kc_table){pair, 2, sizeof(kc_field)};
                }
                batch.schemas = (kc_table){self->schemas, 41, sizeof(kc_schema)};
                break;
            case 36: batch.source_partitions.items = keyed; batch.source_partitions.count = 2; break;
            case 37: batch.source_partitions.items = spelled; batch.source_partitions.count = 2;
                bad->offset.kind = KC_INT64; break;
            case 38: bad->flags = KC_RECORD_HAS_TIMESTAMP; bad->timestamp = -1; break;
            case 63: batch.source_partitions.items = spelled; batch.source_partitions.count = 4;
                bad->offset.kind = KC_INT64; bad->timestamp = -1; break;
            case 64: batch.source_partitions.items = spelled; batch.source_partitions.count = 2;
                bad->offset.kind = KC_INT64; bad->source_partition = 1; break;
            case 61: batch.source_partitions.items = spelled; batch.source_partitions.count = 4;
                self->records[0].source_partition = 1; bad->source_partition = 3; break;
            case 60: bad->value.kind = KC_INT8; bad->value.u.i = -128; self->records[0].value.kind = KC_INT32;
                self->records[0].value.u.i = INT32_MAX; break;
            default: break;
            }
            self->batch = batch;
            self->out = 1;
            *b = &self->batch;
            if (self->mode == 51) r->error_length = 4096;
            if (self->mode == 52) { memset(r->error, 'x', r->error_capacity); r->error_length = 4000000000u; }
            return self->mode == 50 ? 1234 : self->mode == 53 ? KC_RETRIABLE : self->mode >= 51 && self->mode < 54 ? KC_FATAL : KC_OK; }
        static void release(void *i, const kc_batch *b) { (void)b; ((source *)i)->out = 0; }
        static kc_status acknowledged(void *i, const kc_acknowledgement *a, int32_t n, kc_reply *r) {
            if (((source *)i)->mode == 70) {
                memcpy(r->error, "no room", 7);
                r->error_length = 7;
                return n > 1 ? KC_FATAL : KC_RETRIABLE; }
            char *told = ((source *)i)->told;
            for (int32_t at = 0; at < n; at++) sprintf(told + strlen(told), "%d+%d%s ", (int)a[at].first, (int)a[at].count,
                a[at].flags & KC_ACKNOWLEDGED_DROPPED ? " dropped" : "");
            strcat(told, "| ");
            return KC_OK; }
        static kc_status commit(void *i, kc_reply *r) {
            source *self = i;
            r->error_length = (uint32_t)strlen(self->told);
            memcpy(r->error, self->told, r->error_length);
            return KC_FATAL; }
        static kc_status stop(void *i, kc_reply *r) { (void)i, (void)r; return KC_OK; }
        static const kc_connector connector = {.struct_size = sizeof(kc_connector), .create = make, .start = start,
            .task_configs = configs, .stop = stop, .destroy = free};
        static const kc_source_task task = {.struct_size = sizeof(kc_source_task), .create = make, .start = start,
            .poll = poll, .release_batch = release, .commit = commit, .acknowledged = acknowledged, .stop = stop, .destroy = free};
        static const kc_class classes[] = {{.kind = KC_CLASS_SOURCE, .name = "org.example.NonsenseSourceConnector",
            .connector = &connector, .task = &task}};
        static const kc_plugin plugin = {.magic = KC_MAGIC, .struct_size = sizeof(kc_plugin),
            .abi_minor = KC_ABI_MINOR, .name = "nonsense", .version = "1", .classes = {classes, 1, sizeof classes[0]}};
        const kc_plugin *kafka_connect_entry(void) { return &plugin; }
        """

    /// A sink whose `put` asks its host for one thing for each record, named by the record's value.
    static let asking = """
        #include "kafka_connect.h"
        #include <stdlib.h>
        #include <string.h>
        typedef struct { const kc_host *host; kc_context *context; } sink;
        static kc_status make(const kc_class *k, const kc_host *h, kc_context *c, void **out, kc_reply *r) {
            (void)k, (void)r;
            sink *self = malloc(sizeof *self); self->host = h; self->context = c; *out = self; return KC_OK; }
        static kc_status start(void *i, const kc_config *c, kc_reply *r) { (void)i, (void)c, (void)r; return KC_OK; }
        static kc_status configs(void *i, int32_t n, kc_table *t, kc_reply *r) {
            (void)i, (void)n, (void)r; t->count = 0; return KC_OK; }
        static kc_string text(const char *s) { kc_string t = {(const uint8_t *)s, (int32_t)strlen(s), 0}; return t; }
        static kc_status put(void *i, const kc_batch *b, kc_reply *r) {
            sink *self = i;
            const kc_host *h = self->host;
            kc_context *c = self->context;
            kc_topic_partition own = {text("t"), 0, 0}, foreign = {text("t"), 9, 0};
            kc_topic_offset back = {text("t"), 0, KC_OFFSET_PRESENT, 5};
            for (int32_t n = 0; n < b->records.count; n++) {
                const kc_record *record = (const kc_record *)((const char *)b->records.items + n * b->records.stride);
                kc_status status = KC_OK;
                const kc_topic_partition *held = 0;
                int32_t count = 0;
                uint64_t ticket = 0;
                switch (record->value.u.i) {
                case 1: status = h->pause(c, &own, 1, r); break;
                case 2: status = h->resume(c, &own, 1, r); break;
                case 3: status = h->rewind(c, &back, 1, r); break;
                case 4: h->request_commit(c); break;
                case 5: h->set_retry_timeout(c, 250); break;
                case 6: status = h->report_bad_record(c, b, n, text("bad"), &ticket, r);
                    if (status == KC_OK) status = h->bad_record_stored(c, ticket, r);
                    break;
                case 7: status = h->assignment(c, &held, &count, r);
                    if (count != 1 || held[0].topic.length != 1) status = KC_FATAL;
                    break;
                case 8: h->wake(c); break;
                case 9: h->raise_error(c, text("outside")); break;
                case 10: h->log(c, KC_LOG_INFO, text("line"), 0, 0); break;
                case 11: if (h->get_extension(c, "no.such")) status = KC_FATAL; break;
                case 12: status = h->features(c) == KC_FEATURE_BAD_RECORDS ? KC_OK : KC_FATAL; break;
                case 13: status = h->features(c) == 0 ? KC_OK : KC_FATAL; break;
                case 14: r->hint_ms = (uint32_t)-1; return KC_WOULD_BLOCK;
                case 24: { kc_batch forged = *b; forged.records.count = 100;
                    status = h->report_bad_record(c, &forged, 50, text("bad"), &ticket, r); break; }
                case 25: ((kc_batch *)b)->records.count = 100;
                    status = h->report_bad_record(c, b, 50, text("bad"), &ticket, r);
                    ((kc_batch *)b)->records.count = 1; break;
                case 20: status = h->pause(c, &foreign, 1, r); break;
                case 21: status = h->report_bad_record(c, b, 99, text("bad"), &ticket, r); break;
                case 22: status = h->rewind(c, 0, 3, r); break;
                case 23: status = h->read_offsets(c, 0, 0, 0, r); break;
                }
                if (status != KC_OK) return status;
            }
            return KC_OK; }
        static kc_status stop(void *i, kc_reply *r) { (void)i, (void)r; return KC_OK; }
        static const kc_connector connector = {.struct_size = sizeof(kc_connector), .create = make, .start = start,
            .task_configs = configs, .stop = stop, .destroy = free};
        static const kc_sink_task task = {.struct_size = sizeof(kc_sink_task), .create = make, .start = start,
            .put = put, .stop = stop, .destroy = free};
        static const kc_class classes[] = {{.kind = KC_CLASS_SINK, .name = "org.example.AskingSinkConnector",
            .connector = &connector, .task = &task}};
        static const kc_plugin plugin = {.magic = KC_MAGIC, .struct_size = sizeof(kc_plugin),
            .abi_minor = KC_ABI_MINOR, .name = "asking", .version = "1", .classes = {classes, 1, sizeof classes[0]}};
        const kc_plugin *kafka_connect_entry(void) { return &plugin; }
        """

    /// A sink whose FUNCTION, flush or pre_commit, answers "not yet" first and fails for now then.
    static let puttingOff = """
        #include "kafka_connect.h"
        #include <stdlib.h>
        #include <string.h>
        static kc_status make(const kc_class *k, const kc_host *h, kc_context *c, void **out, kc_reply *r) {
            (void)k, (void)h, (void)c, (void)r; *out = calloc(1, sizeof(int)); return KC_OK; }
        static kc_status start(void *i, const kc_config *c, kc_reply *r) { (void)i, (void)c, (void)r; return KC_OK; }
        static kc_status configs(void *i, int32_t n, kc_table *t, kc_reply *r) {
            (void)i, (void)n, (void)t, (void)r; return KC_OK; }
        static kc_status put(void *i, const kc_batch *b, kc_reply *r) { (void)i, (void)b, (void)r; return KC_OK; }
        static kc_status say(int *asked, kc_reply *r) {
            if ((*asked)++ == 0) { r->hint_ms = 40; return KC_WOULD_BLOCK; }
            memcpy(r->error, "busy", 4);
            r->error_length = 4;
            return KC_RETRIABLE; }
        __attribute__((unused)) static kc_status flush(void *i, const kc_topic_offset *o, int32_t n, kc_reply *r) {
            (void)o, (void)n; return say(i, r); }
        __attribute__((unused)) static kc_status pre_commit(
            void *i, const kc_topic_offset *o, int32_t n, kc_table *t, kc_reply *r) {
            (void)o, (void)n, (void)t; return say(i, r); }
        static kc_status stop(void *i, kc_reply *r) { (void)i, (void)r; return KC_OK; }
        static const kc_connector connector = {.struct_size = sizeof(kc_connector), .create = make, .start = start,
            .task_configs = configs, .stop = stop, .destroy = free};
        static const kc_sink_task task = {.struct_size = sizeof(kc_sink_task), .create = make, .start = start,
            .put = put, .FUNCTION = FUNCTION, .stop = stop, .destroy = free};
        static const kc_class classes[] = {{.kind = KC_CLASS_SINK, .name = "org.example.PuttingOffSinkConnector",
            .connector = &connector, .task = &task}};
        static const kc_plugin plugin = {.magic = KC_MAGIC, .struct_size = sizeof(kc_plugin),
            .abi_minor = KC_ABI_MINOR, .name = "putting-off", .version = "1", .classes = {classes, 1, sizeof classes[0]}};
        const kc_plugin *kafka_connect_entry(void) { return &plugin; }
        """
}
