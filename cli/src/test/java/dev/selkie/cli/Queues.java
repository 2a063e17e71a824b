package dev.selkie.cli;

import dev.selkie.kernel.Facility;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import java.util.EnumSet;
import java.util.Set;

/** By what the queues of a test wait. */
enum Queues {
  /** By what this machine has. */
  OF_THIS_MACHINE {
    @Override
    Kernel kernel() {
      return Kernel.system();
    }
  },

  /** By poll(2), as where nothing else was found: without edge-triggered interest. */
  BY_POLL {
    @Override
    Kernel kernel() {
      return new ForwardingKernel(Kernel.system()) {
        @Override
        public Set<Facility> facilities() {
          Set<Facility> found = EnumSet.copyOf(super.facilities());
          found.removeAll(Set.of(Facility.EPOLL, Facility.EPOLL_PWAIT2, Facility.KQUEUE));
          return found;
        }
      };
    }
  };

  abstract Kernel kernel();
}
