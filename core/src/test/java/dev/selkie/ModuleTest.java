package dev.selkie;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the module promises to those who require it. */
final class ModuleTest {
  private final ModuleDescriptor descriptor = descriptor();

  private static ModuleDescriptor descriptor() {
    // From the file: the test run patches the module in force.
    try {
      Path classes =
          Path.of(EventQueue.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return ModuleFinder.of(classes).find("dev.selkie").orElseThrow().descriptor();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void nameAndExports() {
    assertThat(descriptor.name()).isEqualTo("dev.selkie");
    assertThat(descriptor.exports())
        .filteredOn(ModuleDescriptor.Exports::isQualified)
        .extracting(ModuleDescriptor.Exports::toString)
        .containsExactlyInAnyOrder(
            "dev.selkie.kernel.ffm to [dev.selkie.simulation]",
            "dev.selkie.kernel.kqueue to [dev.selkie.simulation]",
            "dev.selkie.backend to [dev.selkie.simulation]");
    assertThat(descriptor.exports())
        .filteredOn(export -> !export.isQualified())
        .extracting(ModuleDescriptor.Exports::source)
        .containsExactlyInAnyOrder(
            "dev.selkie", "dev.selkie.kernel", "dev.selkie.net", "dev.selkie.source");
  }

  @Test
  void nothingIsOpened() throws IOException {
    assertThat(descriptor.isOpen()).isFalse();
    assertThat(descriptor.opens()).isEmpty();
    assertThat(descriptor.provides()).isEmpty();
  }

  @Test
  void onlyTheJdkIsRequired() {
    assertThat(descriptor.requires())
        .filteredOn(r -> !r.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactly("java.base");
  }
}
