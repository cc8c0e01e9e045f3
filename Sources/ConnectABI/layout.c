/* Freezes sizes and offsets of what crosses the border. A change here breaks every plugin that was compiled before:
 * structs with struct_size may grow at their end only (their sizes below then change, their offsets never), and values
 * and records may not change at all within a major version. */
#include "kafka_connect.h"

#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member)

_Static_assert(sizeof(void *) == 8, "only 64-bit systems are supported");

SIZE(kc_reply, 24);
AT(kc_reply, error, 8);
AT(kc_reply, error_length, 16);
AT(kc_reply, hint_ms, 20);

SIZE(kc_string, 16);
AT(kc_string, length, 8);

SIZE(kc_value, 16);
AT(kc_value, flags, 1);
AT(kc_value, length, 4);
AT(kc_value, u, 8);

SIZE(kc_header, 40);
AT(kc_header, name_length, 8);
AT(kc_header, schema, 12);
AT(kc_header, value, 16);

SIZE(kc_record, 96);
AT(kc_record, value, 16);
AT(kc_record, offset, 32);
AT(kc_record, headers, 48);
AT(kc_record, header_count, 56);
AT(kc_record, topic, 60);
AT(kc_record, partition, 64);
AT(kc_record, source_partition, 68);
AT(kc_record, key_schema, 72);
AT(kc_record, value_schema, 76);
AT(kc_record, timestamp, 80);
AT(kc_record, flags, 88);

SIZE(kc_table, 16);
AT(kc_table, count, 8);
AT(kc_table, stride, 12);

SIZE(kc_topic, 16);
SIZE(kc_source_partition, 32);
AT(kc_source_partition, offset_key, 16);
SIZE(kc_field, 24);
AT(kc_field, schema, 16);
SIZE(kc_parameter, 32);

SIZE(kc_schema, 104);
AT(kc_schema, flags, 4);
AT(kc_schema, version, 8);
AT(kc_schema, key_schema, 12);
AT(kc_schema, value_schema, 16);
AT(kc_schema, name, 24);
AT(kc_schema, doc, 40);
AT(kc_schema, default_value, 56);
AT(kc_schema, fields, 72);
AT(kc_schema, parameters, 88);

SIZE(kc_batch, 96);
AT(kc_batch, kind, 4);
AT(kc_batch, flags, 8);
AT(kc_batch, records, 16);
AT(kc_batch, topics, 32);
AT(kc_batch, source_partitions, 48);
AT(kc_batch, schemas, 64);
AT(kc_batch, tables_version, 80);
AT(kc_batch, owner, 88);

SIZE(kc_topic_partition, 24);
SIZE(kc_topic_offset, 32);
AT(kc_topic_offset, flags, 20);
AT(kc_topic_offset, offset, 24);
SIZE(kc_source_offset, 32);
SIZE(kc_acknowledgement, 48);
AT(kc_acknowledgement, topic, 16);
AT(kc_acknowledgement, offset, 40);

SIZE(kc_pair, 32);
SIZE(kc_config, 16);
SIZE(kc_validator, 40);
AT(kc_validator, values, 24);
SIZE(kc_config_key, 104);
AT(kc_config_key, default_value, 24);
AT(kc_config_key, display_name, 56);
AT(kc_config_key, validators, 88);
SIZE(kc_validation, 56);
SIZE(kc_log_field, 32);

SIZE(kc_host, 152);
AT(kc_host, name, 8);
AT(kc_host, log, 24);
AT(kc_host, get_extension, 144);
SIZE(kc_connector, 104);
AT(kc_connector, create, 8);
SIZE(kc_source_task, 80);
AT(kc_source_task, create, 8);
SIZE(kc_sink_task, 88);
AT(kc_sink_task, create, 8);

SIZE(kc_class, 88);
AT(kc_class, name, 8);
AT(kc_class, aliases, 32);
AT(kc_class, config_keys, 48);
AT(kc_class, connector, 64);

SIZE(kc_plugin, 64);
AT(kc_plugin, abi_major, 8);
AT(kc_plugin, struct_size, 12);
AT(kc_plugin, name, 16);
AT(kc_plugin, classes, 40);
AT(kc_plugin, get_extension, 56);
