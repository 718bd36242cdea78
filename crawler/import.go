package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"vigil"
)

// MaxImport bounds a saved page in bytes.
const MaxImport = 64 << 20

// Import reads a saved page as if it had been fetched from rawURL, and never
// touches the network: scope, media, links and hashes are treated alike. file
// is the name that the record shows. now is checked against the order and
// becomes the time of the capture.
//
// The errors are those of [Fetcher.Fetch].
func Import(src vigil.Source, rawURL, file string, body []byte, now time.Time) (vigil.Page, error) {
	u, err := parse(rawURL)
	if err == nil {
		err = src.Allows(u, now)
	}
	if err == nil && len(body) > MaxImport {
		err = fmt.Errorf("%d bytes, at most %d", len(body), MaxImport)
	}
	if err != nil {
		return vigil.Page{}, fmt.Errorf("import %s as %s: %w", file, clip(rawURL), err)
	}
	saved := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
	})
	v := &visit{src: src, start: u, maxBody: MaxImport, now: func() time.Time { return now }, next: saved}
	if err := v.run(context.Background(), ""); err != nil {
		return vigil.Page{}, fmt.Errorf("import %s as %s: %w", file, u, err)
	}
	page := vigil.Page{Method: vigil.ByImport, File: file, CapturedAt: now.UTC()}
	v.capture.status, v.capture.request = 0, nil // nobody asked, nobody answered
	v.fill(&page)
	return page, nil
}
