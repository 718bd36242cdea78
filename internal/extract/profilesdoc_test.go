package extract

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// fenced returns the first block of that language in a document.
func fenced(t *testing.T, doc, lang string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "```"+lang+"\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("PROFILES.md has no block in %s", lang)
	}
	return block
}

func TestTheWorkedExampleReadsAsTheDocumentSays(t *testing.T) {
	data, err := os.ReadFile("PROFILES.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	r, err := New(fstest.MapFS{"gullwing.toml": {Data: []byte(fenced(t, doc, "toml"))}})
	if err != nil {
		t.Fatal(err)
	}
	p := capture(fenced(t, doc, "html"))
	p.FinalURL = "http://gullwing.example/item/1207"
	l, err := r.Read(p, Auto)
	if err != nil {
		t.Fatal(err)
	}
	if l.Profile != "gullwing" || len(l.Problems) > 0 {
		t.Errorf("read by %s, problems %q", l.Profile, l.Problems)
	}
	var want vigil.Listing
	if err := json.Unmarshal([]byte(fenced(t, doc, "json")), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stated(want), stated(l)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Every key that a profile may have is named in the document, and every field.
func TestTheDocumentNamesEveryKey(t *testing.T) {
	data, err := os.ReadFile("PROFILES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range profileKeys() {
		if !strings.Contains(string(data), "`"+key) && !strings.Contains(string(data), "["+key+"]") && !strings.Contains(string(data), key+" =") {
			t.Errorf("PROFILES.md does not name %s", key)
		}
	}
}

// profileKeys returns the keys of a profile's file, as its types have them.
func profileKeys() (keys []string) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for _, f := range reflect.VisibleFields(t) {
			if tag := f.Tag.Get("toml"); tag != "" {
				keys = append(keys, tag)
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[profile]())
	return keys
}
