package dev.selkie.cli.jvm;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.jvm.Frame.ConnectionFigures;
import dev.selkie.cli.jvm.LoopState.LoopFigures;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.EventStream;
import jdk.jfr.consumer.RecordedEvent;
import org.jspecify.annotations.Nullable;

/** What the loops of another JVM do, second by second, until it is closed. */
public final class LoopStream implements AutoCloseable {
  private static final String LOOP = "dev.selkie.Loop";
  private static final String CONNECTION = "dev.selkie.Connection";

  private final OtherJvm jvm;
  private final OtherJvm.FlightRecording recording;
  private final EventStream stream;
  private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();

  /** What the stream's thread has seen since the last frame, and before. */
  private final Map<String, LoopState> states = new TreeMap<>();

  private final Map<String, LoopState> before = new TreeMap<>();
  private final List<ConnectionFigures> connections = new ArrayList<>();

  private LoopStream(OtherJvm jvm, OtherJvm.FlightRecording recording) throws Failure {
    this.jvm = jvm;
    this.recording = recording;
    try {
      this.stream = EventStream.openRepository(recording.repository());
    } catch (IOException e) {
      throw Failure.failed("cannot read what process %d records: %s".formatted(jvm.pid(), e), e);
    }
  }

  /** Begins; the first frame comes with the second look at the loops. */
  public static LoopStream open(OtherJvm jvm) throws Failure {
    OtherJvm.FlightRecording recording = jvm.record("top", LOOP, CONNECTION);
    try {
      LoopStream opened = new LoopStream(jvm, recording);
      opened.start();
      return opened;
    } catch (Throwable e) {
      recording.close();
      throw e;
    }
  }

  private void start() {
    stream.onEvent(LOOP, event -> states.put(event.getString("loop"), LoopState.of(event)));
    stream.onEvent(CONNECTION, event -> connections.add(connection(event)));
    stream.onFlush(this::flush);
    stream.startAsync();
  }

  private static ConnectionFigures connection(RecordedEvent event) {
    return new ConnectionFigures(
        event.getString("loop"),
        event.getString("source"),
        event.getLong("received"),
        event.getLong("sent"),
        event.getLong("recent"));
  }

  private void flush() {
    if (states.isEmpty()) {
      return;
    }
    List<LoopFigures> loops = new ArrayList<>();
    Instant time = Instant.EPOCH;
    for (LoopState state : states.values()) {
      LoopState earlier = before.get(state.name());
      time = state.time();
      if (earlier != null) {
        loops.add(state.since(earlier));
      }
    }
    if (!loops.isEmpty()) {
      connections.sort(Comparator.comparingLong((ConnectionFigures c) -> -c.recent()));
      frames.add(new Frame(time, jvm.pid(), loops, connections));
    }
    before.clear();
    before.putAll(states);
    states.clear();
    connections.clear();
  }

  /** The next frame, or null if none has come in this time. */
  public @Nullable Frame next(long millis) throws InterruptedException {
    return frames.poll(millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    stream.close();
    recording.close();
  }
}
