package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the flight recorder is told. */
final class RecordingTest {
  private static final List<String> EVENTS =
      List.of(
          "Wait",
          "Batch",
          "SlowCallback",
          "Spurious",
          "Wake",
          "Accept",
          "Connect",
          "Close",
          "LoopHeld",
          "Loop",
          "Connection",
          "Dump");
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Recording recording = new Recording();
  @TempDir private Path folder;

  @AfterEach
  void close() {
    recording.close();
  }

  private void record(String... events) {
    for (String event : events) {
      recording.enable("dev.selkie." + event).withThreshold(Duration.ZERO).with("throttle", "off");
    }
    recording.start();
  }

  private List<RecordedEvent> recorded() throws IOException {
    recording.stop();
    Path file = folder.resolve("test.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.selkie."))
        .toList();
  }

  private List<RecordedEvent> recorded(String event, String loop) throws IOException {
    return recorded().stream()
        .filter(found -> found.getEventType().getName().equals("dev.selkie." + event))
        .filter(found -> found.getString("loop").equals(loop))
        .toList();
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static void letSleep(EventLoop loop) throws Exception {
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (loop.engine().owner() == null || loop.engine().isInTurn()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aWaitTellsHowLongItMayTakeAndWhyItEnded() throws Exception {
    record("Wait");
    try (EventLoop loop = EventLoop.builder().name("waiting").start()) {
      letSleep(loop);
      letSleep(loop);
    }
    assertThat(recorded("Wait", "waiting"))
        .anySatisfy(wait -> {
          assertThat(wait.getLong("timeout")).isEqualTo(Long.MAX_VALUE);
          assertThat(wait.getInt("events")).isZero();
          assertThat(wait.getString("cause")).isEqualTo("WAKE");
          assertThat(wait.getThread().getJavaName()).isEqualTo("waiting");
          assertThat(wait.getDuration()).isPositive();
        });
  }

  @Test
  void aBatchTellsWhatTheLoopRan() throws Exception {
    record("Batch");
    try (EventLoop loop = EventLoop.builder().name("busy").open();
        TcpListener listener = TcpListener.bind(anyPort());
        TcpStream client = TcpStream.connect(listener.localAddress())) {
      loop.watch(listener, Interest.READABLE, (_, _) -> {});
      loop.execute(() -> {});
      loop.execute(() -> {});
      var _ = loop.schedule(() -> {}, 0, TimeUnit.NANOSECONDS);
      loop.runOnce(Duration.ZERO); // arms the timer
      loop.runOnce(Duration.ZERO);
      assertThat(client.isOpen()).isTrue();
    }
    List<RecordedEvent> batches = recorded("Batch", "busy");
    assertThat(batches.getFirst().getInt("events")).isEqualTo(1);
    assertThat(batches.getFirst().getInt("runnables")).isEqualTo(3);
    assertThat(batches.stream().mapToInt(batch -> batch.getInt("timers")).sum()).isEqualTo(1);
  }

  /** Something with a name. */
  private static final class Slow implements Runnable {
    @Override
    public void run() {
      Thread.onSpinWait();
    }
  }

  @Test
  void aSlowCallbackIsNamedAfterItsClassOrItsFiber() throws Exception {
    record("SlowCallback");
    try (EventLoop loop = EventLoop.builder().name("slow").mountFibers(true).open()) {
      loop.execute(new Slow());
      var _ = loop.fiber("slow fiber", () -> 0);
      loop.runOnce(Duration.ZERO);
    }
    assertThat(recorded("SlowCallback", "slow"))
        .extracting(event -> event.getString("callback"))
        .contains(Slow.class.getName(), "slow fiber");
  }

  @Test
  void whatIsFasterThanTheThresholdIsNotRecorded() throws Exception {
    EVENTS.forEach(event -> recording.disable("dev.selkie." + event));
    for (String event : List.of("Wait", "Batch", "SlowCallback")) {
      recording.enable("dev.selkie." + event).withThreshold(Duration.ofHours(1));
    }
    recording.start();
    try (EventLoop loop = EventLoop.start()) {
      letSleep(loop);
    }
    assertThat(recorded()).isEmpty();
  }

  @Test
  void aWakeTellsOfTheThreadThatWakes() throws Exception {
    record("Wake");
    try (EventLoop loop = EventLoop.builder().name("woken").start()) {
      letSleep(loop);
      CountDownLatch ran = new CountDownLatch(1);
      loop.execute(ran::countDown);
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      loop.submit(() -> loop.execute(() -> {})).get(10, TimeUnit.SECONDS); // none from inside
    }
    assertThat(recorded("Wake", "woken"))
        .isNotEmpty()
        .allMatch(wake -> wake.getThread().getJavaName().equals(Thread.currentThread().getName()))
        .anyMatch(wake -> wake.getString("runnable").contains(RecordingTest.class.getName()));
  }

  /** Waits that end at once, for nothing. */
  private static final class Restless extends ForwardingKernel {
    private volatile boolean once;

    Restless() {
      super(Kernel.system());
    }

    @Override
    protected long await(SystemCall call, int descriptor, long timeoutNanos, Invocation wait) {
      if (once) {
        once = false;
        return 0;
      }
      return super.await(call, descriptor, timeoutNanos, wait);
    }
  }

  @Test
  void aWaitThatEndsForNothingIsSpurious() throws Exception {
    record("Spurious");
    Restless kernel = new Restless();
    try (EventLoop loop = EventLoop.builder().name("restless").kernel(kernel).open()) {
      kernel.once = true;
      var _ = loop.schedule(loop::shutdown, 1, TimeUnit.NANOSECONDS);
      loop.runOnce(Duration.ZERO);
      loop.runOnce(Duration.ofSeconds(10));
      assertThat(loop.snapshot().queue().spurious()).isBetween(0L, 1L);
      assertThat(recorded("Spurious", "restless"))
          .hasSize((int) loop.snapshot().queue().spurious());
    }
  }

  @Test
  void aConnectionIsToldOfFromItsBeginToItsEnd() throws Exception {
    record("Accept", "Connect", "Close");
    SocketAddress address;
    try (EventLoop loop = EventLoop.builder().name("net").start()) {
      Incoming<Connection> incoming = loop.listen(anyPort());
      address = ((TcpListener) incoming.source()).localAddress();
      try (Connection client = loop.connect(address);
          Connection server = incoming.take()) {
        client.writeFully(ByteBuffer.allocate(1000));
        server.readFully(ByteBuffer.allocate(1000));
        server.writeFully(ByteBuffer.allocate(10));
        client.readFully(ByteBuffer.allocate(10));
      }
      incoming.close();
      assertThatThrownBy(() -> loop.connect(address)).isInstanceOf(SystemCallException.class);
    }
    List<RecordedEvent> events = recorded();
    assertThat(of(events, "Accept"))
        .singleElement()
        .satisfies(accept -> {
          assertThat(accept.getString("listener")).startsWith("TcpListener fd ");
          assertThat(accept.getString("connection")).matches("TcpStream fd .* to 127.0.0.1:.*");
        });
    assertThat(of(events, "Connect"))
        .hasSize(2)
        .allMatch(connect -> connect.getString("address").equals(address.toString()))
        .allMatch(connect -> connect.getString("loop").equals("net"));
    assertThat(of(events, "Connect").getFirst().getString("failure")).isEmpty();
    assertThat(of(events, "Connect").getLast().getString("failure")).contains("ECONNREFUSED");
    String accepted = of(events, "Accept").getFirst().getString("connection");
    assertThat(of(events, "Close"))
        .anySatisfy(close -> {
          assertThat(close.getString("source")).isEqualTo(accepted);
          assertThat(close.getLong("received")).isEqualTo(1000);
          assertThat(close.getLong("sent")).isEqualTo(10);
        })
        .anySatisfy(close -> {
          assertThat(close.getString("source")).contains(" to ");
          assertThat(close.getLong("received")).isEqualTo(10);
          assertThat(close.getLong("sent")).isEqualTo(1000);
        })
        .hasSize(4); // and the listener, and the connection that was refused
  }

  private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("dev.selkie." + name))
        .collect(Collectors.toList());
  }

  @Test
  void aHeldLoopIsToldOfWithTheStack() throws Exception {
    record("LoopHeld");
    CountDownLatch told = new CountDownLatch(1);
    try (EventLoop loop =
        EventLoop.builder()
            .name("held")
            .watchdog(Duration.ofMillis(20))
            .onHeld(_ -> told.countDown())
            .start()) {
      assertThat(loop.submit(() -> told.await(10, TimeUnit.SECONDS)).get()).isTrue();
    }
    assertThat(recorded("LoopHeld", "held"))
        .singleElement()
        .satisfies(held -> {
          assertThat(held.getDuration("time")).isGreaterThanOrEqualTo(Duration.ofMillis(20));
          assertThat(held.getString("report"))
              .contains("has been held for", "CountDownLatch.await");
        });
  }

  @Test
  void loopsConnectionsAndDumpsAreRecordedFromTimeToTime() throws Exception {
    recording.enable("dev.selkie.Loop").with("period", "everyChunk");
    recording.enable("dev.selkie.Connection").with("period", "everyChunk");
    recording.enable("dev.selkie.Dump");
    try (EventLoop loop = EventLoop.builder().name("stated").start();
        Incoming<Connection> incoming = loop.listen(anyPort());
        Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
        Connection server = incoming.take()) {
      client.writeFully(ByteBuffer.allocate(1000));
      server.readFully(ByteBuffer.allocate(1000));
      Fiber<Integer> fiber = loop.fiber("reader", () -> server.read(ByteBuffer.allocate(1)));
      while (loop.waits().stream().noneMatch(wait -> wait.toString().startsWith("reader"))) {
        Thread.onSpinWait();
      }
      recording.start();
      List<RecordedEvent> events =
          recorded().stream().filter(e -> e.getString("loop").equals("stated")).toList();
      RecordedEvent state = of(events, "Loop").getLast();
      assertThat(state.getInt("registrations")).isEqualTo(3);
      assertThat(state.getInt("fibers")).isEqualTo(1);
      assertThat(state.getLong("accepted")).isEqualTo(1);
      assertThat(state.getLong("connected")).isEqualTo(1);
      assertThat(state.getLong("received")).isEqualTo(1000);
      assertThat(state.getLong("sent")).isEqualTo(1000);
      assertThat(state.getLong("turns")).isPositive();
      RecordedEvent first = of(events, "Connection").getFirst();
      assertThat(first.getString("source")).startsWith("TcpStream fd ");
      assertThat(first.getLong("received") + first.getLong("sent")).isEqualTo(1000);
      assertThat(first.getLong("recent")).isEqualTo(1000);
      String dump =
          of(events, "Dump").stream()
              .map(part -> part.getString("text"))
              .collect(Collectors.joining());
      assertThat(dump).startsWith("event loop stated").contains("\"reader\" #");
      client.writeFully(ByteBuffer.allocate(1));
      assertThat(fiber.join()).isEqualTo(1);
    }
  }

  @Test
  void twoLoopsOfOneNameAreToldApart() throws Exception {
    recording.enable("dev.selkie.Loop").with("period", "endChunk");
    try (EventLoop _ = EventLoop.builder().name("twin").open();
        EventLoop _ = EventLoop.builder().name("twin").open()) {
      recording.start();
      assertThat(recorded())
          .filteredOn(event -> event.getEventType().getName().equals("dev.selkie.Loop"))
          .extracting(event -> event.getString("loop"))
          .contains("twin", "twin (2)");
    }
  }

  @Test
  void nothingIsRecordedOfWhatIsDisabled() throws Exception {
    EVENTS.forEach(event -> recording.disable("dev.selkie." + event));
    recording.start();
    try (EventLoop loop = EventLoop.start();
        Incoming<Connection> incoming = loop.listen(anyPort());
        Connection client = loop.connect(((TcpListener) incoming.source()).localAddress())) {
      letSleep(loop);
      incoming.take().close();
      assertThat(client.isOpen()).isTrue();
    }
    assertThat(recorded()).isEmpty();
  }

  @Test
  void everyEventAndItsFieldsAreDescribed() throws Exception {
    try (EventLoop _ = EventLoop.start()) {
      record("Wait");
    }
    List<EventType> types =
        FlightRecorder.getFlightRecorder().getEventTypes().stream()
            .filter(type -> type.getName().startsWith("dev.selkie."))
            .toList();
    assertThat(types)
        .extracting(type -> type.getName().substring("dev.selkie.".length()))
        .containsExactlyInAnyOrderElementsOf(EVENTS);
    for (EventType type : types) {
      assertThat(type.getLabel()).as(type.getName()).isNotBlank();
      assertThat(type.getDescription()).as(type.getName()).isNotBlank();
      assertThat(type.getCategoryNames()).containsExactly("Selkie");
      assertThat(type.getFields()).extracting(ValueDescriptor::getLabel).doesNotContainNull();
      assertThat(type.getField("loop")).as(type.getName()).isNotNull();
      assertThat(type.getField("stackTrace")).isNotNull();
    }
  }
}
