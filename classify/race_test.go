//go:build race

package classify

// raceDetector says that all takes ten times as long; what one goroutine does alone is
// then tried less often.
const raceDetector = true
