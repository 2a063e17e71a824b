package dev.selkie.kernel;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that fails, delays or shortens calls by rule, in front of another.
 *
 * <p>Rules are tried in the order in which they were added; the first that applies to a call
 * decides. All methods may be called from any thread.
 *
 * {@snippet class="dev.selkie.Samples" region="faults"}
 */
public final class FaultyKernel extends ForwardingKernel {
  /** Without a lock: one that a loop and its mounted fibers take is one that both may wait for. */
  private final List<Rule> rules = new CopyOnWriteArrayList<>();

  /** A kernel without rules, which does what the other does. */
  public FaultyKernel(Kernel delegate) {
    super(delegate);
  }

  /** Begins a rule for a call; it is in force once its effect is named. */
  public Rule on(SystemCall call) {
    return new Rule(Objects.requireNonNull(call, "call"));
  }

  /** Drops all rules. */
  public void clear() {
    rules.clear();
  }

  @Override
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    Rule rule = take(call, descriptor);
    return rule == null
        ? super.call(call, descriptor, length, invocation)
        : rule.effect.apply(call, descriptor, length, invocation);
  }

  private @Nullable Rule take(SystemCall call, int descriptor) {
    for (Rule rule : rules) {
      if (rule.takes(call, descriptor)) {
        return rule;
      }
    }
    return null;
  }

  /** What happens to which calls. */
  public final class Rule {
    private final SystemCall call;
    private IntPredicate descriptors = _ -> true;
    private long first = 1;
    private long times = Long.MAX_VALUE;
    private final AtomicLong seen = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();
    private Effect effect = FaultyKernel.super::call;

    private Rule(SystemCall call) {
      this.call = call;
    }

    /** Only calls on such descriptors count. */
    public Rule where(IntPredicate descriptors) {
      this.descriptors = Objects.requireNonNull(descriptors, "descriptors");
      return this;
    }

    /** Begins with the n-th call from now on, counted from 1; the first unless set. */
    public Rule fromCall(long n) {
      this.first = n;
      return this;
    }

    /** Applies to so many calls; to all unless set. */
    public Rule times(long calls) {
      this.times = calls;
      return this;
    }

    /** The call is not made and fails. */
    public Rule fail(Errno errno) {
      Objects.requireNonNull(errno, "errno");
      return with((_, _, _, _) -> -errno.number());
    }

    /**
     * The call is made, and reported to have failed: as a close(2) whose number is free in any
     * case, or a connect(2) that has begun.
     */
    public Rule failAfter(Errno errno) {
      Objects.requireNonNull(errno, "errno");
      return with((call, descriptor, length, invocation) -> {
        FaultyKernel.super.call(call, descriptor, length, invocation);
        return -errno.number();
      });
    }

    /** The call is made, moving so many bytes at most, 1 or more. */
    public Rule shorten(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("shorten to " + bytes + " bytes: at least 1");
      }
      return with((call, descriptor, length, invocation) ->
          FaultyKernel.super.call(call, descriptor, Math.min(length, bytes), invocation));
    }

    /** The call is made after a sleep. */
    public Rule delay(long nanos) {
      return with((call, descriptor, length, invocation) -> {
        clock().sleep(nanos);
        return FaultyKernel.super.call(call, descriptor, length, invocation);
      });
    }

    /** How many calls the rule applied to so far. */
    public long applied() {
      return taken.get();
    }

    private Rule with(Effect effect) {
      this.effect = effect;
      rules.add(this);
      return this;
    }

    private boolean takes(SystemCall call, int descriptor) {
      if (call != this.call || !descriptors.test(descriptor)) {
        return false;
      }
      return seen.incrementAndGet() >= first
          && taken.getAndUpdate(count -> Math.min(count + 1, times)) < times;
    }
  }

  private interface Effect {
    long apply(SystemCall call, int descriptor, long length, Invocation invocation);
  }
}
