package tomlfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil/internal/tomlfile"
)

type source struct {
	Name     string   `toml:"name"`
	Hosts    []string `toml:"hosts"`
	MaxPages *int     `toml:"max_pages"`
}

type file struct {
	Version  int               `toml:"version"`
	Begin    time.Time         `toml:"not_before"`
	Interval time.Duration     `toml:"interval"`
	Ratio    float64           `toml:"ratio"`
	Small    uint8             `toml:"small"`
	On       bool              `toml:"on"`
	Labels   map[string]string `toml:"labels"`
	Sources  []source          `toml:"source"`
	Hidden   string            `toml:"-"`
}

func TestDecodeFillsEveryType(t *testing.T) {
	var got file
	err := tomlfile.Decode("a.toml", []byte(`# comment with [[ brackets
version = 1
not_before = 2026-11-01T01:00:00+01:00
interval = "1m30s"
ratio = 2
small = 255
on = true
labels = { a = "x", "b c" = "y" }

[[source]]
name = '''
a "quoted" ] name'''
hosts = [
	"one", # first
	"two",
]
[[source]]
name = "b"
max_pages = 0
`), &got)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC); !got.Begin.Equal(want) {
		t.Errorf("not_before = %v, want %v", got.Begin, want)
	}
	zero := 0
	want := file{
		Version: 1, Begin: got.Begin, Interval: 90 * time.Second, Ratio: 2, Small: 255, On: true,
		Labels: map[string]string{"a": "x", "b c": "y"},
		Sources: []source{
			{Name: "a \"quoted\" ] name", Hosts: []string{"one", "two"}},
			{Name: "b", MaxPages: &zero},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeNamesLineAndKey(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"syntax", "version = 1\nratio = = 2\n", "a.toml:2: expected value but found '=' instead (near key ratio)"},
		{"key twice", "version = 1\n\nversion = 2\n", "a.toml:3: Key 'version' has already been defined. (near key version)"},
		{"open string", "version = 1\non = \"yes\n", "a.toml:2: strings cannot contain newlines (near key on)"},
		{"open list", "[[source]]\nhosts = [\"a\",\n", "a.toml:2: unexpected EOF; expected value (near key source.hosts)"},
		{"unknown key", "verison = 1\n", `a.toml:1: unknown key "verison": did you mean "version"?`},
		{"unknown key, nothing near", "[[source]]\nname=\"a\"\ncolour = 1\n", `a.toml:3: unknown key "colour" in source[0]: known keys are hosts, max_pages, name`},
		{"other case", "Version = 1\n", `a.toml:1: unknown key "Version": did you mean "version"?`},
		{"tag without name", "Hidden = \"x\"\n", `a.toml:1: unknown key "Hidden": known keys are interval, labels, not_before, on, ratio, small, source, version`},
		{"unknown table", "version = 1\n[sauce]\nname = 1\n", `a.toml:2: unknown key "sauce": did you mean "source"?`},
		{"unknown key in the first of two", "[[source]]\nnmae = \"a\"\n[[source]]\nname = \"b\"\n", `a.toml:2: unknown key "nmae" in source[0]: did you mean "name"?`},
		{"several", "a1 = 1\nversion = \"1\"\n[[source]]\nb1 = 1\n", `a.toml:1: unknown key "a1": known keys are interval, labels, not_before, on, ratio, small, source, version` +
			"\n" + `a.toml:2: version: want a whole number, got the string "1"` +
			"\n" + `a.toml:4: unknown key "b1" in source[0]: known keys are hosts, max_pages, name`},
		{"type in the first of two", "[[source]]\nmax_pages = 1.5\n[[source]]\nmax_pages = 2\n", "a.toml:2: source[0].max_pages: want a whole number, got the number 1.5"},
		{"element", "[[source]]\nhosts = [\n\"a\",\n2]\n", "a.toml:2: source[0].hosts[1]: want a string, got the number 2"},
		{"inline tables", "source = [{name = 1}]\n", "a.toml:1: source[0].name: want a string, got the number 1"},
		{"table for list", "[source]\nname = \"a\"\n", "a.toml:1: source: want [[source]], got a table"},
		{"list for table", "labels = [1]\n", "a.toml:1: labels: want a table, got a list"},
		{"date for number", "version = 2026-11-01T00:00:00Z\n", "a.toml:1: version: want a whole number, got a date and time"},
		{"string for bool", "on = \"yes\"\n", `a.toml:1: on: want true or false, got the string "yes"`},
		{"bare duration", "interval = 2\n", `a.toml:1: interval: want a duration with its unit, such as "2s" or "1m30s", got the number 2`},
		{"wrong duration", "interval = \"2 s\"\n", `a.toml:1: interval: want a duration with its unit, such as "2s" or "1m30s", got "2 s"`},
		{"local date", "not_before = 2026-11-01\n", "a.toml:1: not_before: want a date and time with its zone, such as 2026-11-01T00:00:00Z, got one without a zone"},
		{"local time", "not_before = 2026-11-01T00:00:00\n", "a.toml:1: not_before: want a date and time with its zone, such as 2026-11-01T00:00:00Z, got one without a zone"},
		{"date as string", "not_before = \"2026\"\n", `a.toml:1: not_before: want a date and time with its zone, such as 2026-11-01T00:00:00Z, got the string "2026"`},
		{"out of range", "small = 256\n", "a.toml:1: small: 256 is out of range"},
		{"negative", "small = -1\n", "a.toml:1: small: -1 is out of range"},
		{"not finite", "ratio = inf\n", "a.toml:1: ratio: want a finite number, got the number +Inf"},
		{"byte order mark", "\ufeffversion = 1\n", "a.toml:1: begins with a byte order mark: save the file as UTF-8 without it"},
		{"deep arrays", "version = 1\nx = " + strings.Repeat("[", 1000), "a.toml:2: arrays or tables nested more than 16 deep"},
		{"deep tables", "x = " + strings.Repeat("{a=", 1000), "a.toml:1: arrays or tables nested more than 16 deep"},
		{"deep keys", strings.Repeat("a.", 1000) + "a = 1", "a.toml:1: a key of more than 8 parts"},
		{"long key", strings.Repeat("a", 1000) + " = 1", "a.toml:1: a key of more than 128 bytes"},
		{"many keys", strings.Repeat("[[source]]\n", 20001), "a.toml:20001: more than 20000 keys"},
		{"too big", strings.Repeat("#", 1<<20+1), "a.toml: 1048577 bytes long, want at most 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v file
			err := tomlfile.Decode("a.toml", []byte(tt.in), &v)
			if err == nil {
				t.Fatalf("no error, want %s", tt.want)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A short file must not cost more than its size allows, whatever it nests.
func TestDecodeBoundsHostileFiles(t *testing.T) {
	for name, in := range map[string]string{
		"brackets":        "a=" + strings.Repeat("[", 1<<20-2),
		"hidden brackets": "a=" + strings.Repeat(`["]",`, 1<<17),
		"tables":          "a=" + strings.Repeat("[{b=", 1<<17),
		"dots":            strings.Repeat("a.", 1<<18) + "a=1",
		"header":          "[" + strings.Repeat("a.", 1<<18) + "a]",
		"lost, then deep": "a = 1 = " + strings.Repeat("[", 1<<19),
		"flat list":       "a=[" + strings.Repeat("1,", 1<<18) + "]",
		"quotes":          strings.Repeat(`"`, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var v file
			if err := tomlfile.Decode("a.toml", []byte(in), &v); err == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("version = 1\n[[source]]\nname = \"a\"\nhosts = [\n 'x', # c\n]\n")
	f.Add("not_before = 2026-11-01T00:00:00Z\ninterval = \"2s\"\nlabels = {a = '', b = \"\\\"\"}")
	f.Add("a.\"b\".'c' = '''\n'''''\n\"\" = \"\"\"\\\n\"\"\"\"\"\n[x.y]\n")
	f.Add("x = [[[[]]], {a={b=[1,2]}}] # \r\n")
	f.Fuzz(func(t *testing.T, in string) {
		var v file
		err := tomlfile.Decode("a.toml", []byte(in), &v)
		if err != nil && !strings.HasPrefix(err.Error(), "a.toml:") {
			t.Errorf("error without file name: %v", err)
		}
	})
}
