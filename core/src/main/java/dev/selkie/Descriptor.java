package dev.selkie;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kernel;

/** A descriptor of a kernel, as its owner hands it to a queue or to foreign code. */
public final class Descriptor {
  private final DescriptorLifetime lifetime;

  private Descriptor(DescriptorLifetime lifetime) {
    this.lifetime = lifetime;
  }

  /**
   * The descriptor of a source of this module; the parameter's type is not exported, so that no
   * other module makes one.
   */
  @SuppressWarnings("exports")
  public static Descriptor of(DescriptorLifetime lifetime) {
    return new Descriptor(lifetime);
  }

  /**
   * The descriptor's number, for foreign code.
   *
   * <p>Whoever has the number can duplicate it, and a duplicate keeps registrations alive past the
   * close on some systems. So from this call on the owner's close deletes registrations by a call
   * of its own first.
   *
   * @throws IllegalStateException if the owner is closed: the number may be somebody else's by now
   */
  public int number() {
    lifetime.share();
    if (!lifetime.isOpen()) {
      throw new IllegalStateException("the " + lifetime.holder() + " is closed: it has no number");
    }
    return lifetime.number();
  }

  /** Whether the owner has not closed it. */
  public boolean isOpen() {
    return lifetime.isOpen();
  }

  /** The kernel that the number belongs to. */
  public Kernel kernel() {
    return lifetime.kernel();
  }

  /** What owns the descriptor; the type is not exported. */
  @SuppressWarnings("exports")
  public DescriptorLifetime lifetime() {
    return lifetime;
  }

  @Override
  public String toString() {
    return lifetime.holder() + " " + lifetime + (isOpen() ? "" : " (closed)");
  }
}
