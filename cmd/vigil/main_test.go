package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/signature"
	"vigil/internal/tor/simnet"
)

// atExit keeps the race detector from sleeping for a second at the end of each of
// the hundreds of processes that the tests run.
const atExit = "atexit_sleep_ms=10"

// The scripts in testdata run the real program as a process of its own; so do
// the tests that kill it.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", atExit)
	testscript.Main(m, map[string]func(){"vigil": main, "benchsite": benchSite})
}

func TestScripts(t *testing.T) {
	t.Parallel() // with the few that wait for others, such as the one on Tor
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setupMarkets,
		Cmds:                scriptCommands,
		RequireExplicitExec: true,
	})
}

// setupMarkets serves the fixture markets behind a SOCKS proxy for one script.
// The script finds the proxy in $SOCKS and the markets' names in $TIDEWATER and
// $LANTERNMART.
func setupMarkets(env *testscript.Env) error {
	markets, err := fixtures.Markets()
	if err != nil {
		return err
	}
	net, err := simnet.Start(handlers(markets))
	if err != nil {
		return err
	}
	env.Defer(func() { net.Close() })
	env.Setenv("SOCKS", net.Addr())
	env.Setenv("USER", "tester")
	env.Setenv("GORACE", atExit)
	env.Values["net"] = net
	for _, m := range markets {
		env.Setenv(strings.ToUpper(m.Name), m.Host)
	}
	return nil
}

// scriptCommands are the parts of a script that other people's programs play:
// the authority, and whoever wants to break something.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// keygen FILE PRINCIPAL writes FILE and FILE.pub, and prints the
	// allowed_signers line to FILE.signer.
	"keygen": func(ts *testscript.TestScript, _ bool, args []string) {
		private, public, err := signature.GenerateKey(args[1])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), private, 0o600))
		line := fmt.Sprintf("%s namespaces=%q %s", args[1], signature.Order, public)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".signer"), []byte(line), 0o644))
	},
	// witness FILE PRINCIPAL PUBLIC appends a public key to FILE as one whose
	// signatures under checkpoints count.
	"witness": func(ts *testscript.TestScript, _ bool, args []string) {
		appendTo(ts, args[0], fmt.Appendf(nil, "%s namespaces=%q %s", args[1], signature.Checkpoint, ts.ReadFile(args[2])))
	},
	// sign KEY FILE... appends a signature to each FILE.sig, as ssh-keygen -Y sign does.
	"sign": func(ts *testscript.TestScript, _ bool, args []string) {
		key := []byte(ts.ReadFile(args[0]))
		for _, name := range args[1:] {
			sig, err := signature.Sign(key, []byte(ts.ReadFile(name)), signature.Order)
			ts.Check(err)
			appendTo(ts, name+".sig", sig)
		}
	},
	// append FILE OTHER adds the text of OTHER to FILE.
	"append": func(ts *testscript.TestScript, _ bool, args []string) {
		appendTo(ts, args[0], []byte(ts.ReadFile(args[1])))
	},
	// order FILE ID [FROM-DAYS TO-DAYS] writes an order for both markets, in
	// force from yesterday for 90 days or for the given days from now.
	"order": func(ts *testscript.TestScript, _ bool, args []string) {
		from, to := -1, 90
		if len(args) == 4 {
			_, err := fmt.Sscan(args[2]+" "+args[3], &from, &to)
			ts.Check(err)
		}
		markets, err := fixtures.Markets()
		ts.Check(err)
		now := time.Now().UTC().Truncate(time.Hour)
		text := fixtures.OrderTOML(args[1], now.AddDate(0, 0, from), now.AddDate(0, 0, to), markets...)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o644))
	},
	// exits CODE COMMAND... runs a command that must end with this exit code.
	"exits": func(ts *testscript.TestScript, _ bool, args []string) {
		err := ts.Exec(args[1], args[2:]...)
		code := "0"
		var exit interface{ ExitCode() int }
		if errors.As(err, &exit) {
			code = fmt.Sprint(exit.ExitCode())
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		if code != args[0] {
			ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
		}
	},
	// empty FILE BUCKET takes all out of a bucket of a store.
	"empty": emptyBucket,
	// keeps WORDS COMMAND... runs a command that must succeed, and must say none of
	// WORDS, between commas, whatever their letters' case.
	"keeps": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(ts.Exec(args[1], args[2:]...))
		said := strings.ToLower(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
		for word := range strings.SplitSeq(args[0], ",") {
			if strings.Contains(said, word) {
				ts.Fatalf("%s says %q", strings.Join(args[1:], " "), word)
			}
		}
	},
	// flip FILE changes the byte in the middle of FILE.
	"flip": func(ts *testscript.TestScript, _ bool, args []string) {
		name := ts.MkAbs(args[0])
		b, err := os.ReadFile(name)
		ts.Check(err)
		b[len(b)/2] ^= 1
		ts.Check(os.WriteFile(name, b, 0o644))
	},
	// asked [!] TEXT fails unless the proxy was asked for an address with TEXT
	// in it; with ! before it, if it was.
	"asked": func(ts *testscript.TestScript, neg bool, args []string) {
		net := ts.Value("net").(*simnet.Net)
		var all []string
		for _, r := range net.Requests() {
			all = append(all, r.Host)
		}
		if got := strings.Contains(strings.Join(all, "\n"), args[0]); got == neg {
			ts.Fatalf("the proxy was asked for\n%s", strings.Join(all, "\n"))
		}
	},
	// fixture NAME FILE writes a file of the fixtures.
	"fixture": func(ts *testscript.TestScript, _ bool, args []string) {
		b, err := fixtures.FS.ReadFile(args[0])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o644))
	},
	// tie VAR takes the ID of the first line of "vigil link ties --json", which must
	// have been the last command, into $VAR.
	"tie": func(ts *testscript.TestScript, _ bool, args []string) {
		var row vigil.Tie
		ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))).Decode(&row))
		ts.Setenv(args[0], row.ID)
	},
	// nextpage VAR takes what asks for the next page from the last line of "vigil
	// search --json", which must have been the last command, into $VAR.
	"nextpage": func(ts *testscript.TestScript, _ bool, args []string) {
		lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
		var end struct{ Next string }
		ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &end))
		ts.Setenv(args[0], end.Next)
	},
	// listingby VAR VENDOR takes the ID of the first line of VENDOR's from "vigil
	// review --json", which must have been the last command, into $VAR.
	"listingby": func(ts *testscript.TestScript, _ bool, args []string) {
		for line := range strings.Lines(ts.ReadFile("stdout")) {
			var row struct{ Listing, Vendor string }
			ts.Check(json.Unmarshal([]byte(line), &row))
			if row.Vendor == args[1] {
				ts.Setenv(args[0], row.Listing)
				return
			}
		}
		ts.Fatalf("no listing of %s", args[1])
	},
	// listing VAR N takes the ID of the Nth line of "vigil review --json", or of
	// "vigil review next --json", which must have been the last command, into $VAR.
	"listing": func(ts *testscript.TestScript, _ bool, args []string) {
		var n int
		_, err := fmt.Sscan(args[1], &n)
		ts.Check(err)
		rows := strings.Split(ts.ReadFile("stdout"), "\n")
		var row struct{ Listing json.RawMessage }
		ts.Check(json.Unmarshal([]byte(rows[n-1]), &row))
		var id string
		if json.Unmarshal(row.Listing, &id) != nil {
			var l vigil.Listing
			ts.Check(json.Unmarshal(row.Listing, &l))
			id = l.ID
		}
		ts.Setenv(args[0], id)
	},
	// cluster N VAR M... takes the ID of the Mth member of the Nth cluster, both
	// from 0, of "vigil duplicates --json", which must have been the last command,
	// into $VAR.
	"cluster": func(ts *testscript.TestScript, _ bool, args []string) {
		var n, m int
		_, err := fmt.Sscan(args[0], &n)
		ts.Check(err)
		var row struct{ Listings []struct{ Listing string } }
		ts.Check(json.Unmarshal([]byte(strings.Split(ts.ReadFile("stdout"), "\n")[n]), &row))
		for i := 1; i+1 < len(args); i += 2 {
			_, err := fmt.Sscan(args[i+1], &m)
			ts.Check(err)
			ts.Setenv(args[i], row.Listings[m].Listing)
		}
	},
	// field VAR NAME takes the text of that name in the first line of JSON that the
	// last command wrote into $VAR.
	"field": func(ts *testscript.TestScript, _ bool, args []string) {
		var row map[string]any
		ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))).Decode(&row))
		ts.Setenv(args[0], fmt.Sprint(row[args[1]]))
	},
	"person": newPerson, "tsa": serveAuthority, "recipient": newRecipient, "trustcase": trustCase, "aged": agedCase, "needle": needle, "firsthold": firstHold, "halfpurge": halfPurge,
	// lines N FILE fails unless FILE has N lines.
	"lines": func(ts *testscript.TestScript, neg bool, args []string) {
		if n := strings.Count(ts.ReadFile(args[1]), "\n"); fmt.Sprint(n) != args[0] {
			ts.Fatalf("%s has %d lines, want %s", args[1], n, args[0])
		}
	},
}

func appendTo(ts *testscript.TestScript, name string, b []byte) {
	f, err := os.OpenFile(filepath.Clean(ts.MkAbs(name)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	ts.Check(err)
	_, err = f.Write(b)
	ts.Check(errors.Join(err, f.Close()))
}
