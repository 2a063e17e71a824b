package dev.selkie.simulation;

import dev.selkie.kernel.SocketOption;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The making of one connection: the request, its answer, and the retries while there is none, at 1,
 * 3, 7 … seconds and for 127 in all, as net.ipv4.tcp_syn_retries of 6 has it.
 */
final class TcpConnect extends Delivery {
  private enum Phase {
    REQUEST,
    ANSWER,
    RETRY,
    END
  }

  private static final int RETRIES = 6;
  private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long NO_HOST_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final SimulatedNetwork network;
  private final TcpSocket client;
  private final InetSocketAddress target;
  private final long start;
  private Phase phase = Phase.REQUEST;
  private int retries;
  private int outcome;

  TcpConnect(TcpSocket client, InetSocketAddress target) {
    this.network = client.network;
    this.client = client;
    this.target = target;
    this.start = network.time();
  }

  void begin() {
    if (network.internet().routeTo(client, target) == Route.NO_HOST) {
      outcome = Codes.EHOSTUNREACH;
      after(Phase.END, NO_HOST_NANOS);
    } else {
      after(Phase.REQUEST, there());
    }
  }

  private long there() {
    return network.internet().delay(client.local(), target, 0);
  }

  private long back() {
    return network.internet().delay(target, client.local(), 0);
  }

  /** The client wants it no more. */
  void abandon() {
    network.cancel(this);
  }

  private void after(Phase next, long nanos) {
    phase = next;
    if (nanos == 0) {
      deliver();
    } else {
      network.plan(this, nanos);
    }
  }

  @Override
  void deliver() {
    switch (phase) {
      case REQUEST -> request();
      case RETRY -> after(Phase.REQUEST, there());
      case ANSWER, END -> {
        if (outcome == 0) {
          client.established();
        } else {
          client.connectFailed(outcome);
        }
      }
    }
  }

  private void request() {
    Internet internet = network.internet();
    SimulatedKernel host = internet.hostOf(client.kernel, target.getAddress());
    if (host == null || internet.routeTo(client, target) != Route.OPEN) {
      retry();
      return;
    }
    InetSocketAddress from = Objects.requireNonNull(client.local());
    @Nullable TcpSocket listener = internet.listener(host, target, from);
    if (listener == null) {
      outcome = Codes.ECONNREFUSED;
      after(Phase.ANSWER, back());
    } else if (listener.isBacklogFull()) {
      retry(); // the request is dropped
    } else {
      outcome = 0;
      listener.admit(client, target, from);
      answer();
      listener.connectionArrived();
    }
  }

  /** Nothing overtakes the answer: one time for it, and for what the peer sends at once. */
  private void answer() {
    long latency = back();
    long arrival = SimulatedNetwork.saturatedSum(network.time(), latency);
    client.holdInputUntil(arrival);
    phase = Phase.ANSWER;
    if (latency == 0) {
      deliver();
    } else {
      network.planAt(this, arrival);
    }
  }

  private void retry() {
    long delay = FIRST_RETRY_NANOS << retries;
    int limitMillis = client.options.value(SocketOption.TCP_USER_TIMEOUT);
    if (limitMillis > 0) {
      long end = start + TimeUnit.MILLISECONDS.toNanos(limitMillis);
      if (network.time() + delay >= end) {
        timeOutIn(Math.max(end - network.time(), 1));
        return;
      }
    }
    if (retries++ == RETRIES) {
      timeOutIn(delay);
    } else {
      after(Phase.RETRY, delay);
    }
  }

  private void timeOutIn(long nanos) {
    outcome = Codes.ETIMEDOUT;
    after(Phase.END, nanos);
  }

  @Override
  String describe() {
    return "connection to " + Internet.text(target) + ": " + phase;
  }
}
