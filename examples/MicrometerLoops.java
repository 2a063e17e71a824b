import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.selkie.net.TcpListener;
import dev.selkie.runtime.*;
import io.micrometer.core.instrument.*;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Hands what an event loop counts to Micrometer: copy this class, and bind one for each loop. To
 * run it, micrometer-core and what that needs belong on the class path.
 */
static final class LoopMeters implements MeterBinder {
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final EventLoop loop;
  private LoopSnapshot earlier;
  private LoopSnapshot latest;
  private long taken = System.nanoTime();

  LoopMeters(EventLoop loop) {
    this.loop = loop;
    this.earlier = loop.snapshot();
    this.latest = earlier;
  }

  /** One snapshot for all meters of a scrape; two are compared for the load. */
  private synchronized LoopSnapshot latest() {
    long now = System.nanoTime();
    if (now - taken > FRESH_NANOS || latest == earlier) {
      earlier = latest;
      latest = loop.snapshot();
      taken = now;
    }
    return latest;
  }

  private synchronized LoopSnapshot earlier() {
    return earlier;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "selkie.loop.load", seen -> seen.load(earlier()));
    seconds(registry, "selkie.loop.lag", LoopSnapshot::lag);
    seconds(registry, "selkie.loop.callback.longest", LoopSnapshot::longestRecent);
    gauge(registry, "selkie.loop.registrations", seen -> seen.queue().registrations());
    gauge(registry, "selkie.loop.timers.pending", seen -> seen.timers().pending());
    gauge(registry, "selkie.loop.fibers", LoopSnapshot::fibers);
    gauge(registry, "selkie.loop.runnables.waiting", LoopSnapshot::runnablesWaiting);
    counter(registry, "selkie.loop.turns", LoopSnapshot::turns);
    counter(registry, "selkie.loop.waits", seen -> seen.queue().waits());
    counter(registry, "selkie.loop.events", seen -> seen.queue().events());
    counter(registry, "selkie.loop.wakes", seen -> seen.queue().wakes());
    counter(registry, "selkie.loop.runnables", LoopSnapshot::runnables);
    counter(registry, "selkie.loop.timers.fired", seen -> seen.timers().fired());
    counter(registry, "selkie.loop.connections.accepted", seen -> seen.traffic().accepted());
    counter(registry, "selkie.loop.received.bytes", seen -> seen.traffic().received());
    counter(registry, "selkie.loop.sent.bytes", seen -> seen.traffic().sent());
  }

  private void gauge(MeterRegistry registry, String name, ToDoubleFunction<LoopSnapshot> figure) {
    Gauge.builder(name, this, meters -> figure.applyAsDouble(meters.latest()))
        .tag("loop", loop.name())
        .register(registry);
  }

  private void seconds(MeterRegistry registry, String name, Function<LoopSnapshot, Duration> time) {
    TimeGauge.builder(name, this, NANOSECONDS, meters -> time.apply(meters.latest()).toNanos())
        .tag("loop", loop.name())
        .register(registry);
  }

  private void counter(MeterRegistry registry, String name, ToDoubleFunction<LoopSnapshot> figure) {
    FunctionCounter.builder(name, this, meters -> figure.applyAsDouble(meters.latest()))
        .tag("loop", loop.name())
        .register(registry);
  }
}

void main() throws Exception {
  MeterRegistry registry = new SimpleMeterRegistry();
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  try (EventLoop loop = EventLoop.builder().name("metered").start()) {
    Incoming<Connection> incoming = loop.listen(address);
    Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
    Connection server = incoming.take();
    client.writeFully(ByteBuffer.allocate(1000));
    server.readFully(ByteBuffer.allocate(1000));
    new LoopMeters(loop).bindTo(registry);
    for (Meter meter : registry.getMeters()) {
      IO.println(meter.getId().getName() + " " + meter.getId().getTags() + " "
          + meter.measure().iterator().next().getValue());
    }
  }
}
