package display

import (
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/store"
)

// A Reason is a code for why a reviewer decided so. Codes hold no content, so
// they may stand in the custody log.
type Reason struct{ Code, Meaning string }

// Reasons lists the codes that are offered; other words are accepted too.
func Reasons() []Reason {
	return []Reason{
		{"offer-of-person", "the text offers a person"},
		{"third-party-control", "somebody else decides over the person"},
		{"documents-or-debt", "papers withheld, or a debt to be worked off"},
		{"deceptive-recruitment", "a job or a journey that is not what it says"},
		{"tied-identifier", "shares an identifier with another listing"},
		{"goods", "goods or services; no person is offered"},
		{"independent-adult", "an adult speaks for themself"},
		{"report", "news, policy, help or history"},
		{"fiction-or-forum", "a story, a quotation or a discussion"},
		{"scam-or-banner", "fraud, advertising or a notice without an offer"},
		{"duplicate", "the same as a listing judged before"},
		{"too-little-text", "too little text to tell"},
		{"language", "a language that the reviewer does not read"},
		{"risk-to-life", "a present danger to a person"},
		{"possible-minor", "the person may be under age"},
		{"changed-mind", "corrects an earlier decision"},
	}
}

// shortLen is how many characters of an ID are shown.
const shortLen = 8

// Short returns an ID as it is shown where space is scarce.
func Short(id string) string { return id[:min(len(id), shortLen)] }

// Restricted reports whether an item's text must not be shown: its newest
// decision says that the person may be a minor.
func Restricted(it store.Item) bool {
	return it.Decision != nil && it.Decision.Verdict == vigil.SuspectedMinor
}

// Grave reports whether an item's text is folded away until asked for.
func Grave(l vigil.Level) bool { return l.Rank() >= vigil.LevelPriority.Rank() }

// Summary says in one neutral line what kind of listing it is, without any
// word of the page: it is read before the text.
func Summary(it store.Item) string {
	a := it.Assessment
	pro, con := polarity(a.Findings)
	s := fmt.Sprintf("%s, in %s: %s, %s against them; %s.", genreWords(a.Genre), langWords(a.Lang),
		count(pro, "indicator"), count(con, "sign"), count(len(a.Identifiers), "identifier"))
	switch {
	case Restricted(it):
		s += " Text withheld: restricted handling."
	case withholds(a):
		s += " A statement of age is withheld."
	}
	if a.Insufficient {
		s += " Too little text to assess."
	}
	return s
}

// State says where an item's review stands.
func State(it store.Item, now time.Time) string {
	t := it.Task
	switch {
	case t.State == vigil.Leased && t.Until.After(now):
		return "held by " + Clean(t.Holder)
	case Waits(t):
		return "waiting"
	case it.Decision != nil:
		return string(it.Decision.Verdict)
	case t.State == vigil.Dead:
		return "given up"
	}
	return "no review asked"
}

// Waits reports whether a review is still to be done.
func Waits(t vigil.Task) bool { return t.State == vigil.Queued || t.State == vigil.Leased }

// polarity counts findings for and against.
func polarity(fs []vigil.Finding) (pro, con int) {
	for _, f := range fs {
		if f.Polarity == vigil.Against {
			con++
		} else {
			pro++
		}
	}
	return pro, con
}

// withholds reports whether a has a finding whose text must not be repeated.
func withholds(a vigil.Assessment) bool {
	for _, f := range a.Findings {
		if f.Withheld != "" {
			return true
		}
	}
	return false
}

// genreWords names a genre in words.
func genreWords(g vigil.Genre) string {
	switch g {
	case vigil.GenreOfferPerson:
		return "Offer of a person"
	case vigil.GenreOfferGoods:
		return "Offer of goods"
	case vigil.GenreOfferService:
		return "Offer of a service"
	case vigil.GenreIndependentAdult:
		return "Own offer of an adult"
	case vigil.GenreNews:
		return "News"
	case vigil.GenrePolicy:
		return "Policy or law"
	case vigil.GenreSupport:
		return "Help for those affected"
	case vigil.GenreFiction:
		return "Fiction"
	case vigil.GenreForum:
		return "Discussion"
	case vigil.GenreHistory:
		return "History"
	case vigil.GenreRecruitment:
		return "Recruitment"
	case vigil.GenreScam:
		return "Likely fraud"
	case vigil.GenreBanner:
		return "Banner or notice"
	}
	return "Kind of text unknown"
}

// langWords names the languages met most; others by their code.
func langWords(code string) string {
	switch code {
	case "en":
		return "English"
	case "de":
		return "German"
	case "fr":
		return "French"
	case "es":
		return "Spanish"
	case "ru":
		return "Russian"
	case "ro":
		return "Romanian"
	case "ar":
		return "Arabic"
	case "", "und":
		return "an unknown language"
	}
	return "language " + Clean(code)
}

// count returns "no things", "1 thing", "2 things".
func count(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Weight returns a finding's weight with its sign, which says what colour can't.
func Weight(w float64) string {
	return strings.Replace(fmt.Sprintf("%+.2f", w), "-", "−", 1)
}

// price returns a price as the page states it; "" for none.
func price(p *vigil.Price) string {
	if p == nil {
		return ""
	}
	return Clean(p.Amount + " " + p.Currency)
}

// Defang returns an address that no program takes for a link.
func Defang(url string) string {
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		url = "hxxp" + rest
	}
	return Clean(url)
}
