package pgtest

import (
	"testing"
	"time"
)

func TestALineOfProcIsReadWhateverTheProgramIsCalled(t *testing.T) {
	line := "4711 (a) S 1 (b) S 99 4711 4711 0 -1 4194560 18 0 0 0 250 50 100 1 20 0 1 0 8 0 0"
	want := process{pid: 4711, parent: 99, used: 4010 * time.Millisecond}
	if got, err := parseStat(line); got != want || err != nil {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "4711", "4711 (a) S 99", "x (a) S 99 4711 4711 0 -1 4194560 18 0 0 0 250 50 100 1"} {
		if p, err := parseStat(bad); err == nil {
			t.Errorf("%q is %+v, want an error", bad, p)
		}
	}
}
