package exchange

import "testing"

func TestUUIDIsThatOfRFC9562(t *testing.T) {
	// RFC 9562, appendix A.4: name space DNS, name www.example.com.
	const dns, want = "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "2ed6657d-e927-568b-95e1-2665a8aea6a2"
	if got := uuid(dns, "www.example.com"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestObservablesHaveTheIDsOfTheStandard(t *testing.T) {
	// Examples of STIX 2.1 (with errata 01), sections 2.9 and 6.4.
	for _, k := range []struct{ typ, value, want string }{
		{"ipv4-addr", "198.51.100.3", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{"domain-name", "example.com", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	} {
		var s stixWriter
		if got := s.sco(k.typ, "value", k.value).ID; got != k.want {
			t.Errorf("%s %s: got %s, want %s", k.typ, k.value, got, k.want)
		}
	}
}

func TestCanonicalTextIsThatOfRFC8785(t *testing.T) {
	// RFC 8785, section 3.2.2.2, and its example in section 3.2.4.
	got := canonical("string", "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/ <&>\u2028")
	want := `{"string":"€$\u000f\nA'B\"\\\\\"/ <&>` + "\u2028" + `"}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := canonical("a", "1", "b", "2"), `{"a":"1","b":"2"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPartsAreNotMixedUp(t *testing.T) {
	if uuidOf("a", "b", "c") == uuidOf("a", "b 1:c") || uuidOf("a", "bc") == uuidOf("a", "b", "c") {
		t.Error("two lists of parts have one UUID")
	}
}
