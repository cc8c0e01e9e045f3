import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/** Answers one line for each line: what Apache Kafka's own classes make of messages, record batches and assignments. */
public final class ApacheJudge {
    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String answer;
            try {
                answer = answer(line.split(" ", -1));
            } catch (Throwable e) {
                answer = "error " + String.valueOf(e).replace('\n', ' ');
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    private static String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "message": return message(words[1], Short.parseShort(words[2]), bytes(words[3]));
            case "read": return read(bytes(words[1]));
            case "write": return write(words[1], Integer.parseInt(words[2]));
            case "assign": return assign(words);
            default: return "error unknown request";
        }
    }

    /** Decodes a message and encodes it again. */
    private static String message(String name, short version, byte[] data) throws Exception {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.message." + name + "Data");
        } catch (ClassNotFoundException e) {
            type = Class.forName("org.apache.kafka.common.message." + name);
        }
        ByteBuffer buffer = ByteBuffer.wrap(data);
        Message message = (Message) type.getConstructor(Readable.class, short.class)
            .newInstance(new ByteBufferAccessor(buffer), version);
        if (buffer.hasRemaining()) return "error " + buffer.remaining() + " bytes left";
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer out = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(out), cache, version);
        return hex(out.array());
    }

    /** Lists the records of batches: offset, timestamp, key, value, headers. */
    private static String read(byte[] data) {
        StringBuilder out = new StringBuilder();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(data)).batches()) {
            batch.ensureValid();
            out.append(batch.producerId()).append('/').append(batch.producerEpoch()).append('/')
                .append(batch.baseSequence()).append('/').append(batch.maxTimestamp());
            for (Record record : batch) {
                out.append(' ').append(record.offset()).append(',').append(record.timestamp()).append(',')
                    .append(hex(record.key())).append(',').append(hex(record.value()));
                for (Header header : record.headers()) {
                    out.append(',').append(header.key()).append('=')
                        .append(hex(header.value() == null ? null : ByteBuffer.wrap(header.value())));
                }
            }
        }
        return out.toString();
    }

    /** A batch of `count` records as Java's producer makes it; record i has the key "k" + i and i bytes of value. */
    private static String write(String codec, int count) {
        Compression compression = Compression.of(CompressionType.forName(codec)).build();
        MemoryRecordsBuilder records =
            MemoryRecords.builder(ByteBuffer.allocate(1 << 16), compression, TimestampType.CREATE_TIME, 0L);
        for (int i = 0; i < count; i++) {
            Header[] headers = {};
            if (i % 3 == 0) headers = new Header[] {new RecordHeader("h", i % 2 == 0 ? null : new byte[i])};
            records.append(1700000000000L + i, i % 4 == 0 ? null : ("k" + i).getBytes(), new byte[i], headers);
        }
        ByteBuffer built = records.build().buffer();
        byte[] data = new byte[built.remaining()];
        built.get(data);
        return hex(data);
    }

    /** assign NAME topic:count,… member/instance/topic+topic/generation/topic:partition+… … */
    private static String assign(String[] words) {
        ConsumerPartitionAssignor assignor = words[1].equals("range") ? new RangeAssignor() : new CooperativeStickyAssignor();
        List<PartitionInfo> partitions = new ArrayList<>();
        Node node = new Node(0, "h", 1);
        for (String topic : words[2].split(",")) {
            String[] parts = topic.split(":");
            for (int i = 0; i < Integer.parseInt(parts[1]); i++) {
                partitions.add(new PartitionInfo(parts[0], i, node, new Node[] {node}, new Node[] {node}));
            }
        }
        Cluster cluster = new Cluster("c", List.of(node), partitions, Set.of(), Set.of());
        Map<String, Subscription> members = new TreeMap<>();
        for (int i = 3; i < words.length; i++) {
            String[] parts = words[i].split("/", -1);
            List<TopicPartition> owned = new ArrayList<>();
            for (String each : parts[4].split("\\+")) {
                if (each.isEmpty()) continue;
                String[] pair = each.split(":");
                owned.add(new TopicPartition(pair[0], Integer.parseInt(pair[1])));
            }
            Subscription subscription = new Subscription(
                List.of(parts[2].split("\\+")), null, owned, Integer.parseInt(parts[3]), Optional.empty());
            if (!parts[1].isEmpty()) subscription.setGroupInstanceId(Optional.of(parts[1]));
            members.put(parts[0], subscription);
        }
        StringBuilder out = new StringBuilder();
        assignor.assign(cluster, new GroupSubscription(members)).groupAssignment().entrySet().stream()
            .sorted(Map.Entry.comparingByKey()).forEach(entry -> {
                out.append(out.length() == 0 ? "" : " ").append(entry.getKey()).append('=');
                List<String> names = new ArrayList<>();
                entry.getValue().partitions().stream()
                    .sorted(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
                    .forEach(each -> names.add(each.topic() + ":" + each.partition()));
                out.append(String.join("+", names));
            });
        return out.toString();
    }

    private static byte[] bytes(String hex) {
        return hex.equals("-") ? new byte[0] : HexFormat.of().parseHex(hex);
    }

    private static String hex(byte[] bytes) {
        return bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return hex(bytes);
    }
}
