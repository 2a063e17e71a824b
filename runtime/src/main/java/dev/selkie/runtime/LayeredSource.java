package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Source;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A source of bytes each way that lies upon another one, such as TLS upon a TCP stream: it has the
 * descriptor of what lies below, and reads and writes other bytes than that does.
 *
 * <p>What sets it apart is that an operation may wait for something else than its own direction: a
 * read for room to write, a write for input, both for work that is done elsewhere; and that it
 * keeps bytes, which were taken of a writer and not given on, or given by the kernel and not to a
 * reader. {@link EventLoop#attach} and {@link Connection#layered} make a connection of it, with
 * every style; they tell it who its {@link Host} is.
 *
 * <p><b>Threading.</b> A read and a write may come at the same time from two threads; {@link
 * #flush} and {@link #close} from any thread. None of them may wait for another: who finds that
 * another thread is inside answers not ready, needs a {@link Need#TURN}, and is called {@link
 * Host#again} when that one has left.
 */
public interface LayeredSource extends ByteInput, ByteOutput {
  /** What an operation waits for that has found itself not ready. */
  enum Need {
    /** That the descriptor is readable. */
    INPUT,
    /** That the descriptor is writable. */
    ROOM,
    /** A call of {@link Host#again}, and no event. */
    TURN
  }

  /** What lies below. */
  Source below();

  /** What the last read waits for that has found itself not ready. */
  Need readNeeds();

  /** What the last write or {@link #settle} waits for that has found itself not ready. */
  Need writeNeeds();

  /**
   * Whether the last read has taken all that the kernel had, as far as {@link #shortRead} of what
   * lies below tells, and nothing is kept that another read would give.
   */
  boolean isDrained();

  /**
   * Makes what comes before the first byte, such as a handshake, and gives on all that is kept; of
   * who writes.
   *
   * @return 0, or {@link dev.selkie.Io#NOT_READY}
   */
  int settle() throws IOException;

  /**
   * Goes on with what nobody waits for: gives on what is kept as far as there is room, and what
   * remains to be done after {@link #close}; any thread. What fails is told by the next operation.
   *
   * @return what it waits for, to be called again; null: for nothing
   */
  @Nullable Need flush();

  /** Nanoseconds that may pass until it {@linkplain #isSettled is settled}; 0: without a limit. */
  default long settleNanos() {
    return 0;
  }

  /** Whether what comes before the first byte is done. */
  boolean isSettled();

  /** It was not settled in time: what waits and what comes fails; any thread. */
  default void late() {}

  /** Tells who waits for it; before the first operation. */
  void hostedBy(Host host);

  /**
   * Ends it: the peer is told so, after what is kept. Where that has to wait, it {@linkplain
   * Host#lingers lingers}.
   */
  @Override
  void close();

  /** Who waits for it; of any thread. */
  interface Host {
    /** Both directions are worth an attempt, though no event has come; not while inside. */
    void again();

    /** The same after what else there is to do, for the sake of others. */
    void againInTurn();

    /** Bytes are kept that wait for room, or are so no longer; to be called while inside. */
    void keeps(boolean bytes);

    /**
     * It was closed, and what lies below will be when {@link #flush} waits for nothing any more, or
     * by the host before long; to be called while inside.
     */
    void lingers();
  }
}
