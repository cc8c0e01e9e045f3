const void *kafka_connect_entry(void) { return 0; }
