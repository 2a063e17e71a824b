# Finds a JDK; to be sourced by POSIX shells. Starts no JVM: reads each JDK's release file.
# shellcheck shell=sh

jdk_feature() { # prints the feature release of the JDK in $1, or nothing
  [ -x "$1/bin/javac" ] && sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' "$1/release" 2>/dev/null
}

follow_links() { # prints the file that the path $1 names, links followed
  link_file=$1
  while [ -h "$link_file" ]; do
    link_target=$(readlink "$link_file")
    case $link_target in
      /*) link_file=$link_target ;;
      *) link_file=$(dirname "$link_file")/$link_target ;;
    esac
  done
  printf '%s\n' "$link_file"
}

jdk_of_path() { # prints the home of the java on PATH, links followed
  jdk_java=$(command -v java) || return 0
  jdk_java=$(follow_links "$jdk_java")
  printf '%s\n' "${jdk_java%/bin/java}"
}

jdk_select() { # sets JAVA_HOME to a JDK of feature release $1 or newer: JAVA_HOME, PATH, then the usual places
  for jdk_home in "${JAVA_HOME:-}" "$(jdk_of_path)" \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*jdk* /usr/local/*jdk* \
    "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.asdf/installs/java/* \
    "${HOME:-}"/.local/share/mise/installs/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -n "$jdk_home" ] || continue
    jdk_found=$(jdk_feature "$jdk_home") || continue # '||' keeps set -e callers alive
    if [ "${jdk_found:-0}" -ge "$1" ]; then
      JAVA_HOME=$jdk_home
      export JAVA_HOME
      return 0
    fi
  done
  echo "selkie needs JDK $1 or newer and found none: install one (package openjdk-$1-jdk or temurin-$1-jdk) or set JAVA_HOME." >&2
  return 1
}
