package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
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

  /** A registration has a header, six references or numbers and its place in a table. */
  private static final int IMPLAUSIBLE_BYTES = 30;

  private static final int LIMIT_BYTES = 100;

  /** Descriptors that the JVM, Maven's channels and the test itself use. */
  private static final int RESERVED = 500;

  private final Configuration configuration = Configurations.all().getFirst();
  private final Kernel kernel = configuration.kernel();

  @Test
  void anIdleRegistrationCostsAtMostAHundredBytes() throws Exception {
    long limit = kernel.files().descriptorLimit(false);
    assumeTrue(
        limit < 0 || limit >= WANTED + RESERVED,
        () -> "the limit is %d descriptors; raise it with ulimit -n".formatted(limit));
    List<RawSource> sources = new ArrayList<>(WANTED);
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      for (int i = 0; i < WANTED; i++) {
        sources.add(counter());
      }
      Histogram.take(); // what the first histogram itself leaves behind is not counted
      Histogram before = Histogram.take();
      for (RawSource source : sources) {
        queue.register(source, Interest.READABLE, "idle");
      }
      Histogram after = Histogram.take();
      assertThat(after.registrations() - before.registrations()).isEqualTo(WANTED);
      long each = (after.bytes() - before.bytes()) / WANTED;
      System.out.printf("%d idle registrations: %d bytes of Java heap each%n", WANTED, each);
      assertThat(each).isGreaterThan(IMPLAUSIBLE_BYTES).isLessThanOrEqualTo(LIMIT_BYTES);
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

  /**
   * The live objects, by the class histogram, which collects garbage first.
   *
   * @param registrations how many registrations there are
   * @param bytes the bytes of all objects
   */
  private record Histogram(long registrations, long bytes) {
    private static final Pattern REGISTRATIONS =
        Pattern.compile(
            ": +([0-9]+) +[0-9]+ +%s\\b".formatted(Pattern.quote(Registration.class.getName())));
    private static final Pattern TOTAL = Pattern.compile("Total +[0-9]+ +([0-9]+)");

    static Histogram take() throws JMException {
      String text =
          (String)
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "gcClassHistogram",
                      new Object[] {new String[0]},
                      new String[] {String[].class.getName()});
      Matcher registrations = REGISTRATIONS.matcher(text);
      Matcher total = TOTAL.matcher(text);
      assertThat(total.find()).as(text).isTrue();
      return new Histogram(
          registrations.find() ? Long.parseLong(registrations.group(1)) : 0,
          Long.parseLong(total.group(1)));
    }
  }
}
