package dev.selkie.cli.queue;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Asks a delay server many things at once, on one thread and one event queue. */
public final class DelayClient {
  final Asking asking;
  final EventQueue<ReadyHandler> queue;
  final Deadlines deadlines;

  /** Scratch of the turn in progress: nothing stays in it. */
  final ByteBuffer buffer = ByteBuffer.allocateDirect(Asked.BUFFER_BYTES);

  private final List<DelayRequest> requests = new ArrayList<>();

  private DelayClient(Asking asking, EventQueue<ReadyHandler> queue) {
    this.asking = asking;
    this.queue = queue;
    this.deadlines = new Deadlines(queue.kernel().clock());
  }

  /** Asks everything, and waits for the end of every request. */
  public static void ask(Asking asking) throws IOException {
    try (EventQueue<ReadyHandler> queue = EventQueue.open(asking.kernel())) {
      DelayClient client = new DelayClient(asking, queue);
      client.run();
      client.requests.forEach(DelayRequest::close);
    }
  }

  private void run() {
    while (!asking.isDone()) {
      boolean more = startMore();
      if (!asking.isDone()) {
        turn(more ? 0 : deadlines.nanosToNext());
      }
    }
  }

  /** Begins what may begin; whether that was anything. */
  private boolean startMore() {
    int begun = requests.size();
    for (Asked next = asking.begin(); next != null; next = asking.begin()) {
      DelayRequest request = new DelayRequest(this, next);
      requests.add(request);
      request.start();
    }
    return requests.size() > begun;
  }

  private void turn(long patience) {
    Events<ReadyHandler> events = queue.awaitNanos(Math.min(patience, asking.nanosToFrame()));
    for (Event<ReadyHandler> event : events) {
      event.attachment().ready(event);
    }
    deadlines.runDue();
    asking.turned();
  }
}
