package exchange

import (
	"io"
	"strings"
	"time"

	"vigil"
)

// A tagPackWriter writes a TagPack of GraphSense (graphsense-tagpack-tool,
// tagpack_schema.yaml) in a subset of YAML: every text stands in double quotes,
// as JSON spells it, which YAML 1.2 reads alike.
//
// A tag attributes an address, and is passed on without its reasons. So only
// addresses are tagged that tie a listing which a reviewer found relevant, and only
// as mentions.
type tagPackWriter struct {
	emitter
	d Dossier
	t *Tally
	n int
}

func newTagPack(w io.Writer, d Dossier, t *Tally) *tagPackWriter {
	return &tagPackWriter{emitter: newEmitter(w), d: d, t: t}
}

func (p *tagPackWriter) begin() {
	p.text("# " + p.d.Marking.String() + "\n")
	p.field("", "title", "Mentions in listings of case "+line(p.d.Order.Case, 128)+", order "+line(p.d.Order.ID, 128))
	p.field("", "creator", line(p.d.Unit, 256))
	p.field("", "description", p.d.handling()+" "+Caution)
	p.text("is_public: false\n")
	p.text("lastmod: " + p.d.Time.UTC().Format(time.DateOnly) + "\n")
	p.text("tags:")
}

// field writes a name and a text in quotes.
func (p *tagPackWriter) field(indent, name, text string) {
	p.text(indent + name + ": ")
	p.value(text)
	p.text("\n")
}

func (p *tagPackWriter) item(it item) {
	for _, n := range it.named {
		switch coin := symbol(n.Identifier); {
		case coin == "" || !n.whole:
		case len(n.weak) > 0 || !it.relevant():
			p.t.Untagged++
		default:
			p.tag(it, n, coin)
		}
	}
}

// relevant reports whether the verdict says that an investigator should follow the
// listing.
func (it item) relevant() bool { return it.verdict == vigil.Relevant || it.verdict == vigil.Urgent }

// tag writes one address as a listing names it.
func (p *tagPackWriter) tag(it item, n named, coin string) {
	if p.n++; p.n == 1 {
		p.text("\n")
	}
	p.field("- ", "address", n.Value)
	p.field("  ", "currency", coin)
	p.field("  ", "network", coin)
	p.field("  ", "label", "named by a listing of "+strings.TrimSpace(it.vendor+" on "+it.source))
	p.field("  ", "source", it.url)
	p.field("  ", "context", "listing "+it.listing+", page "+it.page+", SHA-256 "+it.sha256+". "+it.decided()+listed(n.hits))
	p.field("  ", "confidence", "web_crawl")
	p.field("  ", "tag_type", "mention")
	p.text("  concepts: [\"dark_web\", \"website_mention\"]\n")
	p.text("  is_cluster_definer: false\n")
	p.text("  lastmod: " + it.captured.Format(time.DateOnly) + "\n")
}

func listed(hits []string) string {
	if len(hits) == 0 {
		return ""
	}
	return " The address is named on " + strings.Join(hits, "; ") + "."
}

func (p *tagPackWriter) end([]thing) {
	if p.n == 0 {
		p.text(" []\n")
	}
	p.flush()
}
