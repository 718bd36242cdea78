//go:build race

package bolt_test

// raceDetector says that the tests run under the race detector.
const raceDetector = true
