package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the module promises to those who require it. */
final class ModuleTest {
  private final ModuleDescriptor descriptor = descriptor();

  private static ModuleDescriptor descriptor() {
    try {
      Path classes =
          Path.of(EventLoop.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return ModuleFinder.of(classes).find("dev.selkie.runtime").orElseThrow().descriptor();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void nameAndExports() {
    assertThat(descriptor.name()).isEqualTo("dev.selkie.runtime");
    assertThat(descriptor.exports())
        .extracting(ModuleDescriptor.Exports::toString)
        .containsExactlyInAnyOrder(
            "dev.selkie.runtime",
            "dev.selkie.runtime.flow",
            "dev.selkie.runtime.task",
            "dev.selkie.runtime.tls");
    assertThat(descriptor.opens()).isEmpty();
  }

  @Test
  void onlyTheQueueAndTheJdkAreRequired() {
    assertThat(descriptor.requires())
        .filteredOn(r -> !r.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactlyInAnyOrder("java.base", "jdk.jfr", "dev.selkie");
  }
}
