package review

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/display"
)

// benchmarkPage measures one page of a case with many waiting listings.
func benchmarkPage(b *testing.B, path func(id string) string) {
	c := casetest.New(b)
	var id string
	for i := range 1500 {
		id = c.AddLevel(b, i, vigil.LevelReview)
	}
	h := Handler(Config{Desk: *deskOf(c, "ada"), Token: "t", Hosts: []string{"vigil"}, Indicators: casetest.Indicators})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://vigil/login?token=t", nil))
	cookie := w.Result().Cookies()[0]
	b.ResetTimer()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "http://vigil"+path(id), nil)
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

func BenchmarkQueuePage(b *testing.B) { benchmarkPage(b, func(string) string { return "/" }) }

func BenchmarkItemPage(b *testing.B) {
	benchmarkPage(b, func(id string) string { return "/item/" + id })
}

func BenchmarkSegments(b *testing.B) {
	l, a := casetest.Sample()
	b.SetBytes(int64(len(l.Description)))
	for b.Loop() {
		display.Segments(vigil.FieldDescription, l.Description, a, false)
	}
}
