package postgres

import (
	"fmt"
	"testing"
)

// TestDocumentsAreCountedByTheirFacts: what a count leaves out of them as they are kept
// is what is not counted.
func TestDocumentsAreCountedByTheirFacts(t *testing.T) {
	facts := func(level, tag, captured, vendor, page string) string {
		return fmt.Sprintf(`{"Level":%q,"Tags":[%q],"Captured":%q,"Waiting":true,"Vendor":%q,"Page":%q}`, level, tag, captured, vendor, page)
	}
	one := facts("note", "a", "2026-11-02T03:04:05Z", "v", "p")
	for _, tt := range []struct {
		other  string
		alike  bool
		vendor string
	}{
		{one, true, `"v"`},
		{facts("note", "a", "2026-11-30T23:59:59.5Z", "v", "q"), true, `"v"`},
		{facts("note", "a", "2026-11-02T03:04:05Z", "w", "p"), true, `"w"`},
		{facts("note", "a", "2026-11-02T03:04:05Z", `","Page":"x`, "p"), true, `"\",\"Page\":\"x"`},
		{facts("note", `b","Captured":"2026-11`, "2026-11-02T03:04:05Z", "v", "p"), false, `"v"`},
		{facts("none", "a", "2026-11-02T03:04:05Z", "v", "p"), false, `"v"`},
		{facts("note", "a", "2026-12-02T03:04:05Z", "v", "p"), false, `"v"`},
		{facts("note", "a", "2026-11-30T23:59:59-01:00", "v", "p"), false, `"v"`},
		{facts("note", "a", "0001-01-01T00:00:00Z", "v", "p"), false, `"v"`},
		{`{"Level":"note"}`, false, ""},
		{`{"Captured":"2026-11-02T03:04:05Z","Page":"p"}`, false, ""},
	} {
		key, _ := countedAs([]byte(one))
		got, vendor := countedAs([]byte(tt.other))
		if alike := string(got) == string(key); alike != tt.alike || string(vendor) != tt.vendor {
			t.Errorf("%s: counted as %s, %t, vendor %s; want %t, %s", tt.other, got, alike, vendor, tt.alike, tt.vendor)
		}
	}
}
