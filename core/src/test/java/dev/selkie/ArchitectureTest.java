package dev.selkie;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.selkie.kernel.ffm.BufferAddress;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Who may know whom, and who may do what. */
final class ArchitectureTest {
  private static final String FFM = "dev.selkie.kernel.ffm..";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(EventQueue.class.getProtectionDomain().getCodeSource().getLocation());

  private static void check(ArchRule rule) {
    rule.check(CLASSES);
  }

  @Test
  void foreignFunctionsAreLinkedInOnePackage() {
    check(
        noClasses()
            .that(resideOutsideOfPackage(FFM))
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Linker.class, SymbolLookup.class, FunctionDescriptor.class));
  }

  @Test
  void theKernelKnowsNothingAboveIt() {
    check(
        classes()
            .that(resideInAPackage("dev.selkie.kernel.."))
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.selkie.kernel..", "java..", "org.jspecify.."));
  }

  @Test
  void descriptorsKnowOnlyTheKernel() {
    check(
        classes()
            .that(resideInAPackage("dev.selkie.descriptor.."))
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "dev.selkie.descriptor..", "dev.selkie.kernel..", "java..", "org.jspecify.."));
  }

  @Test
  void backendsKnowOnlyKernelAndDescriptors() {
    check(
        classes()
            .that(resideInAPackage("dev.selkie.backend.."))
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "dev.selkie.backend..",
                "dev.selkie.descriptor..",
                "dev.selkie.kernel",
                "java..",
                "org.jspecify.."));
  }

  /** The address of a buffer is the one thing that the transfer of bytes needs from there. */
  @Test
  void theNativeKernelIsReachedThroughTheKernelInterface() {
    check(
        noClasses()
            .that(resideOutsideOfPackage("dev.selkie.kernel.."))
            .should()
            .dependOnClassesThat(
                resideInAPackage(FFM)
                    .and(JavaClass.Predicates.equivalentTo(BufferAddress.class).negate())));
  }

  /** {@code kernel} and {@code kernel.ffm} are one slice: the interface finds its own machine. */
  @Test
  void packagesDependOnEachOtherInOneDirection() {
    check(slices().assignedFrom(new Packages()).should().beFreeOfCycles());
  }

  private static final class Packages implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      String name = javaClass.getPackageName();
      if (!name.startsWith("dev.selkie")) {
        return SliceIdentifier.ignore();
      }
      return SliceIdentifier.of(name.startsWith("dev.selkie.kernel") ? "dev.selkie.kernel" : name);
    }

    @Override
    public String getDescription() {
      return "packages of dev.selkie";
    }
  }

  /**
   * LeakReport alone: a Cleaner needs a thread, a daemon that sleeps until something leaks. The JVM
   * itself starts RawMode's, at its end, and Orphans has one as long as a closed child still runs.
   */
  @Test
  void noThreadIsStarted() {
    check(
        noClasses()
            .that()
            .haveNameNotMatching(
                "dev\\.selkie\\.(descriptor\\.LeakReport|source\\.(RawMode|Orphans)).*")
            .should()
            .callConstructor(Thread.class)
            .orShould()
            .callMethod(Thread.class, "start")
            .orShould()
            .callMethod(Thread.class, "ofPlatform")
            .orShould()
            .callMethod(Thread.class, "ofVirtual")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.concurrent.Executors"));
  }

  @Test
  void timeSleepAndNamesComeFromTheKernel() {
    check(
        noClasses()
            .that(resideOutsideOfPackage(FFM))
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(LockSupport.class, "parkNanos", long.class)
            .orShould()
            .callMethod(LockSupport.class, "parkNanos", Object.class, long.class)
            .orShould()
            .callMethod(InetAddress.class, "getByName", String.class)
            .orShould()
            .callMethod(InetAddress.class, "getAllByName", String.class)
            .orShould()
            .callMethod(InetAddress.class, "getLocalHost"));
  }

  /** What is not exported and yet public is what packages need of each other, and no more. */
  @Test
  void fewTypesArePublicInPackagesThatAreNotExported() {
    List<JavaClass> hidden =
        CLASSES.stream()
            .filter(JavaClass::isTopLevelClass)
            .filter(c -> !c.getSimpleName().equals("package-info"))
            .filter(c ->
                List.of("dev.selkie.backend", "dev.selkie.descriptor", "dev.selkie.kernel.ffm")
                    .contains(c.getPackageName()))
            .toList();
    long open = hidden.stream().filter(c -> c.getModifiers().contains(JavaModifier.PUBLIC)).count();
    assertThat(open).as("of %d", hidden.size()).isLessThan(hidden.size() / 2);
  }
}
