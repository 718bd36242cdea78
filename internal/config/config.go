// Package config reads vigil.toml, the settings of a case.
package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/internal/tomlfile"
)

// Name is the file's name in the folder of a case.
const Name = "vigil.toml"

// Config is what vigil.toml holds. The zero Config is invalid; start from
// [Default].
type Config struct {
	Version  int      `toml:"version"`
	Tor      Tor      `toml:"tor"`
	Store    Store    `toml:"store"`
	Log      Log      `toml:"log"`
	Crawl    Crawl    `toml:"crawl"`
	Extract  Extract  `toml:"extract"`
	Classify Classify `toml:"classify"`
	Serve    Serve    `toml:"serve"`
	Review   Review   `toml:"review"`

	Retention Retention `toml:"retention"`
	Timestamp Timestamp `toml:"timestamp"`
}

// Tor says how the network is reached.
type Tor struct {
	Socks   string `toml:"socks"`   // host:port on loopback, or unix:PATH
	Control string `toml:"control"` // Tor's control port, spelt like Socks; only read, and not needed
}

// Store says where the case is kept.
type Store struct {
	URL string `toml:"url"` // bolt:PATH, relative to the case, or postgres://LOGIN@HOST/DATABASE?case=NAME
	Key string `toml:"key"` // the age identity that opens an encrypted case, relative to it
	// While the case is served, it is backed up each BackupEvery into a folder of
	// its own in BackupDir, relative to the case; never, if either is empty or 0.
	BackupDir   string   `toml:"backup_dir"`
	BackupEvery Duration `toml:"backup_every"`
}

// Log says how often a checkpoint of a custody log is signed while something
// runs: after Entries new entries, or so long after a new one.
type Log struct {
	Entries int      `toml:"entries"`
	Every   Duration `toml:"every"`
}

// Crawl bounds what a crawl does, within what an order allows.
type Crawl struct {
	UserAgent string   `toml:"user_agent"`
	Workers   int      `toml:"workers"`  // requests at a time, over all sources
	MaxBody   int64    `toml:"max_body"` // bytes kept of one page
	Timeout   Duration `toml:"timeout"`  // for one page, redirects included
	// After a page a source rests for DelayFactor times as long as the page
	// took, at most MaxDelay; 0 for no rest beyond the order's interval.
	DelayFactor float64  `toml:"delay_factor"`
	MaxDelay    Duration `toml:"max_delay"`
}

// Extract says what the agency adds to the reader of pages.
type Extract struct {
	// ProfileDir is a folder of market profiles that go before those built in,
	// relative to the case; empty for none.
	ProfileDir string `toml:"profile_dir"`
}

// Classify says what the agency adds to the classifier.
type Classify struct {
	// Lexicon is an authorised file of age codes and names of armed groups,
	// relative to the case; empty for none.
	Lexicon string `toml:"lexicon"`
}

// Serve says where the reviewers' pages are.
type Serve struct {
	Address string `toml:"address"` // host:port; not on loopback only with what follows
	// Hosts are what browsers may call the server: NAME, with the address's port, or
	// NAME:PORT. Passkeys are bound to the first.
	Hosts   []string `toml:"hosts"`
	TLSCert string   `toml:"tls_cert"` // PEM file of the certificate and those above it, relative to the case
	TLSKey  string   `toml:"tls_key"`  // PEM file of its key, likewise
}

// Review is what reviewers are told, and how listings are judged.
type Review struct {
	Contact string   `toml:"contact"` // whom to call about a risk to life or a suspected minor
	Claim   Duration `toml:"claim"`   // how long an item stays with the reviewer who took it
	// A second reading, by somebody else and blind, is asked of listings of the level
	// RereadFrom or higher, empty for none, and by lot of the share RereadShare of
	// the others. A case without accounts asks for none.
	RereadFrom  string  `toml:"reread_from"`
	RereadShare float64 `toml:"reread_share"`
	// Budget is how many listings of a grave level somebody opens in a session
	// before a break is offered; 0 for no limit.
	Budget int `toml:"budget"`
}

// Retention says for how many days each class of listings is kept, as far as
// their order allows: it shortens what an order says, and never lengthens it.
type Retention struct {
	NotRelevantDays int `toml:"not_relevant_days"` // from the decision
	UnsureDays      int `toml:"unsure_days"`       // likewise
	UnflaggedDays   int `toml:"unflagged_days"`    // from the newest capture, of what nothing was ever found in
	UndecidedDays   int `toml:"undecided_days"`    // from the end of the order; 0 for all that it allows
	RelevantDays    int `toml:"relevant_days"`     // likewise
}

// Timestamp says who dates bundles (RFC 3161). Nobody is asked unless a person says so.
type Timestamp struct {
	URL   string `toml:"url"`   // of the authority, asked through Tor; empty for none
	Roots string `toml:"roots"` // PEM file of the root certificates that are trusted, relative to the case
}

// A Duration is written as "90s" or "2m".
type Duration time.Duration

// UnmarshalText reads a Go duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration: write 90s or 2m", b)
	}
	*d = Duration(v)
	return nil
}

// String writes whole minutes as "2m", other durations as Go does.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		return rest + "m"
	}
	return s
}

// Default returns the settings of a new case. Its user agent is that of the
// Tor Browser, so that a crawl does not stand out.
func Default() Config {
	return Config{
		Version: 1,
		Tor:     Tor{Socks: "127.0.0.1:9050"},
		Store:   Store{URL: "bolt:vigil.db", Key: "keys/case.agekey"},
		Log:     Log{Entries: 1000, Every: Duration(15 * time.Minute)},
		Crawl: Crawl{
			UserAgent: "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
			Workers:   8,
			MaxBody:   4 << 20,
			Timeout:   Duration(2 * time.Minute),

			DelayFactor: 5,
			MaxDelay:    Duration(30 * time.Second),
		},
		Serve:  Serve{Address: "127.0.0.1:8420", Hosts: []string{}},
		Review: Review{Claim: Duration(30 * time.Minute), RereadFrom: "escalate", RereadShare: 0.05, Budget: 25},

		Retention: Retention{NotRelevantDays: 30, UnsureDays: 90, UnflaggedDays: 30},
		Timestamp: Timestamp{Roots: "log_tsa.pem"},
	}
}

// File returns the text of a new case's vigil.toml.
func File(c Config) []byte {
	return fmt.Appendf(nil, `# Settings of this case. Unknown keys are refused.
version = %d

[tor]
# host:port on loopback, or unix:/path/to/socket
socks = %q
# Tor's control port, if vigil may read its version and state from it
control = %q

[store]
url = %q
# who has this file reads the case; --key names another
key = %q

# vigil run and vigil serve back the case up into this folder, best on another
# disk, each backup_every ("24h"; "0s" for never)
backup_dir = %q
backup_every = %q

[log]
# while something runs, a checkpoint of a custody log is signed after so many
# new entries, or so long after a new one; and always at the end
entries = %d
every = %q

[crawl]
user_agent = %q
# requests at a time, over all sources
workers = %d
# bytes kept of one page
max_body = %d
# for one page, redirects included
timeout = %q
# after a page its source rests so many times as long as the page took, up to
# max_delay; 0 leaves only the order's interval
delay_factor = %g
max_delay = %q

[extract]
# folder of market profiles of your own, which go before those built in
profile_dir = %q

[classify]
# authorised file of age codes and names of armed groups, if the agency has one
lexicon = %q

[serve]
# the reviewers' pages. Another address than loopback needs all that follows, and
# accounts: vigil user add
address = %q
# names by which browsers may call the server, the one to which passkeys are bound first
hosts = %s
# its certificate and key, PEM files
tls_cert = %q
tls_key = %q

[review]
# whom to call about a risk to life or a suspected minor
contact = %q
# how long a listing stays with the reviewer who took it
claim = %q
# where there are accounts, a second person reads, without sight of the first
# reading, listings of this level or higher: note, review, priority, escalate;
# empty for none
reread_from = %q
# and this share of the others, drawn by lot: 0 to 1
reread_share = %g
# after so many listings of a grave level in one session a break is offered; 0 for
# no limit
budget = %d

[retention]
# days for which listings are kept, never longer than their order allows: from
# the decision,
not_relevant_days = %d
unsure_days = %d
# from the newest capture, of what nothing was ever found in,
unflagged_days = %d
# and from the end of the order; 0 for all that it allows
undecided_days = %d
relevant_days = %d

[timestamp]
# address of a time-stamping authority (RFC 3161), which vigil bundle timestamp asks
# through Tor; it is sent a hash and nothing else
url = %q
# root certificates of the authorities that are trusted, in PEM
roots = %q
`, c.Version, c.Tor.Socks, c.Tor.Control, c.Store.URL, c.Store.Key, c.Store.BackupDir, c.Store.BackupEvery, c.Log.Entries, c.Log.Every, c.Crawl.UserAgent, c.Crawl.Workers, c.Crawl.MaxBody,
		c.Crawl.Timeout, c.Crawl.DelayFactor, c.Crawl.MaxDelay, c.Extract.ProfileDir, c.Classify.Lexicon, c.Serve.Address, list(c.Serve.Hosts), c.Serve.TLSCert, c.Serve.TLSKey, c.Review.Contact, c.Review.Claim,
		c.Review.RereadFrom, c.Review.RereadShare, c.Review.Budget,
		c.Retention.NotRelevantDays, c.Retention.UnsureDays, c.Retention.UnflaggedDays, c.Retention.UndecidedDays, c.Retention.RelevantDays,
		c.Timestamp.URL, c.Timestamp.Roots)
}

// Read reads a file over the defaults and checks every value.
func Read(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	return Parse(path, data)
}

// Parse reads data over the defaults and checks every value. Errors begin with
// name.
func Parse(name string, data []byte) (Config, error) {
	c := Default()
	if err := tomlfile.Decode(name, data, &c); err != nil {
		return Config{}, err
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

func (c Config) check() error {
	switch {
	case c.Version != 1:
		return fmt.Errorf("version = %d: this program reads version 1", c.Version)
	case c.Tor.Socks == "":
		return errors.New("tor.socks is empty: want host:port or unix:PATH")
	case !regexp.MustCompile(`^(bolt:|postgres://|postgresql://)`).MatchString(c.Store.URL):
		return fmt.Errorf("store.url = %q: want bolt:PATH, or postgres://LOGIN@HOST/DATABASE?case=NAME", c.Store.URL)
	case c.Log.Entries < 1:
		return fmt.Errorf("log.entries = %d: want 1 or more", c.Log.Entries)
	case c.Log.Every < Duration(time.Second) || c.Log.Every > Duration(24*time.Hour):
		return fmt.Errorf("log.every = %q: want 1s to 24h", c.Log.Every)
	case c.Store.BackupEvery != 0 && c.Store.BackupEvery < Duration(time.Minute):
		return fmt.Errorf("store.backup_every = %q: want 1m or more, or 0s for never", c.Store.BackupEvery)
	case (c.Store.BackupEvery != 0) != (c.Store.BackupDir != ""):
		return errors.New("store.backup_every and store.backup_dir: want both or neither")
	case c.Crawl.Workers < 1 || c.Crawl.Workers > 256:
		return fmt.Errorf("crawl.workers = %d: want 1 to 256", c.Crawl.Workers)
	case c.Crawl.MaxBody < 1<<10 || c.Crawl.MaxBody > 64<<20:
		return fmt.Errorf("crawl.max_body = %d: want 1024 to %d bytes", c.Crawl.MaxBody, 64<<20)
	case c.Crawl.Timeout < Duration(time.Second) || c.Crawl.Timeout > Duration(10*time.Minute):
		return fmt.Errorf("crawl.timeout = %q: want 1s to 10m", c.Crawl.Timeout)
	case !(c.Crawl.DelayFactor >= 0 && c.Crawl.DelayFactor <= 1000):
		return fmt.Errorf("crawl.delay_factor = %g: want 0 to 1000", c.Crawl.DelayFactor)
	case c.Crawl.MaxDelay < 0 || c.Crawl.MaxDelay > Duration(time.Hour):
		return fmt.Errorf("crawl.max_delay = %q: want 0s to 1h", c.Crawl.MaxDelay)
	case c.Review.Claim < Duration(time.Minute):
		return fmt.Errorf("review.claim = %q: want 1m or more", c.Review.Claim)
	}
	if err := errors.Join(c.Review.check(), c.Retention.check(), c.Timestamp.check()); err != nil {
		return err
	}
	return c.Serve.Check()
}

// list is the TOML of names, which hold no control characters.
func list(names []string) string {
	var qs []string
	for _, n := range names {
		qs = append(qs, fmt.Sprintf("%q", n))
	}
	return "[" + strings.Join(qs, ", ") + "]"
}

// hostForm is what a browser writes into the header Host, the port left out or not:
// letters and digits (RFC 1123), or an IPv4 address.
var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$`)

// Check reports why the pages cannot be served so. An address that others can reach
// needs a certificate and the names by which it is reached.
func (s Serve) Check() error {
	for _, h := range s.Hosts {
		if !hostForm.MatchString(h) || len(h) > 253 {
			return fmt.Errorf("serve.hosts: %q: want a name in small letters, or NAME:PORT", h)
		}
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errors.New("serve.tls_cert and serve.tls_key: want both or neither")
	}
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		return fmt.Errorf("serve.address = %q: want host:port", s.Address)
	}
	if Loopback(s.Address) {
		return nil
	}
	if s.TLSCert == "" || len(s.Hosts) == 0 {
		return fmt.Errorf("serve.address = %q: others can reach it, so serve.tls_cert, serve.tls_key and serve.hosts are wanted; without them it is loopback, such as 127.0.0.1:8420", s.Address)
	}
	return nil
}

func (r Review) check() error {
	switch {
	case !slices.Contains([]string{"", "note", "review", "priority", "escalate"}, r.RereadFrom):
		return fmt.Errorf("review.reread_from = %q: want note, review, priority, escalate, or nothing", r.RereadFrom)
	case !(r.RereadShare >= 0 && r.RereadShare <= 1):
		return fmt.Errorf("review.reread_share = %g: want 0 to 1", r.RereadShare)
	case r.Budget < 0 || r.Budget > 10000:
		return fmt.Errorf("review.budget = %d: want 0 to 10000", r.Budget)
	}
	return nil
}

func (r Retention) check() error {
	for _, p := range []struct {
		key         string
		days, least int
	}{
		{"not_relevant_days", r.NotRelevantDays, 1}, {"unsure_days", r.UnsureDays, 1}, {"unflagged_days", r.UnflaggedDays, 1},
		{"undecided_days", r.UndecidedDays, 0}, {"relevant_days", r.RelevantDays, 0},
	} {
		if p.days < p.least || p.days > maxDays {
			return fmt.Errorf("retention.%s = %d: want %d to %d", p.key, p.days, p.least, maxDays)
		}
	}
	return nil
}

func (t Timestamp) check() error {
	switch {
	case t.URL != "" && !strings.HasPrefix(t.URL, "http://") && !strings.HasPrefix(t.URL, "https://"):
		return fmt.Errorf("timestamp.url = %q: want http://… or https://…, or nothing", t.URL)
	case t.URL != "" && t.Roots == "":
		return errors.New("timestamp.roots is empty: want the file of the authority's root certificate, without which its stamps prove nothing")
	}
	return nil
}

// maxDays bounds a period as an order's own is bounded.
const maxDays = 100 * 366

// Loopback reports whether address is a host:port that only this machine reaches.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
