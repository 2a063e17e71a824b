/**
 * Whether epoll instances agree: random histories driven into several kernels beside one model of
 * what must, may and must not be reported.
 */
package dev.selkie.conformance.agreement;
