package indicator

import (
	"fmt"
	"slices"
	"strings"
)

// Participles is what the name of a class of verbs bears where it holds the past forms.
const Participles = "-ed"

// inflect adds the forms of English nouns and verbs to the classes of a lexicon.
func (l *Lexicon) inflect() error {
	if l.Lang == "ar" {
		for name, terms := range l.Classes {
			l.Classes[name] = clitics(terms)
		}
		return nil
	}
	if l.Lang != "en" && len(l.Nouns)+len(l.Verbs) > 0 {
		return fmt.Errorf("nouns or verbs in %s, expected English: list every form in classes", l.Lang)
	}
	for name, nouns := range l.Nouns {
		if err := checkTerms(nouns); err != nil {
			return fmt.Errorf("nouns of %s: %w", name, err)
		}
		for _, n := range nouns {
			l.Classes[name] = append(l.Classes[name], n, plural(n))
		}
	}
	for name, verbs := range l.Verbs {
		if err := checkTerms(verbs); err != nil {
			return fmt.Errorf("verbs of %s: %w", name, err)
		}
		for _, v := range verbs {
			now, past := verbForms(v)
			l.Classes[name] = append(l.Classes[name], now...)
			l.Classes[name+Participles] = append(l.Classes[name+Participles], past...)
		}
	}
	return nil
}

// clitics adds the forms of Arabic terms with what is written together with them: the
// article, "and", "so", "for", "in" and the article after these.
func clitics(terms []string) []string {
	out := slices.Clone(terms)
	for _, before := range []string{"ال", "و", "ف", "ب", "ل", "وال", "بال", "لل", "فال"} {
		for _, t := range terms {
			if !strings.HasPrefix(t, "ال") || !strings.Contains(before, "ل") {
				out = append(out, before+t)
			}
		}
	}
	return out
}

// plural returns the regular plural of a noun.
func plural(n string) string {
	switch {
	case strings.HasSuffix(n, "man"):
		return strings.TrimSuffix(n, "an") + "en"
	case sibilant(n):
		return n + "es"
	case strings.HasSuffix(n, "y") && !vowelBefore(n):
		return strings.TrimSuffix(n, "y") + "ies"
	}
	return n + "s"
}

func sibilant(s string) bool {
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// vowelBefore reports whether a vowel stands before the last letter.
func vowelBefore(s string) bool {
	return len(s) > 1 && strings.IndexByte("aeiou", s[len(s)-2]) >= 0
}

// verbForms returns the forms of the present and of the past of a verb. It may be several
// words, of which the first is inflected ("hand over"), or name its irregular past and
// participle after strokes ("give/gave/given away"). A trailing star doubles the last
// consonant: "swap*".
func verbForms(v string) (now, past []string) {
	head, rest, _ := strings.Cut(v, " ")
	if rest != "" {
		rest = " " + rest
	}
	parts := strings.Split(head, "/")
	base, double := strings.CutSuffix(parts[0], "*")
	stem := base
	if double {
		stem += base[len(base)-1:]
	}
	s, ing, ed := base+"s", stem+"ing", stem+"ed"
	switch {
	case sibilant(base) || strings.HasSuffix(base, "o"):
		s = base + "es"
	case strings.HasSuffix(base, "y") && !vowelBefore(base):
		s, ed = strings.TrimSuffix(base, "y")+"ies", strings.TrimSuffix(base, "y")+"ied"
	case strings.HasSuffix(base, "ie"):
		ing, ed = strings.TrimSuffix(base, "ie")+"ying", base+"d"
	case strings.HasSuffix(base, "e") && !strings.HasSuffix(base, "ee"):
		ing, ed = strings.TrimSuffix(base, "e")+"ing", base+"d"
	case strings.HasSuffix(base, "ee"):
		ed = base + "d"
	}
	past = []string{ed}
	if len(parts) > 1 {
		past = parts[1:]
	}
	for _, f := range []string{base, s, ing} {
		now = append(now, f+rest)
	}
	for i := range past {
		past[i] += rest
	}
	return now, past
}
