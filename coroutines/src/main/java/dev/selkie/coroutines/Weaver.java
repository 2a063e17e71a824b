package dev.selkie.coroutines;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The step of the build that makes coroutines: it rewrites the class files of a folder in which
 * {@link Coroutine#await} is called, and adds a class for the calls of each method that does.
 *
 * <p>It is run after the compiler, with the class path of the program and the folder as its
 * argument:
 *
 * <pre>{@code
 * java -cp CLASS_PATH dev.selkie.coroutines.Weaver target/classes
 * }</pre>
 *
 * <p>What was woven is left as it is. If any method is refused, every such method is told, by file
 * and line, and nothing is written.
 */
public final class Weaver {
  private final ClassFile classFile;

  /**
   * A weaver of the classes of one program.
   *
   * @param loader finds the classes that they know
   */
  public Weaver(ClassLoader loader) {
    classFile =
        ClassFile.of(
            ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(loader)
                    .orElse(ClassHierarchyResolver.defaultResolver())
                    .cached()));
  }

  /** Weaves folders; exits with 1 if a method was refused, with 2 if a folder cannot be read. */
  public static void main(String... folders) {
    System.exit(run(System.err, folders));
  }

  /** Weaves folders, and returns the exit status. */
  static int run(PrintStream err, String... folders) {
    if (folders.length == 0) {
      err.println("usage: java -cp CLASS_PATH " + Weaver.class.getName() + " FOLDER...");
      return 2;
    }
    Weaver weaver = new Weaver(ClassLoader.getSystemClassLoader());
    List<String> problems = new ArrayList<>();
    try {
      for (String folder : folders) {
        problems.addAll(weaver.weave(Path.of(folder)));
      }
    } catch (IOException e) {
      err.println(e);
      return 2;
    }
    problems.forEach(err::println);
    return problems.isEmpty() ? 0 : 1;
  }

  /**
   * Weaves what is in a folder.
   *
   * @return what is refused, by file and line; if there is any, no file was changed
   * @throws IOException if a file cannot be read, or written
   */
  public List<String> weave(Path folder) throws IOException {
    List<String> problems = new ArrayList<>();
    Map<ClassDesc, byte[]> classes = new LinkedHashMap<>();
    List<Path> files;
    try (Stream<Path> paths = Files.walk(folder)) {
      files = paths.filter(path -> path.toString().endsWith(".class")).sorted().toList();
    }
    for (Path file : files) {
      classes.putAll(weave(Files.readAllBytes(file), problems));
    }
    if (problems.isEmpty()) {
      for (Map.Entry<ClassDesc, byte[]> one : classes.entrySet()) {
        String descriptor = one.getKey().descriptorString();
        Files.write(
            folder.resolve(descriptor.substring(1, descriptor.length() - 1) + ".class"),
            one.getValue());
      }
    }
    return problems;
  }

  /** A class and those of its calls, or nothing if it has no coroutines. */
  Map<ClassDesc, byte[]> weave(byte[] bytes, List<String> problems) {
    ClassModel model = classFile.parse(bytes);
    if (!knowsCoroutine(model)) {
      return Map.of();
    }
    ClassWeaver weaver = new ClassWeaver(classFile, model, problems);
    try {
      return weaver.coroutines().isEmpty() ? Map.of() : weaver.weave();
    } catch (IllegalArgumentException e) { // a class that is not found, or too much code
      problems.add(model.thisClass().asInternalName() + ": " + e.getMessage());
      return Map.of();
    }
  }

  /** Most classes do not, and need not be looked at. */
  private static boolean knowsCoroutine(ClassModel model) {
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof ClassEntry known && known.matches(Body.COROUTINE)) {
        return true;
      }
    }
    return false;
  }
}
