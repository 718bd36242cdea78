// Package bundle writes evidence bundles, and verifies them without a case.
//
// A bundle is a signed BagIt bag. FORMAT.md in this folder describes it; any
// party can check one with sha256sum and ssh-keygen.
package bundle

import (
	"time"

	"vigil"
)

// Format names the version of the format that this package writes and reads.
const Format = "vigil-bundle/1"

// Contents is what a bundle holds: listings of one order with what they rest on.
type Contents struct {
	ID       string // of the bundle
	Order    vigil.Order
	Exhibits []vigil.Exhibit
	Logs     []Log     // the order's log, and the case's if wanted
	Tool     string    // program and version that writes the bundle
	Sealed   time.Time // when; to the second
	Exporter string    // account of who exports
	// Indicators says in a few words what each indicator means, by code, for
	// the report. It may be nil.
	Indicators map[string]string
	// Links says for the report what ties exhibits together. It may be empty.
	Links Links
}

// Links is what ties the exhibits of a bundle together: derived from their
// assessments, and, for how common an identifier is, from the case.
type Links struct {
	// Pictures are SVG elements that this program made: no script, no load, all text
	// escaped, and no listing but the exhibits.
	Pictures [][]byte
	Rows     []Link
}

// A Link is an identifier that two or more exhibits name, or one that a list has.
type Link struct {
	Key    string
	Lists  string // lists that have it, with their dates
	Places []Place
}

// A Place says which exhibit names the identifier, and where.
type Place struct {
	Listing, Where string
	Weak           []string // why it ties nothing; empty if it does
}

// A Log is an excerpt of a custody log: the entries that touch the exhibits,
// in the order of their numbers.
type Log struct {
	Checkpoint vigil.Checkpoint
	Entries    []ProvenEntry
}

// A ProvenEntry is a log entry with the proof that it is in the log.
type ProvenEntry struct {
	vigil.Entry
	Proof [][32]byte // RFC 6962, section 2.1.1, lowest node first
	// Record is the stored bytes of the record that the entry tells of. It may
	// be nil where the record's JSON form has the hash that the entry states.
	Record []byte
}

// Names in a bundle.
const (
	bagitName    = "bagit.txt"
	infoName     = "bag-info.txt"
	signersName  = "signatures/allowed_signers"
	sigName      = "signatures/" + signedName + ".sig"
	signedName   = "tagmanifest-sha256.txt" // what the exporter signs
	orderName    = "data/order/order.toml"
	orderSigName = "data/order/order.toml.sig"
	orderRecName = "data/order/order.json"
	reportName   = "data/report/report.html"
	manualName   = "data/VERIFY.txt"
	captureDir   = "data/captures/"
	listingDir   = "data/listings/"
	assessDir    = "data/classification/"
	reviewDir    = "data/review/"
	orderLogDir  = "data/custody/order/"
	caseLogDir   = "data/custody/case/"
	eventsName   = "events.jsonl"
	proofsName   = "proofs.jsonl"
	pointName    = "checkpoint.txt"
)

// logDir returns the folder of the excerpt of a log.
func logDir(log string) string {
	if log == "" {
		return caseLogDir
	}
	return orderLogDir
}
