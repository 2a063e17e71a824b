package dev.selkie.simulation;

/** The filter flags of EVFILT_VNODE, kqueue(2), which are the same on every system. */
final class Vnodes {
  static final int DELETE = 0x1;
  static final int WRITE = 0x2;
  static final int EXTEND = 0x4;
  static final int ATTRIB = 0x8;
  static final int LINK = 0x10;
  static final int RENAME = 0x20;
  static final int REVOKE = 0x40;

  /** FreeBSD alone. */
  static final int CLOSE_WRITE = 0x200;

  private Vnodes() {}
}
