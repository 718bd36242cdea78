package stats

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vigil"
)

// A Report is what a projection knows at one moment. Days and months are of UTC.
type Report struct {
	At       time.Time `json:"at"`              // ages are counted up to here
	Newest   time.Time `json:"newest,omitzero"` // time of the newest log entry that was read
	Progress Progress  `json:"progress"`

	Model    string `json:"model,omitempty"` // that made the newest assessment
	Listings int    `json:"listings"`        // assessed
	Judged   int    `json:"judged"`          // of these, with a decision that stands

	Levels []LevelSum `json:"levels"` // that listings have, highest first

	Waiting  []Waiting `json:"waiting"`  // by level, highest first
	Disputed Ages      `json:"disputed"` // listings about which readers differ, since the last of their readings

	// Days are the last 90, oldest first; Months those before them that have
	// anything, oldest first, at most 24.
	Days   []Span `json:"days"`
	Months []Span `json:"months"`

	Agreement  Agreements     `json:"agreement"` // over all pairs of readings
	Indicators []IndicatorSay `json:"indicators"`
	Pairs      []Pair         `json:"pairs,omitempty"` // see [Report.WithoutPairs]

	Calibration []Calibrated `json:"calibration"` // oldest month first, at most 12 months
}

// Ages counts listings by how long they wait: [Limits] says up to when each counts,
// and the last is of those that wait longer.
type Ages [5]int

// Limits are the ages at which one count ends and the next begins.
func Limits() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{day, 3 * day, 7 * day, 30 * day}
}

// AgeWords name the ages.
func AgeWords() []string {
	return []string{"under a day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "over 30 days"}
}

func (a *Ages) add(age time.Duration) {
	i := 0
	for i < len(Limits()) && age >= Limits()[i] {
		i++
	}
	a[i]++
}

// Sum returns the number of listings of all ages.
func (a Ages) Sum() int {
	sum := 0
	for _, n := range a {
		sum += n
	}
	return sum
}

// Waiting counts the listings of a level that wait for a first reading: those of
// which no decision stands about the capture that they are assessed by. They wait
// since they came to ask for a review, or, where an earlier capture was decided,
// since the newer one was assessed. The levels review and above ask for one; so do
// lower ones, which are told only if there are any, where a listing was on a
// watchlist when it was assessed.
type Waiting struct {
	Level vigil.Level `json:"level"`
	Ages  Ages        `json:"ages"`
}

// A LevelSum counts the listings of a level.
type LevelSum struct {
	Level   vigil.Level `json:"level"`
	Waiting int         `json:"waiting"` // for a first reading, as in [Waiting]
	Decided int         `json:"decided"` // with a decision that stands, be it on an earlier capture
	All     int         `json:"all"`
}

// A Span is a day or a month.
type Span struct {
	Begins time.Time `json:"begins"`
	// Alarms counts listings that came to ask for a review then, each once, by the
	// level that it has now.
	Alarms map[vigil.Level]int `json:"alarms"`
	// Decisions counts readings and adjudications that were made then and stand.
	Decisions map[vigil.Verdict]int `json:"decisions"`
}

// Open returns how many of a span's decisions leave relevance open, and of how many.
func (s Span) Open() (open, of int) {
	for v, n := range s.Decisions {
		of += n
		if Relevance(v) == Open {
			open += n
		}
	}
	return open, of
}

// An IndicatorSay is what decisions say of an indicator: of the listings in whose
// newest assessment it was found for.
type IndicatorSay struct {
	Indicator string `json:"indicator"`
	// Precision is the share of relevant ones among those whose verdict, the one
	// that counts ([vigil.Judge]), says whether they are relevant. Without a value
	// below 10 of them.
	Precision Estimate `json:"precision"`
	Relevant  int      `json:"relevant"`
	Decided   int      `json:"decided"`
	// Agreement is that of pairs of readings of these listings.
	Agreement Agreements `json:"agreement"`
}

// A Pair is two people who read the same listings, in the order of their names.
type Pair struct {
	A         string     `json:"a"`
	B         string     `json:"b"`
	Agreement Agreements `json:"agreement"`
}

// Calibrated holds scores against verdicts: of listings that one model assessed
// last, and whose verdict was given in one month.
type Calibrated struct {
	Month time.Time   `json:"month"`
	Model string      `json:"model"`
	Tenth [10]Deciles `json:"tenths"` // scores 0 to 0.1, …, 0.9 to 1
}

// Deciles are the listings with scores in one tenth.
type Deciles struct {
	N        int     `json:"n"`
	Score    float64 `json:"score_sum"`
	Relevant int     `json:"relevant"`
}

// Add returns the sum of both.
func (d Deciles) Add(e Deciles) Deciles {
	return Deciles{d.N + e.N, d.Score + e.Score, d.Relevant + e.Relevant}
}

// All returns the sum of the tenths.
func (c Calibrated) All() (sum Deciles) {
	for _, d := range c.Tenth {
		sum = sum.Add(d)
	}
	return sum
}

// WithoutPairs returns the report for people who may not see who agrees with whom.
func (r Report) WithoutPairs() Report {
	r.Pairs = nil
	return r
}

// Bounds of what a report tells.
const (
	reportDays   = 90
	reportMonths = 24
	driftMonths  = 12
)

// Report returns what is known now, however far the projection has come. Its
// slices and maps are for reading only.
func (p *Projection) Report(now time.Time) Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	now = now.UTC().Truncate(time.Minute)
	if p.madeAt != p.changes || !p.made.At.Equal(now) {
		p.made = p.kept.report(now)
		p.madeAt = p.changes
	}
	r := p.made
	r.Progress, r.Newest, r.Model = p.progress, p.newest, p.kept.model
	return r
}

// A counting is a report in the making.
type counting struct {
	*kept
	Report
	sums    map[vigil.Level]*LevelSum
	waiting map[vigil.Level]*Ages
	spans   map[time.Time]*Span
	all     *counted
	pairs   map[[2]string]*counted
	signs   []*sign
	months  map[calibratedKey]*Calibrated
	levels  []vigil.Level // by 1 + rank
}

type calibratedKey struct {
	month time.Time
	model uint16
}

// A sign is an indicator in the making.
type sign struct {
	relevant, decided int
	pairs             *counted
}

// report walks over all listings.
func (k *kept) report(now time.Time) Report {
	c := &counting{
		kept: k, Report: Report{At: now}, sums: map[vigil.Level]*LevelSum{}, waiting: map[vigil.Level]*Ages{}, spans: map[time.Time]*Span{}, all: newCounted(),
		pairs: map[[2]string]*counted{}, months: map[calibratedKey]*Calibrated{}, levels: append(levels(), ""),
	}
	slices.Reverse(c.levels)
	for range k.signs.list {
		c.signs = append(c.signs, &sign{pairs: newCounted()})
	}
	for n := range k.n {
		if l := k.listing(uint32(n)); l.level > 0 {
			c.add(l)
		}
	}
	c.finish()
	return c.Report
}

// levels are all levels, highest first; the first three ask for a review.
func levels() []vigil.Level {
	return []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone}
}

// alarmLevels are the levels that ask for a review.
func alarmLevels() []vigil.Level { return levels()[:3] }

// add counts a listing.
func (c *counting) add(l *listing) {
	c.Listings++
	level := c.levels[l.level]
	if c.sums[level] == nil {
		c.sums[level] = &LevelSum{Level: level}
	}
	sum := c.sums[level]
	sum.All++
	var j vigil.Judgement
	if l.votes != 0 {
		j = c.judge(l)
	}
	if l.asks {
		since := time.Unix(int64(l.since), 0).UTC()
		if level.Rank() >= vigil.LevelReview.Rank() {
			c.span(since).Alarms[level]++
		}
		if l.votes == 0 || !l.isRead(j) {
			if c.waiting[level] == nil {
				c.waiting[level] = new(Ages)
			}
			c.waiting[level].add(c.At.Sub(since))
			sum.Waiting++
		}
	}
	if last := j.Last(); last != nil {
		sum.Decided++
		c.judged(l, j, last)
	}
}

// judged counts a listing of which a decision stands.
func (c *counting) judged(l *listing, j vigil.Judgement, last *vigil.Decision) {
	c.Judged++
	for _, d := range standing(j) {
		c.span(d.Time).Decisions[d.Verdict]++
	}
	if j.State == vigil.Disputed {
		c.Disputed.add(c.At.Sub(last.Time))
	}
	own := slices.DeleteFunc(slices.Clone(j.Readings), func(d vigil.Decision) bool { return d.Of != "" })
	for i, a := range own {
		for _, b := range own[i+1:] {
			if a.Page == b.Page { // else they have read different texts
				c.pair(l, a, b)
			}
		}
	}
	if j.Verdict == "" || Relevance(j.Verdict) == Open || len(own) == 0 && j.Adjudication == nil {
		return
	}
	relevant := Relevance(j.Verdict) == ForIt
	for _, s := range c.found(l) {
		s.decided++
		if relevant {
			s.relevant++
		}
	}
	c.calibrate(l, last.Time, relevant)
}

// standing returns the decisions of a judgement.
func standing(j vigil.Judgement) []vigil.Decision {
	if j.Adjudication == nil {
		return j.Readings
	}
	return append(slices.Clone(j.Readings), *j.Adjudication)
}

// found returns the indicators of a listing.
func (c *counting) found(l *listing) (ss []*sign) {
	for n, s := range c.signs {
		if l.found[n/32]&(1<<(n%32)) != 0 {
			ss = append(ss, s)
		}
	}
	return ss
}

// pair counts two people's readings of one listing.
func (c *counting) pair(l *listing, a, b vigil.Decision) {
	if b.Reviewer < a.Reviewer {
		a, b = b, a
	}
	names := [2]string{a.Reviewer, b.Reviewer}
	if c.pairs[names] == nil {
		c.pairs[names] = newCounted()
	}
	c.pairs[names].add(c.verdicts, a.Verdict, b.Verdict)
	c.all.add(c.verdicts, a.Verdict, b.Verdict)
	for _, s := range c.found(l) {
		s.pairs.add(c.verdicts, a.Verdict, b.Verdict)
	}
}

// calibrate counts a score with the verdict that came to it.
func (c *counting) calibrate(l *listing, at time.Time, relevant bool) {
	key := calibratedKey{monthOf(at), l.model}
	if c.months[key] == nil {
		c.months[key] = &Calibrated{Month: key.month, Model: c.models.name(int(l.model))}
	}
	d := &c.months[key].Tenth[min(9, l.score/1000)]
	d.N++
	d.Score += float64(l.score) / 10000
	if relevant {
		d.Relevant++
	}
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// firstDay is the oldest of the days that are told one by one.
func (c *counting) firstDay() time.Time { return dayOf(c.At).AddDate(0, 0, 1-reportDays) }

// span returns the day of a time, or its month if that is too long ago. What is
// from the future counts as of today.
func (c *counting) span(t time.Time) *Span {
	t = t.UTC()
	if t.After(c.At) {
		t = c.At
	}
	begins := dayOf(t)
	if begins.Before(c.firstDay()) {
		begins = monthOf(t).Add(-1) // so as not to be the first day of that month
	}
	if c.spans[begins] == nil {
		c.spans[begins] = newSpan(begins)
	}
	return c.spans[begins]
}

func newSpan(begins time.Time) *Span {
	return &Span{Begins: begins, Alarms: map[vigil.Level]int{}, Decisions: map[vigil.Verdict]int{}}
}

// finish makes the report of what was counted.
func (c *counting) finish() {
	c.Levels, c.Months, c.Indicators, c.Calibration = []LevelSum{}, []Span{}, []IndicatorSay{}, []Calibrated{} // none is no null
	for i, level := range levels() {
		if s := c.sums[level]; s != nil {
			c.Levels = append(c.Levels, *s)
		}
		w := Waiting{Level: level}
		if a := c.waiting[level]; a != nil {
			w.Ages = *a
		} else if i >= len(alarmLevels()) {
			continue
		}
		c.Waiting = append(c.Waiting, w)
	}
	c.finishSpans()
	c.Agreement = c.all.measured(true)
	for n, s := range c.signs {
		if s.decided > 0 || s.pairs.verdicts.measured(true).Pairs > 0 {
			c.Indicators = append(c.Indicators, IndicatorSay{c.kept.signs.name(n), share(s.relevant, s.decided), s.relevant, s.decided, s.pairs.measured(true)})
		}
	}
	slices.SortFunc(c.Indicators, func(a, b IndicatorSay) int { return cmp.Compare(a.Indicator, b.Indicator) })
	for names, p := range c.pairs {
		c.Pairs = append(c.Pairs, Pair{names[0], names[1], p.measured(false)})
	}
	slices.SortFunc(c.Pairs, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
	c.finishCalibration()
}

func (c *counting) finishSpans() {
	first := c.firstDay()
	for day := range reportDays {
		begins := first.AddDate(0, 0, day)
		if s := c.spans[begins]; s != nil {
			c.Days = append(c.Days, *s)
		} else {
			c.Days = append(c.Days, *newSpan(begins))
		}
		delete(c.spans, begins)
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.spans), time.Time.Compare) {
		s := *c.spans[key]
		s.Begins = s.Begins.Add(1)
		c.Months = append(c.Months, s)
	}
	if n := len(c.Months); n > reportMonths {
		c.Months = c.Months[n-reportMonths:]
	}
}

func (c *counting) finishCalibration() {
	oldest := monthOf(c.At).AddDate(0, 1-driftMonths, 0)
	for key, m := range c.months {
		if !key.month.Before(oldest) {
			c.Calibration = append(c.Calibration, *m)
		}
	}
	slices.SortFunc(c.Calibration, func(a, b Calibrated) int { return cmp.Or(a.Month.Compare(b.Month), cmp.Compare(a.Model, b.Model)) })
}
