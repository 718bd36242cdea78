package order

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units of a number of bytes: decimal as the SI has them, binary as IEC 80000-13.
var units = []struct {
	name string
	size int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// parseBytes reads a number of bytes as an order file gives it: absent (0), a
// whole number, or a string of a whole number and a unit, such as "500MB" or
// "2 GiB".
func parseBytes(v any) (int64, error) {
	const want = `want a whole number of bytes, or one with its unit, such as "500MB" or "2GiB"`
	switch v := v.(type) {
	case nil:
		return 0, nil
	case int64:
		if v < 1 {
			return 0, fmt.Errorf("%d: want 1 or more, or leave it out", v)
		}
		return v, nil
	case string:
		for _, u := range units {
			digits, ok := strings.CutSuffix(v, u.name)
			if !ok {
				continue
			}
			n, err := strconv.ParseUint(strings.TrimSuffix(digits, " "), 10, 63)
			if err != nil || n == 0 || int64(n) > math.MaxInt64/u.size {
				break
			}
			return int64(n) * u.size, nil
		}
		return 0, fmt.Errorf("%q: %s", v, want)
	}
	return 0, fmt.Errorf("%v: %s", v, want)
}
