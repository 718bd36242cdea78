// Package vigil holds the words of the program: what an order allows, what a
// page, a listing, an assessment and a decision are, and what a task and its
// result look like. It imports the standard library only; every other package
// speaks in these types.
//
// The way of the data:
//
//	Order ─▶ fetch Task ─▶ Page ─▶ Listing ─▶ Assessment ─▶ Decision ─▶ bundle
//
// Each arrow is one [Task] that ends in one [Result], which a store commits
// whole or not at all.
//
// vigil assesses listings, never persons. An indicator prompts a review and
// proves nothing.
package vigil

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Sentinel errors. A caller branches on them with errors.Is; the text around
// them says which object was meant and what to do next.
var (
	// ErrRefused is matched by every refusal for want of authority.
	ErrRefused = errors.New("refused")
	// ErrOutOfScope says that no order covers an address.
	ErrOutOfScope = fmt.Errorf("%w: out of scope", ErrRefused)
	// ErrNotInForce says that an order covers an address, but not at this time.
	ErrNotInForce = fmt.Errorf("%w: order not in force", ErrRefused)
	// ErrUnsigned says that an order lacks a valid signature of an allowed signer.
	ErrUnsigned = fmt.Errorf("%w: not signed", ErrRefused)

	// ErrLeaseLost says that a lease ran out or was taken over; nothing was changed.
	ErrLeaseLost = errors.New("lease lost")
	// ErrHeld says that somebody else holds the lease of the wanted task.
	ErrHeld = errors.New("held by another")
	// ErrNotFound says that a record is not in the case.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a record that may be written once is there already.
	ErrExists = errors.New("exists already")
	// ErrInUse says that another process has the case open.
	ErrInUse = errors.New("in use")
	// ErrSealed says that the case is encrypted, and its key not at hand.
	ErrSealed = errors.New("sealed: the case is encrypted, and its key is not at hand")
	// ErrTampered says that a stored record, log or bundle does not match its hash.
	ErrTampered = errors.New("does not match its hash")
)

// An Order is a legal order as its authority signed it.
// The zero Order allows nothing.
type Order struct {
	Version            int       `json:"version"`
	ID                 string    `json:"id"`
	Case               string    `json:"case"`
	Authority          string    `json:"authority"` // who allowed it, and under which file number
	LegalBasis         string    `json:"legal_basis"`
	Purpose            string    `json:"purpose"`
	NotBefore          time.Time `json:"not_before"`
	NotAfter           time.Time `json:"not_after"`
	RetentionDays      int       `json:"retention_days"`
	SignaturesRequired int       `json:"signatures_required"`
	Sources            []Source  `json:"sources"`
	File               []byte    `json:"file"`       // the signed bytes
	SHA256             string    `json:"sha256"`     // of File
	Signatures         []string  `json:"signatures"` // armored OpenSSH signatures over File
	SignedBy           []string  `json:"signed_by"`  // principals whose signatures were valid on registration
}

// A Source is a place that an order allows us to look at, for a stated time.
// Its rules are in [Source.Allows]; the zero Source allows nothing.
type Source struct {
	Order          string        `json:"order"`
	Name           string        `json:"name"` // unique in its order
	Hosts          []string      `json:"hosts"`
	Start          []string      `json:"start"`
	Paths          []string      `json:"paths"`
	DenyPaths      []string      `json:"deny_paths,omitempty"`
	NotBefore      time.Time     `json:"not_before"`
	NotAfter       time.Time     `json:"not_after"`
	MaxPages       int           `json:"max_pages"`
	MaxBytes       int64         `json:"max_bytes,omitempty"` // received in all; 0 sets no limit beside MaxPages
	MaxDepth       int           `json:"max_depth"`
	Interval       time.Duration `json:"interval"`    // least time between the starts of two requests
	Concurrency    int           `json:"concurrency"` // most requests at a time
	Profile        string        `json:"profile"`     // market profile, or "auto"
	Robots         Robots        `json:"robots,omitempty"`
	SessionAllowed bool          `json:"session_allowed,omitempty"`
	CookieFile     string        `json:"cookie_file,omitempty"`
}

// Robots says what an order makes of a source's robots.txt (RFC 9309).
type Robots string

// An order that says nothing obeys, and so covers /robots.txt on its hosts.
const (
	ObeyRobots   Robots = ""
	IgnoreRobots Robots = "ignore"
)

// ID names the source in the case: ORDER/NAME.
func (s Source) ID() string { return s.Order + "/" + s.Name }

// OrderOf returns the order part of a source ID.
func OrderOf(sourceID string) string {
	i := strings.LastIndexByte(sourceID, '/')
	if i < 0 {
		return sourceID
	}
	return sourceID[:i]
}

// A Stage is one kind of step on the way of the data. It is a string, so that
// stored values outlive a change of the code.
type Stage string

// The stages, in the order of the data.
const (
	Fetch    Stage = "fetch"    // subject: canonical URL
	Extract  Stage = "extract"  // subject: page ID
	Classify Stage = "classify" // subject: ID of the page whose listing is meant
	Review   Stage = "review"   // subject: the same
	// Reread is the second reading of a listing by somebody else, who is not shown
	// the first; Adjudicate is a third person's choice between two that differ;
	// FollowUp is a day on which somebody wants to come back. Subject: as of Review.
	Reread     Stage = "reread"
	Adjudicate Stage = "adjudicate"
	FollowUp   Stage = "follow-up"
)

// ByPerson reports whether people do a stage's tasks: their claims outlive the
// process that took them, and no number of lapsed ones makes a task dead.
func (st Stage) ByPerson() bool {
	return st == Review || st == Reread || st == Adjudicate || st == FollowUp
}

// A Task is one step to be done. Its ID follows from stage, source and
// subject, so the same step is queued once however often it is found.
type Task struct {
	ID       string    `json:"id"`
	Stage    Stage     `json:"stage"`
	Source   string    `json:"source"`  // source ID
	Subject  string    `json:"subject"` // what the step is about; see the stages
	Depth    int       `json:"depth"`   // links from a start address; fetch only
	Priority int       `json:"priority"`
	From     string    `json:"from,omitempty"`   // ID of the page on which it was found first
	Attempts int       `json:"attempts"`         // leases so far that count
	Lease    string    `json:"lease,omitempty"`  // fencing token; empty when not leased
	Holder   string    `json:"holder,omitempty"` // who leased it
	Until    time.Time `json:"until,omitzero"`   // end of the lease, or earliest next try
	State    State     `json:"state"`
	Since    time.Time `json:"since,omitzero"`   // when it came into its state
	Class    string    `json:"class,omitempty"`  // of the last setback; "lapsed" if its lease ran out
	Reason   string    `json:"reason,omitempty"` // last error, or why it is parked or dead
	Record   string    `json:"record,omitempty"` // ID of the record that its last commit brought; empty if none
	// Barred may never lease the task: they have read the listing before; 64 at most.
	// Passed have passed it on, and get it only if they ask for it. Both are for
	// tasks of people alone.
	Barred []string `json:"barred,omitempty"`
	Passed []string `json:"passed,omitempty"`
}

// NewTask returns a queued task with its ID set. A higher priority is leased
// first; it must lie in 0…255.
func NewTask(stage Stage, source, subject string) Task {
	return Task{ID: hashID(string(stage), source, subject), Stage: stage, Source: source, Subject: subject, State: Queued}
}

// A State says where a task stands.
type State string

// The states of a task. A parked task waits until somebody queues it again. Dead
// tasks have failed too often or were refused. The Reason of either says why,
// and they stay to be seen.
const (
	Queued State = "queued"
	Leased State = "leased"
	Done   State = "done"
	Parked State = "parked"
	Dead   State = "dead"
)

// An Act is what somebody did, as far as the caller knows it. The store adds
// time, number and hash and writes it to the custody log as an [Event].
// It holds no page content and no personal data, so that erasing a record
// never breaks the log.
type Act struct {
	Actor   string            // account of who did it, or of whom the program did it for
	Action  string            // one of the actions below
	Order   string            // order ID; empty means the record's, or the task's, or else the log of the case itself
	Object  Object            // what it was done to; filled in by the store if a record goes with it
	Reason  string            // why, in the actor's words or as a code
	Details map[string]string // counts, rule names, settings
}

// Actions of the custody log.
const (
	ActInit      = "case.init"
	ActAuthorize = "source.authorised"
	ActRevoke    = "source.revoked"
	ActPause     = "source.paused"
	ActResume    = "source.resumed"
	ActFetch     = "fetch"
	ActRefuse    = "fetch.refused"
	ActWall      = "fetch.wall"
	ActRobots    = "fetch.robots"
	ActGiveUp    = "fetch.given-up"
	ActImport    = "import"
	ActExtract   = "extract"
	ActClassify  = "classify"
	ActView      = "view"
	ActDecide    = "decide"
	ActUndo      = "decide.undo"
	ActPass      = "review.pass"   // a claim given up without a decision, for somebody else
	ActReturn    = "review.return" // one given up that may come to the same person again
	ActAssign    = "review.assign"
	ActRemark    = "remark" // a note, a tag or a day to come back to; its words are in the record
	ActFilter    = "filter" // a saved query
	ActJob       = "job"    // something that takes long began, or ended as its reason says
	ActDraft     = "export.draft"
	ActExport    = "export.seal"
	ActExchange  = "export.exchange" // a file for another system went out
	ActDisclose  = "export.disclose" // a disclosure made, or a withheld thing of one shown
	ActList      = "watchlist.import"
	ActTie       = "link.tie"
	ActSearch    = "search"

	ActAccount   = "account.change" // made, changed or disabled; its roles are in the details
	ActLogin     = "login"
	ActLoginFail = "login.failed"
	ActLogout    = "logout"
	ActStepUp    = "login.again"  // proved anew who they are, for an act that asks for it
	ActDenied    = "denied"       // tried what their roles do not allow
	ActBreak     = "review.break" // a break was offered, or passed over

	ActApprove     = "export.approve"
	ActRelease     = "export.release"
	ActAcknowledge = "export.acknowledge"
	ActRecall      = "export.recall"
	ActTimestamp   = "export.timestamp"
)

// An Object names what an act was done to.
type Object struct {
	Type   string `json:"type,omitempty"` // a record type, or "task", "case", "bundle"
	ID     string `json:"id,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the stored bytes
}

// An Event is one line of a custody log. The bytes of its JSON form, as first
// written, are what the log hashes; they are never serialised again.
type Event struct {
	V       int               `json:"v"`   // version of this form: 1
	Seq     int64             `json:"seq"` // place in its log, from 0
	Time    time.Time         `json:"time"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Object  Object            `json:"object"`
	Order   string            `json:"authorisation,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Tool    string            `json:"tool"`
	Details map[string]string `json:"details,omitempty"`
}

// An Entry is an event together with the bytes that the log hashes.
type Entry struct {
	Event
	Line []byte // JSON, without a line end
}

// A Checkpoint states what a custody log held at one moment: the Merkle tree
// root (RFC 6962, section 2.1) over its first Size lines.
type Checkpoint struct {
	Log  string // order ID; empty for the log of the case itself
	Size int64
	Root [sha256.Size]byte
}

// A Record is what a case keeps: an Order, Page, Listing, Assessment, Decision,
// Remark, Watchlist, Tie, Hold, Account or SavedFilter. Records are never changed: a second one with the same type
// and ID is a newer version beside the first. Orders, pages and watchlists have
// but one.
type Record interface {
	// Ref returns the record's type and ID, and the order under which it is kept.
	Ref() (typ, id, order string)
}

// Record types.
const (
	TypeOrder      = "order"
	TypePage       = "page"
	TypeListing    = "listing"
	TypeAssessment = "assessment"
	TypeDecision   = "decision"
	TypeWatchlist  = "watchlist"
	TypeTie        = "tie"
	TypeRemark     = "remark"
	TypeAccount    = "account"
	TypeFilter     = "filter"
)

// Ref implements [Record].
func (o Order) Ref() (typ, id, order string) { return TypeOrder, o.ID, o.ID }

// Ref implements [Record].
func (p Page) Ref() (typ, id, order string) { return TypePage, p.ID, OrderOf(p.Source) }

// Ref implements [Record].
func (l Listing) Ref() (typ, id, order string) { return TypeListing, l.ID, OrderOf(l.Source) }

// Ref implements [Record].
func (a Assessment) Ref() (typ, id, order string) { return TypeAssessment, a.ID, OrderOf(a.Source) }

// Ref implements [Record].
func (d Decision) Ref() (typ, id, order string) { return TypeDecision, d.Listing, OrderOf(d.Source) }

// A Result is everything that one finished step changes: it is committed whole
// or not at all.
type Result struct {
	Act    Act
	Record Record // nil if the step leaves none, such as a refusal
	Next   []Task

	// Standings change whether sources of the act's order may be asked.
	Standings []Standing
	// Rest keeps the source of a fetch task from being asked for so long,
	// counted from the commit, unless it rests longer already.
	Rest time.Duration
	// Rows are those of the watchlist that Record is, in order; nil otherwise.
	Rows []ListRow
	// Again queues the task anew, with a fresh count of attempts, instead of
	// ending it: what it brought is kept, but is not what was asked for.
	Again bool
	// Reopen are tasks of people that are to be done, whether or not they were
	// done before: new ones are added, ended ones queued anew in their old places, with
	// a fresh count of attempts and with the Barred and Priority given here. Open ones
	// stay as they are, and so does who has passed one on. The task that the result
	// ends cannot be among them.
	Reopen []Task
}

// hashID returns 16 bytes of SHA-256 over the parts, in hex. The length of each
// part is hashed with it, so that no two lists of parts collide.
func hashID(parts ...string) string {
	b := make([]byte, 0, 256)
	for _, p := range parts {
		b = append(strconv.AppendInt(b, int64(len(p)), 10), ':')
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// SumHex returns the SHA-256 of b in lower-case hex.
func SumHex(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
