package timestamp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// Media types of RFC 3161, section 3.4.
const (
	QueryType = "application/timestamp-query"
	ReplyType = "application/timestamp-reply"
)

// A Client asks one authority over HTTP. How its requests leave is the http.Client's
// matter. The zero Client refuses.
type Client struct {
	HTTP *http.Client
	URL  string // of the authority
}

// Ask sends a request and returns the answer, of at most [MaxResponse] bytes. It
// is not checked: [Parse] and [Request.Answered] do that.
func (c Client) Ask(ctx context.Context, request []byte) (response []byte, err error) {
	if c.HTTP == nil || c.URL == "" {
		return nil, errors.New("ask for a time stamp: no authority is configured")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(request))
	if err != nil {
		return nil, fmt.Errorf("ask for a time stamp: %w", err)
	}
	req.Header.Set("Content-Type", QueryType)
	req.Header.Set("Accept", ReplyType)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for a time stamp: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s for a time stamp: it answered with status %d, want 200", c.URL, resp.StatusCode)
	}
	if got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || got != ReplyType {
		return nil, fmt.Errorf("ask %s for a time stamp: it answered with %.100q, want %s", c.URL, resp.Header.Get("Content-Type"), ReplyType)
	}
	response, err = io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask %s for a time stamp: read its answer: %w", c.URL, err)
	case len(response) > MaxResponse:
		return nil, fmt.Errorf("ask %s for a time stamp: its answer is longer than %d bytes", c.URL, MaxResponse)
	}
	return response, nil
}
