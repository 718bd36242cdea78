package exchange

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestReferencesOfSTIXLeadSomewhere(t *testing.T) {
	for name, d := range map[string]Dossier{"whole": dossier(harbour()...), "masked": masking(harbour()...), "empty": dossier()} {
		text, _ := written(t, STIX, d)
		var b struct{ Objects []map[string]any }
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, o := range b.Objects {
			id := o["id"].(string)
			if ids[id] {
				t.Errorf("%s: %s is there twice", name, id)
			}
			ids[id] = true
		}
		for _, m := range regexp.MustCompile(`"((?:[a-z0-9]+-)+-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"`).FindAllStringSubmatch(text, -1) {
			if !ids[m[1]] && !strings.HasPrefix(m[1], "bundle--") {
				t.Errorf("%s: nothing has the ID %s", name, m[1])
			}
		}
	}
}

func TestReferencesOfCASELeadSomewhere(t *testing.T) {
	text, _ := written(t, CASE, dossier(harbour()...))
	var b struct {
		Graph []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, n := range b.Graph {
		id := n["@id"].(string)
		if ids[id] {
			t.Errorf("%s is there twice", id)
		}
		ids[id] = true
		if n["@type"] == "uco-identity:Person" {
			t.Error("a person is an object")
		}
	}
	for _, m := range regexp.MustCompile(`"(kb:[a-z-]+-[0-9a-f-]{36})"`).FindAllStringSubmatch(text, -1) {
		if !ids[m[1]] {
			t.Errorf("nothing has the name %s", m[1])
		}
	}
}

func TestReferencesOfMISPLeadSomewhere(t *testing.T) {
	e := mispEventOf(t, dossier(harbour()...))
	ids := map[string]bool{}
	for _, a := range e.Attribute {
		ids[a.UUID] = true
	}
	for _, o := range e.Object {
		if ids[o.UUID] {
			t.Errorf("%s %s is there twice", o.Name, o.UUID)
		}
		ids[o.UUID] = true
	}
	refs := 0
	for _, o := range e.Object {
		for _, r := range o.References {
			if refs++; !ids[r.Referenced] {
				t.Errorf("%s refers to %s, which nothing is", o.Name, r.Referenced)
			}
		}
	}
	if refs < 15 {
		t.Errorf("%d references, want those of four listings to what they name", refs)
	}
}

// mispFile is an event as written.
type mispFile struct {
	Info, Date string
	Object     []mispObject
	Attribute  []mispAttribute
}

func mispEventOf(t testing.TB, d Dossier) mispFile {
	t.Helper()
	text, _ := written(t, MISP, d)
	var b struct{ Event mispFile }
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.Event
}
