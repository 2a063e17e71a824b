import dev.selkie.*;
import dev.selkie.net.*;
import dev.selkie.source.*;
import java.net.*;
import java.time.Duration;
import java.util.*;

/**
 * What comes to a UDP port, told each second: how many datagrams, how many of a sender's were lost
 * on the way by the numbers in their first eight bytes, and what routers say of congestion (ECN).
 * One system call takes up to 64 datagrams.
 */
static final class Statistics {
  private final Map<SocketAddress, Long> next = new HashMap<>();
  private final Envelope envelope = new Envelope();
  private long datagrams;
  private long lost;
  private long cut;
  private long unmarked;
  private long congested;

  void take(DatagramBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      datagrams++;
      cut += batch.isTruncated(i) ? 1 : 0;
      batch.envelope(i, envelope);
      switch (envelope.trafficClass() & 3) { // RFC 3168, 5
        case 0 -> unmarked++;
        case 3 -> congested++;
        default -> {}
      }
      if (batch.length(i) >= Long.BYTES) {
        number(envelope.address(), batch.data(i).getLong(0));
      }
    }
  }

  private void number(SocketAddress sender, long number) {
    long expected = next.getOrDefault(sender, number);
    if (number >= expected) {
      lost += number - expected;
      next.put(sender, number + 1);
    } else {
      lost--; // it was late, or has come twice
    }
  }

  @Override
  public String toString() {
    return "%d datagrams of %d senders, %d lost, %d cut, %d without ECN, %d met congestion"
        .formatted(datagrams, next.size(), lost, cut, unmarked, congested);
  }
}

void main(String[] args) throws Exception {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventQueue<Source> queue = EventQueue.open();
      IntervalTimer second = IntervalTimer.every(Duration.ofSeconds(1));
      UdpSocket socket =
          UdpSocket.builder()
              .set(UdpOption.RECEIVE_BUFFER, 1 << 20)
              .set(UdpOption.RECEIVE_TRAFFIC_CLASS, true)
              .bind(address)) {
    queue.register(socket, Interest.READABLE, socket);
    queue.register(second, Interest.READABLE, second);
    DatagramBatch batch = socket.newBatch(64, 2048); // room for 64, of 2 KiB each
    Statistics statistics = new Statistics();
    IO.println("counting at " + socket.localAddress());
    while (true) {
      for (Event<Source> event : queue.await()) {
        if (event.attachment() == socket) {
          while (socket.receive(batch) != Io.NOT_READY) {
            statistics.take(batch);
          }
        } else if (second.poll() != null) {
          IO.println(statistics);
        }
      }
    }
  }
}
