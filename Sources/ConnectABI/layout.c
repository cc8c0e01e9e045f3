#include "kafka_connect.h"
