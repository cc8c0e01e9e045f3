/*
 * kafka_connect.h: the binary interface between a Kafka Connect worker (the host) and a library of connectors (a plugin).
 *
 * A plugin is a shared library that exports one function, kafka_connect_entry(). It returns a constant description: a
 * table of classes, each with its names, its configuration keys and its functions. Strict C11 and C++ can include this.
 *
 * WORDS USED BELOW
 * Threads. An instance is one connector or one task.
 *   [serial]      called by the host for one instance at a time, one call after the other, not always by the same thread
 *                 of the system. The call may block: it holds up its own instance only.
 *   [any-thread]  may be called from any thread at any time, also while another call of the instance is running.
 *   [load]        called once when the library is opened, in the worker and before that in a child that only looks.
 * States of an instance.  created -> started -> stopped -> destroyed. A failed start goes to stopped.
 * Memory.
 *   static                          constant for the life of the process.
 *   borrowed until return           the callee reads it during the call and copies what it wants to keep.
 *   plugin's until the next call    the plugin keeps it valid and unchanged until the host's next [serial] call on the
 *                                   same instance.
 *   plugin's until release          the plugin keeps it valid and unchanged until the host calls release_batch with it.
 *   host's until return             valid until the plugin's function that asked the host for it returns.
 *
 * RULES
 * - Every function that can fail returns a kc_status and may put a text into reply->error. Failing is normal: the host
 *   shows the text to the operator. Nothing else may leave a call: no exception, no longjmp, no signal, no exit().
 * - Structs that start with struct_size grow at their end: whoever fills one stores its own sizeof there, and whoever
 *   reads one reads no further. Arrays carry the size of one element, and are walked by it. Bits and kinds that one does
 *   not know are ignored where the comment does not say otherwise. Bytes called reserved are zero.
 * - Anything more is a named extension, asked for with get_extension on either side; an unknown name answers NULL.
 * - Text is UTF-8. Static text ends with a zero byte; other text is a kc_string or a STRING value and does not.
 * - A plugin keeps no host pointer beyond what a comment allows, calls no host function after destroy has returned, and
 *   changes nothing that the process shares: signal handlers, locale, umask, working folder, file limits.
 */
#ifndef KAFKA_CONNECT_H
#define KAFKA_CONNECT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KC_ABI_MAJOR 0 /* another major: not compatible */
#define KC_ABI_MINOR 1 /* a higher minor adds, and takes nothing away */
#define KC_MAGIC 0x4e4e4f434b464b41ULL /* "AKFKCONN" as little-endian bytes */

#if defined(_WIN32)
#error "kafka_connect.h: only ELF systems are supported"
#endif
#define KC_EXPORT __attribute__((visibility("default")))

/* ---------------------------------------------------------------- answers ---------------------------------------- */

typedef int32_t kc_status;
enum {
    KC_OK = 0,
    KC_RETRIABLE = 1,  /* failed, and the same call may succeed later. poll, put and task_configs come again, not before
                          reply->hint_ms have passed (at most an hour); any other call has failed */
    KC_FATAL = 2,      /* failed for good: the instance becomes FAILED, save where a function's comment says otherwise (commit,
                          acknowledged, flush, pre_commit), and save stop, which ends it anyway */
    KC_WOULD_BLOCK = 3 /* nothing failed, nothing to do now; call again after reply->hint_ms (at most an hour), or after
                          wake() */
};                     /* any other value is taken as KC_FATAL */

/* Where a call leaves its text and its hint. Made by the host with everything zero but the first three fields; in calls
 * from the plugin to the host, made by the plugin in the same way. Borrowed until return. */
typedef struct kc_reply {
    uint32_t struct_size;
    uint32_t error_capacity; /* bytes at error; text that does not fit is cut */
    char *error;             /* the caller's buffer; NULL when capacity is 0 */
    uint32_t error_length;   /* bytes written, without a zero byte */
    uint32_t hint_ms;        /* with KC_RETRIABLE and KC_WOULD_BLOCK; 0: the host chooses */
} kc_reply;

/* ---------------------------------------------------------------- values ----------------------------------------- */

typedef struct kc_string {
    const uint8_t *bytes; /* UTF-8, no zero byte at the end; NULL is the null string, and length is then 0 */
    int32_t length;
    uint32_t reserved;
} kc_string;

/* Kinds of values and of schemas. Logical types are these with a schema name, as in Connect:
 * org.apache.kafka.connect.data.Decimal: BYTES, big-endian two's complement; Date, Time: INT32; Timestamp: INT64. */
enum {
    KC_NULL = 0,
    KC_BOOLEAN = 1,
    KC_INT8 = 2,
    KC_INT16 = 3,
    KC_INT32 = 4,
    KC_INT64 = 5,
    KC_FLOAT32 = 6,
    KC_FLOAT64 = 7,
    KC_STRING = 8,
    KC_BYTES = 9,
    KC_ARRAY = 10,
    KC_MAP = 11,
    KC_STRUCT = 12
};
#define KC_MAX_DEPTH 64 /* values nested deeper than this are refused, by both sides */

typedef struct kc_value {
    uint8_t kind; /* an unknown kind is an error */
    uint8_t flags;
    uint16_t reserved;
    int32_t length; /* STRING, BYTES: bytes; ARRAY: elements; MAP: pairs; STRUCT: fields, in the order of the schema */
    union {
        int64_t i;           /* BOOLEAN (0 or 1), INT8 to INT64 */
        double d;            /* FLOAT64 */
        float f;             /* FLOAT32 */
        const uint8_t *bytes; /* STRING, BYTES; not NULL unless length is 0 */
        const struct kc_value *values; /* ARRAY, STRUCT: length values; MAP: 2 * length, key then value */
    } u;
} kc_value;

typedef struct kc_header {
    const uint8_t *name; /* UTF-8 */
    int32_t name_length;
    int32_t schema; /* index into the batch's schemas, -1: none */
    kc_value value;
    uint64_t reserved;
} kc_header;

enum {
    KC_RECORD_HAS_TIMESTAMP = 1,
    KC_RECORD_HAS_PARTITION = 2,
    KC_RECORD_APPEND_TIME = 4,        /* sink: the timestamp is the broker's */
    KC_RECORD_COMMIT_TRANSACTION = 8, /* source: commit after this record; see KC_FEATURE_TRANSACTIONS */
    KC_RECORD_ABORT_TRANSACTION = 16  /* source: abort after this record */
};

typedef struct kc_record {
    kc_value key;
    kc_value value;
    kc_value offset; /* source: where to go on after this record, INT64 (a number under the offset key of the source
                        partition), MAP, or NULL for none; sink: INT64, the Kafka offset */
    const kc_header *headers;
    int32_t header_count;
    int32_t topic;            /* index into the batch's topics */
    int32_t partition;        /* source: valid with KC_RECORD_HAS_PARTITION; sink: always */
    int32_t source_partition; /* source: index into the batch's source partitions; sink: -1 */
    int32_t key_schema;       /* index into the batch's schemas, -1: none */
    int32_t value_schema;
    int64_t timestamp; /* milliseconds since 1970, not negative; valid with KC_RECORD_HAS_TIMESTAMP */
    uint32_t flags;
    uint32_t reserved;
} kc_record;

/* ---------------------------------------------------------------- batches ---------------------------------------- */

typedef struct kc_table {
    const void *items; /* NULL only when count is 0 */
    int32_t count;
    uint32_t stride; /* bytes from one item to the next, at least the sizeof of the item in version 0.1 */
} kc_table;

typedef struct kc_topic {
    kc_string name;
} kc_topic;

/* Entries with equal partitions count as one: maps are equal whatever the order of their pairs. */
typedef struct kc_source_partition {
    kc_value partition;   /* MAP with STRING keys, or NULL */
    kc_string offset_key; /* the key under which INT64 offsets of this partition are stored */
} kc_source_partition;

typedef struct kc_field {
    kc_string name;
    int32_t schema; /* index into the same table of schemas */
    uint32_t reserved;
} kc_field;

typedef struct kc_parameter {
    kc_string key;
    kc_string value;
} kc_parameter;

enum { KC_SCHEMA_OPTIONAL = 1, KC_SCHEMA_HAS_VERSION = 2, KC_SCHEMA_HAS_DEFAULT = 4 };

/* A schema refers to others by their index in the same table. A schema that contains itself is an error. */
typedef struct kc_schema {
    uint8_t kind; /* BOOLEAN to STRUCT */
    uint8_t reserved[3];
    uint32_t flags;
    int32_t version;      /* valid with KC_SCHEMA_HAS_VERSION */
    int32_t key_schema;   /* MAP; -1 elsewhere */
    int32_t value_schema; /* MAP, ARRAY; -1 elsewhere */
    uint32_t reserved2;
    kc_string name;
    kc_string doc;
    kc_value default_value; /* valid with KC_SCHEMA_HAS_DEFAULT */
    kc_table fields;        /* STRUCT: of kc_field */
    kc_table parameters;    /* of kc_parameter */
} kc_schema;

enum { KC_BATCH_RECORDS = 1 }; /* a host refuses a kind that it does not know */
enum {
    KC_BATCH_COMMIT_TRANSACTION = 1, /* source: commit after the last record of this batch */
    KC_BATCH_ABORT_TRANSACTION = 2   /* source: abort after it */
};

typedef struct kc_batch {
    uint32_t struct_size;
    uint32_t kind;
    uint32_t flags;
    uint32_t reserved;
    kc_table records;           /* of kc_record */
    kc_table topics;            /* of kc_topic */
    kc_table source_partitions; /* of kc_source_partition; empty for sinks */
    kc_table schemas;           /* of kc_schema */
    uint64_t tables_version;    /* not 0: every batch of this instance with this number has equal topics, source
                                   partitions and schemas, so the reader may keep what it made of them. 0: unknown */
    void *owner;                /* for whoever made the batch; nobody else looks at it */
} kc_batch;

typedef struct kc_topic_partition {
    kc_string topic;
    int32_t partition;
    uint32_t reserved;
} kc_topic_partition;

enum { KC_OFFSET_PRESENT = 1 };

typedef struct kc_topic_offset {
    kc_string topic;
    int32_t partition;
    uint32_t flags; /* without KC_OFFSET_PRESENT: no offset (alter_sink_offsets: remove it) */
    int64_t offset; /* of the next record to read */
} kc_topic_offset;

typedef struct kc_source_offset {
    kc_value partition; /* as in kc_source_partition */
    kc_value offset;    /* MAP, or NULL: remove it */
} kc_source_offset;

enum { KC_ACKNOWLEDGED_OFFSET = 1, KC_ACKNOWLEDGED_DROPPED = 2 };

/* Records that are done with. Records of a task are numbered from 0 in the order in which polls returned them. */
typedef struct kc_acknowledgement {
    uint64_t first; /* number of the first record of the range */
    int64_t count;
    kc_string topic; /* where they are now; valid with KC_ACKNOWLEDGED_OFFSET, like partition and offset */
    int32_t partition;
    uint32_t flags; /* KC_ACKNOWLEDGED_DROPPED: left out on purpose, by a transform or by tolerance of errors. Where Kafka refused
                     * some records of a batch after they were sent, those that were sent with them count so too. */
    int64_t offset; /* of the first record of the range; the others follow one by one */
} kc_acknowledgement;

/* ---------------------------------------------------------------- configuration ---------------------------------- */

typedef struct kc_pair {
    kc_string key;
    kc_string value;
} kc_pair;

/* A configuration as the operator wrote it, after config providers; keys are unique. */
typedef struct kc_config {
    kc_table pairs; /* of kc_pair */
} kc_config;

enum {
    KC_TYPE_BOOLEAN = 0,
    KC_TYPE_STRING = 1,
    KC_TYPE_INT = 2, /* 32 bits */
    KC_TYPE_SHORT = 3,
    KC_TYPE_LONG = 4, /* 64 bits */
    KC_TYPE_DOUBLE = 5,
    KC_TYPE_LIST = 6, /* comma list */
    KC_TYPE_CLASS = 7,
    KC_TYPE_PASSWORD = 8 /* never shown */
};
enum { KC_IMPORTANCE_HIGH = 0, KC_IMPORTANCE_MEDIUM = 1, KC_IMPORTANCE_LOW = 2 };
enum { KC_WIDTH_NONE = 0, KC_WIDTH_SHORT = 1, KC_WIDTH_MEDIUM = 2, KC_WIDTH_LONG = 3 };

enum {
    KC_VALIDATE_RANGE = 1,              /* numbers; see flags */
    KC_VALIDATE_ONE_OF = 2,             /* one of values */
    KC_VALIDATE_ONE_OF_IGNORE_CASE = 3, /* the same, upper and lower case alike */
    KC_VALIDATE_NON_EMPTY = 4,          /* a string with at least one character; null passes */
    KC_VALIDATE_NON_NULL = 5,
    KC_VALIDATE_NON_EMPTY_LIST = 6,
    KC_VALIDATE_REGEX = 7 /* the value must be a regular expression */
};                        /* a host ignores a kind that it does not know; validate() may check anything */
enum { KC_RANGE_HAS_MINIMUM = 1, KC_RANGE_HAS_MAXIMUM = 2 };

typedef struct kc_validator {
    int32_t kind;
    uint32_t flags;           /* KC_RANGE_... */
    double minimum, maximum;  /* inclusive */
    const char *const *values; /* static */
    int32_t value_count;
    uint32_t reserved;
} kc_validator;

enum { KC_KEY_HAS_DEFAULT = 1 }; /* without it the key is required */

/* One configuration key. Everything is static. */
typedef struct kc_config_key {
    const char *name;
    int32_t type;
    int32_t importance;
    uint32_t flags;
    int32_t width;
    const char *default_value; /* as an operator would write it; NULL with KC_KEY_HAS_DEFAULT: the default is null */
    const char *documentation;
    const char *group; /* NULL: none */
    int32_t order;     /* within the group */
    int32_t dependent_count;
    const char *display_name; /* NULL: the name */
    const char *const *dependents;
    const char *const *recommended;
    int32_t recommended_count;
    uint32_t reserved;
    kc_table validators; /* of kc_validator; all must accept */
} kc_config_key;

enum { KC_VALIDATION_HIDDEN = 1 }; /* the key means nothing in this configuration */

/* What validate() found out about one key, beyond what the static table says. */
typedef struct kc_validation {
    kc_string key;
    uint32_t flags;
    uint32_t reserved;
    kc_table errors;      /* of kc_string: whole sentences for the operator */
    kc_table recommended; /* of kc_string; replaces the static values when not empty */
} kc_validation;

/* ---------------------------------------------------------------- the host's services ---------------------------- */

typedef struct kc_context kc_context; /* the host's handle of one instance; valid until destroy has returned */

enum { KC_LOG_ERROR = 1, KC_LOG_WARNING = 2, KC_LOG_INFO = 3, KC_LOG_DEBUG = 4, KC_LOG_TRACE = 5 };

/* A key is 1 to 64 of a-z, 0-9 and _ and is shown behind "plugin_", in the journal in upper case; others are left out. */
typedef struct kc_log_field {
    kc_string key;
    kc_string value;
} kc_log_field;

enum {
    KC_FEATURE_BAD_RECORDS = 1, /* report_bad_record is wanted (error tolerance or log is on for this connector) */
    KC_FEATURE_TRANSACTIONS = 2 /* the task may set transaction boundaries */
};

/* Services of the host, static. The first argument is always the instance's own context. Pointers passed in are borrowed
 * until return. A host fills every field that its struct_size covers, save the ones that say "or NULL". Calls marked
 * [serial] are made only from within a call that the host makes on the same instance. */
typedef struct kc_host {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    const char *name; /* of the worker's program */
    const char *version;

    /* [any-thread] One line of log, with the connector's and the task's name added by the host. Fields may be NULL. */
    void (*log)(kc_context *context, int32_t level, kc_string message, const kc_log_field *fields, int32_t field_count);
    /* [any-thread] Whether a line of this level would be kept: ask before building an expensive one. 1 or 0. */
    int32_t (*log_enabled)(kc_context *context, int32_t level);
    /* [any-thread] The instance has failed outside a call: it becomes FAILED with this text, the first 32 KiB of it. */
    void (*raise_error)(kc_context *context, kc_string message);
    /* [any-thread] Connectors only: ask for task_configs again: at once, or a second after its last answer. */
    void (*request_task_reconfiguration)(kc_context *context);
    /* [any-thread] Tasks only: a source that answered KC_WOULD_BLOCK has data, poll it now. Sinks: call put again. */
    void (*wake)(kc_context *context);
    /* [any-thread] KC_FEATURE_... bits of this instance. Do not change while it lives. */
    uint32_t (*features)(kc_context *context);
    /* [serial] Stored offsets of many source partitions (each a MAP or NULL), in one question. *offsets becomes an array
     * of count values, each a MAP or NULL when nothing is stored; host's until return. May block. Sources only. */
    kc_status (*read_offsets)(
        kc_context *context, const kc_value *partitions, int32_t count, const kc_value **offsets, kc_reply *reply);

    /* [serial] Sinks, during put and flush: this record of the batch that put was given last cannot be used. The host
     * copies it for its dead letters at once. *ticket can be asked about until the next commit. */
    kc_status (*report_bad_record)(
        kc_context *context, const kc_batch *batch, int32_t index, kc_string error, uint64_t *ticket, kc_reply *reply);
    /* [serial] KC_OK once the report is stored, KC_WOULD_BLOCK until then; offsets are committed only after it is. */
    kc_status (*bad_record_stored)(kc_context *context, uint64_t ticket, kc_reply *reply);

    /* [serial] Sinks: the partitions that are open. Host's until return. */
    kc_status (*assignment)(
        kc_context *context, const kc_topic_partition **partitions, int32_t *count, kc_reply *reply);
    /* [serial] Sinks: stop and go on fetching these partitions; KC_FATAL when one is not assigned. */
    kc_status (*pause)(kc_context *context, const kc_topic_partition *partitions, int32_t count, kc_reply *reply);
    kc_status (*resume)(kc_context *context, const kc_topic_partition *partitions, int32_t count, kc_reply *reply);
    /* [serial] Sinks: read these partitions from these offsets on, before the next put. */
    kc_status (*rewind)(kc_context *context, const kc_topic_offset *offsets, int32_t count, kc_reply *reply);
    /* [serial] Sinks: commit soon, without waiting for the interval. */
    void (*request_commit)(kc_context *context);
    /* [serial] Sinks: wait so long (at most an hour) before the same records are put again after KC_RETRIABLE, once. Without
     * it hint_ms, and longer from time to time in a row. */
    void (*set_retry_timeout)(kc_context *context, uint32_t milliseconds);

    /* [any-thread] A table of further services by name, or NULL. Static. Metrics will be such a table. */
    const void *(*get_extension)(kc_context *context, const char *name);
} kc_host;

/* ---------------------------------------------------------------- what a class can do ---------------------------- */

struct kc_class;

enum { KC_UNSPECIFIED = 0, KC_SUPPORTED = 1, KC_UNSUPPORTED = 2 };

/* Functions of a connector, source and sink alike. Those marked "or NULL" may be missing. Static. */
typedef struct kc_connector {
    uint32_t struct_size;
    uint32_t reserved;
    /* [serial] Makes an instance: no I/O, no thread. klass: static. host: static. context: valid until destroy returns.
     * *connector is the plugin's handle, freed by destroy; not set on failure. State after it: created. */
    kc_status (*create)(
        const struct kc_class *klass, const kc_host *host, kc_context *context, void **connector, kc_reply *reply);
    /* [serial; created] Begins to work. config: borrowed until return. State: started. */
    kc_status (*start)(void *connector, const kc_config *config, kc_reply *reply);
    /* [serial; started] Splits the work: *configs becomes a table of kc_config, at most max_tasks of them; plugin's until
     * the next call. KC_RETRIABLE: the host asks again later. */
    kc_status (*task_configs)(void *connector, int32_t max_tasks, kc_table *configs, kc_reply *reply);
    /* [serial; started] New configuration without a restart; the host asks for task_configs afterwards. Or NULL: the
     * host stops, destroys, creates and starts. */
    kc_status (*reconfigure)(void *connector, const kc_config *config, kc_reply *reply);
    /* [serial; created or started] Checks a configuration beyond the static table. key: one key only, or a null string
     * for all. *found: of kc_validation, only for keys with something to say; plugin's until the next call. Or NULL. */
    kc_status (*validate)(void *connector, const kc_config *config, kc_string key, kc_table *found, kc_reply *reply);
    /* [serial; created or started] Sources: KC_SUPPORTED, KC_UNSUPPORTED or KC_UNSPECIFIED with this configuration. Or
     * NULL: unspecified. */
    kc_status (*exactly_once_support)(void *connector, const kc_config *config, int32_t *answer, kc_reply *reply);
    /* [serial; created or started] Sources: whether tasks can set transaction boundaries. Or NULL: unsupported. */
    kc_status (*can_define_transaction_boundaries)(
        void *connector, const kc_config *config, int32_t *answer, kc_reply *reply);
    /* [serial; created or started] Somebody changes stored offsets while the connector is stopped; *handled 1: checked,
     * and where the plugin keeps offsets itself, changed; 0: not looked at. KC_FATAL refuses. Borrowed until return. Or
     * NULL: not looked at. */
    kc_status (*alter_source_offsets)(void *connector, const kc_config *config, const kc_source_offset *offsets,
        int32_t count, int32_t *handled, kc_reply *reply);
    kc_status (*alter_sink_offsets)(void *connector, const kc_config *config, const kc_topic_offset *offsets,
        int32_t count, int32_t *handled, kc_reply *reply);
    /* [serial; started] Ends the work. State: stopped. */
    kc_status (*stop)(void *connector, kc_reply *reply);
    /* [any-thread; created to stopped] Makes the call that is running now return soon. Or NULL. */
    void (*interrupt)(void *connector);
    /* [serial; created or stopped] Frees the instance. */
    void (*destroy)(void *connector);
} kc_connector;

/* Functions of a source task. Static. */
typedef struct kc_source_task {
    uint32_t struct_size;
    uint32_t reserved;
    /* [serial] As for connectors. */
    kc_status (*create)(
        const struct kc_class *klass, const kc_host *host, kc_context *context, void **task, kc_reply *reply);
    /* [serial; created] Opens what is read, reads the stored offsets. config: borrowed until return. */
    kc_status (*start)(void *task, const kc_config *config, kc_reply *reply);
    /* [serial; started] The next records. *batch: plugin's until release, NULL with KC_OK or KC_WOULD_BLOCK for none.
     * Answering KC_WOULD_BLOCK with a hint costs no thread; blocking does, and must end on interrupt. What was polled
     * before goes on to Kafka meanwhile and its offsets are stored; acknowledged and commit come once the call has
     * returned. max_records: a wish. Several batches may be out at the same time. */
    kc_status (*poll)(void *task, int32_t max_records, const kc_batch **batch, kc_reply *reply);
    /* [serial; started or stopped] The host has what it wants of this batch. Called once for every batch, in any order,
     * with a pointer that poll returned. */
    void (*release_batch)(void *task, const kc_batch *batch);
    /* [serial; started] The offsets of what was polled and acknowledged are stored. A failure, KC_FATAL too, is logged and
     * changes nothing: they are stored. Or NULL. */
    kc_status (*commit)(void *task, kc_reply *reply);
    /* [serial; started] Kafka has these records. Borrowed until return. A failure, KC_FATAL too, is logged and changes
     * nothing: Kafka has them. Or NULL. */
    kc_status (*acknowledged)(void *task, const kc_acknowledgement *ranges, int32_t count, kc_reply *reply);
    /* [serial; started] Ends the work, and closes what start opened. Batches that are out stay valid. State: stopped. */
    kc_status (*stop)(void *task, kc_reply *reply);
    /* [any-thread; created to stopped] Makes the call that is running now return soon, with KC_WOULD_BLOCK or what it
     * has; the next one too when none is running. Or NULL when no call ever blocks. */
    void (*interrupt)(void *task);
    /* [serial; created or stopped] Frees the instance. Every batch was released before. */
    void (*destroy)(void *task);
} kc_source_task;

/* Functions of a sink task. Static. */
typedef struct kc_sink_task {
    uint32_t struct_size;
    uint32_t reserved;
    /* [serial] As for connectors. */
    kc_status (*create)(
        const struct kc_class *klass, const kc_host *host, kc_context *context, void **task, kc_reply *reply);
    /* [serial; created] As for source tasks. */
    kc_status (*start)(void *task, const kc_config *config, kc_reply *reply);
    /* [serial; started] These partitions are the task's from now on. Borrowed until return. Or NULL. */
    kc_status (*open)(void *task, const kc_topic_partition *partitions, int32_t count, kc_reply *reply);
    /* [serial; started] Takes records; may be empty. The batch and all it points to is borrowed until return.
     * KC_RETRIABLE, KC_WOULD_BLOCK: none of it counts as taken, and the same records come again. */
    kc_status (*put)(void *task, const kc_batch *batch, kc_reply *reply);
    /* [serial; started] Everything that put took is to be safe before this returns. offsets: what the host is about to
     * commit, borrowed until return. KC_WOULD_BLOCK: it is not yet; see pre_commit. Or NULL. */
    kc_status (*flush)(void *task, const kc_topic_offset *offsets, int32_t count, kc_reply *reply);
    /* [serial; started] Which offsets may be committed. current: after the last put, borrowed until return. *safe: of
     * kc_topic_offset, plugin's until the next call; partitions left out are not committed. Or NULL: the host calls
     * flush and commits current. KC_WOULD_BLOCK: nothing failed, and nothing is committed; the host asks again after
     * hint_ms or wake(), without a hint at its next interval, and not again where the partitions go or the task stops. Any
     * other failure, KC_FATAL too: nothing is committed, and what was put comes again from the last committed offsets on;
     * before close and stop it is only logged. */
    kc_status (*pre_commit)(
        void *task, const kc_topic_offset *current, int32_t count, kc_table *safe, kc_reply *reply);
    /* [serial; started] These partitions are somebody else's soon; called after pre_commit. Borrowed until return. Or
     * NULL. */
    kc_status (*close)(void *task, const kc_topic_partition *partitions, int32_t count, kc_reply *reply);
    /* [serial; started] As for source tasks. */
    kc_status (*stop)(void *task, kc_reply *reply);
    /* [any-thread; created to stopped] As for source tasks. */
    void (*interrupt)(void *task);
    /* [serial; created or stopped] Frees the instance. */
    void (*destroy)(void *task);
} kc_sink_task;

/* ---------------------------------------------------------------- the description -------------------------------- */

enum {
    KC_CLASS_SOURCE = 1, /* functions: kc_source_task */
    KC_CLASS_SINK = 2,   /* functions: kc_sink_task */
    /* kept for later: */
    KC_CLASS_TRANSFORM = 3,
    KC_CLASS_CONVERTER = 4,
    KC_CLASS_HEADER_CONVERTER = 5,
    KC_CLASS_PREDICATE = 6,
    KC_CLASS_CONFIG_PROVIDER = 7
}; /* a host lists a class of a kind that it does not know, and does not use it */

typedef struct kc_class {
    int32_t kind;
    uint32_t flags;
    const char *name;    /* as in connector.class, "org.example.FooSourceConnector" */
    const char *version; /* NULL: the plugin's */
    const char *documentation;
    const char *const *aliases; /* further names; the simple name, with and without "Connector", is one anyway */
    int32_t alias_count;
    uint32_t reserved;
    kc_table config_keys; /* of kc_config_key */
    const kc_connector *connector;
    const void *task;    /* kc_source_task or kc_sink_task */
    const void *context; /* the plugin's own; the host does not look at it */
} kc_class;

typedef struct kc_plugin {
    uint64_t magic; /* KC_MAGIC */
    uint16_t abi_major, abi_minor; /* KC_ABI_MAJOR, KC_ABI_MINOR */
    uint32_t struct_size;
    const char *name;
    const char *version;
    const char *description;
    kc_table classes; /* of kc_class */
    /* [any-thread] A table of further functions by name, or NULL. Static. The field may be NULL. */
    const void *(*get_extension)(const char *name);
} kc_plugin;

/* The one exported symbol. [load] Returns the description, static. Does nothing else: it runs in the child that lists
 * plugins too, where no service of the host exists. */
KC_EXPORT const kc_plugin *kafka_connect_entry(void);

#ifdef __cplusplus
}
#endif
#endif
