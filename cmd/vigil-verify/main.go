// Command vigil-verify checks an evidence bundle: a folder, or a ZIP file of
// one. It opens no case and no network, and writes nothing but its report.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"vigil/internal/bundle"
)

// Exit codes, those of vigil verify. Scripts depend on them.
const (
	exitPassed  = 0 // no layer failed
	exitFailed  = 1 // the report could not be written
	exitUsage   = 2 // wrong usage, or a file that cannot be read
	exitInvalid = 4 // a layer failed
)

const usage = `usage: vigil-verify [flags] BUNDLE

Checks every byte of an evidence bundle, a folder or a ZIP file, without the program
that wrote it, a case or a network. A line a layer: PASS, FAIL or NOT CHECKED.
Exit codes: 0 nothing failed, 2 wrong usage or a file that cannot be read, 4 a layer failed.

`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, time.Now())) }

// run is the whole program.
func run(args []string, stdout, stderr io.Writer, now time.Time) int {
	flags := flag.NewFlagSet("vigil-verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	var trust bundle.TrustFiles
	flags.StringVar(&trust.Signers, "signers", "", "trusted signers, a `FILE` in OpenSSH's allowed_signers format")
	flags.StringVar(&trust.Authorities, "authorities", "", "root certificates of trusted time-stamping authorities, a `FILE` in PEM")
	flags.StringVar(&trust.LogKeys, "log-keys", "", "public keys of the case's checkpoints, a `FILE` with a vkey a line")
	flags.StringVar(&trust.Parent, "parent", "", "for a disclosure: the `BUNDLE` that it was made from")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitPassed
	} else if err != nil {
		return exitUsage
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return exitUsage
	}
	report, err := verify(flags.Arg(0), trust, now)
	if err != nil {
		fmt.Fprintf(stderr, "vigil-verify: %s\n", bundle.Visible(err.Error()))
		return exitUsage
	}
	print := report.Print
	if *asJSON {
		print = report.PrintJSON
	}
	if err := print(stdout); err != nil {
		fmt.Fprintf(stderr, "vigil-verify: %s\n", bundle.Visible(err.Error()))
		return exitFailed
	}
	if !report.OK() {
		fmt.Fprintln(stderr, "vigil-verify: do not rely on this bundle; ask the sender for its original")
		return exitInvalid
	}
	return exitPassed
}

func verify(name string, trust bundle.TrustFiles, now time.Time) (bundle.Report, error) {
	o, err := trust.Options(now)
	if err != nil {
		return bundle.Report{}, err
	}
	return bundle.Verify(name, o)
}
