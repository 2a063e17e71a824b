package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an idle registration costs on the Java heap, beyond its source. */
@ExtendWith(DescriptorLeaks.class)
final class MemoryCostTest {
  private static final int WANTED = 10_000;
  private static final int LIMIT_BYTES = 100;

  /** Descriptors that the JVM, Maven's channels and the test itself use. */
  private static final int RESERVED = 500;

  private final Configuration configuration = Configurations.all().getFirst();
  private final Kernel kernel = configuration.kernel();

  @Test
  void anIdleRegistrationCostsAtMostAHundredBytes() throws Exception {
    int count = (int) Math.min(WANTED, kernel.files().descriptorLimit(false) - RESERVED);
    assertThat(count).as("descriptors that the limit leaves; raise ulimit -n").isPositive();
    List<RawSource> sources = new ArrayList<>(count);
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      for (int i = 0; i < count; i++) {
        sources.add(counter());
      }
      liveBytes(); // what the first histogram itself leaves behind is not counted
      long before = liveBytes();
      for (RawSource source : sources) {
        queue.register(source, Interest.READABLE, "idle");
      }
      long each = (liveBytes() - before) / count;
      System.out.printf("%d idle registrations: %d bytes of Java heap each%n", count, each);
      assertThat(each).isLessThanOrEqualTo(LIMIT_BYTES);
    } finally {
      sources.forEach(RawSource::close);
    }
  }

  private RawSource counter() throws IOException {
    int number = kernel.files().eventfd(0);
    if (number < 0) {
      throw new SystemCallException("eventfd", "counter", number, kernel);
    }
    return RawSource.own(kernel, number);
  }

  /** The bytes of all live objects, by the class histogram, which collects garbage first. */
  private static long liveBytes() throws JMException {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    Matcher total = Pattern.compile("Total +[0-9]+ +([0-9]+)").matcher(histogram);
    assertThat(total.find()).as(histogram).isTrue();
    return Long.parseLong(total.group(1));
  }
}
