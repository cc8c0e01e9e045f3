import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.util.*;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.runtime.distributed.IncrementalCooperativeAssignor;
import org.apache.kafka.connect.runtime.distributed.WorkerCoordinator.ConnectorsAndTasks;
import org.apache.kafka.connect.storage.ClusterConfigState;
import org.apache.kafka.connect.util.ConnectorTaskId;

/**
 * Answers one line for each line: what Apache Kafka's own cooperative assignor decides, round after round.
 * <p>
 * "new DELAY" starts over; "round LAST GENERATION NOW WORK MEMBER..." computes a round, where WORK is A:3+B:1 and a member
 * is id/A+B/A-0+B-0. The answer is the delay and, per member, id/assigned connectors/tasks/revoked connectors/tasks.
 */
public final class AssignorJudge {
    private static final class Clock implements Time {
        private long now;

        public long milliseconds() { return now; }
        public long nanoseconds() { return now * 1_000_000; }
        public void sleep(long ms) { throw new UnsupportedOperationException(); }
        public void waitObject(Object object, Supplier<Boolean> condition, long deadline) {
            throw new UnsupportedOperationException();
        }
    }

    private static final Clock CLOCK = new Clock();
    private static IncrementalCooperativeAssignor assignor;

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String answer;
            try {
                answer = answer(line.split(" "));
            } catch (Throwable e) {
                answer = "error " + String.valueOf(e).replace('\n', ' ');
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    private static String answer(String[] words) throws Exception {
        if (words[0].equals("new")) {
            assignor = new IncrementalCooperativeAssignor(new LogContext(), CLOCK, Integer.parseInt(words[1]));
            return "ok";
        }
        CLOCK.now = Long.parseLong(words[3]);
        Map<String, Integer> counts = new HashMap<>();
        for (String item : items(words[4])) {
            String[] parts = item.split(":");
            counts.put(parts[0], Integer.parseInt(parts[1]));
        }
        Map<String, Map<String, String>> configs =
            counts.keySet().stream().collect(Collectors.toMap(name -> name, name -> Map.of()));
        ClusterConfigState state = new ClusterConfigState(
            1, null, counts, configs, Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Set.of(), Set.of());
        Map<String, ConnectorsAndTasks> members = new LinkedHashMap<>();
        for (int index = 5; index < words.length; index++) {
            String[] parts = words[index].split("/", -1);
            List<ConnectorTaskId> tasks = items(parts[2]).stream().map(AssignorJudge::task).toList();
            members.put(parts[0], new ConnectorsAndTasks.Builder().with(items(parts[1]), tasks).build());
        }
        Method method = IncrementalCooperativeAssignor.class.getDeclaredMethod(
            "performTaskAssignment", ClusterConfigState.class, int.class, int.class, Map.class);
        method.setAccessible(true);
        Object assignment = method.invoke(
            assignor, state, Integer.parseInt(words[1]), Integer.parseInt(words[2]), members);
        var delay = IncrementalCooperativeAssignor.class.getDeclaredField("delay");
        delay.setAccessible(true);
        StringBuilder answer = new StringBuilder().append(delay.getInt(assignor));
        for (String member : members.keySet()) {
            answer.append(' ').append(member);
            for (String part : List.of(
                "newlyAssignedConnectors", "newlyAssignedTasks", "newlyRevokedConnectors", "newlyRevokedTasks")) {
                answer.append('/').append(sorted(assignment, part, member));
            }
        }
        return answer.toString();
    }

    private static String sorted(Object assignment, String part, String member) throws Exception {
        Method method = assignment.getClass().getDeclaredMethod(part, String.class);
        method.setAccessible(true);
        Collection<?> items = (Collection<?>) method.invoke(assignment, member);
        return new TreeSet<>(items).stream().map(Object::toString).collect(Collectors.joining("+"));
    }

    private static List<String> items(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split("\\+"));
    }

    private static ConnectorTaskId task(String text) {
        int dash = text.lastIndexOf('-');
        return new ConnectorTaskId(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
    }
}
