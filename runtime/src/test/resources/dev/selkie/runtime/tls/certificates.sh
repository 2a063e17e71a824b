#!/bin/sh
# Makes certificates.p12 anew: self-signed certificates for the tests of TLS, good for 100 years
# but for "expired". Each is trusted by itself where a test says so.
set -eu
cd "$(dirname "$0")"
rm -f certificates.p12
make() {
  name=$1
  shift
  keytool -genkeypair -keystore certificates.p12 -storetype PKCS12 -storepass selkie-test \
    -alias "$name" -dname "CN=$name" -keyalg EC -groupname secp256r1 "$@"
}
make localhost -validity 36500 -ext san=dns:localhost,ip:127.0.0.1,ip:::1
make one.test -validity 36500 -ext san=dns:one.test
make two.test -validity 36500 -ext san=dns:two.test
make client -validity 36500
make authority -validity 36500 -ext bc:c
make expired -signer authority -startdate -10d -validity 5 -ext san=dns:localhost,ip:127.0.0.1
