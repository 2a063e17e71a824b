package dev.selkie.conformance.soak;

import dev.selkie.conformance.Until;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that are clients of echo servers by the JDK's sockets, each of which behaves well or
 * badly with one connection after another. A server may cut a connection off; until then each byte
 * comes back, in its order, and in time.
 */
final class Peers implements AutoCloseable {
  private static final int THREADS = 6;
  private static final int MOST_LATE_MILLIS =
      (int) TimeUnit.NANOSECONDS.toMillis(Mischief.MOST_LATE_NANOS);

  /** Values of a flood's bytes; a prime, so that none that is lost or doubled goes unseen. */
  private static final int PATTERN = 251;

  private final List<InetSocketAddress> servers;
  private final Tally tally;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  Peers(List<InetSocketAddress> servers, Tally tally, long seed) {
    this.servers = servers;
    this.tally = tally;
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(seed * THREADS + i);
      threads.add(Thread.ofPlatform().name("peer-" + i).start(() -> run(random)));
    }
  }

  private void run(Random random) {
    while (!stopped) {
      try {
        behave(servers.get(random.nextInt(servers.size())), random);
      } catch (SocketTimeoutException e) {
        tally.problem("a peer waits in vain", e);
      } catch (IOException e) {
        tally.count("a server cuts a peer off");
      } catch (RuntimeException | Error e) {
        tally.problem("a peer", e);
      }
      pause(random.nextInt(3));
    }
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private void behave(InetSocketAddress server, Random random) throws IOException {
    int kind = random.nextInt(9);
    if (kind == 7) {
      neverRead(server, random);
      return;
    }
    if (kind == 8) {
      flood(server, random);
      return;
    }
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(MOST_LATE_MILLIS);
      socket.setTcpNoDelay(true);
      socket.connect(server, MOST_LATE_MILLIS);
      switch (kind) {
        case 0 -> {
          tally.count("a peer resets");
          socket.getOutputStream().write(bytes(random));
          socket.setSoLinger(true, 0);
        }
        case 1 -> {
          tally.count("a peer stalls");
          socket.getOutputStream().write(bytes(random));
          pause(random.nextInt(1200));
        }
        case 2 -> halfClose(socket, random);
        case 3 -> urgent(socket, random);
        case 4 -> byteByByte(socket, random);
        default -> converse(socket, random);
      }
    }
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(8000)];
    random.nextBytes(bytes);
    return bytes;
  }

  private void converse(Socket socket, Random random) throws IOException {
    for (int round = random.nextInt(20); round >= 0; round--) {
      byte[] sent = bytes(random);
      socket.getOutputStream().write(sent);
      expect(socket, sent);
    }
    tally.count("a peer converses");
  }

  private void expect(Socket socket, byte[] sent) throws IOException {
    byte[] got = socket.getInputStream().readNBytes(sent.length);
    for (int i = 0; i < got.length; i++) {
      if (got[i] != sent[i]) {
        throw new AssertionError("byte " + i + " of " + sent.length + " is another one");
      }
    }
    if (got.length < sent.length) {
      throw new IOException("cut off");
    }
  }

  private void halfClose(Socket socket, Random random) throws IOException {
    byte[] sent = bytes(random);
    socket.getOutputStream().write(sent);
    socket.shutdownOutput();
    expect(socket, sent);
    if (socket.getInputStream().read() >= 0) {
      throw new AssertionError("more has come back than was sent");
    }
    tally.count("a peer half-closes");
  }

  private void urgent(Socket socket, Random random) throws IOException {
    byte[] before = bytes(random);
    byte[] after = bytes(random);
    socket.getOutputStream().write(before);
    socket.sendUrgentData(7);
    socket.getOutputStream().write(after);
    expect(socket, before);
    expect(socket, after);
    tally.count("a peer sends an urgent byte");
  }

  private void byteByByte(Socket socket, Random random) throws IOException {
    OutputStream out = socket.getOutputStream();
    InputStream in = socket.getInputStream();
    for (int i = 0; i < 40; i++) {
      out.write(i);
      pause(random.nextInt(3));
      int got = in.read();
      if (got < 0) {
        throw new IOException("cut off");
      }
      if (got != i) {
        throw new AssertionError("byte " + i + " comes back as " + got);
      }
    }
    tally.count("a peer sends byte by byte");
  }

  /** Sends until nothing more is taken, and longer than the server has patience. */
  private void neverRead(InetSocketAddress server, Random random) throws IOException {
    tally.count("a peer never reads");
    try (SocketChannel channel = SocketChannel.open(server)) {
      channel.configureBlocking(false);
      ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
      for (int i = random.nextInt(100); i >= 0; i--) {
        while (channel.write(bytes.clear()) > 0) {
          Thread.onSpinWait();
        }
        pause(10);
      }
    }
  }

  /** Sends whatever is taken, and reads whatever comes back, without a pause. */
  private void flood(InetSocketAddress server, Random random) throws IOException {
    ByteBuffer out = ByteBuffer.allocateDirect(PATTERN * 256);
    ByteBuffer in = ByteBuffer.allocateDirect(1 << 16);
    for (int i = 0; i < out.capacity(); i++) {
      out.put((byte) (i % PATTERN));
    }
    out.clear();
    try (SocketChannel channel = SocketChannel.open(server)) {
      channel.configureBlocking(false);
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(300));
      long got = 0;
      while (System.nanoTime() - end < 0) {
        if (!out.hasRemaining()) {
          out.clear();
        }
        channel.write(out);
        if (channel.read(in.clear()) < 0) {
          throw new IOException("cut off");
        }
        for (in.flip(); in.hasRemaining(); got++) {
          if (in.get() != (byte) (got % PATTERN)) {
            throw new AssertionError("byte " + got + " of a flood is another one");
          }
        }
      }
    }
    tally.count("a peer floods");
  }

  /** Lets each end what it is at. */
  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      Until.holds(thread + " ends", () -> !thread.isAlive());
    }
  }
}
