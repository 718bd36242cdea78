package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// errNoBrowser says that this machine has nothing to print a PDF with.
var errNoBrowser = errors.New("no chromium on this machine")

// Bounds of printing.
const (
	pdfTime  = 10 * time.Minute
	pdfBytes = 512 << 20
)

// A printer prints HTML pages as PDF files with Debian's chromium. The browser
// has no network: a namespace without interfaces where the system allows it,
// and in any case a proxy at a port where nobody listens. It runs no script of the page, whose
// own policy forbids it, and its profile is empty and removed with the page.
type printer struct {
	dir string // where the page and the profile are kept meanwhile: beside the bundle, since it shows what the bundle holds
}

// print writes the page that write writes, as a PDF that was made at the given
// time. The same page, time, chromium and fonts give the same bytes.
func (p printer) print(ctx context.Context, w io.Writer, made time.Time, write func(io.Writer) error) (err error) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		return errNoBrowser
	}
	dir, err := os.MkdirTemp(p.dir, ".vigil-print-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := writePage(filepath.Join(dir, "report.html"), write); err != nil {
		return err
	}
	if err := runBrowser(ctx, browser, dir); err != nil {
		return fmt.Errorf("print the report with %s: %w", browser, err)
	}
	pdf, err := readPDF(filepath.Join(dir, "report.pdf"))
	if err != nil {
		return err
	}
	_, err = w.Write(undated(pdf, made))
	return err
}

func writePage(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// A browserRun is one run of a browser, which prints report.html in dir.
type browserRun struct {
	browser, dir string
	apart        bool // in a network namespace of its own
}

// runBrowser prints report.html in dir. Where the system allows no namespace, it
// runs without.
func runBrowser(ctx context.Context, browser, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, pdfTime)
	defer cancel()
	r := browserRun{browser, dir, true}
	out, err := r.run(ctx)
	if err != nil && ctx.Err() == nil {
		r.apart = false
		out, err = r.run(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("it took longer than %s: %w", pdfTime, ctx.Err())
	case err != nil:
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out[max(0, len(out)-1000):]))
	}
	return nil
}

// shortTemp names the folder that a process runs in so briefly that the path of a
// socket in it stays below the 108 bytes that Linux allows.
const shortTemp = "/proc/self/cwd"

// run runs the browser, and returns what it said.
func (r browserRun) run(ctx context.Context) ([]byte, error) {
	c := exec.CommandContext(ctx, r.browser, browserFlags(r.dir)...)
	c.Dir, c.Env = r.dir, []string{"HOME=" + r.dir, "TMPDIR=" + shortTemp, "TZ=UTC", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	c.WaitDelay = 5 * time.Second
	confine(c, r.apart)
	return c.CombinedOutput()
}

func browserFlags(dir string) []string {
	flags := []string{
		"--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-default-apps",
		"--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--disable-sync", "--disable-quic",
		"--disable-client-side-phishing-detection", "--disable-breakpad", "--disable-crash-reporter", "--disable-dev-shm-usage",
		"--disable-features=MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
		"--proxy-server=socks5://127.0.0.1:9", "--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-agent=vigil", "--force-color-profile=srgb",
		"--user-data-dir=" + filepath.Join(dir, "profile"),
		"--no-pdf-header-footer", "--print-to-pdf=" + filepath.Join(dir, "report.pdf"),
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // it refuses to run as root with one
	}
	return append(flags, "file://"+filepath.Join(dir, "report.html"))
}

func readPDF(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the browser made no PDF: %w", err)
	}
	defer f.Close()
	pdf, err := io.ReadAll(io.LimitReader(f, pdfBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(pdf) > pdfBytes:
		return nil, fmt.Errorf("the PDF is larger than %d MiB", pdfBytes>>20)
	case !bytes.HasPrefix(pdf, []byte("%PDF-")):
		return nil, errors.New("the browser made a file that is no PDF")
	}
	return pdf, nil
}

// The dates and the ID of a PDF (ISO 32000-1, sections 7.9.4 and 14.4), as chromium writes them.
var (
	pdfDate = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}[+\-Z](\d\d'\d\d')?\)`)
	pdfID   = regexp.MustCompile(`/ID \[<([0-9A-Fa-f]{32})> ?<([0-9A-Fa-f]{32})>\]`)
)

// undated gives a PDF the given time, and an ID of zeros if it has one. No byte
// moves: the file's table of offsets stays right.
func undated(pdf []byte, made time.Time) []byte {
	stamp := made.UTC().Format("20060102150405")
	pdf = pdfDate.ReplaceAllFunc(pdf, func(m []byte) []byte {
		i := bytes.Index(m, []byte("D:")) + 2
		out := bytes.Clone(m)
		copy(out[i:], stamp)
		for j := i + len(stamp); j < len(out); j++ {
			switch c := out[j]; {
			case c == '-':
				out[j] = '+'
			case '0' <= c && c <= '9':
				out[j] = '0'
			}
		}
		return out
	})
	return pdfID.ReplaceAllFunc(pdf, func(m []byte) []byte {
		zeros := bytes.Repeat([]byte("0"), 32)
		parts := pdfID.FindSubmatch(m)
		for _, p := range parts[1:] {
			m = bytes.Replace(m, p, zeros, 1)
		}
		return m
	})
}
