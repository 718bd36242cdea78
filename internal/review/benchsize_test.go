package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil"
	"vigil/internal/account"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/search"
	"vigil/internal/watchlist"
	"vigil/store"
	"vigil/store/bolt"
)

// BenchmarkPagesAt says how long people wait for the pages of an encrypted case, one
// person and 50 at once, and how heavy the pages are. It is run with -benchtime 1x,
// at 10,000 listings, or at as many as VIGIL_BENCH_LISTINGS says, such as
// 10000,100000. Where VIGIL_BENCH_DIR names a folder, cases are kept there: what was
// filled whole is not filled again, and a filling that was cut goes on.
func BenchmarkPagesAt(b *testing.B) {
	sizes := "10000"
	if s := os.Getenv("VIGIL_BENCH_LISTINGS"); s != "" {
		sizes = s
	}
	for _, size := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("listings="+size, func(b *testing.B) { benchPages(b, n) })
	}
}

// crowd is how many people are at the pages at once.
const crowd = 50

// benchPages measures the pages of a case of n listings.
func benchPages(b *testing.B, n int) {
	s := sizedCase(b, n)
	b.Cleanup(func() { s.Close() })
	o := openBenchOffice(b, s)
	o.sample(b)
	for _, people := range []int{1, crowd} {
		for _, page := range o.pages() {
			b.Run(fmt.Sprintf("%s/people=%d", page.name, people), func(b *testing.B) { o.measure(b, people, page.ask) })
		}
	}
}

// sizedCase returns a case of n listings.
func sizedCase(b *testing.B, n int) *bolt.Store {
	dir := os.Getenv("VIGIL_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprint("pages-", n, ".db"))
	o := bolt.Options{Tool: "bench", Keys: []bolt.Key{{ID: [4]byte{1}, Secret: [32]byte{1}}}}
	s, err := bolt.Create(path, o)
	if err != nil {
		s, err = bolt.Open(path, o)
	}
	if err != nil {
		b.Fatal(err)
	}
	if !isWhole(b, s, n) {
		fillCase(b, s, n)
	}
	if err := s.Maintain(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

// isWhole reports whether a case has all of its n listings, the list and the accounts.
func isWhole(b *testing.B, s *bolt.Store, n int) bool {
	levels, err := s.Levels(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	has := 0
	for _, l := range levels {
		has += l.All
	}
	if has > n {
		b.Fatalf("the kept case has %d listings, not %d: it is another's", has, n)
	}
	lists, err := s.Watchlists(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	accounts, err := s.Accounts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return has == n && len(lists) == 1 && len(accounts) == crowd
}

// fillCase records what is missing of n listings, from 64 goroutines, of a list that
// names one in a hundred of them, and of the accounts.
func fillCase(b *testing.B, s *bolt.Store, n int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				if err := fillListing(b.Context(), s, i); err != nil {
					b.Errorf("listing %d: %v", i, err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	if lists, err := s.Watchlists(b.Context()); err != nil {
		b.Fatal(err)
	} else if len(lists) == 0 {
		listSome(b, s)
	}
	known, err := s.Accounts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for i := len(known); i < crowd; i++ {
		a := vigil.Account{Name: benchName(i), Roles: []vigil.Role{vigil.Reviewer, vigil.Investigator}, By: benchName(0), At: time.Now()}
		if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: a.By, Action: vigil.ActAccount}, Record: a}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchName(i int) string { return fmt.Sprintf("person-%d", i) }

// benchLevel is the level of the ith listing: four in ten ask for a review.
func benchLevel(i int) vigil.Level {
	switch i % 10 {
	case 0:
		return []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority}[i/10%2]
	case 1, 2, 3:
		return vigil.LevelReview
	}
	return vigil.LevelNote
}

// fillListing records the ith page of some 500 bytes, what was read off it and what was
// found, as far as they are missing; four in ten wait for their review.
func fillListing(ctx context.Context, s *bolt.Store, i int) error {
	const source = "ORD-1/market-a"
	l := vigil.Listing{
		Source: source, URL: casetest.Address(i), PageType: vigil.PageListing, Title: fmt.Sprintf("Lot number %d", i), Vendor: fmt.Sprint("vendor-", i/20),
		Description: benchWords(i),
	}
	body := []byte("<html><body><h1>" + l.Title + "</h1><p>" + l.Description + "</p></body></html>")
	sum := vigil.SumHex(body)
	p := vigil.Page{
		Source: source, URL: l.URL, FinalURL: l.URL, Method: vigil.ByFetch, CapturedAt: casetest.Start().Add(time.Duration(i) * time.Second), Status: 200,
		RawSHA256: sum, RawSize: int64(len(body)), BodySHA256: sum, BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	l.ID, l.Page = vigil.NewListingID(source, l.URL), p.ID
	a := vigil.Assessment{
		ID: l.ID, Source: source, Page: p.ID, Level: benchLevel(i), Score: float64(i%97) / 97, Genre: vigil.GenreOfferGoods, Lang: "en", Model: "m 1",
		Findings: []vigil.Finding{
			{Indicator: "SAL-1", Polarity: vigil.For, Field: vigil.FieldTitle, End: 3, Text: "Lot", Weight: 1.5},
			{Indicator: "DOC-1", Polarity: vigil.For, Field: vigil.FieldTitle, Start: 4, End: 10, Text: "number", Weight: 0.5},
		},
	}
	key := fmt.Sprint("bench:v", i/20)
	if i%100 == 0 {
		key = fmt.Sprint("bench:listed", i%1000)
	}
	a.Identifiers = []vigil.Identifier{{Field: vigil.FieldDescription, Kind: "xmr", Value: key, Key: key, Class: vigil.ClassA, Network: "mainnet", Readings: []string{"xmr"}, Method: "plain", End: 2, Raw: l.Description[:2]}}
	classified := vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify, Order: "ORD-1"}, Record: a}
	if a.Level.Rank() >= vigil.LevelReview.Rank() {
		t := vigil.NewTask(vigil.Review, source, p.ID)
		t.Priority = 50*a.Level.Rank() + int(49*a.Score)
		classified.Next = []vigil.Task{t}
	}
	_, noPage := s.PageInfo(ctx, p.ID)
	_, noListing := s.Listing(ctx, l.ID)
	_, noAssessment := s.Assessment(ctx, l.ID)
	for _, r := range []struct {
		is error
		vigil.Result
	}{
		{noPage, vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActFetch, Order: "ORD-1"}, Record: p}},
		{noListing, vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract, Order: "ORD-1"}, Record: l}},
		{noAssessment, classified},
	} {
		if r.is == nil {
			continue
		}
		if !errors.Is(r.is, vigil.ErrNotFound) {
			return r.is
		}
		if _, err := s.Record(ctx, r.Result); err != nil {
			return err
		}
	}
	return nil
}

// benchWords are 50 words, of which "harbour" is in every listing, "crate" in one of
// ten, and "lantern" in one of a thousand.
func benchWords(i int) string {
	words := []string{"harbour"}
	if i%10 == 3 {
		words = append(words, "crate")
	}
	if i%1000 == 7 {
		words = append(words, "lantern")
	}
	for x := uint64(i + 1); len(words) < 50; {
		x = x*6364136223846793005 + 1442695040888963407
		words = append(words, fmt.Sprintf("w%x", x>>33%20_000))
	}
	return strings.Join(words, " ")
}

// listSome imports a list that one listing in a hundred names.
func listSome(b *testing.B, s *bolt.Store) {
	w := vigil.Watchlist{Name: "bench", AsOf: "2026-11-01", SHA256: vigil.SumHex(nil), ImportedAt: time.Now()}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	var rows []vigil.ListRow
	for i := 0; i < 1000; i += 100 {
		key := fmt.Sprint("bench:listed", i)
		rows = append(rows, vigil.ListRow{List: w.ID, N: len(rows) + 1, Raw: key, Parsed: []vigil.ListID{{Kind: "xmr", Value: key, Key: key, Class: vigil.ClassA}}})
	}
	sum, err := vigil.HashRows(rows)
	w.Rows, w.RowsSHA256 = len(rows), sum
	if err == nil {
		_, err = s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActList}, Record: w, Rows: rows})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// A benchOffice is the pages of a case on loopback, at which a crowd is signed in.
type benchOffice struct {
	base    string
	client  *http.Client
	cookies []*http.Cookie
	next    atomic.Int64
	ids     []string // of listings that wait, from the whole queue
	deep    []string // listings behind which a page of the queue begins
}

func openBenchOffice(b *testing.B, s *bolt.Store) *benchOffice {
	k, err := account.Open(s, account.Options{File: filepath.Join(b.TempDir(), "accounts.json"), Now: time.Now, Cost: account.Cost{KiB: 64, Times: 1, Lanes: 1}})
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	host := srv.Listener.Addr().String()
	lists := new(watchlist.Keeper)
	hits := func(ctx context.Context, l vigil.Listing, a vigil.Assessment) ([]vigil.Hit, error) {
		return lists.Hits(ctx, s, l, a, time.Now())
	}
	h := newHandler(Config{
		Desk:  desk.Desk{Store: s, Hits: hits, Policy: desk.Policy{RereadFrom: vigil.LevelEscalate, RereadShare: 0.05}},
		Hosts: []string{host}, Accounts: k, Origin: "http://" + host, Indicators: casetest.Indicators, Query: search.Parser{}.Parse,
	})
	srv.Config.Handler = h.pagesHandler()
	srv.Start()
	b.Cleanup(srv.Close)
	o := &benchOffice{base: srv.URL, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: crowd},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for i := range crowd {
		r := httptest.NewRequest(http.MethodGet, srv.URL, nil)
		o.cookies = append(o.cookies, h.sessions.begin(r, session{account: benchName(i), team: true, keys: true}))
	}
	giveBackAll(b, s)
	o.choose(b, s)
	o.readOnce(b, s)
	return o
}

// giveBackAll gives back what a run that was cut short left claimed.
func giveBackAll(b *testing.B, s *bolt.Store) {
	for t, err := range s.Tasks(b.Context(), vigil.Review, vigil.Leased) {
		if err == nil {
			err = s.Return(b.Context(), t)
		}
		if err != nil && !errors.Is(err, vigil.ErrLeaseLost) {
			b.Fatal(err)
		}
	}
}

// readOnce has the last of the crowd decide on a few grave listings, unless enough of
// those wait already: the queue then shows second readings.
func (o *benchOffice) readOnce(b *testing.B, s *bolt.Store) {
	const enough = 20
	ts, err := s.Foremost(b.Context(), vigil.Reread, "", enough)
	if err != nil {
		b.Fatal(err)
	}
	for range enough - len(ts) {
		if _, _, err := o.post(crowd-1, o.ids[0]); err != nil {
			b.Fatal(err)
		}
		o.ids = o.ids[1:]
	}
}

// choose picks the listings that are asked for, from all over the queue.
func (o *benchOffice) choose(b *testing.B, s *bolt.Store) {
	n := 0
	for it, err := range s.Items(b.Context(), store.Filter{Waiting: true, Limit: 20_000}) {
		if err != nil {
			b.Fatal(err)
		}
		if n++; it.Task.State == vigil.Queued && len(it.Task.Barred) == 0 {
			o.ids = append(o.ids, it.Assessment.ID)
		}
	}
	if len(o.ids) < 2000 {
		b.Fatalf("%d listings wait for anybody: fill the case anew", len(o.ids))
	}
	for i := range 100 {
		o.deep = append(o.deep, o.ids[len(o.ids)-40-7*i])
	}
}

// A benchPage is what a person does at the pages; n counts up over all of them.
type benchPage struct {
	name string
	ask  func(who, n int) (took time.Duration, bytes int, err error)
}

func (o *benchOffice) pages() []benchPage {
	get := func(path func(n int) string) func(who, n int) (time.Duration, int, error) {
		return func(who, n int) (time.Duration, int, error) {
			took, page, err := o.do(who, http.MethodGet, path(n), nil)
			return took, len(page), err
		}
	}
	return []benchPage{
		{"queue", get(func(int) string { return "/" })},
		{"deeper", get(func(n int) string { return "/?after=" + o.deep[n%len(o.deep)] })},
		{"item", get(func(n int) string { return "/item/" + o.ids[n*7919%len(o.ids)] })},
		{"search-rare", get(func(int) string { return "/search?q=lantern" })},
		{"search-tenth", get(func(int) string { return "/search?q=crate" })},
		{"search-all", get(func(int) string { return "/search?q=harbour" })},
		{"decide", o.decide},
	}
}

// seenIn finds what a decision form says of the listing's state.
var seenIn = regexp.MustCompile(`name="seen" value="([^"]*)"`)

// decide decides about a listing that nobody had, takes it back, and gives the listing
// back, so that a case that is kept stays as it was. Only what the decision takes is
// counted.
func (o *benchOffice) decide(who, _ int) (time.Duration, int, error) {
	id := o.ids[int(o.next.Add(1))%len(o.ids)]
	took, weight, err := o.post(who, id)
	for _, back := range []string{"/undo", "/return"} {
		if err == nil {
			_, _, err = o.do(who, http.MethodPost, "/item/"+id+back, url.Values{})
		}
	}
	return took, weight, err
}

// post claims a listing, opens it, and decides about it.
func (o *benchOffice) post(who int, id string) (time.Duration, int, error) {
	if _, _, err := o.do(who, http.MethodPost, "/item/"+id+"/claim", url.Values{}); err != nil {
		return 0, 0, err
	}
	_, page, err := o.do(who, http.MethodGet, "/item/"+id, nil)
	if err != nil {
		return 0, 0, err
	}
	seen := seenIn.FindSubmatch(page)
	if seen == nil {
		return 0, 0, fmt.Errorf("item %s has no decision form", id)
	}
	took, _, err := o.do(who, http.MethodPost, "/item/"+id+"/decide", url.Values{
		"verdict": {string(vigil.NotRelevant)}, "reason": {"goods"}, "seen": {string(seen[1])},
	})
	return took, len(page), err
}

// do asks for a page, and returns how long it took until the last byte was there.
func (o *benchOffice) do(who int, method, path string, form url.Values) (time.Duration, []byte, error) {
	r, err := http.NewRequest(method, o.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(o.cookies[who])
	start := time.Now()
	resp, err := o.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	took := time.Since(start)
	want := http.StatusOK
	if method == http.MethodPost {
		want = http.StatusSeeOther
	}
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: status %d, want %d: %.300s", method, path, resp.StatusCode, want, bytes.TrimSpace(page))
	}
	return took, page, err
}

// sample asks for each page once: what is made on first use is there afterwards.
func (o *benchOffice) sample(b *testing.B) {
	for i, p := range o.pages() {
		if _, _, err := p.ask(i, i); err != nil {
			b.Fatalf("%s: %v", p.name, err)
		}
	}
}

// measure has people ask for a page, each as soon as the last was there: 1,000 times in
// all, so that ten are slower than the p99. The time of the processors is that of the
// server and of its clients, and of all that goes with a page (for decide: claim, look
// and undo).
func (o *benchOffice) measure(b *testing.B, people int, ask func(who, n int) (time.Duration, int, error)) {
	each := 1000 / people
	tooks, heaviest := make([][]time.Duration, people), make([]int, people)
	begin, cpu := time.Now(), cpuTime(b)
	var wg sync.WaitGroup
	for who := range people {
		wg.Go(func() {
			for i := range each {
				took, weight, err := ask(who, who*each+i)
				if err != nil {
					b.Error(err)
					return
				}
				tooks[who], heaviest[who] = append(tooks[who], took), max(heaviest[who], weight)
			}
		})
	}
	wg.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(tooks...)))
	if len(all) == 0 {
		b.Fatal("nothing was measured")
	}
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/1000/float64(len(all)), "cpu-ms")
	b.ReportMetric(float64(len(all))/time.Since(begin).Seconds(), "pages/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(slices.Max(heaviest))/1000, "kB")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
