package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.simulation.KeventAbi.Filter;
import org.jspecify.annotations.Nullable;

/** A filter in a simulated kqueue. */
final class Knote extends Observer {
  final KqueueInstance queue;
  final long ident;
  final Filter filter;

  /** EV_CLEAR, EV_ONESHOT and EV_DISPATCH, as it was first added. */
  final int manner;

  int notes;
  long data;
  long udata;
  boolean disabled;

  /** A user event has been triggered. */
  boolean triggered;

  /** What has happened to a file since it was reported, of what is asked for. */
  int happened;

  /** How often a timer has expired since it was reported. */
  long expirations;

  /** Of a timer that repeats: its period, or 0. */
  private long period;

  private @Nullable Delivery expiry;

  /** What a filter of processes watches. */
  private @Nullable SimulatedProcess process;

  /** The neighbours in the queue's list of active filters. */
  @Nullable Knote nextActive;

  @Nullable Knote previousActive;

  /** The round of collecting that reported it last. */
  long reported;

  Knote(KqueueInstance queue, OpenFile file, long ident, Filter filter, int manner) {
    super(file);
    this.queue = queue;
    this.ident = ident;
    this.filter = filter;
    this.manner = manner;
  }

  /** Whether it has something to report now, whatever its manner. */
  boolean holds() {
    return switch (filter) {
      case READ -> isReadable();
      case WRITE -> file.isWriteEnded() || (file.readiness() & Epoll.OUT) != 0;
      case EXCEPT -> (file.readiness() & Epoll.PRI) != 0;
      case VNODE -> happened != 0;
      case TIMER -> expirations > 0;
      case USER -> triggered;
      case PROCESS -> process != null && process.hasEnded();
    };
  }

  /** Sets a timer anew. */
  void start(long nanos) {
    stop();
    expirations = 0;
    period = (manner & KeventAbi.EV_ONESHOT) == 0 ? nanos : 0;
    expiry = new Expiry();
    file.network.plan(expiry, nanos);
  }

  /** Watches a process, until {@link #stop}. */
  void watch(SimulatedProcess watched) {
    process = watched;
    watched.knotes.add(this);
  }

  /** Ends what is planned or watched for it. */
  void stop() {
    if (process != null) {
      process.knotes.remove(this);
    }
    if (expiry != null) {
      file.network.cancel(expiry);
    }
  }

  /** Whether a timer has been set and will expire. */
  boolean runs() {
    return expiry != null && expiry.isPlanned();
  }

  private final class Expiry extends Delivery {
    @Override
    void deliver() {
      expirations++;
      if (period > 0) {
        file.network.plan(this, period);
      }
      if (!disabled) {
        queue.activate(Knote.this);
      }
    }

    @Override
    String describe() {
      return "timer " + ident + " of " + file.kernel.hostName();
    }
  }

  private boolean isReadable() {
    if (file instanceof KqueueInstance inner) {
      return inner.readiness() != 0;
    }
    if (file instanceof OrdinaryFile ordinary) {
      return ordinary.isDevice() || file.readable() > 0;
    }
    if (file.isReadEnded() || file.pendingError() != 0) {
      return true;
    }
    long mark = (notes & KeventAbi.NOTE_LOWAT) == 0 ? 1 : Math.max(data, 1);
    return file.readable() >= mark && (mark > 1 || (file.readiness() & Epoll.IN) != 0);
  }

  /** Whether the direction that it watches is over. */
  boolean isAtEnd() {
    return switch (filter) {
      case READ -> file.isReadEnded();
      case WRITE -> file.isWriteEnded();
      default -> false;
    };
  }

  /** What its event says as data. */
  long value() {
    return switch (filter) {
      case READ -> file.readable();
      case WRITE -> file.room();
      case TIMER -> expirations;
      default -> 0;
    };
  }

  @Override
  boolean arrived(int bits) {
    int mine =
        switch (filter) {
          case READ -> Epoll.IN;
          case WRITE -> Epoll.OUT;
          case EXCEPT -> Epoll.PRI;
          case VNODE, TIMER, USER, PROCESS -> 0;
        };
    return !disabled && (bits == 0 || (bits & mine) != 0) && holds() && queue.activate(this);
  }

  @Override
  void noted(int changes) {
    if (filter == Filter.VNODE && (changes & notes) != 0) {
      happened |= changes & notes;
      if (!disabled) {
        queue.activate(this);
      }
    }
  }

  @Override
  void fileClosed() {
    queue.forget(this);
  }
}
