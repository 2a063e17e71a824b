package dev.selkie.kernel;

import org.jspecify.annotations.Nullable;

/** {@link Signals} through the hook of a {@link ForwardingKernel}. */
final class ForwardingSignals implements Signals {
  private final ForwardingKernel kernel;
  private final Signals part;

  ForwardingSignals(ForwardingKernel kernel, Signals part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int number(String name) {
    return part.number(name);
  }

  @Override
  public int subscribe(String name, Runnable listener) {
    return (int) kernel.call(SystemCall.SIGACTION, -1, 0, _ -> part.subscribe(name, listener));
  }

  @Override
  public int unsubscribe(String name, Runnable listener) {
    return (int) kernel.call(SystemCall.SIGACTION, -1, 0, _ -> part.unsubscribe(name, listener));
  }

  @Override
  public @Nullable String refusal(String name, int result) {
    return part.refusal(name, result);
  }
}
