// Package pagetest uses the reviewers' pages as their users do: the program as it
// is built, a case as the demo leaves it, and a real browser, with and without
// scripts, by keys, and on behalf of an attacker. It has tests only.
//
// Debian's chromium and npm's axe-core are installed by make deps; where one is
// missing, a test says so and skips, but fails where CI=true.
package pagetest
