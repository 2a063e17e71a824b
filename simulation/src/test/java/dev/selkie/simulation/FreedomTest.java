package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.DatagramBatch;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpSocket;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each freedom by its effect: seen wherever it may be taken, and nowhere unless it is allowed. */
final class FreedomTest {
  private static final int BYTES = 1000;
  private static final int PIPES = 8;
  private static final int WAITS = 20;
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

  /** Where a freedom may show; the network takes each at every opportunity. */
  private interface Place {
    boolean shows(Freedom... allowed) throws IOException;
  }

  private static Map<String, Place> places(Freedom freedom) {
    return switch (freedom) {
      case BATCH_ORDER ->
          Map.of(
              "epoll", allowed -> !inOrder(host(SimulatedSystem.LINUX, allowed)),
              "kqueue", allowed -> !inOrder(host(SimulatedSystem.MACOS, allowed)));
      case SPURIOUS_EVENTS ->
          Map.of(
              "epoll", allowed -> isMisled(host(SimulatedSystem.LINUX, allowed), "epoll"),
              "poll", allowed -> isMisled(host(SimulatedSystem.LINUX, allowed), "poll"),
              "kqueue", allowed -> isMisled(host(SimulatedSystem.NETBSD, allowed), "kqueue"));
      case SPLIT_DATA -> Map.of("TCP", allowed -> tcp(allowed).read < BYTES);
      case SHORT_READS ->
          Map.of(
              "TCP", allowed -> tcp(allowed).read < BYTES,
              "Unix", allowed -> unix(allowed).read < BYTES);
      case SHORT_WRITES ->
          Map.of(
              "TCP", allowed -> tcp(allowed).written < BYTES,
              "Unix", allowed -> unix(allowed).written < BYTES);
      case LOST_DATAGRAMS -> Map.of("UDP", allowed -> udp(allowed) == Io.NOT_READY);
      case SHORT_BATCHES ->
          Map.of(
              "send", allowed -> batch(allowed).written < 2,
              "receive", allowed -> batch(allowed).read < 2);
      case INTERRUPTIONS -> interruptible();
    };
  }

  private static SimulatedKernel host(SimulatedSystem system, Freedom... allowed) {
    SimulatedNetwork.Builder network = SimulatedNetwork.builder().seed(1);
    for (Freedom freedom : allowed) {
      network.allow(freedom, 1);
    }
    return SimulatedKernel.builder().system(system).network(network.build()).build();
  }

  @ParameterizedTest
  @EnumSource
  void aFreedomShowsWhereItMayBeTaken(Freedom freedom) throws IOException {
    for (Map.Entry<String, Place> place : places(freedom).entrySet()) {
      assertThat(place.getValue().shows(freedom)).as("%s, allowed", place.getKey()).isTrue();
      assertThat(place.getValue().shows()).as("%s, not allowed", place.getKey()).isFalse();
    }
  }

  private static boolean inOrder(SimulatedKernel kernel) throws IOException {
    List<PipePair> pipes = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    try (EventQueue<Integer> queue = EventQueue.open(kernel)) {
      for (int i = 0; i < PIPES; i++) {
        PipePair pipe = PipePair.open(kernel);
        pipes.add(pipe);
        queue.register(pipe.reader(), Interest.READABLE, i);
      }
      for (PipePair pipe : pipes) {
        pipe.writer().write(ByteBuffer.allocate(1));
      }
      for (Event<Integer> event : queue.poll()) {
        order.add(event.attachment());
      }
    }
    pipes.forEach(PipePair::close);
    assertThat(order).hasSize(PIPES);
    return order.equals(IntStream.range(0, PIPES).boxed().toList());
  }

  private static boolean isMisled(SimulatedKernel kernel, String backend) throws IOException {
    try (EventQueue<String> queue =
            EventQueue.<String>builder().kernel(kernel).backend(backend).open();
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "empty");
      boolean misled = false;
      for (int i = 0; i < WAITS; i++) {
        misled |= !queue.poll().isEmpty(); // some hints are for the queue's own waker
      }
      return misled;
    }
  }

  /** What a write of {@link #BYTES} took, and what a read of as many gave at once. */
  private record Moved(int written, int read) {}

  private static Moved tcp(Freedom... allowed) throws IOException {
    SimulatedKernel kernel = host(SimulatedSystem.LINUX, allowed);
    try (TcpListener listener = TcpListener.bind(kernel, ANY);
        TcpStream client = TcpStream.connect(kernel, listener.localAddress());
        TcpStream server = listener.accept()) {
      assertThat(client.finishConnect()).isTrue();
      int written = client.write(ByteBuffer.allocate(BYTES));
      return new Moved(written, server.read(ByteBuffer.allocate(BYTES)));
    }
  }

  private static int udp(Freedom... allowed) throws IOException {
    SimulatedKernel kernel = host(SimulatedSystem.LINUX, allowed);
    try (UdpSocket receiver = UdpSocket.bind(kernel, ANY);
        UdpSocket sender = UdpSocket.connect(kernel, receiver.localAddress())) {
      assertThat(sender.send(ByteBuffer.allocate(BYTES))).isEqualTo(BYTES);
      return receiver.receive(ByteBuffer.allocate(BYTES));
    }
  }

  /** How many of two datagrams one call took, and gave. */
  private static Moved batch(Freedom... allowed) throws IOException {
    SimulatedKernel kernel = host(SimulatedSystem.LINUX, allowed);
    try (UdpSocket receiver = UdpSocket.bind(kernel, ANY);
        UdpSocket sender = UdpSocket.connect(kernel, receiver.localAddress())) {
      DatagramBatch two = sender.newBatch(2, BYTES);
      two.add(ByteBuffer.allocate(1)).add(ByteBuffer.allocate(1));
      int written = sender.send(two);
      while (two.remaining() > 0) {
        sender.send(two);
      }
      return new Moved(written, receiver.receive(receiver.newBatch(2, BYTES)));
    }
  }

  private static Moved unix(Freedom... allowed) {
    SimulatedKernel kernel = host(SimulatedSystem.LINUX, allowed);
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.STREAM, ends)).isZero();
    int written = (int) kernel.sockets().write(ends[0], new byte[BYTES], 0, BYTES);
    return new Moved(written, (int) kernel.sockets().read(ends[1], new byte[BYTES], 0, BYTES));
  }

  /** A call that is always interrupted never ends: the kernel is asked directly. */
  private static Map<String, Place> interruptible() {
    return Map.of(
        "receive", allowed -> isInterrupted(allowed, FreedomTest::receive),
        "send", allowed -> isInterrupted(allowed, FreedomTest::send),
        "read", allowed -> isInterrupted(allowed, FreedomTest::read),
        "write", allowed -> isInterrupted(allowed, FreedomTest::write),
        "accept", allowed -> isInterrupted(allowed, FreedomTest::accept),
        "connect", allowed -> isInterrupted(allowed, FreedomTest::connect),
        "wait", allowed -> isInterrupted(allowed, FreedomTest::await));
  }

  private static boolean isInterrupted(
      Freedom[] allowed, ToLongFunction<SimulatedKernel> interruptible) {
    return interruptible.applyAsLong(host(SimulatedSystem.LINUX, allowed)) == Result.EINTR;
  }

  private static int[] pipe(SimulatedKernel kernel) {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isZero();
    return ends;
  }

  private static int socket(SimulatedKernel kernel) {
    return kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.STREAM);
  }

  private static long read(SimulatedKernel kernel) {
    return kernel.files().read(pipe(kernel)[0], new byte[1], 0, 1);
  }

  private static long write(SimulatedKernel kernel) {
    return kernel.files().write(pipe(kernel)[1], new byte[1], 0, 1);
  }

  private static int datagrams(SimulatedKernel kernel) {
    return kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.DATAGRAM);
  }

  private static long receive(SimulatedKernel kernel) {
    return kernel.sockets().receive(datagrams(kernel), new byte[1], 0, 1, null);
  }

  private static long send(SimulatedKernel kernel) {
    MessageHeader header = new MessageHeader();
    header.address().set(new InetSocketAddress(ANY.getAddress(), 9));
    return kernel.sockets().send(datagrams(kernel), new byte[1], 0, 1, header);
  }

  private static long accept(SimulatedKernel kernel) {
    int listener = socket(kernel);
    assertThat(kernel.sockets().bind(listener, ANY)).isZero();
    assertThat(kernel.sockets().listen(listener, 1)).isZero();
    return kernel.sockets().accept(listener, null);
  }

  private static long connect(SimulatedKernel kernel) {
    return kernel.sockets().connect(socket(kernel), new InetSocketAddress(ANY.getAddress(), 9));
  }

  private static long await(SimulatedKernel kernel) {
    PollSet set = kernel.poll().newSet(1);
    set.set(0, pipe(kernel)[0], Poll.IN);
    return kernel.poll().await(set, 1, 1);
  }
}
