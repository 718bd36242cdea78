package identifier

import "bytes"

// A page that warns of an address names it as one that is paid does: "do not send
// to …", "… is a scammer's". What links two such pages is the warning.

// Bytes before and behind an identifier in which a warning of it may stand.
const (
	warnBefore = 96
	warnBehind = 48
)

// warnings speak of what comes behind them as something to keep away from. They
// are words or phrases as words are.
var warnings = words{
	"do not send", "don't send", "dont send", "never send", "do not pay", "don't pay", "dont pay", "never pay", "do not trust", "don't trust", "do not use", "don't use",
	"do not deposit", "beware of", "avoid", "stay away from", "scam*", "fake*", "phishing", "impersonat*", "imposter*", "impostor*", "thief", "thieves", "fraud*", "stole", "stolen", "ripped",
	"nicht senden", "nicht bezahlen", "nicht überweisen", "sendet nicht", "zahlt nicht", "warnung vor", "betrüger*", "betrug", "gefälscht*",
	"n'envoyez pas", "ne pas envoyer", "ne payez pas", "méfiez-vous", "arnaque*", "escroc*", "fausse adresse",
	"no envíe*", "no envie*", "no pague*", "cuidado con", "estafa*", "dirección falsa",
	"не отправля*", "не перевод*", "не плати*", "мошенни*", "поддельн*", "осторожно",
}

// verdicts say the same of what stands before them.
var verdicts = words{
	"is a scam*", "is scam*", "is fake", "is a fake", "is not mine", "is not ours", "isn't mine", "isn't ours", "is stolen", "is phishing", "belongs to a scam*", "is a thief",
	"ist betrug", "ist gefälscht", "gehört einem betrüger", "est une arnaque", "est un escroc", "es una estafa", "это мошенни*", "не мой", "не наш",
}

// denials, just before a word of warning, take it back: "no scam", "not a fake".
var denials = []string{"no", "not a", "not", "zero", "never", "without", "anti", "kein", "keine", "pas d'", "sans", "sin", "не", "без", "нет", "against", "tired of"}

// warned reports whether the sentence around text[start:end] warns of it.
func (sc *scanner) warned(start, end int) bool {
	var buf [warnBefore]byte
	before := lower(buf[:0], sc.text[max(0, start-warnBefore):start])
	if i := sentenceEnd(before); i >= 0 {
		before = before[i+1:]
	}
	for _, w := range warnings {
		if at := lastWord(before, w); at >= 0 && !denied(before[:at-len(bytes.TrimSuffix([]byte(w), []byte("*")))]) {
			return true
		}
	}
	behind := lower(buf[:0], sc.text[end:min(len(sc.text), end+warnBehind)])
	if i := sentenceBegin(behind); i >= 0 {
		behind = behind[:i]
	}
	for _, w := range verdicts {
		if lastWord(behind, w) >= 0 {
			return true
		}
	}
	return false
}

// sentenceEnd returns where the last sentence or line before the end of b ends; -1
// if none does.
func sentenceEnd(b []byte) int {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case '\n':
			if i < len(b)-1 && len(bytes.TrimSpace(b[i:])) > 0 { // the identifier may stand on a line of its own
				return i
			}
		case '.', '!', '?':
			if i+1 < len(b) && (b[i+1] == ' ' || b[i+1] == '\n') {
				return i
			}
		}
	}
	return -1
}

// sentenceBegin returns where the first sentence or line in b ends; -1 if none does.
func sentenceBegin(b []byte) int {
	for i, c := range b {
		if c == '\n' || (c == '.' || c == '!' || c == '?') && (i+1 == len(b) || b[i+1] == ' ' || b[i+1] == '\n') {
			return i
		}
	}
	return -1
}

// denied reports whether the words before a warning take it back.
func denied(before []byte) bool {
	before = bytes.TrimRight(before, " \t-")
	for _, d := range denials {
		if rest, ok := bytes.CutSuffix(before, []byte(d)); ok && (len(rest) == 0 || !wordByte(rest[len(rest)-1])) {
			return true
		}
	}
	return false
}
