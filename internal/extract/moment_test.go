package extract

import (
	"testing"
	"time"

	"vigil"
)

var noon = time.Date(2026, 3, 15, 12, 30, 45, 0, time.UTC)

func TestMomentsAreReadAsExactlyAsTheyAreStated(t *testing.T) {
	msk := time.FixedZone("MSK", 3*3600)
	for _, tt := range []struct {
		text string
		zone *time.Location
		want string // at, precision, doubt
	}{
		{"2026-03-01", nil, "2026-03-01T00:00:00Z day"},
		{"2026-03-01T10:00:00+02:00", nil, "2026-03-01T08:00:00Z second"},
		{"2026-03-01 10:00 UTC", nil, "2026-03-01T10:00:00Z minute"},
		{"2026-03-01T10:00Z", nil, "2026-03-01T10:00:00Z minute"},
		{"2026-03-01 10:00:05 +0100", nil, "2026-03-01T09:00:05Z second"},
		{"2026-03-01 10:00", nil, "; its zone is not stated, left as written"},
		{"2026-03-01 10:00", msk, "2026-03-01T07:00:00Z minute"},
		{"2026-03-01", msk, "2026-03-01T00:00:00Z day"}, // a day there, not the hour at which it begins here
		{"Mar 1, 2026 at 2:05 pm UTC", nil, "2026-03-01T14:05:00Z minute"},
		{"1 March 2026 12:10am GMT", nil, "2026-03-01T00:10:00Z minute"},
		{"Sunday, 1st March 2026", nil, "2026-03-01T00:00:00Z day"},
		{"12. März 2026", nil, "2026-03-12T00:00:00Z day"},
		{"le 12 mars 2026", nil, "2026-03-12T00:00:00Z day"},
		{"1er août 2025", nil, "2025-08-01T00:00:00Z day"},
		{"12 de marzo de 2026", nil, "2026-03-12T00:00:00Z day"},
		{"12 марта 2026 г., 09:00", msk, "2026-03-12T06:00:00Z minute"},
		{"12.03.2026", nil, "2026-03-12T00:00:00Z day"},
		{"13/02/2026", nil, "2026-02-13T00:00:00Z day"},
		{"02/13/2026", nil, "2026-02-13T00:00:00Z day"},
		{"02/02/2026", nil, "2026-02-02T00:00:00Z day"},
		{"03/02/2026", nil, "; day and month cannot be told apart, left as written"},
		{"March 2026", nil, "2026-03-01T00:00:00Z month"},
		{"2026-03", nil, "2026-03-01T00:00:00Z month"},
		{"2025", nil, "2025-01-01T00:00:00Z year"},

		{"just now", nil, "2026-03-15T12:30:45Z minute; counted back from the capture"},
		{"5 minutes ago", nil, "2026-03-15T12:25:45Z minute; counted back from the capture"},
		{"about 2 hours ago", nil, "2026-03-15T10:00:00Z hour; counted back from the capture"},
		{"an hour ago", nil, "2026-03-15T11:00:00Z hour; counted back from the capture"},
		{"2 days, 3 hours ago", nil, "2026-03-13T09:00:00Z hour; counted back from the capture"},
		{"3 days ago", nil, "2026-03-12T00:00:00Z day; counted back from the capture"},
		{"vor 3 Tagen", nil, "2026-03-12T00:00:00Z day; counted back from the capture"},
		{"vor einem Monat", nil, "2026-02-01T00:00:00Z month; counted back from the capture"},
		{"il y a 2 semaines", nil, "2026-03-01T00:00:00Z week; counted back from the capture"},
		{"hace un año", nil, "2025-01-01T00:00:00Z year; counted back from the capture"},
		{"5 минут назад", nil, "2026-03-15T12:25:45Z minute; counted back from the capture"},
		{"неделю назад", nil, "2026-03-08T00:00:00Z week; counted back from the capture"},
		{"yesterday", nil, "2026-03-14T00:00:00Z day; counted back from the capture in UTC, as the market's zone is not stated: may be a day off"},
		{"вчера, 18:20", msk, "2026-03-14T15:20:00Z minute; counted back from the capture"},
		{"gestern 18:20", nil, "; its zone is not stated, left as written"},

		{"", nil, "; not understood as a date, left as written"},
		{"soon", nil, "; not understood as a date, left as written"},
		{"2026-02-30", nil, "; not understood as a date, left as written"},
		{"2026-13-01", nil, "; not understood as a date, left as written"},
		{"31 April 2026", nil, "; not understood as a date, left as written"},
		{"2026-03-01 25:00 UTC", nil, "; not understood as a date, left as written"},
		{"12 March", nil, "; not understood as a date, left as written"},
		{"in 3 days", nil, "; not understood as a date, left as written"},
		{"3 days", nil, "; not understood as a date, left as written"},
		{"20000 days ago", nil, "; not understood as a date, left as written"},
		{"1650-01-01", nil, ""}, // no market's
		{"1 2 3 2026", nil, "; not understood as a date, left as written"},
	} {
		m, doubt := clock{captured: noon, zone: tt.zone}.moment(tt.text)
		got := m.At
		if m.Precision != "" {
			got += " " + string(m.Precision)
		}
		if doubt != "" {
			got += "; " + doubt
		}
		if got != tt.want || m.Text != tt.text {
			t.Errorf("%q: %q (text %q), want %q", tt.text, got, m.Text, tt.want)
		}
	}
}

func TestNothingIsCountedFromAnUnknownTime(t *testing.T) {
	for _, text := range []string{"3 days ago", "yesterday", "just now"} {
		if m, doubt := (clock{}).moment(text); m.At != "" || doubt != noCapture {
			t.Errorf("%q: %+v, %q", text, m, doubt)
		}
	}
	imported := clockOf(noon, vigil.ByImport, "")
	if m, _ := imported.moment("3 days ago"); m.At != "" {
		t.Errorf("counted from the time of an import: %+v", m)
	}
}

func TestALanguageDecidesAboutDays(t *testing.T) {
	for lang, want := range map[string]string{"de": "2026-02-03T00:00:00Z", "ru": "2026-02-03T00:00:00Z", "en": "", "": ""} {
		if m, _ := clockOf(noon, "", lang).moment("03/02/2026"); m.At != want {
			t.Errorf("03/02/2026 on a page in %q: %q, want %q", lang, m.At, want)
		}
	}
}

func TestAMarketsOwnDates(t *testing.T) {
	for _, tt := range []struct {
		form, text, want string
	}{
		{"DD.MM.YYYY hh:mm", "01.03.2026 14:05", "2026-03-01T14:05:00Z minute"},
		{"MM/DD/YYYY", "03/02/2026", "2026-03-02T00:00:00Z day"},
		{"D MON YYYY", "2 марта 2026", "2026-03-02T00:00:00Z day"},
		{"D MON YY", "2 Mrz. 26", "2026-03-02T00:00:00Z day"},
		{"'le' D MON YYYY", "le 2 mars 2026", "2026-03-02T00:00:00Z day"},
		{"YYYYMMDDhhmmss", "20260302140509", "2026-03-02T14:05:09Z second"},
		{"MM/DD/YYYY hh:mm AM", "03/02/2026 02:05 PM", "2026-03-02T14:05:00Z minute"},
		{"YYYY-MM-DD hh:mm ZZ", "2026-03-02 14:05 +0300", "2026-03-02T11:05:00Z minute"},
		{"MM.YYYY", "03.2026", "2026-03-01T00:00:00Z month"},
		{"MM/DD/YYYY", "3 days ago", "2026-03-12T00:00:00Z day"}, // what is no such date is read as ever
	} {
		var f dateForm
		if err := f.UnmarshalText([]byte(tt.form)); err != nil {
			t.Fatal(err)
		}
		m, _ := clock{captured: noon, zone: time.UTC, forms: []dateForm{f}}.moment(tt.text)
		if got := m.At + " " + string(m.Precision); got != tt.want {
			t.Errorf("%q as %s: %s, want %s", tt.text, tt.form, got, tt.want)
		}
	}
	var f dateForm
	if err := f.UnmarshalText([]byte("DD.MM.YYYY hh:mm")); err != nil {
		t.Fatal(err)
	}
	if m, doubt := (clock{forms: []dateForm{f}}).moment("01.03.2026 14:05"); m.At != "" || doubt != noZone {
		t.Errorf("a time without a zone: %+v, %q", m, doubt)
	}
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"3 days ago", "2026-03-01T10:00Z", "01/02/2026", "вчера, 18:20", "12 de marzo de 2026", "+", "-:", "a ago", "1:2:3:4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, _ := clock{captured: noon, zone: time.UTC, dayFirst: true}.moment(s)
		if (m.At == "") != (m.Precision == "") {
			t.Errorf("%q: %+v", s, m)
		}
		if m.At == "" {
			return
		}
		if at, err := time.Parse(time.RFC3339, m.At); err != nil || at.Location() != time.UTC {
			t.Errorf("%q: %q is no time in UTC (%v)", s, m.At, err)
		}
	})
}
