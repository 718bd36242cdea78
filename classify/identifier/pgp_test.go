package identifier

import (
	"strings"
	"testing"
)

// From RFC 9580, appendices A.1 and A.3: the public-key packets of a version 4
// and a version 6 key.
const (
	keyV4 = "xjMEU/NfCxYJKwYBBAHaRw8BAQdAPwmJlL3ZFu1AUxl5NOSofIBzOhKA1i+AEJku\nQ+47JAY="
	keyV6 = "xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laM="
)

func TestPublicKeysAreKeyedByFingerprint(t *testing.T) {
	for body, want := range map[string]string{
		keyV4: "C959BDBAFA32A2F89A153B678CFDE12197965A9A",
		keyV6: "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9",
	} {
		for name, text := range map[string]string{
			"as written":         armorBegin + "\n\n" + body + "\n" + armorEnd,
			"with headers":       armorBegin + "\nVersion: X 2.1\nComment: to be had at a place\n\n" + body + "\n" + armorEnd,
			"CRLF":               strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", "\r\n"),
			"flattened":          strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", " "),
			"flattened, headers": strings.ReplaceAll(armorBegin+"\nVersion: X 2.1\n\n"+body+"\n"+armorEnd, "\n", " "),
			"no line ends":       strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", ""),
		} {
			ids := Scan("my key:\n" + text + "\nbye")
			if len(ids) != 1 || ids[0].Kind != "pgp" || ids[0].Key != "pgp:"+want || ids[0].Raw != text {
				t.Errorf("%s: %+v, want %s", name, ids, want)
			}
		}
	}
}

func TestArmorChecksum(t *testing.T) {
	body := strings.ReplaceAll(keyV6, "\n", "")
	if crc24(dearmor(body)) == 0 {
		t.Fatal("no checksum to test with")
	}
	none(t, armorBegin+"\n\n"+body+"\n=AAAA\n"+armorEnd)
	none(t, armorBegin+"\n\n"+armorEnd)
	none(t, armorBegin+"\n\n"+strings.Repeat("A", 60)+"\n"+armorEnd)
	none(t, armorEnd+armorBegin)
}

func FuzzDearmor(f *testing.F) {
	f.Add(keyV4)
	f.Add("\nVersion: 1\n\n" + keyV6 + "\n=AAAA")
	f.Fuzz(func(t *testing.T, s string) { keyFingerprint(dearmor(s)) })
}
