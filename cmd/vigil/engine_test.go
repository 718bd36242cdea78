package main

import (
	"strings"
	"testing"
)

func TestAnAddressSaysWhichEngineKeepsACase(t *testing.T) {
	for url, want := range map[string]engine{
		"bolt:vigil.db":                     inFile{"case/vigil.db"},
		"bolt:/srv/vigil.db":                inFile{"/srv/vigil.db"},
		"postgres://ann@localhost/v":        onServer{"postgres://ann@localhost/v", "vigil", "case"},
		"postgresql:///v?case=north&host=/": onServer{"postgresql:///v?case=north&host=/", "north", "case"},
	} {
		if got, err := engineAt("case", url); err != nil || got != want {
			t.Errorf("%s: got %#v, %v; want %#v", url, got, err, want)
		}
	}
}

func TestAnAddressThatNamesNoCaseIsWrongUsage(t *testing.T) {
	for url, want := range map[string]string{
		"":                                       "want bolt:PATH",
		"bolt:":                                  "want bolt:PATH",
		"vigil.db":                               "want bolt:PATH",
		"mysql://db/v":                           "want bolt:PATH",
		"postgres://ann@localhost/v?case=a-b":    `case "a-b"`,
		"postgres://ann@db.example.org/v":        "sslmode=verify-full",
		"postgres://ann:secret@localhost/v":      "has a password in it",
		"postgres://localhost/v?password=secret": "has a password in it",
	} {
		_, err := engineAt("case", url)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != exitUsage {
			t.Errorf("%q: got %v, exit code %d; want %q and %d", url, err, exitCode(err), want, exitUsage)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows the password: %v", url, err)
		}
	}
}

func TestTheCaseThatIsBeingCopiedIsBesideItsName(t *testing.T) {
	at, err := engineAt("dir", "postgres://ann@localhost/v?case=north&sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	part, err := at.part()
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := part.(onServer); !ok || s.name != "north_part" || !strings.Contains(s.address, "sslmode=disable") || s.dir != "dir" {
		t.Errorf("got %#v", part)
	}
	if at.beside() != "dir/north" {
		t.Errorf("its keys are beside %s", at.beside())
	}
}
