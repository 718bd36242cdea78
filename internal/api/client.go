package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// SocketHost is the Host header of requests over a unix socket.
const SocketHost = "vigil"

// AccountHeader names the account that somebody on a unix socket acts as, in a case
// without accounts: there, who can open the file may use any name.
const AccountHeader = "Vigil-Account"

// maxAnswer bounds what a client reads of an answer, in bytes.
const maxAnswer = 64 << 20

// A Client does what a desk does, through a server that has the case open. What it
// returns is what the person may be shown: identifiers are masked unless they were
// revealed, and lists hold titles only.
type Client struct {
	http *http.Client
	base string
	as   string // see AccountHeader; empty for whom the server takes it to be
}

// Dial returns a client of the server that listens on a unix socket, which must
// answer; as is the account that is wanted, or empty. Close it in the end.
func Dial(ctx context.Context, path, as string) (*Client, error) {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}
	c := &Client{http: &http.Client{Transport: t}, base: "http://" + SocketHost + Prefix, as: as}
	if _, err := c.Me(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close lets the connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Me says whom the server takes the client to be.
func (c *Client) Me(ctx context.Context) (Me, error) {
	return ask[Me](ctx, c, http.MethodGet, "/me", nil)
}

// ask sends a request and decodes the answer.
func ask[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var out T
	b, err := c.send(ctx, method, path, body)
	if err == nil && len(b) > 0 {
		err = json.Unmarshal(b, &out)
	}
	return out, err
}

// tell is ask without an answer.
func (c *Client) tell(ctx context.Context, method, path string, body any) error {
	_, err := c.send(ctx, method, path, body)
	return err
}

func (c *Client) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.as != "" {
		r.Header.Set(AccountHeader, c.as)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the server that has the case open: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what the server says: %w", err)
	case len(b) > maxAnswer:
		return nil, fmt.Errorf("the server's answer has more than %d bytes", maxAnswer)
	case resp.StatusCode < 300:
		return b, nil
	}
	var p Problem
	if json.Unmarshal(b, &p) != nil || p.Code == "" {
		return nil, fmt.Errorf("the server says %s, and not why", resp.Status)
	}
	return nil, &p
}

func itemPath(listing, act string) string { return "/items/" + url.PathEscape(listing) + act }

// look asks for an item.
func (c *Client) look(ctx context.Context, method, path string, body any) (display.View, error) {
	it, err := ask[Item](ctx, c, method, path, body)
	if err != nil {
		return display.View{}, err
	}
	return it.View(), nil
}

// Seen is [desk.Desk.Seen].
func (c *Client) Seen(v display.View) string { return new(desk.Desk).Seen(v) }

// Next is [desk.Desk.Next].
func (c *Client) Next(ctx context.Context, w desk.Wish) (display.View, error) {
	return c.look(ctx, http.MethodPost, "/next", Wish{Stage: w.Stage, Light: w.Light, Passed: w.Passed})
}

// Show is [desk.Desk.Show].
func (c *Client) Show(ctx context.Context, listing string) (display.View, error) {
	return c.look(ctx, http.MethodGet, itemPath(listing, ""), nil)
}

// Reveal is [desk.Desk.Reveal].
func (c *Client) Reveal(ctx context.Context, listing string) (display.View, error) {
	return c.look(ctx, http.MethodPost, itemPath(listing, "/reveal"), nil)
}

// Claim is [desk.Desk.Claim].
func (c *Client) Claim(ctx context.Context, listing string) (display.View, error) {
	return c.look(ctx, http.MethodPost, itemPath(listing, "/claim"), nil)
}

// Pass is [desk.Desk.Pass].
func (c *Client) Pass(ctx context.Context, listing string) error {
	return c.tell(ctx, http.MethodPost, itemPath(listing, "/pass"), nil)
}

// GiveBack is [desk.Desk.GiveBack].
func (c *Client) GiveBack(ctx context.Context, listing string) error {
	return c.tell(ctx, http.MethodPost, itemPath(listing, "/return"), nil)
}

// Assign is [desk.Desk.Assign]; the term is rounded up to hours.
func (c *Client) Assign(ctx context.Context, listing, to string, term time.Duration) error {
	hours := int((term + time.Hour - 1) / time.Hour)
	return c.tell(ctx, http.MethodPost, itemPath(listing, "/assign"), Assignment{To: to, Hours: hours})
}

// Judge is [desk.Desk.Judge].
func (c *Client) Judge(ctx context.Context, ch desk.Choice) (desk.Outcome, error) {
	o, err := ask[Outcome](ctx, c, http.MethodPost, itemPath(ch.Listing, "/decide"), Choice{Verdict: ch.Verdict, Reason: ch.Reason, Note: ch.Note, Seen: ch.Seen})
	return desk.Outcome{Decision: o.Decision, Judgement: vigil.Judgement(o.Judgement), Contact: o.Contact, Paused: o.Paused}, err
}

// Undo is [desk.Desk.Undo].
func (c *Client) Undo(ctx context.Context, listing string) (vigil.Decision, error) {
	return ask[vigil.Decision](ctx, c, http.MethodPost, itemPath(listing, "/undo"), nil)
}

// Cluster is [desk.Desk.Cluster]; the server knows the members.
func (c *Client) Cluster(ctx context.Context, of string, _ []string) (desk.Cluster, error) {
	cl, err := ask[Cluster](ctx, c, http.MethodGet, "/clusters/"+url.PathEscape(of), nil)
	return desk.Cluster{Of: cl.Of, Members: deskMembers(cl.Members)}, err
}

func deskMembers(ms []Member) []desk.Member {
	var out []desk.Member
	for _, m := range ms {
		out = append(out, desk.Member{Item: m.Row.Item(), Why: m.Why})
	}
	return out
}

// JudgeCluster is [desk.Desk.JudgeCluster].
func (c *Client) JudgeCluster(ctx context.Context, ch desk.Choice, members []string) (desk.ClusterOutcome, error) {
	body := Choice{Verdict: ch.Verdict, Reason: ch.Reason, Note: ch.Note, Seen: ch.Seen, Members: members}
	o, err := ask[ClusterOutcome](ctx, c, http.MethodPost, "/clusters/"+url.PathEscape(ch.Listing)+"/decide", body)
	return desk.ClusterOutcome{Decided: o.Decided, Left: deskMembers(o.Left)}, err
}

// Remark is [desk.Desk.Remark].
func (c *Client) Remark(ctx context.Context, listing string, r vigil.Remark) (vigil.Remark, error) {
	body := Remark{Kind: r.Kind, Text: r.Text}
	if !r.Due.IsZero() {
		body.Due = r.Due.UTC().Format(time.DateOnly)
	}
	return ask[vigil.Remark](ctx, c, http.MethodPost, itemPath(listing, "/remarks"), body)
}

// FollowUps is [desk.Desk.FollowUps].
func (c *Client) FollowUps(ctx context.Context) ([]desk.FollowUp, bool, error) {
	fs, err := ask[FollowUps](ctx, c, http.MethodGet, "/follow-ups", nil)
	var out []desk.FollowUp
	for _, f := range fs.FollowUps {
		out = append(out, desk.FollowUp{Item: f.Row.Item(), Remark: f.Remark})
	}
	return out, fs.More, err
}

// Counts is [desk.Desk.Counts].
func (c *Client) Counts(ctx context.Context) (desk.Counts, error) {
	n, err := ask[Counts](ctx, c, http.MethodGet, "/counts", nil)
	out := desk.Counts{Rereads: n.Rereads, Disputes: n.Disputes, FollowUps: n.FollowUps, Undo: n.Undo}
	for _, l := range n.Levels {
		out.Levels = append(out.Levels, store.LevelCount(l))
	}
	for _, m := range n.Mine {
		out.Mine = append(out.Mine, vigil.Task{Stage: m.Stage, Source: m.Source, Subject: m.Page, Until: m.Until, State: vigil.Leased})
	}
	return out, err
}

// Queue is [desk.Desk.Queue]; a limit is needed, of at most [MaxRows].
func (c *Client) Queue(ctx context.Context, f store.Filter) ([]store.Item, error) {
	if f.Limit < 1 {
		return nil, errors.New("list the queue: want a limit")
	}
	q := url.Values{"limit": {strconv.Itoa(f.Limit)}, "all": {strconv.FormatBool(!f.Waiting)}}
	for name, v := range map[string]string{"level": string(f.MinLevel), "max_level": string(f.MaxLevel), "source": f.Source, "after": f.After} {
		if v != "" {
			q.Set(name, v)
		}
	}
	its, _, err := c.rows(ctx, q)
	return its, err
}

// Waiting is [desk.Desk.Waiting].
func (c *Client) Waiting(ctx context.Context, st vigil.Stage, limit int) ([]store.Item, bool, error) {
	return c.rows(ctx, url.Values{"stage": {string(st)}, "limit": {strconv.Itoa(limit)}})
}

func (c *Client) rows(ctx context.Context, q url.Values) (its []store.Item, more bool, err error) {
	page, err := ask[Queue](ctx, c, http.MethodGet, "/queue?"+q.Encode(), nil)
	return items(page.Listings), page.More, err
}

// Filters is [desk.Desk.Filters].
func (c *Client) Filters(ctx context.Context) ([]vigil.SavedFilter, error) {
	fs, err := ask[Filters](ctx, c, http.MethodGet, "/filters", nil)
	return fs.Filters, err
}

// SaveFilter is [desk.Desk.SaveFilter].
func (c *Client) SaveFilter(ctx context.Context, name, query string) error {
	path := "/filters/" + url.PathEscape(name)
	if query == "" {
		return c.tell(ctx, http.MethodDelete, path, nil)
	}
	return c.tell(ctx, http.MethodPut, path, FilterQuery{Query: query})
}

// Search finds listings by a query as it is written.
func (c *Client) Search(ctx context.Context, s Search) (Found, error) {
	return ask[Found](ctx, c, http.MethodPost, "/search", s)
}

// Stats says how the work on the case goes, by what the server has read of the logs.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	return ask[Stats](ctx, c, http.MethodGet, "/stats", nil)
}
