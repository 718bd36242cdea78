package session

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Neither what holds cookies nor what holds the holders shows a value, whatever
// prints it.
func TestNothingShowsACookie(t *testing.T) {
	v := testVault(t, Config{})
	v.passphrase = hide(needle)
	j := saved(t, v, login)
	cookies := cookiesOf(j)
	type wrapped struct {
		Jar     *Jar
		Cookies []Cookie
		cookie  Cookie
		jar     *Jar
		vault   *Vault
		entry   entry
		plain   map[string]Cookie
	}
	secrets := []string{needle, hexOf(needle), fmt.Sprint([]byte(needle)), keyLine(v.key.File(""))}
	for name, x := range map[string]any{
		"cookie": cookies[0], "cookies": cookies, "pointer": &cookies[0], "jar": j, "vault": v, "entries": j.entries,
		"wrapped": wrapped{j, cookies, cookies[0], j, v, entry{Cookie: cookies[0]}, map[string]Cookie{"a": cookies[0]}},
		"info":    j.Info(), "error": fmt.Errorf("with %v and %v", j, cookies),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%U", "%c", "%o", "%e", "%t", "%5v", "%-20s"} {
			check(t, name+" "+verb, fmt.Sprintf(verb, x), secrets)
		}
		check(t, name+" Sprintln", fmt.Sprintln(x), secrets)
		var buf bytes.Buffer
		slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "x", x, slog.Any("y", []any{x}))
		slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "x", x, slog.Any("y", []any{x}))
		check(t, name+" slog", buf.String(), secrets)
		text, _ := json.Marshal(x)
		check(t, name+" JSON", string(text), secrets)
		text, _ = xml.Marshal(x)
		check(t, name+" XML", string(text), secrets)
		buf.Reset()
		_ = gob.NewEncoder(&buf).Encode(x)
		check(t, name+" gob", buf.String(), secrets)
	}
	for _, s := range []string{cookies[0].String(), cookies[0].GoString(), j.String(), j.GoString(), cookies[0].LogValue().String(), j.LogValue().String()} {
		check(t, "method", s, secrets)
	}
	if got := fmt.Sprint(j); got != "session "+j.ID()[:8]+" of ORD-1/a" {
		t.Errorf("a jar shows as %q", got)
	}
}

func hexOf(s string) string { return fmt.Sprintf("%x", s) }

func check(t *testing.T, how, got string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if bytes.Contains(bytes.ToUpper([]byte(got)), bytes.ToUpper([]byte(s))) {
			t.Errorf("%s shows %s", how, got)
		}
	}
}

// keyLine returns the secret line of an identity file.
func keyLine(file []byte) string {
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "AGE-SECRET-KEY-") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
