package stats

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vigil"
	"vigil/internal/casetest"
	"vigil/store"
)

// A desk does random acts in a real case.
type desk struct {
	*casetest.Case
	t   *testing.T
	r   *rand.Rand
	ids []string
	n   int
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// capture adds a listing, or a new capture of one.
func (d *desk) capture(n int) {
	a := vigil.Assessment{Level: pick(d.r, []vigil.Level{"none", "note", "review", "priority", "escalate"}), Score: float64(d.r.IntN(10001)) / 10000,
		Model: pick(d.r, []string{"model 1", "model 2"})}
	for _, in := range []string{"DEB-1", "DOC-1", "SAL-1"} {
		if d.r.IntN(2) == 0 {
			a.Findings = append(a.Findings, vigil.Finding{Indicator: in, Polarity: pick(d.r, []string{vigil.For, vigil.For, vigil.Against})})
		}
	}
	d.n++
	id := d.Add(d.t, vigil.Listing{URL: casetest.Address(n), Title: fmt.Sprintf("Text %d", d.n)}, a)
	if !slices.Contains(d.ids, id) {
		d.ids = append(d.ids, id)
	}
}

// again assesses the newest capture of a listing anew.
func (d *desk) again(id string) {
	a, err := d.Assessment(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	a.Level, a.Score, a.Model = pick(d.r, []vigil.Level{"none", "review", "escalate"}), d.r.Float64(), "model 3"
	d.record(vigil.Act{Actor: "collector", Action: vigil.ActClassify}, a)
}

func (d *desk) record(act vigil.Act, r vigil.Record) {
	d.t.Helper()
	if _, err := d.Record(d.t.Context(), vigil.Result{Act: act, Record: r}); err != nil {
		d.t.Fatal(err)
	}
}

// decide makes a decision of any part.
func (d *desk) decide(id string) {
	a, err := d.Assessment(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	dec := vigil.Decision{Listing: id, Source: d.Source, Page: a.Page, Model: a.Model, Level: a.Level, Reason: "r", Time: d.Now,
		Reviewer: pick(d.r, []string{"ada", "bo", "cy"}), Verdict: pick(d.r, vigil.Verdicts()).Verdict}
	if d.r.IntN(3) > 0 {
		dec.Verdict = pick(d.r, []vigil.Verdict{vigil.Relevant, vigil.NotRelevant})
	}
	switch d.r.IntN(12) {
	case 0:
		dec.Part, dec.Verdict = vigil.Withdrawal, ""
	case 1:
		dec.Part = vigil.Adjudication
	case 2:
		dec.Of = pick(d.r, d.ids)
	}
	d.record(vigil.Act{Actor: dec.Reviewer, Action: vigil.ActDecide}, dec)
}

func (d *desk) erase(i int) {
	_, err := d.Erase(d.t.Context(), store.Erasure{What: vigil.TypeListing, ID: d.ids[i], Act: vigil.Act{Actor: "admin", Action: vigil.ActErase, Reason: "past its time"}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.ids = slices.Delete(d.ids, i, i+1)
}

// act does one act by lot.
func (d *desk) act() {
	switch x := d.r.IntN(100); {
	case x < 25 || len(d.ids) == 0:
		d.capture(d.n)
	case x < 30:
		d.capture(d.r.IntN(d.n))
	case x < 35:
		d.again(pick(d.r, d.ids))
	case x < 97:
		d.decide(d.ids[min(d.r.IntN(len(d.ids)), d.r.IntN(len(d.ids)))])
	default:
		d.erase(d.r.IntN(len(d.ids)))
	}
	if d.r.IntN(3) == 0 {
		d.Now = d.Now.Add(time.Duration(d.r.IntN(60)) * time.Hour)
	}
}

// slow counts the same as a report, from the records that the case shows now.
type slow struct {
	listings, judged          int
	waiting                   map[string]int // level and age
	alarms, decisions         map[string]int // day or month, and level or verdict
	disputed                  int
	all                       [][2]vigil.Verdict
	pairs                     map[string][][2]vigil.Verdict
	byIndicator               map[string][][2]vigil.Verdict
	decided, relevant         map[string]int
	calibration, calibrationR map[string]int
}

func (d *desk) slow() slow {
	s := slow{waiting: map[string]int{}, alarms: map[string]int{}, decisions: map[string]int{}, pairs: map[string][][2]vigil.Verdict{},
		byIndicator: map[string][][2]vigil.Verdict{}, decided: map[string]int{}, relevant: map[string]int{}, calibration: map[string]int{}, calibrationR: map[string]int{}}
	span := func(t time.Time) string {
		if today := d.Now.Truncate(24 * time.Hour); t.Before(today.AddDate(0, 0, -89)) {
			return t.Format("2006-01")
		}
		return t.Format(time.DateOnly)
	}
	for it, err := range d.Items(d.t.Context(), store.Filter{}) {
		if err != nil {
			d.t.Fatal(err)
		}
		a := it.Assessment
		s.listings++
		since, ds := d.history(a.ID)
		j := vigil.Judge(ds)
		all := slices.Clone(j.Readings)
		if j.Adjudication != nil {
			all = append(all, *j.Adjudication)
		}
		if a.Level.Rank() >= 2 {
			s.alarms[span(since)+" "+string(a.Level)]++
			if !slices.ContainsFunc(all, func(x vigil.Decision) bool { return x.Page == a.Page }) {
				age := "over"
				for _, day := range []int{30, 7, 3, 1} {
					if d.Now.Sub(since) < time.Duration(day)*24*time.Hour {
						age = fmt.Sprint(day)
					}
				}
				s.waiting[string(a.Level)+" "+age]++
			}
		}
		if len(all) == 0 {
			continue
		}
		s.judged++
		for _, x := range all {
			s.decisions[span(x.Time)+" "+string(x.Verdict)]++
		}
		if j.State == vigil.Disputed {
			s.disputed++
		}
		s.count(a, j)
	}
	return s
}

// history returns since when a listing has asked for a review, and its decisions.
func (d *desk) history(id string) (since time.Time, ds []vigil.Decision) {
	assessed := vigil.Assessment{}
	as, err := d.Assessments(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	all, err := d.Decisions(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	for e, err := range d.Log(d.t.Context(), vigil.OrderOf(d.Source)) {
		switch {
		case err != nil:
			d.t.Fatal(err)
		case e.Action == vigil.ActErase && slices.ContainsFunc(store.ErasedBy(e.Event), func(o vigil.Object) bool { return o.ID == id }):
			since, assessed, ds = time.Time{}, vigil.Assessment{}, nil
		case e.Object.ID != id:
		case e.Object.Type == vigil.TypeDecision:
			if b, err := d.RecordBytes(d.t.Context(), e.Event); err == nil && len(b) > 0 {
				ds = append(ds, all[len(ds)])
			}
		case e.Object.Type == vigil.TypeAssessment:
			if _, err := d.RecordBytes(d.t.Context(), e.Event); err != nil {
				continue
			}
			a := as[0]
			as = as[1:]
			j := vigil.Judge(ds)
			read := j.Adjudication != nil && j.Adjudication.Page == assessed.Page ||
				slices.ContainsFunc(j.Readings, func(x vigil.Decision) bool { return x.Page == assessed.Page })
			if assessed.Level.Rank() < 2 || a.Page != assessed.Page && read {
				since = e.Time
			}
			assessed = a
		}
	}
	return since, ds
}

// count counts what a judgement says.
func (s *slow) count(a vigil.Assessment, j vigil.Judgement) {
	inds := map[string]bool{}
	for _, f := range a.Findings {
		if f.Polarity == vigil.For {
			inds[f.Indicator] = true
		}
	}
	own := 0
	for i, x := range j.Readings {
		if x.Of != "" && x.Of != x.Listing {
			continue
		}
		own++
		for _, y := range j.Readings[i+1:] {
			if y.Of != "" && y.Of != y.Listing || x.Page != y.Page {
				continue
			}
			x, y := x, y
			if y.Reviewer < x.Reviewer {
				x, y = y, x
			}
			p := [2]vigil.Verdict{x.Verdict, y.Verdict}
			s.all = append(s.all, p)
			s.pairs[x.Reviewer+" "+y.Reviewer] = append(s.pairs[x.Reviewer+" "+y.Reviewer], p)
			for in := range inds {
				s.byIndicator[in] = append(s.byIndicator[in], p)
			}
		}
	}
	if own == 0 && j.Adjudication == nil || j.Verdict == "" || j.Verdict == vigil.Unsure || j.Verdict == vigil.NeedsTranslation {
		return
	}
	for in := range inds {
		s.decided[in]++
		if j.Verdict != vigil.NotRelevant {
			s.relevant[in]++
		}
	}
	key := fmt.Sprintf("%s %s %d", j.Last().Time.Format("2006-01"), a.Model, min(9, int(math.Round(a.Score*10000))/1000))
	s.calibration[key]++
	if j.Verdict != vigil.NotRelevant {
		s.calibrationR[key]++
	}
}

// plainKappa is Cohen's kappa, or with both Scott's pi, of a list of pairs.
func plainKappa(ps [][2]vigil.Verdict, both bool) float64 {
	same, a, b := 0.0, map[vigil.Verdict]float64{}, map[vigil.Verdict]float64{}
	for _, p := range ps {
		if p[0] == p[1] {
			same++
		}
		a[p[0]]++
		b[p[1]]++
		if both {
			a[p[1]]++
			b[p[0]]++
		}
	}
	n, chance := float64(len(ps)), 0.0
	for v := range a {
		if both {
			chance += a[v] / (2 * n) * b[v] / (2 * n)
		} else {
			chance += a[v] / n * b[v] / n
		}
	}
	return (same/n - chance) / (1 - chance)
}

// asBinary keeps the pairs that say relevant or not, as two words.
func asBinary(ps [][2]vigil.Verdict) (out [][2]vigil.Verdict) {
	for _, p := range ps {
		for i, v := range p {
			switch v {
			case vigil.Urgent, vigil.SuspectedMinor:
				p[i] = vigil.Relevant
			case vigil.Unsure, vigil.NeedsTranslation:
				p[i] = ""
			}
		}
		if p[0] != "" && p[1] != "" {
			out = append(out, p)
		}
	}
	return out
}

// checkAgreement holds an agreement against a list of pairs.
func checkAgreement(t *testing.T, what string, got Agreement, ps [][2]vigil.Verdict, categories float64, both bool) {
	t.Helper()
	same := 0
	for _, p := range ps {
		if p[0] == p[1] {
			same++
		}
	}
	if got.Pairs != len(ps) || got.Same != same {
		t.Errorf("%s: %d of %d pairs agree, want %d of %d", what, got.Same, got.Pairs, same, len(ps))
	}
	if len(ps) < 10 {
		if got.Kappa.Missing == "" || got.Raw.Missing == "" || got.PABAK.Missing == "" {
			t.Errorf("%s: an estimate of %d pairs: %+v", what, len(ps), got)
		}
		return
	}
	po := float64(same) / float64(len(ps))
	for name, c := range map[string]struct {
		got  Estimate
		want float64
	}{"raw": {got.Raw, po}, "kappa": {got.Kappa, plainKappa(ps, both)}, "PABAK": {got.PABAK, (categories*po - 1) / (categories - 1)}} {
		if c.got.Missing == "all with one verdict" && math.IsNaN(c.want) {
			continue
		}
		if math.Abs(c.got.Value-c.want) > 1e-9 || c.got.Low > c.got.Value || c.got.High < c.got.Value {
			t.Errorf("%s: %s is %+v, want %v", what, name, c.got, c.want)
		}
	}
}

// check holds a report against the slow count.
func check(t *testing.T, r Report, s slow) {
	t.Helper()
	if r.Listings != s.listings || r.Judged != s.judged || r.Disputed.Sum() != s.disputed {
		t.Errorf("%d listings, %d judged, %d disputed: want %d, %d, %d", r.Listings, r.Judged, r.Disputed.Sum(), s.listings, s.judged, s.disputed)
	}
	waiting, alarms, decisions := map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range r.Waiting {
		for i, age := range []string{"1", "3", "7", "30", "over"} {
			if w.Ages[i] > 0 {
				waiting[string(w.Level)+" "+age] += w.Ages[i]
			}
		}
	}
	r.spans(func(when string, sp Span) {
		for l, n := range sp.Alarms {
			alarms[when+" "+string(l)] += n
		}
		for v, n := range sp.Decisions {
			decisions[when+" "+string(v)] += n
		}
	})
	for name, c := range map[string][2]map[string]int{"waiting": {waiting, s.waiting}, "alarms": {alarms, s.alarms}, "decisions": {decisions, s.decisions}} {
		if d := cmp.Diff(c[1], c[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	checkAgreement(t, "all", r.Agreement.Verdicts, s.all, 6, true)
	checkAgreement(t, "all, binary", r.Agreement.Binary, asBinary(s.all), 2, true)
	if len(r.Pairs) != len(s.pairs) {
		t.Errorf("%d pairs of people, want %d", len(r.Pairs), len(s.pairs))
	}
	for _, p := range r.Pairs {
		checkAgreement(t, p.A+" "+p.B, p.Agreement.Verdicts, s.pairs[p.A+" "+p.B], 6, false)
		checkAgreement(t, p.A+" "+p.B+", binary", p.Agreement.Binary, asBinary(s.pairs[p.A+" "+p.B]), 2, false)
	}
	for _, in := range r.Indicators {
		checkAgreement(t, in.Indicator, in.Agreement.Verdicts, s.byIndicator[in.Indicator], 6, true)
		if in.Decided != s.decided[in.Indicator] || in.Relevant != s.relevant[in.Indicator] || (in.Precision.Missing == "") != (in.Decided >= 10) {
			t.Errorf("%s: %+v, want %d of %d relevant", in.Indicator, in, s.relevant[in.Indicator], s.decided[in.Indicator])
		}
		delete(s.decided, in.Indicator)
	}
	if len(s.decided) > 0 {
		t.Errorf("nothing said of %v", s.decided)
	}
	n, rel := map[string]int{}, map[string]int{}
	for _, c := range r.Calibration {
		for i, d := range c.Tenth {
			key := fmt.Sprintf("%s %s %d", c.Month.Format("2006-01"), c.Model, i)
			if d.N > 0 {
				n[key] = d.N
			}
			if d.Relevant > 0 {
				rel[key] = d.Relevant
			}
		}
	}
	if d := cmp.Diff(s.calibration, n) + cmp.Diff(s.calibrationR, rel); d != "" {
		t.Errorf("calibration (-want +got):\n%s", d)
	}
}

func TestAReportIsWhatASlowCountSays(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			d := &desk{Case: casetest.New(t), t: t, r: rand.New(rand.NewPCG(seed, 7))}
			p := New(d.Store)
			for range 3 {
				for range 60 {
					d.act()
				}
				if err := p.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				check(t, p.Report(d.Now), d.slow())
				if pr := p.Progress(); !pr.Whole() || pr.Unread > 0 {
					t.Errorf("progress %+v, want all read", pr)
				}
				anew := New(d.Store)
				if err := anew.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(anew.Report(d.Now), p.Report(d.Now), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
					t.Errorf("a projection that followed differs from one made anew (-anew +followed):\n%s", diff)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// The values are those of a worked example: 20 and 15 of 50 agree on yes and no,
// 5 and 10 do not. po = 0.7, pe = 0.5, kappa = 0.4; PABAK = 0.4.
func TestKappaOfAWorkedExample(t *testing.T) {
	a := matrix{{20, 5}, {10, 15}}.measured(false)
	if math.Abs(a.Kappa.Value-0.4) > 1e-9 || math.Abs(a.PABAK.Value-0.4) > 1e-9 || math.Abs(a.Raw.Value-0.7) > 1e-9 {
		t.Errorf("%+v, want raw 0.7, kappa 0.4 and PABAK 0.4", a)
	}
	// The asymptotic standard error by Fleiss, Cohen and Everitt, computed by hand,
	// is 0.1266: the interval is 0.4 ± 0.248.
	if math.Abs(a.Kappa.Low-0.152) > 0.003 || math.Abs(a.Kappa.High-0.648) > 0.003 {
		t.Errorf("interval %v to %v, want 0.152 to 0.648", a.Kappa.Low, a.Kappa.High)
	}
	if one := (matrix{{12, 0}, {0, 0}}).measured(false); one.Kappa.Missing == "" || one.Raw.Value != 1 {
		t.Errorf("all with one verdict: %+v, want no kappa", one)
	}
	if all := (matrix{{12, 0}, {0, 9}}).measured(false); all.Kappa.Value != 1 || all.Kappa.Low >= 1 || all.Kappa.Low < 0 {
		t.Errorf("all agree: %+v, want a kappa of 1 with an interval", all.Kappa)
	}
	if few := (matrix{{5, 1}, {1, 2}}).measured(false); few.Kappa.Missing != "too few" || few.Pairs != 9 || few.Same != 7 {
		t.Errorf("9 pairs: %+v, want counts and no estimate", few)
	}
}

func TestAListingTakesAtMost64Bytes(t *testing.T) {
	k := newKept()
	for n := range 30_000 {
		k.assess(assessment{ID: vigil.NewListingID("s", fmt.Sprint(n)), Page: "p", Level: vigil.LevelReview}, false, casetest.Start())
		if k.n >= 1000 && k.n%pieceSize == 0 && k.bytes() > 64*k.n {
			t.Fatalf("%d listings take %d bytes, %.1f each", k.n, k.bytes(), float64(k.bytes())/float64(k.n))
		}
	}
	for n := range 30_000 {
		if i := k.find(idOf(vigil.NewListingID("s", fmt.Sprint(n)))); k.index[i] == 0 {
			t.Fatalf("listing %d is not found", n)
		}
	}
}

// Run reads at the first Want, and again what came since.
func TestWantCatchesUp(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	p := New(c.Store)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); p.Run(ctx) }()
	if p.Progress().Entries != 0 {
		t.Error("it reads before anybody wants it")
	}
	for n := 2; n < 5; n++ {
		p.Want(ctx, time.Minute)
		r := p.Report(c.Now)
		if got := r.Waiting[2].Ages[0]; got != n-1 || !r.Progress.Whole() {
			t.Errorf("%d listings wait, want %d; %+v", got, n-1, r.Progress)
		}
		c.AddLevel(t, n, vigil.LevelReview)
	}
	stop()
	<-ended
	p.Want(t.Context(), time.Millisecond) // with nobody who reads: no harm
}

func TestCellsAreNoFormulas(t *testing.T) {
	var b strings.Builder
	err := WriteCSV(&b, Table{Header: []string{"a", "=b"}, Rows: [][]string{{"=1+1", "-0.25"}, {"-2+3", "@x"}, {"+49", "a,\"b"}, {"\tx", "－1"}, {"-0x10p1", "-Inf"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "a,'=b\r\n'=1+1,-0.25\r\n'-2+3,'@x\r\n'+49,\"a,\"\"b\"\r\n'\tx,'－1\r\n'-0x10p1,'-Inf\r\n"
	if b.String() != want {
		t.Errorf("CSV\n%q, want\n%q", b.String(), want)
	}
}

func TestOthersSeeNoPairs(t *testing.T) {
	r := Report{Pairs: []Pair{{A: "ada", B: "bo"}}}
	if _, ok := r.WithoutPairs().Table("agreement-by-pair"); ok {
		t.Error("a report without pairs has a table of them")
	}
	if tab, ok := r.Table("agreement-by-pair"); !ok || len(tab.Rows) != 2 || tab.Rows[0][0] != "ada" {
		t.Errorf("the table of pairs is %+v", tab)
	}
}
