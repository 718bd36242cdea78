package robots

import (
	"fmt"
	"strings"
)

// maxLine bounds a line in bytes: an address of the greatest length that
// vigil.Canonical takes, with every byte percent-encoded. Google's parser has
// a like bound.
const maxLine = 3*4096 + 64

// A parser reads the lines of one file.
type parser struct {
	rules *Rules
	ours  bool // the group at hand is for *
	body  bool // its rules have begun: a further user agent begins another group
}

func (p *parser) read(text string) {
	if len(text) > maxSize {
		text = text[:maxSize]
		// Half a rule might be a rule for the whole site.
		text = text[:strings.LastIndexAny(text, "\r\n")+1]
	}
	text = strings.TrimPrefix(text, "\ufeff")
	// A line ends with CR, LF or both; an empty line means nothing.
	for n := 1; text != ""; n++ {
		line := text
		if i := strings.IndexAny(text, "\r\n"); i >= 0 {
			line, text = text[:i], strings.TrimPrefix(text[i:], "\r")
			text = strings.TrimPrefix(text, "\n")
		} else {
			text = ""
		}
		if len(line) <= maxLine && len(p.rules.list) < maxRules {
			p.line(n, line)
		}
	}
}

// line takes in line n. Lines that are no part of RFC 9309 neither end a group
// nor begin its rules, but for Crawl-delay, which sites write as a rule.
func (p *parser) line(n int, line string) {
	name, value, ok := field(line)
	if !ok {
		return
	}
	switch name {
	case "user-agent", "useragent", "user agent":
		if p.body {
			p.ours, p.body = false, false
		}
		p.ours = p.ours || everyone(value)
	case "allow", "disallow":
		p.body = true
		if p.ours {
			p.add(n, name == "allow", value)
		}
	case "crawl-delay", "crawldelay":
		p.body = true
		if d, ok := seconds(value); ok && p.ours {
			p.rules.delay = max(p.rules.delay, d)
		}
	}
}

// add takes in a rule. An empty pattern matches nothing (RFC 9309, section
// 2.2.2: it names no path), and neither does one that begins with no path.
func (p *parser) add(n int, allow bool, value string) {
	if value == "" || value[0] != '/' && value[0] != '*' {
		return
	}
	word := "Disallow"
	if allow {
		word = "Allow"
	}
	p.rules.list = append(p.rules.list, rule{
		allow: allow, pattern: newPattern(value), text: fmt.Sprintf("robots.txt line %d: %s: %s", n, word, clip(value)),
	})
}

// field splits a line into its name, in lower case, and its value, without a
// comment. The colon may be missing, as in Google's parser, if one word follows.
func field(line string) (name, value string, ok bool) {
	line, _, _ = strings.Cut(line, "#")
	line = strings.Trim(line, blank)
	name, value, ok = strings.Cut(line, ":")
	if !ok {
		i := strings.IndexAny(line, blank)
		if i < 0 {
			return "", "", false
		}
		if name, value = line[:i], strings.Trim(line[i:], blank); strings.ContainsAny(value, blank) {
			return "", "", false
		}
	}
	return strings.ToLower(strings.Trim(name, blank)), strings.Trim(value, blank), true
}

const blank = " \t\v\f"

// everyone reports whether a user-agent line means every crawler: "*", and as
// in Google's parser "*" with further words.
func everyone(v string) bool {
	return v == "*" || strings.HasPrefix(v, "*") && strings.IndexAny(v[1:2], blank) == 0
}

// clip shortens hostile text and makes it plain ASCII.
func clip(s string) string {
	const most = 120
	cut := len(s) > most
	s = spell(s[:min(len(s), most)], true)
	if cut {
		s += "..."
	}
	return s
}
