package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.util.function.Supplier;

/**
 * A kernel and a backend on it: what the contract is run on.
 *
 * @param name how test reports call it
 * @param kernels gives the kernel for one test
 * @param backend the queue's backend, as {@code dev.selkie.backend} names it
 */
public record Configuration(String name, Supplier<Kernel> kernels, String backend) {
  /** A kernel for one test: a fresh one where it is simulated, the machine's own otherwise. */
  public Kernel kernel() {
    return kernels.get();
  }

  /** A queue of this backend on a kernel that {@link #kernel} gave, or a decorator of it. */
  public <A> EventQueue<A> queue(Kernel kernel) throws IOException {
    return EventQueue.<A>builder().kernel(kernel).backend(backend).open();
  }

  @Override
  public String toString() {
    return name;
  }
}
