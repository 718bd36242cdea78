package identifier

import (
	"strings"
	"testing"
)

// The vectors of BIP-39 (trezor/python-mnemonic, MIT): all of them are known to
// everybody.
var mnemonics = []string{
	strings.Repeat("abandon ", 11) + "about",
	"legal winner thank year wave sausage worth useful legal winner thank yellow",
	"letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
	strings.Repeat("zoo ", 11) + "wrong",
	strings.Repeat("abandon ", 17) + "agent",
	strings.Repeat("abandon ", 23) + "art",
	"hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
	"scheme spot photo card baby mountain device kick cradle pact join borrow",
}

func TestMnemonicsAreRedacted(t *testing.T) {
	for _, m := range mnemonics {
		numbered := "1. " + strings.ReplaceAll(m, " ", "\n2. ")
		for frame, form := range map[string]string{
			"my words: %":       m,
			"% (mine)":          strings.ToUpper(m),
			"backup: %, and":    strings.ReplaceAll(m, " ", ", "),
			"backup is:\n%":     strings.ReplaceAll(m, " ", "\n"),
			"x %.":              strings.ReplaceAll(m, " ", "\u200b "),
			"the words are:\n%": numbered,
		} {
			text := strings.Replace(frame, "%", form, 1)
			ids := check(t, text)
			want := strings.TrimPrefix(form, "1. ")
			if len(ids) != 1 || ids[0].Kind != "private-key" || !ids[0].Redacted || text[ids[0].Start:ids[0].End] != want {
				t.Errorf("%q: %+v", text, ids)
			}
		}
	}
}

// Words of the list may stand before the mnemonic: what is valid by chance with
// them must not leave a word of it to be seen.
func TestNoWordOfAMnemonicIsLeft(t *testing.T) {
	for _, m := range mnemonics {
		for _, before := range []string{"seed phrase ", "secret ", "only this secret phrase "} {
			text := before + m + " please"
			covered := 0
			for _, id := range check(t, text) {
				if id.Start <= len(before) && id.End >= len(before)+len(m) {
					covered++
				}
			}
			if covered != 1 {
				t.Errorf("%q: %+v", text, Scan(text))
			}
		}
	}
}

func TestWhatIsNoMnemonic(t *testing.T) {
	m := mnemonics[1]
	nothing(t, Options{}, map[string]string{
		"wrong checksum": strings.Replace(m, "yellow", "year", 1),
		"a word less":    m[len("legal "):],
		"another word":   strings.Replace(m, "wave", "waves", 1),
		"a stop between": strings.Replace(m, " wave", ": wave", 1),
		"the list":       mnemonicWords,
		"not ASCII":      strings.Replace(m, "wave", "wavé", 1),
	})
}

func TestTheListIsThatOfBIP39(t *testing.T) {
	all := strings.Fields(mnemonicWords)
	if len(all) != 2048 {
		t.Fatalf("%d words", len(all))
	}
	for i, w := range all {
		if got := mnemonicNumber(w); got != i {
			t.Errorf("%s is number %d, want %d", w, got, i)
		}
	}
	for _, w := range []string{"", "ab", "abandonment", "abandonx", "zzz"} {
		if got := mnemonicNumber(w); got != -1 {
			t.Errorf("%q is number %d", w, got)
		}
	}
}

func TestBlocksWithPrivateKeysAreRedacted(t *testing.T) {
	body := strings.Repeat(strings.Repeat("lQdGBF", 10)+"\n", 3) + "abc="
	for _, label := range []string{"PGP PRIVATE KEY BLOCK", "OPENSSH PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"} {
		begin, end := "-----BEGIN "+label+"-----", "-----END "+label+"-----"
		for name, block := range map[string]string{
			"as written":   begin + "\n\n" + body + "\n" + end,
			"with headers": begin + "\nVersion: X\nProc-Type: 4,ENCRYPTED\n\n" + body + "\n" + end,
			"flattened":    strings.ReplaceAll(begin+"\n"+body+"\n"+end, "\n", " "),
			"no line ends": strings.ReplaceAll(begin+"\n"+body+"\n"+end, "\n", ""),
			"tags":         strings.ReplaceAll(begin+"\n"+body+"\n"+end, "\n", "<br>"),
			"no end":       begin + "\n" + body,
			"long dashes":  strings.ReplaceAll(begin+"\n"+body+"\n"+end, "-----", "\u2014-"),
		} {
			text := "mine: " + block + " , thanks"
			ids := check(t, text)
			if len(ids) != 1 || ids[0].Kind != "private-key" || !ids[0].Redacted || text[ids[0].Start:ids[0].End] != block {
				t.Errorf("%s, %s: %+v in %q", label, name, ids, text)
			}
		}
	}
	nothing(t, Options{}, map[string]string{
		"words only":   "the PRIVATE KEY is mine",
		"a mention":    "what stands behind -----BEGIN PRIVATE KEY----- is secret",
		"an end alone": body + "-----END PRIVATE KEY-----",
		"public":       "-----BEGIN PUBLIC KEY-----\n" + body + "-----END PUBLIC KEY-----",
	})
}

func TestHexKeysNeedAWord(t *testing.T) {
	key := strings.Repeat("c0ffee0123456789", 4)
	finds(t, Options{}, map[string]string{
		"private key: " + key:                      "private-key <" + key + ">",
		"privkey 0x" + key:                         "private-key <0x" + key + ">",
		"secret spend key " + strings.ToUpper(key): "private-key <" + strings.ToUpper(key) + ">",
		"Приватный ключ " + key:                    "private-key <" + key + ">",
		"private schlüssel: " + key:                "private-key <" + key + ">",
		"public key " + key:                        "",
		"private key, public key " + key:           "",
		"private key txid " + key:                  "",
		"private key " + key + "0":                 "",
		"private key " + key[1:]:                   "",
		key:                                        "",
	})
}
