package redact

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"vigil"
)

// A moved is a part of a text that is withheld, and where its mark stands now.
type moved struct {
	place
	to, end int
	rule    int
}

// A shown is a text as it stands now.
type shown struct {
	text  string
	was   int // length as it was; of fields only
	marks []moved
}

// A swap puts something else in the place of a value as a whole.
type swap struct {
	form Form
	text string // what a string says, or the digits of a number
}

// takeOut takes out what search has found. Where that is no more than reviewers' words, only
// their decisions change, and the log's lines of them are left out: nothing else
// has their hashes.
func (x *exhibit) takeOut(out *Redacted) error {
	out.Changed = true
	x.noted[x.listing.ID] = x.rule
	if x.deep {
		x.hideHashes()
	}
	var files [][]byte
	for _, d := range x.docs {
		if !x.deep && len(x.spans[d]) == 0 {
			files = append(files, d.text)
			continue
		}
		n := x.spot.Items + 1 // of the record's own item
		switch d.typ {
		case vigil.TypePage:
			x.secret[x.page.ID] = x.rule
			out.Page = name(n)
			x.alias[x.page.ID] = out.Page
		case vigil.TypeListing:
			if x.named {
				x.secret[x.listing.ID] = x.rule
				out.Listing = name(n)
			}
		}
		if x.deep {
			x.changed[x.listing.ID] = x.rule
		}
		file := fileOf(d.typ, out.Page, out.Listing)
		x.item(Record, x.rule, file, d.prefix, Spot{}, d.text)
		swaps, err := x.swaps(d, out.Listing)
		if err != nil {
			return err
		}
		w := &writer{exhibit: x, document: d, file: file, swaps: swaps}
		w.value(d.root, "", "")
		slices.SortFunc(w.edits, func(a, b edit) int { return a.lo - b.lo })
		files = append(files, edited(d.text, w.edits))
	}
	out.Exhibit = Exhibit{Page: files[0], Listing: files[1], Assessment: files[2], Decisions: files[3:]}
	return nil
}

// hideHashes withholds what the page record has from the body: the name of the capture follows
// from it, and inline media may be text.
func (x *exhibit) hideHashes() {
	p := x.docs[0]
	whole := func(pointer, text string) {
		if text != "" {
			x.add(p, pointer, match{place{0, len(text)}, x.rule})
		}
	}
	whole("/raw_sha256", x.page.RawSHA256)
	whole("/body_sha256", x.page.BodySHA256)
	for i, m := range x.page.Withheld {
		whole(fmt.Sprintf("/withheld/%d/sha256", i), m.SHA256)
	}
}

// swaps returns what is replaced whole in a record: names of pages and listings that are
// withheld, and what points into the listing's fields.
func (x *exhibit) swaps(d *document, listing string) (map[string]swap, error) {
	s := map[string]swap{}
	if !x.deep {
		return s, nil
	}
	rename := func(pointer, from string) {
		if from == "" {
			return
		}
		x.secret[from] = x.rule
		s[pointer] = swap{ByName, x.alias[from]} // none yet for an older capture
	}
	if d.typ != vigil.TypeDecision { // each names the capture, or follows from it
		x.guarded[vigil.SumHex(d.text)] = true
	}
	switch d.typ {
	case vigil.TypePage:
		rename("/id", x.page.ID)
	case vigil.TypeListing:
		rename("/page", x.listing.Page)
		s["/id"] = swap{ByName, listing}
	case vigil.TypeAssessment:
		rename("/page", x.assessment.Page)
		s["/id"] = swap{ByName, listing}
		if err := x.follow(s); err != nil {
			return nil, err
		}
	case vigil.TypeDecision:
		k, _ := strconv.Atoi(strings.TrimPrefix(d.prefix, "/"))
		rename("/page", x.decisions[k].Page)
		s["/listing"] = swap{ByName, listing}
		if x.decisions[k].Of == x.listing.ID {
			s["/of"] = swap{ByName, listing}
		}
		if x.decisions[k].Page != "" {
			x.guarded[vigil.SumHex(d.text)] = true
		}
	}
	return s, nil
}

// follow moves findings and identifiers to where the same words stand now.
func (x *exhibit) follow(s map[string]swap) error {
	for i, f := range x.assessment.Findings {
		lo, hi, text, hit, err := x.moved(f.Field, f.Start, f.End)
		if err != nil {
			return fmt.Errorf("finding %d: %w", i+1, err)
		}
		at := fmt.Sprintf("/findings/%d/", i)
		s[at+"start"], s[at+"end"] = swap{Moved, strconv.Itoa(lo)}, swap{Moved, strconv.Itoa(hi)}
		if hit < 0 {
			continue
		}
		s[at+"text"] = swap{Quoted, text}
		if f.Withheld != "" {
			s[at+"withheld"] = swap{Quoted, ""}
		}
	}
	for i, id := range x.assessment.Identifiers {
		if _, ok := x.listing.Field(id.Field); !ok {
			continue
		}
		lo, hi, text, hit, err := x.moved(id.Field, id.Start, id.End)
		if err != nil {
			return fmt.Errorf("identifier %d: %w", i+1, err)
		}
		at := fmt.Sprintf("/identifiers/%d/", i)
		s[at+"start"], s[at+"end"] = swap{Moved, strconv.Itoa(lo)}, swap{Moved, strconv.Itoa(hi)}
		if hit < 0 {
			continue
		}
		if id.Raw != "" {
			s[at+"raw"] = swap{Quoted, text}
		}
		for name, value := range map[string]string{"value": id.Value, "key": id.Key} {
			if value != "" {
				x.add(x.docs[2], at+name, match{place{0, len(value)}, hit})
				x.spans[x.docs[2]][at+name] = tidy(x.spans[x.docs[2]][at+name])
			}
		}
	}
	return nil
}

// moved returns where bytes start to end of a field are now, and what stands there. Where
// they have withheld bytes among them they are widened to the whole marks, and hit is the rule;
// else it is -1.
func (x *exhibit) moved(field string, start, end int) (lo, hi int, text string, hit int, err error) {
	all := x.fieldNow(field)
	if start < 0 || end < start || end > all.was {
		return 0, 0, "", -1, fmt.Errorf("%s[%d:%d] lies outside a text of %d bytes", field, start, end, all.was)
	}
	lo, hi, hit = all.start(start), all.stop(end), -1
	for _, m := range all.marks {
		if m.lo < end && start < m.hi {
			hit = m.rule
			break
		}
	}
	return lo, max(lo, hi), all.text[lo:max(lo, hi)], hit, nil
}

// fieldNow returns a field, which may be of several strings, as it stands now.
func (x *exhibit) fieldNow(field string) shown {
	if all, ok := x.field[field]; ok {
		return all
	}
	var all shown
	var text strings.Builder
	for i, e := range elements(x.listing, field) {
		if i > 0 {
			text.WriteByte('\n')
			all.was++
		}
		now, ok := x.shown[e.pointer]
		if !ok {
			now.text = e.text
		}
		for _, m := range now.marks {
			m.lo, m.hi, m.to, m.end = m.lo+all.was, m.hi+all.was, m.to+text.Len(), m.end+text.Len()
			all.marks = append(all.marks, m)
		}
		text.WriteString(now.text)
		all.was += len(e.text)
	}
	all.text = text.String()
	x.field[field] = all
	return all
}

// start returns where what begins at byte p begins now.
func (s shown) start(p int) int {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].hi > p })
	if i < len(s.marks) && s.marks[i].lo <= p {
		return s.marks[i].to
	}
	return s.after(i, p)
}

// stop returns where what ends at byte p ends now.
func (s shown) stop(p int) int {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].hi >= p })
	if i < len(s.marks) && s.marks[i].lo < p {
		return s.marks[i].end
	}
	return s.after(i, p)
}

// after returns the place of a byte that is kept, behind the first i marks.
func (s shown) after(i, p int) int {
	if i == 0 {
		return p
	}
	return p - s.marks[i-1].hi + s.marks[i-1].end
}

// A writer edits one record.
type writer struct {
	*exhibit
	*document
	file  string
	swaps map[string]swap
	edits []edit
}

// value edits v and what is below. The pointer is that of the record as it was, and
// now that of the record as it stands.
func (w *writer) value(v *value, pointer, now string) {
	switch v.kind {
	case '"', '0':
		if s, ok := w.swaps[pointer]; ok {
			w.swap(v, now, s)
		} else if ms := w.spans[w.document][pointer]; len(ms) > 0 && v.kind == '"' {
			w.mark(v, pointer, now, ms)
		}
	case '{', '[':
		for i, m := range v.members {
			token := strconv.Itoa(i)
			if v.kind == '{' {
				token = escapePointer(m.key)
			}
			to := token
			if ms := w.spans[w.document][pointer+"/"+token+"\x00"]; len(ms) > 0 {
				to = name(w.spot.Items + 1)
				w.item(ByKey, ms[0].rule, w.file, w.prefix+now+"/"+to, Spot{Len: len(m.key)}, []byte(m.key))
				w.edits = append(w.edits, edit{m.keyLo, m.keyHi, strconv.Quote(to)})
			}
			w.value(m, pointer+"/"+token, now+"/"+to)
		}
	}
}

// swap puts s in the place of a value, unless it is the same.
func (w *writer) swap(v *value, now string, s swap) {
	if v.kind == '0' {
		if was := v.raw(w.text); was != s.text {
			w.item(s.form, w.rule, w.file, w.prefix+now, Spot{Len: len(was)}, []byte(was))
			w.edits = append(w.edits, edit{v.lo, v.hi, s.text})
		}
		return
	}
	was := v.text(w.text)
	if was == s.text {
		return
	}
	it := w.item(s.form, w.rule, w.file, w.prefix+now, Spot{Len: len(was)}, []byte(was))
	if s.form == ByName {
		it.At = new(int)
		if s.text == "" {
			s.text = name(it.N)
			w.alias[was] = s.text
		}
	}
	text, _ := json.Marshal(s.text)
	w.edits = append(w.edits, edit{v.lo, v.hi, string(text)})
}

// mark puts marks in the place of parts of a string.
func (w *writer) mark(v *value, pointer, now string, ms []match) {
	lit := w.text[v.lo:v.hi]
	text, at := unquoteJSON(lit)
	form := ByMark
	if addresses[w.typ+starred(pointer)] {
		form = ByName
	}
	var s shown
	from := 0
	for _, m := range ms {
		it := w.item(form, m.rule, w.file, w.prefix+now, Spot{Start: m.lo, Len: m.hi - m.lo}, []byte(text[m.lo:m.hi]))
		put := mark(it.N, it.Reason)
		if form == ByName {
			put = name(it.N)
		}
		s.text += text[from:m.lo]
		to := len(s.text)
		it.At = &to
		s.text += put
		s.marks = append(s.marks, moved{m.place, to, len(s.text), m.rule})
		w.edits = append(w.edits, edit{v.lo + at[m.lo], v.lo + at[m.hi], put})
		from = m.hi
	}
	s.text += text[from:]
	if w.typ == vigil.TypeListing {
		w.shown[pointer] = s
	}
}

// starred returns the path of a pointer: its numbers become stars.
func starred(pointer string) string {
	parts := strings.Split(pointer, "/")
	for i, p := range parts {
		if _, err := strconv.Atoi(p); err == nil {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
