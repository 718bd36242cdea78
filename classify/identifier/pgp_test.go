package identifier

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"vigil"
)

// The lines of an armored public key.
const (
	armorBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	armorEnd   = "-----END PGP PUBLIC KEY BLOCK-----"
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
			"HTML":               strings.ReplaceAll(armorBegin+"\nVersion: X 2.1\n\n"+body+"\n"+armorEnd, "\n", "<br>\n"),
			"HTML in one line":   strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", "<br class=\"x\"/>"),
			"JSON":               strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", `\r\n`),
			"quoted":             strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", "\n> "),
			"spaces":             strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", "  \n\t "),
			"hard spaces":        strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "\n", "\u00a0"),
			"spaces inside":      armorBegin + "\n\n" + groups(strings.ReplaceAll(body, "\n", ""), 9, " ") + "\n" + armorEnd,
			"header without end": armorBegin + "Version: GnuPG v2" + strings.ReplaceAll(body, "\n", "") + armorEnd,
			"long dashes":        strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "-----", "\u2014\u2014-"),
			"no dashes":          strings.ReplaceAll(armorBegin+"\n\n"+body+"\n"+armorEnd, "-----", ""),
			"with checksum":      armorBegin + "\n\n" + body + "\n" + crcLine(t, body) + "\n" + armorEnd,
			"checksum joined":    armorBegin + strings.ReplaceAll(body, "\n", "") + crcLine(t, body) + armorEnd,
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
	if crc24(dearmor(body).bytes) == 0 {
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
	f.Fuzz(func(t *testing.T, s string) { keyFingerprint(dearmor(s).bytes) })
}

// crcLine returns the checksum line of an armor.
func crcLine(t *testing.T, body string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return "=" + base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc24(b))[1:])
}

// keyWith returns the armored body of the version 4 key with user IDs.
func keyWith(t *testing.T, userIDs ...string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(keyV4, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range userIDs {
		b = append(append(b, 0xcd, byte(len(id))), id...)
	}
	return groups(base64.StdEncoding.EncodeToString(b), 64, "\n")
}

func TestMailsOfUserIDsAreFound(t *testing.T) {
	ids := []string{"Vendor One <vendor@example.com>", "no mail", "Other <vendor@example.org>"}
	text := "key: " + armorBegin + "\n\n" + keyWith(t, ids...) + "\n" + armorEnd + " end"
	got := check(t, text)
	if len(got) != 3 {
		t.Fatalf("%+v, want a key and two mails", got)
	}
	if got[0].Kind != "pgp" || got[0].Key != "pgp:C959BDBAFA32A2F89A153B678CFDE12197965A9A" || got[0].Start != 5 {
		t.Errorf("%+v", got[0])
	}
	for i, want := range []string{"email:vendor@example.com", "email:vendor@example.org"} {
		id := got[i+1]
		if id.Kind != "email" || id.Key != want || id.Class != vigil.ClassB {
			t.Errorf("%+v, want %s", id, want)
		}
		// What the place holds is the packet, but for a byte at either edge.
		raw, held := strings.ReplaceAll(id.Raw, "\n", ""), false
		for skip := range 4 {
			piece := raw[skip:]
			if len(piece)%4 == 1 {
				piece = piece[:len(piece)-1]
			}
			b, _ := base64.RawStdEncoding.DecodeString(piece)
			held = held || strings.Contains(string(b), strings.TrimPrefix(want, "email:"))
		}
		if !held {
			t.Errorf("%q does not hold %s", id.Raw, want)
		}
	}
}

func TestBareFingerprints(t *testing.T) {
	const fpr = "C959BDBAFA32A2F89A153B678CFDE12197965A9A"
	spaced := groups(fpr, 4, " ")
	finds(t, Options{}, map[string]string{
		"PGP: " + fpr:                             "pgp pgp:" + fpr,
		"gpg key 0x" + strings.ToLower(fpr):       "pgp pgp:" + fpr,
		"fingerprint " + spaced:                   "pgp pgp:" + fpr,
		"key: " + spaced[:24] + " " + spaced[24:]: "pgp pgp:" + fpr,
		"Отпечаток ключа " + fpr:                  "pgp pgp:" + fpr,
		"PGP " + strings.Repeat("c0ffee01", 8):    "pgp pgp:" + strings.Repeat("C0FFEE01", 8),
		"PGP key id 0x97965A9A":                   "pgp pgpid:97965A9A",
		"gpg 8CFDE12197965A9A":                    "pgp pgpid:8CFDE12197965A9A",
		"pgp 20240102":                            "",
		"pgp deadbeef":                            "",
		"commit " + fpr:                           "",
		"pgp tx 0x" + fpr:                         "evm acct20:" + strings.ToLower(fpr),
		"its key 0x" + fpr:                        "evm acct20:" + strings.ToLower(fpr),
		"the key of the wallet 0x" + fpr:          "evm acct20:" + strings.ToLower(fpr),
		"pgp " + fpr + "0":                        "",
		"pgp " + spaced + " ABCD":                 "",
		"pgp " + spaced[:44]:                      "",
		"turkey " + fpr:                           "",
		fpr:                                       "",
		spaced:                                    "",
	})
}
