package review

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/rendering"
)

// shownSource is how many bytes of a capture's source one page shows, as they are
// spelt in the page, where a less-than sign takes four.
const shownSource = 28 << 10

// A capturePage is what the templates of the source and of the rendering show.
type capturePage struct {
	itemHead
	Page     vigil.Page
	Problem  string
	Text     string
	From, To int // bytes of the source that are shown
	Size     int
	Earlier  string // address of the part before, and of that behind; empty for none
	Later    string
}

// A capture is the captured page of a listing as text.
type capture struct {
	head          itemHead
	page          vigil.Page
	text, problem string
	hide          func(string) string // what must not be shown of it
}

// captured returns the captured page of a listing; how it is looked at is logged. That
// of a restricted one opens for whoever may read it, who has proved anew who they are.
func (h *handler) captured(r *http.Request, how string) (c capture, err error) {
	v, err := h.desk(r).Capture(r.Context(), r.PathValue("id"), how)
	if err != nil {
		return c, err
	}
	c.page, c.head, c.hide = v.Page, h.newHead(r, v, label(how)), hider(v.Listing, v.Assessment).Replace
	c.text, c.problem, err = rendering.Source(c.page)
	return c, err
}

// hider replaces, in the source of a page, what its listing shows masked or not at
// all: as far as the page spells it as the listing does.
func hider(l vigil.Listing, a vigil.Assessment) *strings.Replacer {
	var pairs []string
	add := func(what, by string) {
		if what != "" {
			pairs = append(pairs, what, by)
		}
	}
	for _, f := range a.Findings {
		if text, ok := l.Field(f.Field); ok && f.Withheld != "" && f.Start >= 0 && f.Start < f.End && f.End <= len(text) {
			add(text[f.Start:f.End], "‹withheld›")
			add(template.HTMLEscapeString(text[f.Start:f.End]), "‹withheld›")
		}
	}
	for _, id := range a.Identifiers {
		add(id.Raw, display.Mask(id))
		add(id.Value, display.Mask(id))
	}
	return strings.NewReplacer(pairs...)
}

// source shows the source of the captured page, as text.
func (h *handler) source(w http.ResponseWriter, r *http.Request) {
	c, err := h.captured(r, "source")
	if err != nil {
		h.fail(w, r, err)
		return
	}
	text := c.hide(c.text)
	p := capturePage{itemHead: c.head, Page: c.page, Problem: display.Clean(c.problem), Size: len(text)}
	p.From = startOf(text, r.URL.Query().Get("from"))
	p.Text, p.To = part(text, p.From)
	address := func(from int) string { return "/item/" + p.ID + "/source?from=" + strconv.Itoa(from) }
	if p.To < len(text) {
		p.Later = address(p.To)
	}
	if p.From > 0 {
		p.Earlier = address(max(0, p.From-shownSource/2))
	}
	h.show(w, r, http.StatusOK, "source", frame{Title: "Source of " + display.Short(p.ID), Here: "item", Data: p})
}

// startOf reads where a part of a text begins.
func startOf(text, from string) int {
	n, err := strconv.Atoi(cmp.Or(from, "0"))
	if err != nil || n < 0 || n >= len(text) {
		return 0
	}
	return len(display.Head(text, n))
}

// part returns what one page shows of a text from a place on, ready to be shown, and
// where that ends: at the end of a line, if one is near.
func part(text string, from int) (shown string, to int) {
	var b strings.Builder
	weight := 0
	for to = from; to < len(text); {
		line := text[to:]
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		line = display.Head(line, 1<<10)
		visible := display.Visible(line)
		if weight += weightOf(visible); weight > shownSource {
			break
		}
		b.WriteString(visible)
		to += len(line)
	}
	return b.String(), to
}

// rendering shows the frame in which the rendering of the captured page stands.
func (h *handler) rendering(w http.ResponseWriter, r *http.Request) {
	d := h.desk(r)
	it, err := d.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if err := d.MayCapture(r.Context(), it.Assessment.ID); err != nil {
		h.fail(w, r, err)
		return
	}
	page, err := d.Store.PageInfo(r.Context(), it.Assessment.Page)
	if err != nil {
		h.fail(w, r, fmt.Errorf("page %s of listing %s: %w", it.Assessment.Page, it.Assessment.ID, err))
		return
	}
	w.Header().Set("Content-Security-Policy", contentPolicy+"; frame-src 'self'")
	p := capturePage{itemHead: h.newHead(r, display.View{Item: it, Page: page}, "Rendering"), Page: page}
	h.show(w, r, http.StatusOK, "rendering", frame{Title: "Rendering of " + display.Short(p.ID), Here: "item", Data: p})
}

// renderPolicy is that of a rendering: no load of any kind, no script, no form, in
// an origin of its own. A sandbox attribute alone would let pictures and styles be
// fetched; this does not.
const renderPolicy = "sandbox; default-src 'none'; script-src 'none'; style-src 'none'; img-src 'none'; connect-src 'none'; font-src 'none'; " +
	"frame-src 'none'; object-src 'none'; media-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// render answers with the rendering itself.
func (h *handler) render(w http.ResponseWriter, r *http.Request) {
	c, err := h.captured(r, "rendering")
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p := rendering.Of(c.text, c.hide)
	var notes []string
	if c.problem != "" {
		notes = append(notes, display.Clean(c.problem))
	}
	for _, l := range p.Left {
		notes = append(notes, fmt.Sprintf("%d × %s", l.N, l.What))
	}
	end := ""
	if p.Cut {
		end = "<hr><p>The page goes on. The rest is not shown here.</p>"
	}
	w.Header().Set("Content-Security-Policy", renderPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"und\"><head><meta charset=\"utf-8\"><title>Rendering</title><meta name=\"color-scheme\" content=\"light dark\"></head><body>\n%s\n%s<hr><p>Left out: %s.</p></body></html>\n",
		p.HTML, end, template.HTMLEscapeString(cmp.Or(strings.Join(notes, ", "), "nothing")))
}

// A versionsPage is what the versions template shows.
type versionsPage struct {
	itemHead
	Versions []VersionRow
}

// versions shows the captures of a listing, each against the one before.
func (h *handler) versions(w http.ResponseWriter, r *http.Request) {
	if h.Similar == nil {
		h.nothing(w, r)
		return
	}
	it, err := h.desk(r).Find(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	s, err := h.Similar(r.Context(), h.desk(r), it.Assessment.ID)
	if err != nil {
		h.fail(w, r, fmt.Errorf("versions of listing %s: %w", it.Assessment.ID, err))
		return
	}
	if s.Wait { // its page waits for both
		http.Redirect(w, r, "/cluster/"+it.Assessment.ID, http.StatusSeeOther)
		return
	}
	p := versionsPage{h.newHead(r, display.View{Item: it, Page: vigil.Page{ID: it.Assessment.Page}}, "Versions"), s.Versions}
	h.show(w, r, http.StatusOK, "versions", frame{Title: "Versions of " + display.Short(p.ID), Here: "item", Data: p})
}
