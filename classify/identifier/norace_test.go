//go:build !race

package identifier

const raceDetector = false
