package vigil_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// remark returns a remark that is as it should be.
func remark(kind vigil.RemarkKind, text string) vigil.Remark {
	return vigil.Remark{Listing: "l", Source: "o/s", Kind: kind, Text: text, By: "ada", At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
}

func due(r vigil.Remark, day int) vigil.Remark {
	r.Due = time.Date(2026, 12, day, 0, 0, 0, 0, time.UTC)
	return r
}

func TestGather(t *testing.T) {
	rs := []vigil.Remark{
		remark(vigil.Note, "first"), remark(vigil.Tag, "harbour"), remark(vigil.Tag, "papers"), due(remark(vigil.ComeBack, ""), 3),
		remark(vigil.Tag, "harbour"), remark(vigil.Untag, "papers"), remark(vigil.Untag, "never-put-on"), remark(vigil.Note, "second"), due(remark(vigil.ComeBack, "sooner"), 1),
	}
	got := vigil.Gather(rs)
	want := vigil.Remarks{Notes: []vigil.Remark{rs[0], rs[7]}, Tags: []string{"harbour"}, Due: &rs[8]}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if g := vigil.Gather(append(rs, remark(vigil.ComeBack, ""))); g.Due != nil {
		t.Errorf("a come-back without a day leaves %+v", g.Due)
	}
	if d := cmp.Diff(vigil.Remarks{}, vigil.Gather(nil)); d != "" {
		t.Error(d)
	}
}

func TestRemarksThatMakeNoSenseAreRefused(t *testing.T) {
	nobody, nowhen := remark(vigil.Note, "x"), remark(vigil.Note, "x")
	nobody.By, nowhen.At = "", time.Time{}
	for name, k := range map[string]struct {
		r    vigil.Remark
		want string // "" for fine
	}{
		"a note":               {remark(vigil.Note, "two words"), ""},
		"a tag":                {remark(vigil.Tag, "port-north-2"), ""},
		"taking a tag off":     {remark(vigil.Untag, "port-north-2"), ""},
		"a day":                {due(remark(vigil.ComeBack, ""), 1), ""},
		"the end of a day":     {remark(vigil.ComeBack, ""), ""},
		"an empty note":        {remark(vigil.Note, ""), "empty note"},
		"a note that is long":  {remark(vigil.Note, strings.Repeat("x", 4001)), "at most 4000"},
		"a note that is bytes": {remark(vigil.Note, "\xff"), "UTF-8"},
		"a tag of two words":   {remark(vigil.Tag, "port north"), "want a-z"},
		"an upper-case tag":    {remark(vigil.Tag, "Port"), "want a-z"},
		"a long tag":           {remark(vigil.Tag, strings.Repeat("x", 41)), "want a-z"},
		"no tag":               {remark(vigil.Tag, ""), "want a-z"},
		"a day for a tag":      {due(remark(vigil.Tag, "port"), 1), "only come-back"},
		"another kind":         {remark("shout", "x"), "want note"},
		"by nobody":            {nobody, "want a listing"},
		"at no time":           {nowhen, "want a listing"},
	} {
		err := k.r.Check()
		if k.want == "" && err != nil || k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
	}
}
