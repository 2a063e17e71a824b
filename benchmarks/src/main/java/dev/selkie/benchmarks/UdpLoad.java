package dev.selkie.benchmarks;

import dev.selkie.Envelope;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * The load of the UDP comparison, as a process: {@code UdpLoad PEER PORT}. {@code round MILLIS
 * PER_SECOND} sends for so long, numbered datagrams of which one call hands 64 to the system as one
 * (UDP_SEGMENT), in bursts of four such calls at even distances; with a rate of 0 as fast as it
 * goes.
 */
final class UdpLoad {
  private static final int SEGMENTS = 64;
  private static final int CALLS = 4;
  private static final long SECOND = 1_000_000_000;
  private static final long MILLI = 1_000_000;

  private final UdpSocket socket;
  private final Envelope envelope = new Envelope().sendSegmentSize(UdpCount.MESSAGE);
  private final ByteBuffer data = ByteBuffer.allocateDirect(SEGMENTS * UdpCount.MESSAGE);
  private long number;

  private UdpLoad(UdpSocket socket) {
    this.socket = socket;
  }

  public static void main(String[] args) {
    InetAddress host = EchoServer.address().getAddress();
    try (UdpSocket socket =
        UdpSocket.connect(new InetSocketAddress(host, Integer.parseInt(args[1])))) {
      UdpLoad load = new UdpLoad(socket);
      ChildMain.answer("ready");
      while (true) {
        String[] command = ChildMain.nextCommand();
        load.round(Long.parseLong(command[1]), Long.parseLong(command[2]));
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private void round(long millis, long perSecond) throws IOException {
    long first = number;
    long start = System.nanoTime();
    long distance = perSecond == 0 ? 0 : SECOND * SEGMENTS * CALLS / perSecond;
    long next = 0;
    long elapsed = 0;
    do {
      for (int i = 0; i < CALLS; i++) {
        send();
      }
      next += distance;
      do {
        elapsed = System.nanoTime() - start;
      } while (elapsed < next); // not asleep, which would end too late
    } while (elapsed < millis * MILLI);
    ChildMain.answer("sent=%d nanos=%d", number - first, elapsed);
  }

  private void send() throws IOException {
    for (int i = 0; i < SEGMENTS; i++) {
      data.putLong(i * UdpCount.MESSAGE, number++);
    }
    // The socket's own buffer is never full: on loopback what is sent has arrived, or is lost.
    if (socket.send(data.clear(), envelope) != data.capacity()) {
      throw EchoServer.shortWrite();
    }
  }
}
