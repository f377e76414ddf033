import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * Counts sessions by Kafka Streams' own session windows. Arguments: gap and grace in milliseconds. Each line of standard
 * input is an event, "visitor time", in order of arrival. Each line of output is a session as it stands in the end,
 * "visitor start end count".
 */
public class SessionWindowsOracle {
  public static void main(String[] args) throws Exception {
    Duration gap = Duration.ofMillis(Long.parseLong(args[0]));
    Duration grace = Duration.ofMillis(Long.parseLong(args[1]));
    BufferedReader events = new BufferedReader(new InputStreamReader(System.in));
    Map<Windowed<String>, Long> sessions = new HashMap<>();
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "session-windows");
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    properties.put(StreamsConfig.DEFAULT_DSL_STORE_CONFIG, StreamsConfig.IN_MEMORY);
    // Every change is emitted, as it would be by the store's cache in its own time.
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);

    try (TopologyTestDriver driver = new TopologyTestDriver(topology(gap, grace, sessions), properties)) {
      TestInputTopic<String, String> input =
          driver.createInputTopic("events", new StringSerializer(), new StringSerializer());
      for (String line = events.readLine(); line != null; line = events.readLine()) {
        String[] event = line.split(" ");
        input.pipeInput(event[0], "", Long.parseLong(event[1]));
      }
    }
    sessions.forEach((key, count) ->
        System.out.println(key.key() + " " + key.window().start() + " " + key.window().end() + " " + count));
  }

  private static Topology topology(Duration gap, Duration grace, Map<Windowed<String>, Long> sessions) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream("events", Consumed.with(Serdes.String(), Serdes.String()))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
        .windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace))
        .count()
        .toStream()
        .foreach((session, count) -> {
          // A session that was extended or merged is first taken back under its old window.
          if (count == null) sessions.remove(session);
          else sessions.put(session, count);
        });
    return builder.build();
  }
}
