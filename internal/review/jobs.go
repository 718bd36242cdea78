package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/internal/job"
	"vigil/store"
)

// Acts are long acts on a case that pages begin. Each checks first that the person may
// do it, and returns a job that may begin.
type Acts interface {
	// Classify assesses every listing of the case again.
	Classify(ctx context.Context, who access.Person) (job.Func, error)
	// Import takes saved pages into the case, under an order, and reads them.
	Import(ctx context.Context, who access.Person, saved []Saved) (job.Func, error)
}

// A Saved is a page that somebody saved elsewhere.
type Saved struct {
	Name   string // of the file, without a folder
	URL    string // where it was saved from
	Source string // ID of the order's source; empty for the one that covers the address
	Body   []byte
}

// Bounds of an upload.
const (
	maxSaved   = 5
	maxUpload  = 16 << 20 // bytes, of all of a form
	uploadTime = 2 * time.Minute
)

// uploadPath is where saved pages are sent: the one place where a form may be large.
const uploadPath = "/jobs/import"

// jobRoutes are the long acts.
func (h *handler) jobRoutes() []route {
	if h.Jobs == nil {
		return nil
	}
	return []route{
		{"GET /jobs", "", h.jobs},
		{"GET /jobs/{id}", "", h.job},
		{"POST /jobs/{id}/cancel", "", h.stopJob},
		{"POST /jobs/{id}/undo", "", h.undoJob},
		{"POST /jobs/classify", access.Crawl, h.classify},
		{"POST " + uploadPath, access.Crawl, h.upload},
	}
}

// A jobRow is a job, ready to be shown.
type jobRow struct {
	job.Job
	What  string
	Share int
	Known bool // how much there is to do
	Took  time.Duration
	Lines []string // of the outcome
	Undo  bool     // it can be taken back
}

func (h *handler) newJobRow(j job.Job) jobRow {
	row := jobRow{Job: j, What: map[job.Kind]string{
		job.Draft: "Draft a bundle", job.Release: "Release a bundle", job.Classify: "Assess all listings again", job.Import: "Take saved pages in",
		job.Tag: "Tag what answers a search",
	}[j.Kind], Share: j.Progress.Share(), Known: j.Progress.Total > 0}
	row.By, row.Undo = display.Clean(j.By), j.Outcome.Undo != nil
	row.Error = display.Clean(j.Error)
	end := j.Ended
	if end.IsZero() {
		end = h.Desk.Clock()
	}
	if !j.Began.IsZero() {
		row.Took = end.Sub(j.Began).Round(time.Second)
	}
	for line := range strings.Lines(j.Outcome.Words) {
		row.Lines = append(row.Lines, display.Clean(strings.TrimSpace(line)))
	}
	return row
}

// jobsPage is what the jobs template shows.
type jobsPage struct {
	Jobs    []jobRow
	Open    bool // one of them has not ended
	Crawl   bool // the person may begin acts on the case
	Rows    []int
	Sources []string
	Live    bool // the pages are told of changes
}

func (h *handler) jobs(w http.ResponseWriter, r *http.Request) {
	who := person(r)
	p := jobsPage{Crawl: h.Acts != nil && who.Can(access.Crawl), Live: h.isLive(r)}
	all := h.Jobs.Jobs(who)
	for _, j := range all[:min(len(all), shownJobs)] {
		p.Jobs = append(p.Jobs, h.newJobRow(j))
		p.Open = p.Open || !j.State.Ended()
	}
	if p.Crawl {
		for i := range maxSaved {
			p.Rows = append(p.Rows, i+1)
		}
		sources, err := h.sources(r.Context())
		if err != nil {
			h.fail(w, r, err)
			return
		}
		for _, s := range sources[:min(len(sources), shownSources)] {
			p.Sources = append(p.Sources, s.ID())
		}
	}
	h.show(w, r, http.StatusOK, "jobs", frame{Title: "Jobs", Here: "jobs", Data: p})
}

// shownJobs and shownSources bound what the page shows.
const (
	shownJobs    = 60
	shownSources = 200
)

// sources returns the sources of the case; none if nobody tells of them.
func (h *handler) sources(ctx context.Context) ([]store.SourceStatus, error) {
	if h.Live == nil || h.Live.o.Sources == nil {
		return nil, nil
	}
	return h.Live.o.Sources(ctx)
}

func (h *handler) job(w http.ResponseWriter, r *http.Request) {
	j, err := h.Jobs.Job(person(r), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "job", frame{Title: "Job", Here: "jobs", Data: h.newJobRow(j)})
}

func (h *handler) stopJob(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := h.Jobs.Stop(person(r), id); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/jobs/"+id, http.StatusSeeOther)
}

// undoJob begins the job that takes back what another did, and leads to its page.
func (h *handler) undoJob(w http.ResponseWriter, r *http.Request) {
	j, err := h.Jobs.Undo(person(r), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/jobs/"+j.ID, http.StatusSeeOther)
}

// startJob begins a job, and leads to its page.
func (h *handler) startJob(w http.ResponseWriter, r *http.Request, k job.Kind, f job.Func, err error) {
	if err == nil && h.Jobs == nil {
		err = fmt.Errorf("%w: nothing that takes long is done here", vigil.ErrRefused)
	}
	if err != nil {
		h.done(w, r, err)
		return
	}
	j, err := h.Jobs.Start(person(r), k, f)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/jobs/"+j.ID, http.StatusSeeOther)
}

func (h *handler) classify(w http.ResponseWriter, r *http.Request) {
	if h.Acts == nil {
		h.nothing(w, r)
		return
	}
	f, err := h.Acts.Classify(r.Context(), person(r))
	h.startJob(w, r, job.Classify, f, err)
}

// upload takes saved pages. Nothing of them is written before it has gone the way of a
// capture, on which media are left out: they are held in memory only.
func (h *handler) upload(w http.ResponseWriter, r *http.Request) {
	if h.Acts == nil {
		h.nothing(w, r)
		return
	}
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Now().Add(uploadTime)); err != nil {
		h.fail(w, r, err)
		return
	}
	saved, err := savedIn(r)
	c.SetReadDeadline(time.Time{}) //nolint:errcheck // it could be set a moment ago
	if err != nil {
		h.fail(w, r, fmt.Errorf("take saved pages in: %w: %w", vigil.ErrRefused, err))
		return
	}
	f, err := h.Acts.Import(r.Context(), person(r), saved)
	h.startJob(w, r, job.Import, f, err)
}

// savedIn reads the form: file-1, url-1, source-1 and so on.
func savedIn(r *http.Request) ([]Saved, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	var rows [maxSaved]Saved
	for n := 0; ; n++ {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n > 3*maxSaved {
			return nil, fmt.Errorf("more than %d fields", 3*maxSaved)
		}
		if err := readPart(p, &rows); err != nil {
			return nil, err
		}
	}
	var saved []Saved
	for i, s := range rows {
		switch {
		case len(s.Body) == 0 && s.URL == "":
		case len(s.Body) == 0:
			return nil, fmt.Errorf("page %d: an address and no file, or an empty one", i+1)
		case s.URL == "":
			return nil, fmt.Errorf("page %d: no address: say where %s was saved from", i+1, s.Name)
		default:
			saved = append(saved, s)
		}
	}
	if len(saved) == 0 {
		return nil, errors.New("no file was chosen")
	}
	return saved, nil
}

// readPart reads one field of the form.
func readPart(p *multipart.Part, rows *[maxSaved]Saved) error {
	defer p.Close()
	field, at, _ := strings.Cut(p.FormName(), "-")
	if len(at) != 1 || at[0] < '1' || at[0] > '0'+maxSaved {
		return fmt.Errorf("unknown field %.40q", p.FormName())
	}
	body, err := io.ReadAll(io.LimitReader(p, maxUpload+1))
	if err != nil {
		return err
	}
	row := &rows[at[0]-'1']
	text := strings.TrimSpace(string(body[:min(len(body), 4096)]))
	switch field {
	case "url":
		row.URL = text
	case "source":
		row.Source = text
	case "file":
		name := display.Clean(path.Base(strings.ReplaceAll(p.FileName(), `\`, "/")))
		if suffix := strings.ToLower(path.Ext(name)); len(body) > 0 && suffix != ".html" && suffix != ".htm" && suffix != ".xhtml" {
			return fmt.Errorf("%.60q: want a saved page, .html", name)
		}
		row.Name, row.Body = display.Cut(name, 100), body
	default:
		return fmt.Errorf("unknown field %.40q", p.FormName())
	}
	return nil
}
