// Package outside holds vigil's evidence against programs of others: whoever
// receives a bundle will not run vigil, but has sha256sum, ssh-keygen, openssl,
// age, a reader of web archives and a browser. It has tests only.
//
// package-lock.json pins what comes through npm. Debian's packages and npm's are
// installed by make deps; where one is missing, a test says so and skips, but
// fails where CI=true.
package outside
