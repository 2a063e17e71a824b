package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.util.List;
import java.util.Random;

/** The kinds of connected ends that trigger modes and traffic are tried with. */
public enum PairKind {
  /** TCP over the loopback interface. */
  TCP {
    @Override
    public Pair open(Configuration configuration, Kernel kernel) throws IOException {
      TcpPair pair = TcpPair.open(configuration, kernel);
      return new Pair(this, pair.server(), pair.client());
    }
  },
  /** A Unix stream socket pair. */
  UNIX {
    @Override
    public Pair open(Configuration configuration, Kernel kernel) throws IOException {
      RawPair pair = RawPair.open(kernel);
      return new Pair(this, pair.one(), pair.other());
    }
  },
  /** A pipe: one way. */
  PIPE {
    @Override
    public Pair open(Configuration configuration, Kernel kernel) throws IOException {
      PipePair pair = PipePair.open(kernel);
      return new Pair(this, pair.reader(), pair.writer());
    }
  };

  private static final List<PairKind> ALL = List.of(values());

  /** Makes a pair. */
  public abstract Pair open(Configuration configuration, Kernel kernel) throws IOException;

  /** One of them. */
  public static PairKind any(Random random) {
    return ALL.get(random.nextInt(ALL.size()));
  }

  /** Whether both ends read and write. */
  public boolean isDuplex() {
    return this != PIPE;
  }
}
