package dev.selkie.conformance;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.TestAbortedException;

/**
 * Runs a case, or where the configuration lacks what it {@link Needs} the assertion of what happens
 * instead, and records the outcome for the matrix of {@code docs/platforms.md}.
 */
public final class CaseRecorder
    implements InvocationInterceptor, BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(CaseRecorder.class);

  /** Made by JUnit. */
  public CaseRecorder() {}

  /** The configuration that a test runs on: what a field of its class holds. */
  static Optional<Configuration> configuration(ExtensionContext context) {
    Object test = context.getRequiredTestInstance();
    List<Field> fields =
        ReflectionSupport.findFields(
            test.getClass(),
            field -> field.getType() == Configuration.class,
            HierarchyTraversalMode.BOTTOM_UP);
    for (Field field : fields) {
      try {
        field.setAccessible(true);
        return Optional.ofNullable((Configuration) field.get(test));
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }
    return Optional.empty();
  }

  private static Configuration required(ExtensionContext context) {
    return configuration(context)
        .orElseThrow(() ->
            new AssertionError(
                context.getRequiredTestClass() + " has no field of type Configuration"));
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    run(invocation, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    run(invocation, context);
  }

  /** What is set up for a case that does not run may be what the configuration lacks. */
  @Override
  public void interceptBeforeEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    proceedUnlessLacking(invocation, context);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    proceedUnlessLacking(invocation, context);
  }

  private static List<Ability> proceedUnlessLacking(
      Invocation<@Nullable Void> invocation, ExtensionContext context) throws Throwable {
    Configuration configuration = required(context);
    List<Ability> lacking = needs(context).filter(ability -> !configuration.has(ability)).toList();
    if (lacking.isEmpty()) {
      invocation.proceed();
    } else {
      invocation.skip();
    }
    return lacking;
  }

  private static void run(Invocation<@Nullable Void> invocation, ExtensionContext context)
      throws Throwable {
    Configuration configuration = required(context);
    for (Ability ability : proceedUnlessLacking(invocation, context)) {
      ability.assertAbsent(configuration, configuration.kernel());
    }
  }

  private static Stream<Ability> needs(ExtensionContext context) {
    return Stream.of(context.getRequiredTestMethod(), context.getRequiredTestClass())
        .flatMap(element -> AnnotationSupport.findAnnotation(element, Needs.class).stream())
        .flatMap(needs -> Stream.of(needs.value()))
        .distinct();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    required(context).takeMissed();
    required(context).takeLeftOut();
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    Configuration configuration = required(context);
    Set<Ability> missed = configuration.takeMissed();
    Set<Ability> leftOut = configuration.takeLeftOut();
    leftOut.removeAll(missed);
    context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(CaseResults.class, _ -> new CaseResults(), CaseResults.class)
        .add(
            new CaseResult(
                context.getRequiredTestClass().getSimpleName(),
                context.getRequiredTestMethod().getName(),
                configuration.name(),
                outcome(context),
                missed.stream().map(configuration::reason).toList(),
                leftOut.stream().map(configuration::reason).toList()));
  }

  private static CaseResult.Outcome outcome(ExtensionContext context) {
    return context
        .getExecutionException()
        .map(e ->
            e instanceof TestAbortedException
                ? CaseResult.Outcome.NOT_REACHED
                : CaseResult.Outcome.FAILED)
        .orElse(CaseResult.Outcome.PASSED);
  }
}
