package session

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// show spells a cookie out, which only this package can.
func (c Cookie) show() string {
	var marks string
	for _, m := range []struct {
		is   bool
		word string
	}{{c.hostOnly, " host-only"}, {c.secure, " secure"}, {c.httpOnly, " http-only"}, {c.quoted, " quoted"}} {
		if m.is {
			marks += m.word
		}
	}
	if !c.expires.IsZero() {
		marks += " until " + c.expires.UTC().Format(time.DateTime)
	}
	return fmt.Sprintf("%s=%s %s%s%s", c.name, c.value.reveal(), c.domain, c.path, marks)
}

func TestParse(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		want []string
	}{
		"cookies.txt": {
			"# Netscape HTTP Cookie File\n# a comment\n\n" +
				".shop.onion\tTRUE\t/\tFALSE\t1900000000\tsid\tabc\n" +
				"#HttpOnly_shop.onion\tFALSE\t/a b\tTRUE\t0\tauth\t\"x y\"\n",
			[]string{"sid=abc shop.onion/ until 2030-03-17 17:46:40", "auth=x y shop.onion/a b host-only secure http-only quoted"},
		},
		"line ends of other systems, no last one, a byte order mark": {
			"\ufeff# x\r\nshop.onion\tFALSE\t/\tFALSE\t0\tsid\tabc\r\nshop.onion\tfalse\t/\ttrue\t\tb\t",
			[]string{"sid=abc shop.onion/ host-only", "b= shop.onion/ host-only secure"},
		},
		"fractions of seconds, times beyond all calendars, and before them": {
			"a\tTRUE\t/\tFALSE\t1900000000.75\ta\t1\na\tTRUE\t/\tFALSE\t9e99\tb\t2\na\tTRUE\t/\tFALSE\t-1\tc\t3\na\tTRUE\t/\tFALSE\t-5\td\t4\n",
			[]string{"a=1 a/ until 2030-03-17 17:46:40", "b=2 a/ until 9999-12-31 23:59:59", "c=3 a/", "d=4 a/ until 1969-12-31 23:59:55"},
		},
		"a value that begins like a comment, a name like a list": {
			"#HttpOnly_.Shop.onion\tTRUE\t\tFALSE\t0\t[a\t#b\n",
			[]string{"[a=#b shop.onion/ http-only"},
		},
		"an extension's list": {
			`[{"domain":".shop.onion","expirationDate":1900000000.25,"hostOnly":false,"httpOnly":true,"name":"sid","path":"/","sameSite":"no_restriction","secure":true,"session":false,"storeId":"0","value":"abc","id":1},
			  {"domain":"shop.onion","hostOnly":true,"httpOnly":false,"name":"lang","path":"/x","sameSite":null,"secure":false,"session":true,"expirationDate":1900000000,"storeId":null,"value":"","firstPartyDomain":"","partitionKey":{"topLevelSite":""}}]`,
			[]string{"sid=abc shop.onion/ secure http-only until 2030-03-17 17:46:40", "lang= shop.onion/x host-only"},
		},
		"a storage state": {
			`{"origins":[{"origin":"http://shop.onion","localStorage":[]}],"cookies":[
			  {"name":"sid","value":"abc","domain":"shop.onion","path":"/","expires":-1,"httpOnly":true,"secure":false,"sameSite":"Lax"},
			  {"name":"b","value":"1","domain":".shop.onion","path":"/","expires":1900000000}]}`,
			[]string{"sid=abc shop.onion/ host-only http-only", "b=1 shop.onion/ until 2030-03-17 17:46:40"},
		},
		"an empty list": {" [ ] \n", nil},
		"nothing":       {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(strings.NewReader(x.text))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, c := range got {
				lines = append(lines, c.show())
			}
			if strings.Join(lines, "\n") != strings.Join(x.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(x.want, "\n"))
			}
		})
	}
}

// needle stands where a secret would; nothing may repeat it.
const needle = "XNEEDLEX"

func TestParseSaysTheLineAndNothingOfIt(t *testing.T) {
	good := `{"domain":"a.onion","name":"n","value":"` + needle + `"}`
	for name, x := range map[string]struct{ text, want string }{
		"too few fields":         {"# x\na\tTRUE\t/\tFALSE\t0\t" + needle + "\n", "line 2: 6 fields"},
		"too many fields":        {"a\tTRUE\t/\tFALSE\t0\tn\t" + needle + "\t" + needle, "line 1: 8 fields"},
		"blanks for tabs":        {"a TRUE / FALSE 0 n " + needle, "line 1: 1 fields, want the 7 of a cookies.txt with tabs between them"},
		"a wrong flag":           {"a\t" + needle + "\t/\tFALSE\t0\tn\tv", "line 1: field 2: want TRUE or FALSE"},
		"another wrong flag":     {"a\tTRUE\t/\t" + needle + "\t0\tn\tv", "line 1: field 4: want TRUE or FALSE"},
		"a wrong time":           {"\n\na\tTRUE\t/\tTRUE\t" + needle + "\tn\tv", "line 3: field 5: want seconds"},
		"text after the list":    {"[" + good + "]\n" + needle, "line 2: more text"},
		"a list after the list":  {"[" + good + "]\n[" + good + "]", "line 2: more text"},
		"text after the object":  {`{"cookies":[` + good + "]}\n\n{}" + needle, "line 3: more text"},
		"a list cut short":       {"[" + good + ",\n" + needle, "line 2: cookie 2 is not one"},
		"a list without its end": {"[" + good, "line 1: not JSON"},
		"a number as value":      {"[" + good + ",\n\n{\"domain\":\"a\",\"name\":\"" + needle + "\",\"value\":3}]", "line 3: cookie 2 is not one"},
		"a huge number":          {`[{"domain":"a","name":"n","value":"` + needle + `","expires":1e999}]`, "line 1: cookie 1 is not one"},
		"a date in words":        {`[{"domain":"a","name":"n","value":"` + needle + `","expires":"tomorrow"}]`, "line 1: cookie 1 is not one"},
		"no domain":              {`[{"name":"` + needle + `","value":"v"}]`, "line 1: cookie 1 is not one"},
		"no value":               {`[{"name":"` + needle + `","domain":"a"}]`, "line 1: cookie 1 is not one"},
		"texts for cookies":      {`["` + needle + `"]`, "line 1: cookie 1 is not one"},
		"an object without list": {`{"` + needle + `":[]}`, "line 1: an object without a list of cookies"},
		"two lists":              {`{"cookies":[],` + "\n" + `"cookies":["` + needle + `"]}`, "line 2: want one list"},
		"a text as list":         {`{"cookies":"` + needle + `"}`, "line 1: want one list"},
		"an object cut short":    {`{"cookies":[],"` + needle, "line 1: not JSON"},
		"a broken value":         {`{"x":` + needle + `}`, "line 1: not JSON"},
		"a nest of brackets":     {`{"x":` + strings.Repeat("[", 20000), "line 1: not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(x.text))
			if err == nil || !strings.HasPrefix(err.Error(), x.want) {
				t.Fatalf("got %v, want %s…", err, x.want)
			}
			if strings.Contains(err.Error(), needle) {
				t.Errorf("%v: quotes what was read", err)
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	line, object := "a\tTRUE\t/\tFALSE\t0\tn\tv\n", `{"domain":"a","name":"n","value":"v"},`
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(object, n), ",") + "]" }
	for name, text := range map[string]string{"cookies.txt": strings.Repeat(line, maxCookies), "JSON": list(maxCookies)} {
		if got, err := Parse(strings.NewReader(text)); err != nil || len(got) != maxCookies {
			t.Errorf("%s: %d cookies and %v, want %d", name, len(got), err, maxCookies)
		}
	}
	for name, x := range map[string]struct{ text, want string }{
		"cookies.txt": {strings.Repeat(line, maxCookies+1), "line 3001: more than 3000 cookies"},
		"JSON":        {list(maxCookies + 1), "line 1: more than 3000 cookies"},
		"bytes":       {strings.Repeat("#", maxExport+1), "more than 4194304 bytes"},
	} {
		if _, err := Parse(strings.NewReader(x.text)); err == nil || !strings.HasPrefix(err.Error(), x.want) {
			t.Errorf("%s: got %v, want %s", name, err, x.want)
		}
	}
	if _, err := Parse(strings.NewReader(strings.Repeat("#", maxExport))); err != nil {
		t.Errorf("an export of exactly the limit: %v", err)
	}
}

// messages are all that an error of a parser may say, numbers apart.
var messages = regexp.MustCompile(`^line \d+: (` + strings.Join([]string{
	`\d+ fields, want the 7 of a cookies.txt with tabs between them`, `field [24]: want TRUE or FALSE`, `field 5: want seconds since 1970`,
	`not JSON`, `more text after the end of the cookies`, `want one list as cookies`, `an object without a list of cookies`,
	`cookie \d+ is not one: want texts as domain, .*`, `more than 3000 cookies`,
	`not a JSON list of cookies, nor an object with one`,
}, "|") + `)$`)

func FuzzParseNetscape(f *testing.F) {
	f.Add("# Netscape HTTP Cookie File\n.a.onion\tTRUE\t/\tFALSE\t1900000000\tsid\tabc\r\n#HttpOnly_a.onion\tFALSE\t/\tTRUE\t0\tb\t\"c\"\n")
	f.Add("a TRUE / FALSE 0 b c")
	f.Add("a\tTRUE\t/\tFALSE\t1e400\tb\tc\na\tTRUE\t/\tFALSE\tNaN\tb\tc")
	f.Fuzz(func(t *testing.T, text string) {
		cookies, err := ParseNetscape(strings.NewReader(text))
		checkParsed(t, cookies, err)
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add(`[{"domain":".a.onion","name":"n","value":"v","path":"/","secure":true,"httpOnly":true,"hostOnly":true,"session":true,"expirationDate":1.5,"sameSite":"lax"}]`)
	f.Add(`{"origins":[{}],"cookies":[{"domain":"a.onion","name":"n","value":"\"v\"","expires":-1}]}`)
	f.Add(`{"cookies":[],"cookies":[]} x`)
	f.Fuzz(func(t *testing.T, text string) {
		cookies, err := ParseJSON(strings.NewReader(text))
		checkParsed(t, cookies, err)
	})
}

// checkParsed says what holds of every export, and of every session made of it.
func checkParsed(t *testing.T, cookies []Cookie, err error) {
	if err != nil && (cookies != nil || !messages.MatchString(err.Error())) {
		t.Fatalf("%d cookies and error %q", len(cookies), err)
	}
	if len(cookies) > maxCookies {
		t.Fatalf("%d cookies", len(cookies))
	}
	for i := range cookies { // as if they were ours, or the fuzzer would have to guess a checksum
		cookies[i].domain = strings.Replace(cookies[i].domain, "a.onion", market, 1)
	}
	v := testVault(t, Config{Dir: "unused", KeyFile: "unused"})
	j, left, err := v.Import(cookies, testSource("a"), "")
	if err != nil {
		if left.Total() != len(cookies) {
			t.Fatalf("%v, but %d of %d left out", err, left.Total(), len(cookies))
		}
		return
	}
	if n := len(j.entries); n+left.Total() != len(cookies) {
		t.Fatalf("%d taken and %d left out of %d", n, left.Total(), len(cookies))
	}
	for _, c := range j.entries {
		line := "GET / HTTP/1.1\r\nCookie: " + c.name + "=" + c.value.reveal()
		if !c.sound() || !c.reaches(market) || strings.Count(line, "\n") != 1 || len(c.name)+len(c.value.reveal()) > 4096 {
			t.Fatalf("took %s", c.show())
		}
	}
}
