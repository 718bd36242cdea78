package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil/internal/config"
)

func TestTheFileOfANewCaseReadsBackAsTheDefaults(t *testing.T) {
	want := config.Default()
	got, err := config.Parse("vigil.toml", config.File(want))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestAbsentKeysTakeTheirDefaults(t *testing.T) {
	got, err := config.Parse("vigil.toml", []byte("version = 1\n[tor]\nsocks = \"unix:/run/tor/socks\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Tor.Socks = "unix:/run/tor/socks"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestSecondReadingsCanBeTurnedOff(t *testing.T) {
	got, err := config.Parse("vigil.toml", []byte("version = 1\n[review]\nreread_from = \"\"\nreread_share = 0\nbudget = 0\n"))
	if err != nil || got.Review.RereadFrom != "" || got.Review.RereadShare != 0 || got.Review.Budget != 0 {
		t.Errorf("got %+v, %v", got.Review, err)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"version = 2":                                             "version 1",
		"[tor]\nsocks = \"\"":                                     "tor.socks",
		"[tor]\nsock = \"127.0.0.1:9050\"":                        "sock",
		"[store]\nurl = \"mysql://x\"":                            "store.url",
		"[log]\nentries = 0":                                      "log.entries",
		"[log]\nevery = \"0s\"":                                   "log.every",
		"[log]\nevery = \"48h\"":                                  "log.every",
		"[store]\nbackup_every = \"1s\"":                          "store.backup_every",
		"[store]\nbackup_dir = \"x\"":                             "store.backup_dir",
		"[crawl]\nworkers = 0":                                    "crawl.workers",
		"[crawl]\nmax_body = 1":                                   "crawl.max_body",
		"[crawl]\ntimeout = \"soon\"":                             "soon",
		"[crawl]\ntimeout = \"1h\"":                               "crawl.timeout",
		"[serve]\naddress = \"0.0.0.0:8420\"":                     "loopback",
		"[serve]\naddress = \"8420\"":                             "host:port",
		"[classify]\nlexikon = \"x\"":                             "lexikon",
		"[review]\nclaim = \"1s\"":                                "review.claim",
		"[review]\nreread_from = \"grave\"":                       "review.reread_from",
		"[review]\nreread_share = 1.5":                            "review.reread_share",
		"[review]\nreread_share = nan":                            "review.reread_share",
		"[review]\nbudget = -1":                                   "review.budget",
		"[crawl]\nworkers = 2\nworkers = 3":                       "workers",
		"[serve]\naddress = \"example.org.:8420\"\n":              "loopback",
		"[timestamp]\nurl = \"tsa.example\"":                      "timestamp.url",
		"[timestamp]\nurl = \"http://tsa.example\"\nroots = \"\"": "timestamp.roots",
	} {
		_, err := config.Parse("vigil.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "vigil.toml") {
			t.Errorf("%q: got %v, want an error that begins with the file and says %q", text, err, want)
		}
	}
}
