package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/internal/job"
	"vigil/internal/release"
)

// Bundles are the bundles of a case. Each method checks first that the person may do
// it, and logs what it does; what is refused wraps [vigil.ErrRefused]. Signatures are
// made by people with keys of their own: none of these methods signs in a person's
// name. A bundle is named by its ID, or the beginning of one.
type Bundles interface {
	List(ctx context.Context, who access.Person) ([]release.Bundle, error)
	Show(ctx context.Context, who access.Person, id string) (Bundle, error)
	// Statement returns the bytes that are signed to release a bundle: by its
	// exporter, whose principal is given, or once that is done by a second person.
	Statement(ctx context.Context, who access.Person, id, exporter string) ([]byte, error)
	// Seal fixes the bytes of a draft, with the case's own key.
	Seal(ctx context.Context, who access.Person, id string) error
	// Sign takes the exporter's signature over the statement, and Agree a second person's:
	// armored, as ssh-keygen -Y sign writes it.
	Sign(ctx context.Context, who access.Person, id, exporter, armored string) error
	Agree(ctx context.Context, who access.Person, id, armored string) error
	// Word logs that a bundle was acknowledged or recalled.
	Word(ctx context.Context, who access.Person, id, action, reason string) error
	// Draft and Release return jobs that may begin.
	Draft(ctx context.Context, who access.Person, s Selection) (job.Func, error)
	Release(ctx context.Context, who access.Person, id string, h Handover) (job.Func, error)
	// Examine returns what writes a sealed bundle as a ZIP file, for whoever is to agree
	// to its release.
	Examine(ctx context.Context, who access.Person, id string) (write func(io.Writer) error, err error)
	// Report opens the report of a bundle, a page of HTML, for whoever may see both
	// bundles and listings.
	Report(ctx context.Context, who access.Person, id string) (io.ReadCloser, error)
	// Released opens the file that was made when a bundle was released, by its SHA-256
	// in hex.
	Released(ctx context.Context, who access.Person, id, sum string) (f io.ReadCloser, suffix string, err error)
}

// A Bundle is what is known of one.
type Bundle struct {
	release.Bundle
	Dir     string   // of its folder on the server's machine; empty if it does not lie in the case
	Command string   // that does what comes next, with a key of one's own; empty for none
	Signers []string // principals who may sign releases
	// Beside are commands for what may be done at any time from now on.
	Beside []Aside
}

// An Aside is a command, and what it is for.
type Aside struct{ What, Command string }

// A Selection says what goes into a draft: listings, a cluster or a query.
type Selection struct {
	Listings             []string
	Cluster, Query       string
	Order, Supersedes    string
	Undecided, OnlyRated bool // listings without a decision too; only those with one
}

// A Handover says to whom a bundle goes, and by which public keys of age it is encrypted.
type Handover struct {
	To         string
	Recipients []string
}

// maxSignature bounds an armoured signature, and maxListed the listings that one form
// names.
const (
	maxSignature = 16 << 10
	maxListed    = 500
)

// bundleRoutes are the bundles and what is done about them.
func (h *handler) bundleRoutes() []route {
	if h.Bundles == nil {
		return nil
	}
	return []route{
		{"GET /bundles", access.ReadBundles, h.bundles},
		{"POST /bundles", access.Draft, h.draft},
		{"GET /bundles/{id}", access.ReadBundles, h.bundle},
		{"GET /bundles/{id}/statement", access.ReadBundles, h.statement},
		{"GET /bundles/{id}/report", access.ReadBundles, h.bundleReport},
		{"GET /bundles/{id}/zip", access.Approve, h.examine},
		{"GET /bundles/{id}/file/{sum}", access.Release, h.released},
		{"POST /bundles/{id}/seal", access.Seal, h.seal},
		{"POST /bundles/{id}/sign", access.Seal, h.sign},
		{"POST /bundles/{id}/approve", access.Approve, h.approve},
		{"POST /bundles/{id}/release", access.Release, h.release},
		{"POST /bundles/{id}/acknowledge", access.Release, h.word(vigil.ActAcknowledge)},
		{"POST /bundles/{id}/recall", access.Release, h.word(vigil.ActRecall)},
	}
}

// bundlesPage is what the bundles template shows.
type bundlesPage struct {
	Bundles []bundleRow
	Older   int  // where the older ones begin; 0 if all are shown
	Draft   bool // the person may draft one
	Filters []vigil.SavedFilter
}

// bundles shows all bundles, the newest first.
func (h *handler) bundles(w http.ResponseWriter, r *http.Request) {
	who := person(r)
	all, err := h.Bundles.List(r.Context(), who)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p := bundlesPage{Draft: who.Can(access.Draft)}
	skip, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || skip < 0 || skip > len(all) {
		skip = 0
	}
	shown := all[max(0, len(all)-skip-maxBundles) : len(all)-skip]
	for _, b := range slices.Backward(shown) {
		p.Bundles = append(p.Bundles, newBundleRow(b))
	}
	if len(shown) < len(all)-skip {
		p.Older = skip + len(shown)
	}
	if p.Draft {
		if p.Filters, err = h.Desk.Store.Filters(r.Context(), who.Account); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	h.show(w, r, http.StatusOK, "bundles", frame{Title: "Bundles", Here: "bundles", Data: p})
}

// maxBundles is how many bundles a page shows.
const maxBundles = 25

// A bundlePage is what the bundle template shows.
type bundlePage struct {
	bundleRow
	Bundle
	History []bundleEvent
	Files   []releasedFile
	// What the person may do now.
	Seal, Sign, Approve, Release, Word, Examine, Recall, Report bool
}

// A releasedFile can be fetched.
type releasedFile struct{ Sum, To string }

func (h *handler) bundle(w http.ResponseWriter, r *http.Request) {
	who := person(r)
	b, err := h.Bundles.Show(r.Context(), who, r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p := bundlePage{bundleRow: newBundleRow(b.Bundle), Bundle: b, History: history(b.Bundle)}
	here := b.Dir != ""
	signed := p.Exporter != ""
	p.Report = here && who.Can(access.ReadItem)
	p.Seal = here && b.State == release.Draft && who.Can(access.Seal)
	p.Sign = here && b.State == release.Sealed && !signed && who.Can(access.Seal)
	p.Approve = here && b.State == release.Sealed && signed && who.Can(access.Approve)
	p.Examine = here && (b.State == release.Sealed || b.State == release.Approved) && who.Can(access.Approve)
	p.Release = here && b.May(vigil.ActRelease) == nil && who.Can(access.Release)
	p.Word = b.May(vigil.ActAcknowledge) == nil && who.Can(access.Release)
	p.Recall = b.May(vigil.ActRecall) == nil && who.Can(access.Release)
	for _, s := range b.Steps {
		if s.Action == vigil.ActRelease && s.Odd == "" && here && b.State != release.Recalled && who.Can(access.Release) {
			p.Files = append(p.Files, releasedFile{s.Details[release.DetailFile], display.Clean(s.Details[release.DetailTo])})
		}
	}
	h.show(w, r, http.StatusOK, "bundle", frame{Title: "Bundle " + p.ID, Here: "bundles", Data: p})
}

// draft begins a job that drafts a bundle.
func (h *handler) draft(w http.ResponseWriter, r *http.Request) {
	s := Selection{
		Cluster: strings.TrimSpace(r.PostFormValue("cluster")), Query: strings.TrimSpace(r.PostFormValue("query")),
		Order: strings.TrimSpace(r.PostFormValue("order")), Supersedes: strings.TrimSpace(r.PostFormValue("supersedes")),
		Undecided: r.PostFormValue("undecided") == "on", OnlyRated: r.PostFormValue("decided") == "on",
	}
	for _, text := range r.PostForm["listing"] {
		s.Listings = append(s.Listings, strings.Fields(text)...)
	}
	if len(s.Listings) > maxListed {
		h.fail(w, r, fmt.Errorf("draft a bundle of %d listings: %w: want at most %d by their names; a query takes more", len(s.Listings), vigil.ErrRefused, maxListed))
		return
	}
	if name := r.PostFormValue("filter"); name != "" {
		query, err := h.savedQuery(r, name)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		s.Query = strings.TrimSpace(s.Query + " " + query)
	}
	f, err := h.Bundles.Draft(r.Context(), person(r), s)
	h.startJob(w, r, job.Draft, f, err)
}

// savedQuery returns the query of one of the person's saved filters.
func (h *handler) savedQuery(r *http.Request, name string) (string, error) {
	all, err := h.Desk.Store.Filters(r.Context(), person(r).Account)
	if err != nil {
		return "", err
	}
	for _, f := range all {
		if f.Name == name {
			return f.Query, nil
		}
	}
	return "", fmt.Errorf("saved filter %.60q: %w", name, vigil.ErrNotFound)
}

// statement sends what is to be signed.
func (h *handler) statement(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	pae, err := h.Bundles.Statement(r.Context(), person(r), id, r.URL.Query().Get("exporter"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	attach(w, id+"-release.pae")
	w.Write(pae)
}

// attach says that what follows is a file to keep. Its name keeps letters, digits and
// few signs: nothing that ends a header or a path.
func attach(w http.ResponseWriter, name string) {
	name = strings.Map(func(c rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", c) {
			return c
		}
		return '_'
	}, name)
	name = strings.TrimLeft(name, ".")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name[:min(len(name), 120)]}))
}

// reportPolicy is that of a report: an origin of its own, no load, no script; its styles
// stand in it, and its own policy names them by their hash.
const reportPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// bundleReport shows the report of a bundle.
func (h *handler) bundleReport(w http.ResponseWriter, r *http.Request) {
	f, err := h.Bundles.Report(r.Context(), person(r), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// examine sends a sealed bundle to whoever is to agree to its release.
func (h *handler) examine(w http.ResponseWriter, r *http.Request) {
	write, err := h.Bundles.Examine(r.Context(), person(r), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	attach(w, r.PathValue("id")+".zip")
	send(w, write)
}

func (h *handler) released(w http.ResponseWriter, r *http.Request) {
	f, suffix, err := h.Bundles.Released(r.Context(), person(r), r.PathValue("id"), r.PathValue("sum"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer f.Close()
	attach(w, r.PathValue("id")+suffix)
	send(w, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// send writes a file. One that cannot be written whole is cut off, so that nobody
// takes it for whole.
func send(w http.ResponseWriter, write func(io.Writer) error) {
	if err := write(w); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (h *handler) seal(w http.ResponseWriter, r *http.Request) {
	h.done(w, r, h.Bundles.Seal(r.Context(), person(r), r.PathValue("id")))
}

func (h *handler) sign(w http.ResponseWriter, r *http.Request) {
	sig, err := pasted(r)
	if err == nil {
		err = h.Bundles.Sign(r.Context(), person(r), r.PathValue("id"), strings.TrimSpace(r.PostFormValue("exporter")), sig)
	}
	h.done(w, r, err)
}

func (h *handler) approve(w http.ResponseWriter, r *http.Request) {
	sig, err := pasted(r)
	if err == nil {
		err = h.Bundles.Agree(r.Context(), person(r), r.PathValue("id"), sig)
	}
	h.done(w, r, err)
}

// pasted returns an armoured signature of a form, as ssh-keygen writes it: browsers
// send other line ends.
func pasted(r *http.Request) (string, error) {
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("signature"), "\r\n", "\n"))
	switch {
	case text == "":
		return "", fmt.Errorf("%w: no signature was pasted", vigil.ErrRefused)
	case len(text) > maxSignature:
		return "", fmt.Errorf("%w: %d bytes are no signature: want at most %d", vigil.ErrRefused, len(text), maxSignature)
	case !strings.HasPrefix(text, "-----BEGIN SSH SIGNATURE-----\n"):
		return "", fmt.Errorf("%w: want a signature as ssh-keygen -Y sign writes it, from -----BEGIN SSH SIGNATURE-----", vigil.ErrRefused)
	}
	return text + "\n", nil
}

func (h *handler) release(w http.ResponseWriter, r *http.Request) {
	f, err := h.Bundles.Release(r.Context(), person(r), r.PathValue("id"), Handover{
		To: strings.TrimSpace(r.PostFormValue("to")), Recipients: strings.Fields(r.PostFormValue("recipients")),
	})
	h.startJob(w, r, job.Release, f, err)
}

// word logs what an office said, or that a bundle is not to be relied on.
func (h *handler) word(action string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.done(w, r, h.Bundles.Word(r.Context(), person(r), r.PathValue("id"), action, strings.TrimSpace(r.PostFormValue("reason"))))
	}
}

// done leads back to the bundle, or says why not.
func (h *handler) done(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, release.ErrOnePerson) {
		h.say(w, r, http.StatusForbidden, "One person is not enough", message{
			Text: display.Clean(err.Error()), Path: "/bundles", Link: "Back to the bundles",
		})
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	b, err := h.Bundles.Show(r.Context(), person(r), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/bundles/"+b.ID, http.StatusSeeOther)
}
