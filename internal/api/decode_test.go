package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestBodiesAreOneObjectOfKnownFieldsEachOnce(t *testing.T) {
	var got Choice
	if err := decode([]byte(` {"verdict":"relevant", "reason":"goods", "members":["abcd"]} `), &got); err != nil || got.Reason != "goods" || len(got.Members) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, body := range []string{
		"", "{", "[]", "null", `"x"`, "1", "{}{}", "{} x", `{"verdict":"a"`, `{"verdict":1}`, `{"reason":["a"]}`,
		`{"shout":true}`, `{"Verdict":"relevant"}`, `{"verdict":"a","verdict":"b"}`, `{"verdict":"a","VERDICT":"b"}`, "{\"no\u017fe\":\"x\"}",
		"{\"note\":\"\xff\"}", `{"members":[[[[[[[[[[]]]]]]]]]]}`, `{"members":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}",
	} {
		var into Choice
		err := decode([]byte(body), &into)
		var p *Problem
		if !errors.As(err, &p) || p.Status != 400 || p.Code != CodeBad {
			t.Errorf("%.60q: got %v, want a problem of the request", body, err)
		}
	}
}

// A body that is taken says the same to a reader that knows no fields as to ours.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"verdict":"relevant","reason":"goods","note":"x","seen":"0","members":["abcd"]}`, `{"members":[{}]}`, `{"a":{"a":[1,2,{"b":null}]}}`, "{}", `{"verdict":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Choice
		if decode(b, &c) != nil {
			return
		}
		var plain map[string]any
		if err := json.Unmarshal(b, &plain); err != nil {
			t.Fatalf("%q was taken: %v", b, err)
		}
		for name, want := range map[string]string{"verdict": string(c.Verdict), "reason": c.Reason, "note": c.Note, "seen": c.Seen} {
			if got, _ := plain[name].(string); got != want {
				t.Errorf("%q: %s is %q to others, and %q here", b, name, got, want)
			}
		}
	})
}
