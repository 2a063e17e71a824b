package dev.selkie.coroutines;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Programs that a test compiles itself, against the classes it runs with. */
final class Compiled {
  private Compiled() {}

  /** Compiles a class without a package into a folder. */
  static void into(Path folder, String name, String source) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter problems = new StringWriter();
    JavaFileObject file =
        new SimpleJavaFileObject(
            URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("--release", "25", "-g", "-d", folder.toString(), "-classpath", classPath());
      if (!compiler.getTask(problems, files, null, options, null, List.of(file)).call()) {
        throw new AssertionError(problems);
      }
    }
  }

  private static String classPath() {
    return System.getProperty("java.class.path") + ":" + System.getProperty("jdk.module.path");
  }
}
