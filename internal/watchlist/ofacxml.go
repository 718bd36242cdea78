package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// featurePrefix begins the name of every feature that is a wallet; the coin's
// symbol follows. OFAC adds coins, so features are known by name, not by number.
const featurePrefix = "Digital Currency Address - "

// An xmlParty is a profile that has wallets, or had.
type xmlParty struct {
	id, name string
	wallets  []xmlWallet
	entry    xmlEntry
	entries  int
}

type xmlWallet struct {
	line         int
	symbol, text string
}

// An ofacReader walks through OFAC's advanced XML
// (https://ofac.treasury.gov, "Advanced Sanctions Data Model"): reference values,
// then parties, then the entries that say why each is listed. Elements are known
// by their local names: the namespace has changed before. It keeps only the
// parties with wallets, however large the file.
type ofacReader struct {
	walk *xmlWalk
	take func(int) error // counts what is kept

	features, sanctions, events, lists map[string]string // text of the reference values, by ID
	issued                             xmlDate

	parties []*xmlParty
	byID    map[string]*xmlParty

	party   *xmlParty // being read
	feature string    // symbol of the feature being read
	naming  bool      // inside the primary name
	parts   []string  // of that name
	target  *xmlParty // of the entry being read
	event   string    // type of the event being read
	program bool      // the measure being read names a programme
	date    xmlDate   // being read
	start   string    // of the period being read
	end     string
	dates   []string // of the boundary being read
}

// ofacXML reads OFAC's advanced XML.
func (b *builder) ofacXML(s *source) error {
	r := &ofacReader{
		features: map[string]string{}, sanctions: map[string]string{}, events: map[string]string{}, lists: map[string]string{},
		byID: map[string]*xmlParty{}, take: b.take,
	}
	r.walk = newXMLWalk(s, r)
	if err := r.walk.run(b.ctx); err != nil {
		return err
	}
	if len(r.features) == 0 {
		return fmt.Errorf("no feature type begins with %q: this is not the list of SDNs, or its form has changed", featurePrefix)
	}
	if day := r.issued.String(); day != "" {
		b.fileDate, b.fileDateFrom = day, "DateOfIssue"
	}
	b.title, b.url, b.listName = "OFAC Specially Designated Nationals", "https://sanctionslist.ofac.treas.gov", "ofac-sdn"
	if len(r.lists) > 0 && !hasValue(r.lists, "SDN List") {
		b.title, b.listName = "OFAC Consolidated (non-SDN) List", "ofac-consolidated"
	}
	for _, p := range r.parties {
		if err := b.ofacParty(p); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) ofacParty(p *xmlParty) error {
	e := &p.entry
	if e.ended < e.programs { // one that has no end is in force
		e.until = ""
	}
	if e.started < e.programs {
		e.from = ""
	}
	for _, w := range p.wallets {
		row := vigil.ListRow{
			Line: w.line, Raw: w.text, Party: p.name, PartyID: p.id, Programmes: slices.Clone(e.programmes),
			Listed: e.listed, Delisted: e.delisted, From: e.from, Until: e.until,
		}
		if p.entries == 0 {
			row.Problem = "no sanctions entry of the file names its party"
		}
		if err := b.row(row, column{symbol: w.symbol}); err != nil {
			return err
		}
	}
	return nil
}

// open is called where an element begins.
func (r *ofacReader) open(name string, attr func(string) string) error {
	switch name {
	case "FeatureType", "SanctionsType", "EntryEventType", "List":
		r.walk.capture(attr("ID"))
	case "DistinctParties":
		if len(r.features) == 0 {
			return errors.New("the parties come before the types of features; the form of the file has changed")
		}
	case "Profile":
		r.party = &xmlParty{id: attr("ID")}
	case "Alias":
		r.naming = r.party != nil && r.party.name == "" && attr("Primary") == "true"
	case "NamePartValue":
		if r.naming {
			r.walk.capture("")
		}
	case "Feature":
		r.feature = strings.TrimPrefix(r.features[attr("FeatureTypeID")], featurePrefix)
	case "VersionDetail":
		if r.party != nil && r.feature != "" {
			r.walk.capture("")
		}
	case "SanctionsEntry":
		r.program = false
		if r.target = r.byID[attr("ProfileID")]; r.target != nil {
			r.target.entries++
		}
	case "EntryEvent":
		r.event = or(r.events[attr("EntryEventTypeID")], "Created")
	case "SanctionsMeasure":
		r.program = r.sanctions[attr("SanctionsTypeID")] == "Program"
		r.start, r.end = "", ""
	case "Comment":
		if r.target != nil && r.program {
			r.walk.capture("")
		}
	case "Date", "DateOfIssue", "From", "To":
		r.date = xmlDate{}
	case "Start", "End":
		r.dates = nil
	case "Year", "Month", "Day":
		r.walk.capture("")
	}
	return nil
}

// close is called where an element ends, with its text and the attribute with
// which it was captured.
func (r *ofacReader) close(name, text, attr string) error {
	switch name {
	case "FeatureType":
		if strings.HasPrefix(text, featurePrefix) {
			return put(r.features, attr, text)
		}
	case "SanctionsType":
		return put(r.sanctions, attr, text)
	case "EntryEventType":
		return put(r.events, attr, text)
	case "List":
		return put(r.lists, attr, text)
	case "NamePartValue":
		if text != "" && len(r.parts) < 50 {
			r.parts = append(r.parts, clean(text))
		}
	case "DocumentedName": // others are spellings in other scripts
		if r.naming && len(r.parts) > 0 {
			r.party.name = strings.Join(r.parts, " ")
			r.naming, r.parts = false, nil
		}
	case "VersionDetail":
		if r.party != nil && r.feature != "" {
			r.party.wallets = append(r.party.wallets, xmlWallet{r.walk.line(), r.feature, text})
			return r.take(len(text) + perRow)
		}
	case "Feature":
		r.feature = ""
	case "Profile":
		return r.closeProfile()
	case "DateOfIssue":
		r.issued = r.date
	case "Year":
		r.date.year = text
	case "Month":
		r.date.month = text
	case "Day":
		r.date.day = text
	default:
		r.closeEntry(name, text)
	}
	return nil
}

func (r *ofacReader) closeProfile() error {
	p := r.party
	r.party, r.parts = nil, nil
	if p == nil || len(p.wallets) == 0 {
		return nil
	}
	if r.byID[p.id] != nil {
		return fmt.Errorf("two profiles have the ID %s", quote(p.id))
	}
	r.byID[p.id] = p
	r.parties = append(r.parties, p)
	return r.take(len(p.id) + len(p.name) + perRow)
}
