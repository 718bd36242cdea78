package rule

import (
	"errors"
	"fmt"
	"strings"

	"vigil"
	"vigil/store"
)

// CheckAct refuses acts that would leave a log entry without sense.
func CheckAct(a vigil.Act) error {
	if a.Actor == "" || a.Action == "" {
		return errors.New("act has no actor or no action")
	}
	for what, name := range map[string]string{"order": a.Order, "object type": a.Object.Type, "object ID": a.Object.ID} {
		if err := Name(what, name); err != nil {
			return fmt.Errorf("act %s: %w", a.Action, err)
		}
	}
	for name := range a.Details {
		if strings.HasPrefix(name, store.DetailStanding) {
			return fmt.Errorf("act %s: detail %q: only a standing may say so", a.Action, name)
		}
		if strings.HasPrefix(name, store.DetailErased) {
			return fmt.Errorf("act %s: detail %q: only an erasure may say so", a.Action, name)
		}
	}
	return nil
}
