package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Sockets.Direction;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The simulated Linux and the machine's do the same things and say the same. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the twin of the simulated Linux is a real one")
final class LinuxTwinTest {
  private static final int MANY = 400;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100, 3000, 4095, 4096, 4097, 5000, 9000, 65_536, 70_000})
  void pipesFillAndDrainAlike(int size) {
    Twin.compare(twin -> {
      int[] ends = twin.pipe();
      for (int i = 0; i < 70_000 / size + 40; i++) {
        twin.write(ends[1], size);
      }
      twin.polls(ends);
      twin.available(ends[0]);
      for (int i = 0; i < 6; i++) {
        twin.read(ends[0], 1000 * i + 1);
        twin.polls(ends);
        twin.write(ends[1], size);
      }
    });
  }

  @Test
  void bytesAreSplicedAlike() {
    Twin.compare(twin -> {
      int[] first = twin.pipe();
      int[] second = twin.pipe();
      int[] third = twin.pipe();
      twin.splice(first[0], second[1], 10);
      twin.write(first[1], 5000);
      twin.splice(first[0], second[1], 0);
      twin.splice(first[0], second[1], 3000);
      twin.splice(first[0], second[1], 3000);
      twin.splice(first[0], second[1], 3000);
      twin.available(second[0]);
      twin.splice(second[0], first[0], 10);
      twin.splice(first[1], second[1], 10);
      twin.close(third[0]);
      twin.splice(second[0], third[1], 10);
      twin.close(second[1]);
      twin.splice(second[0], first[1], 9000);
      twin.splice(second[0], first[1], 9000);
      twin.splice(second[0], first[1], 9000);
      twin.splice(third[0], first[1], 1);
      twin.polls(first);
    });
  }

  @Test
  void pipesEndAlike() {
    Twin.compare(twin -> {
      int[] first = twin.pipe();
      twin.polls(first);
      twin.write(first[1], 3);
      twin.close(first[1]);
      twin.poll(first[0]);
      twin.read(first[0], 10);
      twin.poll(first[0]);
      twin.read(first[0], 10);
      int[] second = twin.pipe();
      twin.write(second[1], 3);
      twin.close(second[0]);
      twin.poll(second[1]);
      twin.write(second[1], 1);
      twin.read(second[1], 1);
      int[] third = twin.pipe();
      twin.write(third[0], 1);
      twin.read(third[0], 0);
      twin.write(third[1], 0);
    });
  }

  @Test
  void countersCountAlike() {
    Twin.compare(twin -> {
      int counter = twin.eventfd(0);
      twin.poll(counter);
      twin.read(counter, 8);
      twin.read(counter, 7);
      twin.once("one", () -> writeLong(twin, counter, 1));
      twin.poll(counter);
      twin.write(counter, 4);
      twin.once("all ones", () -> writeLong(twin, counter, -1));
      twin.once("most", () -> writeLong(twin, counter, -2));
      twin.poll(counter);
      twin.once("one more", () -> writeLong(twin, counter, 1));
      twin.read(counter, 8);
      twin.poll(counter);
      twin.available(counter);
    });
  }

  private static long writeLong(Twin twin, int number, long value) {
    byte[] bytes = new byte[Long.BYTES];
    java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.nativeOrder()).putLong(value);
    return twin.kernel.files().write(number, bytes, 0, bytes.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 200, 1000, 3776, 4000, 10_000, 20_000, 60_000})
  void unixStreamsFillAndDrainAlike(int size) {
    Twin.compare(twin -> {
      int[] ends = twin.pair(Sockets.Type.STREAM);
      for (int i = 0; i < Math.min(MANY, 400_000 / size); i++) {
        twin.write(ends[0], size);
        twin.poll(ends[0]);
      }
      twin.available(ends[1]);
      for (int i = 1; i < 40; i++) {
        twin.read(ends[1], 100 * i);
        twin.poll(ends[0]);
      }
    });
  }

  @Test
  void unixStreamsEndAlike() {
    Twin.compare(twin -> {
      int[] half = twin.pair(Sockets.Type.STREAM);
      twin.polls(half);
      twin.read(half[0], 1);
      twin.write(half[0], 5);
      twin.shutdown(half[0], Direction.OUTPUT);
      twin.polls(half);
      twin.write(half[0], 1);
      twin.read(half[1], 3);
      twin.read(half[1], 3);
      twin.read(half[1], 3);
      twin.write(half[1], 4);
      twin.shutdown(half[1], Direction.INPUT);
      twin.polls(half);
      twin.shutdown(half[1], Direction.BOTH);
      twin.polls(half);
      int[] unread = twin.pair(Sockets.Type.STREAM);
      twin.write(unread[0], 5);
      twin.write(unread[1], 6);
      twin.close(unread[0]);
      twin.poll(unread[1]);
      twin.read(unread[1], 10);
      twin.error(unread[1]);
      twin.poll(unread[1]);
      twin.read(unread[1], 10);
      twin.write(unread[1], 10);
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 20_000, 60_000})
  void unixMessagesAlike(int size) {
    for (Sockets.Type type :
        new Sockets.Type[] {Sockets.Type.DATAGRAM, Sockets.Type.SEQUENCED_PACKET}) {
      Twin.compare(twin -> {
        int[] ends = twin.pair(type);
        twin.polls(ends);
        for (int i = 0; i < 14; i++) {
          twin.write(ends[0], size);
        }
        twin.polls(ends);
        twin.available(ends[1]);
        twin.read(ends[1], 10);
        twin.read(ends[1], 100_000);
        twin.polls(ends);
        twin.write(ends[0], 300_000);
        twin.close(ends[1]);
        twin.poll(ends[0]);
        twin.write(ends[0], 1);
        twin.read(ends[0], 1);
      });
    }
  }

  @Test
  void unconnectedSocketsAlike() {
    Twin.compare(twin -> {
      int socket = twin.socket();
      twin.poll(socket);
      twin.read(socket, 1);
      twin.write(socket, 1);
      twin.peer(socket);
      twin.shutdown(socket, Direction.OUTPUT);
      twin.poll(socket);
      twin.error(socket);
      int listener = twin.listener(2);
      twin.poll(listener);
      twin.read(listener, 1);
      twin.write(listener, 1);
      twin.available(listener);
      twin.once("accept", () -> twin.kernel.sockets().accept(listener, null));
      twin.once("accept of none", () -> twin.kernel.sockets().accept(socket, null));
      InetSocketAddress address = twin.address(listener);
      twin.once("connect", () -> twin.kernel.sockets().connect(listener, address));
      twin.once("bind again", () -> twin.kernel.sockets().bind(listener, address));
      int other = twin.socket();
      twin.once("bind taken", () -> twin.kernel.sockets().bind(other, address));
      twin.shutdown(listener, Direction.BOTH);
      twin.poll(listener);
    });
  }

  @Test
  void refusedConnectionsAlike() {
    Twin.compare(twin -> {
      int listener = twin.listener(2);
      InetSocketAddress address = twin.address(listener);
      twin.close(listener);
      for (int i = 0; i < 2; i++) {
        int socket = twin.socket();
        twin.once("connect", () -> twin.kernel.sockets().connect(socket, address));
        twin.poll(socket);
        twin.peer(socket);
        if (i == 0) {
          twin.error(socket);
          twin.poll(socket);
          twin.error(socket);
          twin.read(socket, 1);
          twin.write(socket, 1);
        } else {
          twin.once("again", () -> twin.kernel.sockets().connect(socket, address));
          twin.poll(socket);
          twin.error(socket);
        }
      }
    });
  }

  @Test
  void connectionsEndAlike() {
    Twin.compare(twin -> {
      int[] ends = twin.tcp();
      twin.polls(ends);
      twin.write(ends[0], 5);
      twin.available(ends[1]);
      twin.shutdown(ends[0], Direction.OUTPUT);
      twin.polls(ends);
      twin.available(ends[1]);
      twin.write(ends[0], 1);
      twin.read(ends[1], 3);
      twin.read(ends[1], 3);
      twin.read(ends[1], 3);
      twin.write(ends[1], 7);
      twin.poll(ends[0]);
      twin.shutdown(ends[0], Direction.OUTPUT);
      twin.shutdown(ends[1], Direction.BOTH);
      twin.polls(ends);
      twin.read(ends[0], 10);
      twin.read(ends[0], 10);
      twin.shutdown(ends[0], Direction.OUTPUT);
      twin.shutdown(ends[1], Direction.INPUT);
      twin.peer(ends[0]);
      twin.error(ends[0]);
      twin.write(ends[1], 1);
    });
  }

  @Test
  void inputThatIsShutDownAlike() {
    Twin.compare(twin -> {
      int[] ends = twin.tcp();
      twin.write(ends[0], 5);
      twin.available(ends[1]);
      twin.shutdown(ends[1], Direction.INPUT);
      twin.polls(ends);
      twin.read(ends[1], 10);
      twin.read(ends[1], 10);
      twin.write(ends[0], 5);
      twin.available(ends[1]);
      twin.polls(ends);
      twin.read(ends[1], 10);
      twin.shutdown(ends[1], Direction.OUTPUT);
      twin.polls(ends);
      twin.write(ends[0], 5);
      twin.polls(ends);
      twin.error(ends[0]);
      twin.error(ends[1]);
      twin.read(ends[0], 1);
      twin.write(ends[0], 1);
    });
  }

  @Test
  void resetsAlike() {
    Twin.compare(twin -> {
      int[] unread = twin.tcp();
      twin.write(unread[0], 5);
      twin.write(unread[1], 6);
      twin.available(unread[0]);
      twin.available(unread[1]);
      twin.close(unread[1]);
      twin.poll(unread[0]);
      twin.read(unread[0], 10);
      twin.write(unread[0], 1);
      twin.write(unread[0], 1);
      twin.read(unread[0], 1);
      twin.poll(unread[0]);
      twin.shutdown(unread[0], Direction.OUTPUT);
      int[] closed = twin.tcp();
      twin.close(closed[1]);
      twin.poll(closed[0]);
      twin.write(closed[0], 1);
      twin.poll(closed[0]);
      twin.read(closed[0], 1);
      twin.write(closed[0], 1);
      twin.write(closed[0], 1);
      int[] linger = twin.tcp();
      twin.once(
          "linger", () -> twin.kernel.sockets().setOption(linger[1], SocketOption.SO_LINGER, 0));
      twin.close(linger[1]);
      twin.poll(linger[0]);
      twin.read(linger[0], 1);
      twin.read(linger[0], 1);
      twin.write(linger[0], 1);
      twin.peer(linger[0]);
    });
  }

  @Test
  void urgentBytesAlike() {
    Twin.compare(twin -> {
      int[] ends = twin.tcp();
      twin.takeUrgent(ends[1]);
      twin.write(ends[0], 3);
      twin.urgent(ends[0], 77);
      twin.write(ends[0], 2);
      twin.available(ends[1]);
      twin.poll(ends[1]);
      twin.read(ends[1], 10);
      twin.poll(ends[1]);
      twin.takeUrgent(ends[1]);
      twin.poll(ends[1]);
      twin.takeUrgent(ends[1]);
      twin.read(ends[1], 10);
      twin.read(ends[1], 10);
      twin.urgent(ends[0], 1);
      twin.poll(ends[1]);
      twin.urgent(ends[0], 2);
      twin.available(ends[1]);
      twin.takeUrgent(ends[1]);
      twin.poll(ends[1]);
      twin.read(ends[1], 10);
      twin.once(
          "inline", () -> twin.kernel.sockets().setOption(ends[1], SocketOption.SO_OOBINLINE, 1));
      twin.write(ends[0], 2);
      twin.urgent(ends[0], 3);
      twin.available(ends[1]);
      twin.poll(ends[1]);
      twin.takeUrgent(ends[1]);
      twin.read(ends[1], 10);
      twin.read(ends[1], 10);
      twin.poll(ends[1]);
    });
  }

  @Test
  void epollRefusesAlike() {
    Twin.compare(twin -> {
      int queue = twin.epoll();
      int other = twin.epoll();
      int[] pipe = twin.pipe();
      twin.add(queue, pipe[0], Epoll.IN);
      twin.add(queue, pipe[0], Epoll.IN);
      twin.modify(queue, pipe[1], Epoll.OUT);
      twin.delete(queue, pipe[1]);
      twin.add(queue, queue, Epoll.IN);
      twin.add(pipe[0], pipe[1], Epoll.IN);
      twin.add(queue, 900, Epoll.IN);
      twin.add(queue, pipe[1], Epoll.OUT | Epoll.EXCLUSIVE | Epoll.RDHUP);
      twin.add(queue, pipe[1], Epoll.OUT | Epoll.EXCLUSIVE | Epoll.ONESHOT);
      twin.add(queue, other, Epoll.IN | Epoll.EXCLUSIVE);
      twin.add(queue, pipe[1], Epoll.OUT | Epoll.EXCLUSIVE | Epoll.ET);
      twin.modify(queue, pipe[1], Epoll.OUT);
      twin.modify(queue, pipe[0], Epoll.IN | Epoll.EXCLUSIVE);
      twin.add(queue, other, Epoll.IN);
      twin.add(other, queue, Epoll.IN);
      int inner = other;
      for (int i = 0; i < 8; i++) {
        int next = twin.epoll();
        twin.add(inner, next, Epoll.IN);
        inner = next;
      }
      inner = queue;
      for (int i = 0; i < 8; i++) {
        int next = twin.epoll();
        twin.add(next, inner, Epoll.IN);
        inner = next;
      }
    });
  }

  @Test
  void epollReportsAlike() {
    Twin.compare(twin -> {
      int queue = twin.epoll();
      int[] pipe = twin.pipe();
      int[] unix = twin.pair(Sockets.Type.STREAM);
      int counter = twin.eventfd(0);
      int all = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.ET;
      twin.add(queue, pipe[0], Epoll.IN);
      twin.add(queue, unix[0], all);
      twin.add(queue, counter, Epoll.IN | Epoll.ONESHOT);
      twin.ask(queue, 10);
      twin.ask(queue, 10);
      twin.write(pipe[1], 1);
      twin.write(unix[1], 1);
      twin.once("one", () -> writeLong(twin, counter, 1));
      for (int i = 0; i < 6; i++) {
        twin.ask(queue, 1);
      }
      twin.read(unix[0], 10);
      twin.ask(queue, 10);
      twin.write(unix[0], 1);
      twin.read(unix[1], 1);
      twin.ask(queue, 10);
      twin.modify(queue, unix[0], all);
      twin.modify(queue, counter, Epoll.IN);
      twin.ask(queue, 10);
      twin.close(unix[1]);
      twin.close(pipe[1]);
      twin.ask(queue, 10);
      twin.ask(queue, 10);
      twin.modify(queue, pipe[0], 0);
      twin.ask(queue, 10);
    });
  }

  @Test
  void edgesOfPipesAlike() {
    Twin.compare(twin -> {
      int queue = twin.epoll();
      int[] pipe = twin.pipe();
      twin.add(queue, pipe[0], Epoll.IN | Epoll.ET);
      twin.add(queue, pipe[1], Epoll.OUT | Epoll.ET);
      twin.ask(queue, 10);
      twin.write(pipe[1], 1);
      twin.ask(queue, 10);
      twin.write(pipe[1], 1);
      twin.ask(queue, 10);
      twin.read(pipe[0], 1);
      twin.ask(queue, 10);
      twin.write(pipe[1], 70_000);
      twin.ask(queue, 10);
      twin.read(pipe[0], 100);
      twin.ask(queue, 10);
      twin.read(pipe[0], 4096);
      twin.ask(queue, 10);
      twin.read(pipe[0], 4096);
      twin.ask(queue, 10);
    });
  }

  @Test
  void duplicatesAlike() {
    Twin.compare(twin -> {
      int queue = twin.epoll();
      int[] pipe = twin.pipe();
      int duplicate = twin.own(twin.kernel.files().duplicate(pipe[0]));
      twin.add(queue, pipe[0], Epoll.IN);
      twin.add(queue, duplicate, Epoll.IN | Epoll.ET);
      twin.write(pipe[1], 1);
      twin.ask(queue, 10);
      twin.close(pipe[0]);
      twin.ask(queue, 10);
      twin.close(duplicate);
      twin.ask(queue, 10);
    });
  }

  @Test
  void nestedQueuesAlike() {
    Twin.compare(twin -> {
      int outer = twin.epoll();
      int inner = twin.epoll();
      int[] pipe = twin.pipe();
      twin.add(inner, pipe[0], Epoll.IN);
      twin.add(outer, inner, Epoll.IN | Epoll.ET);
      twin.ask(outer, 10);
      twin.poll(inner);
      twin.write(pipe[1], 1);
      twin.poll(inner);
      twin.ask(outer, 10);
      twin.ask(outer, 10);
      twin.write(pipe[1], 1);
      twin.ask(outer, 10);
      twin.ask(inner, 10);
      twin.ask(outer, 10);
      twin.read(pipe[0], 10);
      twin.poll(inner);
      twin.ask(inner, 10);
    });
  }
}
