package dev.selkie.conformance.soak;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.util.concurrent.atomic.AtomicInteger;

/** A kernel that runs out of descriptors for connections now and then. */
final class PoorKernel extends ForwardingKernel {
  private final AtomicInteger refusals = new AtomicInteger();
  private final Tally tally;

  PoorKernel(Kernel delegate, Tally tally) {
    super(delegate);
    this.tally = tally;
  }

  /** Has the next so many calls of accept fail. */
  void runOut(int times) {
    refusals.set(times);
  }

  @Override
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    if (call == SystemCall.ACCEPT && refusals.get() > 0 && refusals.getAndDecrement() > 0) {
      tally.count("accept without a descriptor");
      return -Errno.EMFILE.number();
    }
    return super.call(call, descriptor, length, invocation);
  }
}
