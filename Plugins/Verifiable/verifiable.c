/* The Verifiable connectors: numbered records, and lines of JSON that say what became of each. They test workers, and show
 * what a plugin in plain C looks like. Read this file first, then connector.c, source.c and sink.c.
 *
 * Source: org.apache.kafka.connect.tools.VerifiableSourceConnector and VerifiableSinkConnector. */
#include "verifiable.h"

#define OUTPUT_KEYS \
    { \
        .name = "native.output", .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_LOW, .flags = KC_KEY_HAS_DEFAULT, \
        .default_value = "lines", .order = -1, .validators = TABLE(output_validators), \
        .documentation = "Whether a line of JSON tells of each record: lines, or none" \
    }, \
    { \
        .name = "native.output.file", .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_LOW, \
        .flags = KC_KEY_HAS_DEFAULT, .order = -1, \
        .documentation = "File that the lines are appended to. If not specified, the standard output will be used" \
    }, \
    { \
        .name = "native.faults", .type = KC_TYPE_LIST, .importance = KC_IMPORTANCE_LOW, .flags = KC_KEY_HAS_DEFAULT, \
        .default_value = "", .order = -1, \
        .documentation = "Faults on request, each CALL:KIND or CALL:KIND:NUMBER. CALL is connector.start, " \
                         "connector.task_configs, connector.validate, connector.stop, or a task's start, poll, commit, " \
                         "acknowledged, open, put, flush, close, stop. KIND is block (until interrupted), hang (for " \
                         "ever), fail, retry, crash or slow. NUMBER is the first call of the instance that is hit" \
    }, \
    { \
        .name = "native.faults.slow.ms", .type = KC_TYPE_LONG, .importance = KC_IMPORTANCE_LOW, \
        .flags = KC_KEY_HAS_DEFAULT, .default_value = "1000", .order = -1, .validators = TABLE(time_validators), \
        .documentation = "How long a slow call takes, and how long a repeated one is put off, in milliseconds" \
    }

static const char *const outputs[] = {"lines", "none"};
static const kc_validator output_validators[] = {
    {.kind = KC_VALIDATE_ONE_OF, .values = outputs, .value_count = 2},
};
static const kc_validator time_validators[] = {
    {.kind = KC_VALIDATE_RANGE, .flags = KC_RANGE_HAS_MINIMUM | KC_RANGE_HAS_MAXIMUM, .maximum = 3600000},
};
static const kc_validator text_validators[] = {
    {.kind = KC_VALIDATE_NON_EMPTY},
};

static const kc_config_key source_keys[] = {
    {
        .name = "topic", .type = KC_TYPE_STRING, .importance = KC_IMPORTANCE_HIGH, .order = -1,
        .validators = TABLE(text_validators), .documentation = "The topic to publish numbered records to"
    },
    {
        .name = "throughput", .type = KC_TYPE_LONG, .importance = KC_IMPORTANCE_MEDIUM, .flags = KC_KEY_HAS_DEFAULT,
        .default_value = "1000", .order = -1, .documentation = "Records a second of each task; -1 for no limit"
    },
    {
        .name = "complete.record.data", .type = KC_TYPE_BOOLEAN, .importance = KC_IMPORTANCE_LOW,
        .flags = KC_KEY_HAS_DEFAULT, .default_value = "false", .order = -1,
        .documentation = "Whether the value is a structure of name, task, topic, time_ms and seqno"
    },
    OUTPUT_KEYS,
};

static const kc_config_key sink_keys[] = {OUTPUT_KEYS};

static const kc_class classes[] = {
    {
        .kind = KC_CLASS_SOURCE,
        .name = "org.apache.kafka.connect.tools.VerifiableSourceConnector",
        .documentation = "Numbered records at a set rate.",
        .config_keys = TABLE(source_keys),
        .connector = &vf_connector,
        .task = &vf_source_task,
    },
    {
        .kind = KC_CLASS_SINK,
        .name = "org.apache.kafka.connect.tools.VerifiableSinkConnector",
        .documentation = "Tells of every record that it was given.",
        .config_keys = TABLE(sink_keys),
        .connector = &vf_connector,
        .task = &vf_sink_task,
    },
};

static const kc_plugin plugin = {
    .magic = KC_MAGIC,
    .abi_major = KC_ABI_MAJOR,
    .abi_minor = KC_ABI_MINOR,
    .struct_size = sizeof(kc_plugin),
    .name = "kafka-connect-verifiable",
    .version = "4.3.1+native.0.1.0",
    .description = "Connectors that test a worker, and an example of a plugin in C",
    .classes = TABLE(classes),
};

const kc_plugin *kafka_connect_entry(void) { return &plugin; }
