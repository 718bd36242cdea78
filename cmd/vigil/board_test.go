package main

import (
	"strings"
	"testing"
)

func TestTheBoardShowsEscapesInsteadOfObeyingThem(t *testing.T) {
	var out strings.Builder
	b := &board{w: &out}
	hostile := "shop \x1b]0;title\x07 \x1b[2J \u202eright to left \u009b31m end"
	b.draw([]string{hostile, "second"})
	b.draw([]string{"shop rests"})
	first, again, ok := strings.Cut(out.String(), "\x1b[2A\r\x1b[J")
	if !ok || strings.ContainsAny(first+again, "\x1b\x07\u202e\u009b\r") || !strings.Contains(first, "shop ") || again != "shop rests\n" {
		t.Errorf("drawn: %q", out.String())
	}
}
