package report

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"vigil"
	"vigil/classify/indicator"
	"vigil/internal/display"
)

// A levelMeaning says what a level asks for.
type levelMeaning struct {
	Level vigil.Level
	Means string
}

// levels lists the levels from lowest to highest, with what each means.
func levels() []levelMeaning {
	return []levelMeaning{
		{vigil.LevelNone, "nothing that asks for a person's time was found"},
		{vigil.LevelNote, "something weak was found; nobody needs to look because of it"},
		{vigil.LevelReview, "a person should read it"},
		{vigil.LevelPriority, "a person should read it soon"},
		{vigil.LevelEscalate, "a person should read it first: the text offers a person and states, or codes, an age under 18"},
	}
}

// stamp writes a time: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

// instant writes a time for a table whose head says that it is UTC.
func instant(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// date writes a day for a table.
func date(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2 January 2006")
}

// grouped writes a hash in groups of eight, which the eye can compare.
func grouped(hash string) string {
	var b strings.Builder
	for i, r := range clip(hash, 128) {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// signed writes a weight with its sign.
func signed(w float64) string { return strings.Replace(fmt.Sprintf("%+.2f", w), "-", "−", 1) }

// percent writes a share in per cent; small ones with a place after the point.
func percent(f float64) string {
	if p := 100 * f; p > 0 && p < 10 {
		return fmt.Sprintf("%.1f\u00a0%%", p)
	}
	return fmt.Sprintf("%.0f\u00a0%%", math.Round(100*f))
}

// rate writes a share with its interval.
func rate(r Rate) string {
	if !r.Known {
		return "not defined"
	}
	return fmt.Sprintf("%s (%s–%s)", percent(r.Value), strings.TrimSuffix(percent(r.Low), "\u00a0%"), percent(r.High))
}

// missed writes the share that is not found.
func missed(found Rate) string {
	if found.Known {
		found.Value, found.Low, found.High = 1-found.Value, 1-found.High, 1-found.Low
	}
	return rate(found)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// defang writes an address so that no program takes it for a link.
func defang(url string) string {
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		url = "hxxp" + rest
	}
	return display.Visible(clipped(url))
}

// judgement says what the decisions on a listing amount to.
func judgement(j vigil.Judgement) string {
	switch j.State {
	case vigil.ReadOnce:
		return "Verdict: " + string(j.Verdict) + ", of one reader."
	case vigil.Agreed:
		return fmt.Sprintf("Verdict: %s, of %d readers.", j.Verdict, len(j.Readings))
	case vigil.Adjudicated:
		return "Verdict: " + string(j.Verdict) + ", adjudicated."
	case vigil.Disputed:
		return "Its readers differ; there is no verdict."
	}
	return "No decision of a person stands."
}

// says returns what a verdict means.
func says(v vigil.Verdict) string {
	for _, known := range vigil.Verdicts() {
		if known.Verdict == v {
			return known.Meaning
		}
	}
	return "a verdict that this program does not know"
}

// because returns what a reason means that is a code; nothing for one in words.
func because(code string) string {
	for _, r := range display.Reasons() {
		if r.Code == code {
			return r.Meaning
		}
	}
	return ""
}

// tested says what is known about an indicator from closed cases.
func tested(e indicator.Evidence) string {
	return map[indicator.Evidence]string{
		indicator.Predictive: "found more often in trafficking cases",
		indicator.NoEffect:   "found no more often in trafficking cases",
		indicator.Inverse:    "found less often in trafficking cases",
		indicator.Untested:   "never, against the outcome of cases",
	}[e]
}

// how says how an identifier stood in the text.
func how(method string) string {
	switch method {
	case "plain":
		return "as written"
	case "joined":
		return "written with gaps, which were closed"
	case "folded":
		return "written with look-alike characters, which were read as those they stand for"
	case "refanged":
		return "written in a disguised form, which was undone"
	}
	return display.Clean(clipped(method))
}

// class says how strong an identifier's own check is.
func class(c vigil.Class) string {
	switch c {
	case vigil.ClassA:
		return "A: passes its checksum of 30 bits or more; a slip of the pen would fail it"
	case vigil.ClassB:
		return "B: passes a weak check of its form or checksum"
	case vigil.ClassC:
		return "C: has the form only; nothing in it can be checked"
	}
	return "not checked"
}

// genre names a kind of text.
func genre(g vigil.Genre) string {
	names := map[vigil.Genre]string{
		vigil.GenreOfferPerson: "an offer of a person", vigil.GenreOfferGoods: "an offer of goods", vigil.GenreOfferService: "an offer of a service",
		vigil.GenreIndependentAdult: "an adult's own offer", vigil.GenreNews: "news", vigil.GenrePolicy: "policy or law",
		vigil.GenreSupport: "help for those affected", vigil.GenreFiction: "fiction", vigil.GenreForum: "a discussion", vigil.GenreHistory: "history",
		vigil.GenreRecruitment: "recruitment", vigil.GenreScam: "likely fraud", vigil.GenreBanner: "a banner or notice",
	}
	return cmp.Or(names[g], "a text of unknown kind")
}

// language names the languages that are met most.
func language(code string) string {
	names := map[string]string{
		"ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "ro": "Romanian", "ru": "Russian",
		"": "an unknown language", "und": "an unknown language",
	}
	return cmp.Or(names[code], "language "+display.Clean(clipped(code)))
}

// action says what a log entry tells.
func action(e vigil.Event) string {
	words := map[string]string{
		vigil.ActFetch: "page captured over Tor", vigil.ActImport: "page taken in from a saved file", vigil.ActExtract: "facts read from the page",
		vigil.ActClassify: "listing assessed", vigil.ActView: "listing looked at", vigil.ActDecide: "decision recorded", vigil.ActExport: "exported",
		vigil.ActSearch: "found by a search",
	}
	return cmp.Or(words[e.Action], display.Clean(clipped(e.Action)))
}

// cutReason says what a reason for withholding means.
func cutReason(code string) string {
	words := map[string]string{
		"victim-identity": "could identify a victim", "third-party": "concerns somebody else", "minor": "concerns a minor",
		"method": "would show a police method", "privilege": "is protected by privilege", "other-proceedings": "belongs to other proceedings",
		"safety": "would endanger somebody",
	}
	return cmp.Or(words[code], display.Clean(clipped(code)))
}

// truncated says why a page was cut short (WARC 1.1, section 5.13).
func truncated(why string) string {
	words := map[string]string{
		"length": "longer than the limit", "time": "took longer than the limit", "disconnect": "the connection ended", "unspecified": "for an unknown reason",
	}
	return cmp.Or(words[why], display.Clean(clipped(why)))
}
