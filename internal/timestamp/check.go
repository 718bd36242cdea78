package timestamp

import (
	"fmt"
	"time"

	"vigil"
)

// Skew is how far the clocks of a checker and of an authority may be apart, both
// being honest, before a stamp counts as one of the future.
const Skew = 2 * time.Minute

// Within reports why the token cannot have been made between two moments: after
// what it dates was there, and before now. Both are by other clocks than the
// authority's; made counts to the second. The error wraps [vigil.ErrTampered].
func (t *Token) Within(made, now time.Time) error {
	at := t.At.UTC().Format(time.RFC3339)
	switch {
	case t.At.Add(-t.Accuracy).After(now.Add(Skew)):
		return fmt.Errorf("%w: the time stamp says %s, which is in the future: it is now %s", vigil.ErrTampered, at, now.UTC().Format(time.RFC3339))
	case t.At.Add(t.Accuracy).Before(made):
		return fmt.Errorf("%w: the time stamp says %s, before what it dates is said to have been made, %s (its accuracy is %v): one of the two clocks was wrong",
			vigil.ErrTampered, at, made.UTC().Format(time.RFC3339), t.Accuracy)
	}
	return nil
}
