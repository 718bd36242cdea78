// Package bundle writes evidence bundles, and verifies them without a case.
//
// A bundle is a signed BagIt bag. FORMAT.md in this folder describes it; any
// party can check one with sha256sum, ssh-keygen, openssl and a program that
// opens web archives.
package bundle

import (
	"crypto/ecdsa"
	"io"
	"iter"
	"time"

	"vigil"
)

// Format names the version of the format that this package writes and reads.
const Format = "vigil-bundle/2"

// A Kind says for whom a bundle is.
type Kind string

// Kinds of bundle.
const (
	Evidential Kind = "evidential" // everything that the listings rest on
	Disclosure Kind = "disclosure" // made from an evidential one, with parts withheld for stated reasons
)

// Contents is what a bundle holds: listings of one order with what they rest on.
//
// Sequences are read once, from the beginning to the end; an error that one
// yields ends the writing. Nothing of them is held in memory but one exhibit at
// a time.
type Contents struct {
	ID          string // of the bundle; of a-z 0-9 . _ -
	Kind        Kind
	Order       vigil.Order
	OrderRecord []byte    // the order's record as stored; nil if it is the JSON form of Order
	Supersedes  string    // ID of the bundle in whose place this one stands; may be empty
	Parent      Parent    // of a disclosure
	Tool        string    // program and version that writes the bundle
	Made        time.Time // when it was put together; to the second
	// Exhibits are the listings, in ascending order of their IDs.
	Exhibits iter.Seq2[Item, error]
	Logs     []Log // the order's log, and the case's if wanted
	// Derived are files made from the records for readers and other systems, with
	// names that [DerivedName] accepts. The bundle vouches for their bytes only.
	Derived []File
	// WACZKey signs the captures for programs that show web archives: ECDSA on
	// P-384. See [NewWACZKey].
	WACZKey *ecdsa.PrivateKey

	mostArchive int64 // bytes of a file of captures before the next is begun; 0 for maxArchive
}

// A Parent names the evidential bundle that a disclosure was made from.
type Parent struct {
	ID     string
	SHA256 string // of its tagmanifest-sha256.txt, in lower-case hex
}

// An Item is an exhibit with the stored bytes of its records: those that the
// custody log states the hash of.
type Item struct {
	vigil.Exhibit
	Stored Stored
	// CaptureWithheld leaves the page itself out of the captures; its record
	// stays. Only a disclosure may do that.
	CaptureWithheld bool
}

// Stored is the bytes of an exhibit's records as the case keeps them. A nil one
// is the JSON form of the record. Each must read as the record beside it.
type Stored struct {
	Page, Listing, Assessment []byte
	Decisions                 [][]byte // as many as the exhibit has, or none
}

// A Log is an excerpt of a custody log: the entries that touch the exhibits,
// in the order of their numbers.
type Log struct {
	Checkpoint vigil.Checkpoint
	Note       []byte // the checkpoint as a signed note; nil if there is none
	Entries    iter.Seq2[ProvenEntry, error]
}

// A ProvenEntry is a log entry with the proof that it is in the log.
type ProvenEntry struct {
	vigil.Entry
	Proof [][32]byte // RFC 6962, section 2.1.1, lowest node first
}

// A File is a file of the bundle that somebody else makes.
type File struct {
	Name  string // in the bundle, such as data/report/report.html
	Write func(io.Writer) error
}

// Names in a bundle.
const (
	bagitName    = "bagit.txt"
	infoName     = "bag-info.txt"
	signedName   = "tagmanifest-sha256.txt" // what the exporter signs
	orderName    = "data/order/order.toml"
	orderSigName = "data/order/order.toml.sig"
	orderRecName = "data/order/order.json"
	manualName   = "data/VERIFY.txt"
	captureDir   = "data/captures/"
	waczName     = captureDir + "captures.wacz"
	indexName    = captureDir + "index.jsonl"
	listingDir   = "data/listings/"
	assessDir    = "data/classification/"
	reviewDir    = "data/review/"
	orderLogDir  = "data/custody/order/"
	caseLogDir   = "data/custody/case/"
	eventsName   = "events.jsonl"
	proofsName   = "proofs.jsonl"
	pointName    = "checkpoint.txt"
	noteName     = "checkpoint.note"
	withheldName = "data/withheld.jsonl"
)

// Names of what is added after the bag is fixed.
const (
	sigDir         = "signatures/"
	sigName        = sigDir + signedName + ".sig"
	signersName    = sigDir + "allowed_signers"
	envelopeName   = sigDir + "release.dsse.json"
	releasePAEName = sigDir + "release.pae"
	stampQueryName = sigDir + signedName + ".tsq"
	stampReplyName = sigDir + signedName + ".tsr"
	stampChainName = sigDir + "tsa-chain.pem"
	noStampName    = sigDir + "no-timestamp.txt"
)

// logDir returns the folder of the excerpt of a log.
func logDir(log string) string {
	if log == "" {
		return caseLogDir
	}
	return orderLogDir
}
